import {
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  PageSection,
} from "@patternfly/react-core";
import { type ReactNode, useEffect } from "react";
import { LinkButton } from "@/components/LinkButton";
import { SlipwayMark } from "@/components/SlipwayMark";
import { useLabStarting } from "@/ipc/queries/app";

const Mark = () => <SlipwayMark size={72} />;

/** The empty app: what Slipway is, and the two ways to begin. */
export function Welcome({ tryLab }: { tryLab: ReactNode }) {
  const starting = useLabStarting();
  useEffect(() => {
    document.title = "Slipway";
  }, []);
  return (
    <PageSection isFilled isCenterAligned aria-label="Welcome">
      <EmptyState
        headingLevel="h1"
        titleText="Welcome to Slipway"
        icon={Mark}
        variant="xl"
        isFullHeight
      >
        <EmptyStateBody>
          Slipway installs RHEL image mode on the DPUs of your servers, many cards at once, and
          keeps them current afterwards: upgrade, switch and roll back, with every step and its
          command shown before it happens. Nothing is touched until you say so.
        </EmptyStateBody>
        <EmptyStateFooter>
          <EmptyStateActions>
            {!starting && <LinkButton to="/add">Add cards</LinkButton>}
            {tryLab}
          </EmptyStateActions>
          {!starting && (
            <p className="slipway-subtle">
              The lab is 24 simulated cards inside this window: no hardware, no network.
            </p>
          )}
        </EmptyStateFooter>
      </EmptyState>
    </PageSection>
  );
}
