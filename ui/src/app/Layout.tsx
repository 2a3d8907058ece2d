import {
  Nav,
  NavItem,
  NavList,
  Page,
  PageSidebar,
  PageSidebarBody,
  SkipToContent,
} from "@patternfly/react-core";
import CogIcon from "@patternfly/react-icons/dist/esm/icons/cog-icon";
import CompactDiscIcon from "@patternfly/react-icons/dist/esm/icons/compact-disc-icon";
import LayerGroupIcon from "@patternfly/react-icons/dist/esm/icons/layer-group-icon";
import MicrochipIcon from "@patternfly/react-icons/dist/esm/icons/microchip-icon";
import ServerIcon from "@patternfly/react-icons/dist/esm/icons/server-icon";
import TachometerAltIcon from "@patternfly/react-icons/dist/esm/icons/tachometer-alt-icon";
import TasksIcon from "@patternfly/react-icons/dist/esm/icons/tasks-icon";
import {
  type ComponentType,
  lazy,
  Suspense,
  useCallback,
  useEffect,
  useRef,
  useState,
} from "react";
import { Link, Outlet, useLocation, useNavigate, useNavigation } from "react-router";
import type { Begun, DeskState } from "@/ipc/bindings";
import { useChangeEvents, usePressed } from "@/ipc/events";
import { benchReady, useDesk } from "@/ipc/queries/app";
import { pageOf } from "@/lib/jobs";
import { AppMasthead } from "./AppMasthead";
import { LockedPage } from "./LockedPage";

const MAIN = "main";

/** Loaded once somebody opens it: no page waits for it. */
const NotificationsDrawer = lazy(async () => ({
  default: (await import("@/features/notifications/NotificationsDrawer")).NotificationsDrawer,
}));

/** Only what works stands here. */
const PAGES: [word: string, path: string, Icon: ComponentType][] = [
  ["Overview", "/overview", TachometerAltIcon],
  ["Cards", "/cards", MicrochipIcon],
  ["Hosts", "/hosts", ServerIcon],
  ["Images", "/images", LayerGroupIcon],
  ["ISOs", "/isos", CompactDiscIcon],
  ["Jobs", "/jobs", TasksIcon],
  ["Settings", "/settings", CogIcon],
];

/** Pages without an own place in the navigation belong to one that has. */
const BELONGS: Record<string, string> = {
  "/add": "/cards",
  "/deploy": "/cards",
  "/deploy/file": "/cards",
};

function AppNav({ pathname }: { pathname: string }) {
  const at = BELONGS[pathname] ?? pathname;
  return (
    <PageSidebar>
      <PageSidebarBody>
        <Nav aria-label="Pages">
          <NavList>
            {PAGES.map(([word, path, Icon]) => {
              const isActive = at === path || at.startsWith(`${path}/`);
              return (
                <NavItem key={path} itemId={path} isActive={isActive}>
                  <Link
                    to={path}
                    data-testid={`nav-${word.toLowerCase()}`}
                    aria-current={isActive ? "page" : undefined}
                  >
                    <span className="slipway-nav-word">
                      <Icon />
                      {word}
                    </span>
                  </Link>
                </NavItem>
              );
            })}
          </NavList>
        </Nav>
      </PageSidebarBody>
    </PageSidebar>
  );
}

/** A new page starts at its top, and a screen reader is told so. */
function useFreshPage(pathname: string) {
  const before = useRef(pathname);
  useEffect(() => {
    if (before.current === pathname) return;
    before.current = pathname;
    const main = document.getElementById(MAIN);
    main?.scrollTo?.(0, 0);
    main?.focus({ preventScroll: true });
  }, [pathname]);
}

/** Work in the background begins after the first page. The cards tell of themselves: their rows come later. */
function useFirstPage(pathname: string, desk: DeskState | undefined) {
  const { state } = useNavigation();
  const tellsItself = pathname === "/cards" && desk?.open;
  const shown = desk && state === "idle" && !tellsItself;
  useEffect(() => {
    if (shown) benchReady(pathname);
  }, [shown, pathname]);
}

export function Layout() {
  const { pathname } = useLocation();
  const desk = useDesk();
  const navigate = useNavigate();
  const [notifications, setNotifications] = useState(false);
  usePressed(useCallback((ended: Begun) => void navigate(pageOf(ended)), [navigate]));
  useFirstPage(pathname, desk.data);
  useChangeEvents();
  useFreshPage(pathname);
  const skip = (
    <SkipToContent
      href={`#${MAIN}`}
      onClick={(event) => {
        // The address behind the `#` is the page's.
        event.preventDefault();
        document.getElementById(MAIN)?.focus();
      }}
    >
      Skip to content
    </SkipToContent>
  );
  return (
    <Page
      masthead={
        <AppMasthead
          notificationsOpen={notifications}
          onNotifications={() => setNotifications(!notifications)}
        />
      }
      notificationDrawer={
        <Suspense fallback={null}>
          {notifications && <NotificationsDrawer onClose={() => setNotifications(false)} />}
        </Suspense>
      }
      isNotificationDrawerExpanded={notifications}
      sidebar={<AppNav pathname={pathname} />}
      skipToContent={skip}
      mainContainerId={MAIN}
      mainTabIndex={-1}
      isManagedSidebar
      isContentFilled
    >
      {desk.data && !desk.data.open ? <LockedPage desk={desk.data} /> : <Outlet />}
    </Page>
  );
}
