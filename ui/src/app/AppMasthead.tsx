import {
  Button,
  Label,
  Masthead,
  MastheadBrand,
  MastheadContent,
  MastheadLogo,
  MastheadMain,
  MastheadToggle,
  PageToggleButton,
  Toolbar,
  ToolbarContent,
  ToolbarGroup,
  ToolbarItem,
} from "@patternfly/react-core";
import FlaskIcon from "@patternfly/react-icons/dist/esm/icons/flask-icon";
import SyncAltIcon from "@patternfly/react-icons/dist/esm/icons/sync-alt-icon";
import type { ComponentProps } from "react";
import { Link } from "react-router";
import { SlipwayMark } from "@/components/SlipwayMark";
import { Finder } from "@/features/find/Finder";
import { NotificationBell } from "@/features/notifications/NotificationBell";
import { useAppInfo, useFirstPageShown } from "@/ipc/queries/app";
import { useJobs } from "@/ipc/queries/jobs";
import { counted } from "@/lib/format";
import { ThemeSwitch } from "./ThemeSwitch";

type LinkProps = Omit<ComponentProps<typeof Link>, "to">;
const ToOverview = (props: LinkProps) => <Link {...props} to="/overview" />;
const ToRunningJobs = (props: LinkProps) => <Link {...props} to="/jobs?state=running" />;

/** How many jobs run right now, from every page. */
function RunningJobs() {
  const running = useJobs(null, true).data?.length ?? 0;
  return (
    <span role="status">
      {running > 0 && (
        <Button
          variant="link"
          icon={<SyncAltIcon className="slipway-turning" />}
          component={ToRunningJobs}
          data-testid="running-jobs"
        >
          {counted(running, "job")} running
        </Button>
      )}
    </span>
  );
}

function LabBadge() {
  const { data } = useAppInfo();
  if (!data?.lab) return null;
  return (
    <Label
      color="purple"
      icon={<FlaskIcon />}
      data-testid="lab-badge"
      isClickable
      render={({ className, content, componentRef }) => (
        <Link
          to="/settings/preferences"
          ref={componentRef}
          className={className}
          title="Some cards here are simulated"
        >
          {content}
        </Link>
      )}
    >
      Lab
    </Label>
  );
}

type Props = { notificationsOpen: boolean; onNotifications: () => void };

function Tools({ notificationsOpen, onNotifications }: Props) {
  return (
    <Toolbar isFullHeight isStatic>
      <ToolbarContent alignItems="center">
        <ToolbarItem>
          <Finder />
        </ToolbarItem>
        <ToolbarItem>
          {/* A bar of full height would stretch it. */}
          <span className="slipway-middle">
            <LabBadge />
          </span>
        </ToolbarItem>
        <ToolbarGroup align={{ default: "alignEnd" }} gap={{ default: "gapSm" }}>
          <ToolbarItem>
            <RunningJobs />
          </ToolbarItem>
          <ToolbarItem>
            <NotificationBell open={notificationsOpen} onToggle={onNotifications} />
          </ToolbarItem>
          <ToolbarItem>
            <ThemeSwitch />
          </ToolbarItem>
        </ToolbarGroup>
      </ToolbarContent>
    </Toolbar>
  );
}

/** Its tools come a moment after the first page: nobody reaches for them before that is there. */
export function AppMasthead(props: Props) {
  const shown = useFirstPageShown();
  return (
    <Masthead>
      <MastheadMain>
        <MastheadToggle>
          <PageToggleButton isHamburgerButton aria-label="Pages" />
        </MastheadToggle>
        <MastheadBrand>
          <MastheadLogo component={ToOverview}>
            <span className="slipway-brand">
              <SlipwayMark />
              Slipway
            </span>
          </MastheadLogo>
        </MastheadBrand>
      </MastheadMain>
      <MastheadContent>{shown && <Tools {...props} />}</MastheadContent>
    </Masthead>
  );
}
