import {
  Button,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  PageSection,
} from "@patternfly/react-core";
import ExclamationCircleIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon";
import SearchIcon from "@patternfly/react-icons/dist/esm/icons/search-icon";
import { Link, useRouteError } from "react-router";
import { asIpcError } from "@/ipc/call";

/** A page broke. Work goes on in the background; only this view is gone. */
export function RouteError() {
  const { message } = asIpcError(useRouteError());
  return (
    <PageSection component="main" isFilled>
      <EmptyState
        headingLevel="h1"
        titleText="This page could not be shown"
        icon={ExclamationCircleIcon}
        status="danger"
      >
        <EmptyStateBody>
          <p>Running jobs are not affected.</p>
          <p>
            <code>{message}</code>
          </p>
        </EmptyStateBody>
        <EmptyStateFooter>
          <EmptyStateActions>
            <Button onClick={() => location.reload()}>Load it again</Button>
            <Button variant="link" component="a" href="#/overview">
              Go to Overview
            </Button>
          </EmptyStateActions>
        </EmptyStateFooter>
      </EmptyState>
    </PageSection>
  );
}

export function NotFound() {
  return (
    <PageSection isFilled aria-label="Not found">
      <EmptyState headingLevel="h1" titleText="There is no such page" icon={SearchIcon}>
        <EmptyStateFooter>
          <EmptyStateActions>
            <Link to="/overview">Go to Overview</Link>
          </EmptyStateActions>
        </EmptyStateFooter>
      </EmptyState>
    </PageSection>
  );
}
