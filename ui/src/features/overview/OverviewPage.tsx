import { Button, Grid, GridItem, PageSection, Stack } from "@patternfly/react-core";
import type { ReactNode } from "react";
import { ErrorAlert } from "@/components/ErrorAlert";
import { LinkButton } from "@/components/LinkButton";
import { Loading } from "@/components/Loading";
import { PageHeader } from "@/components/PageHeader";
import type { Overview } from "@/ipc/bindings";
import { useLabStarting, useOverview } from "@/ipc/queries/app";
import { useRefreshFleet } from "@/ipc/queries/dpus";
import { sentence } from "@/lib/format";
import { AttentionCard } from "./AttentionCard";
import { ImagesCard } from "./ImagesCard";
import { RecentJobsCard, RunningJobsCard } from "./JobCards";
import { StatesCard } from "./StatesCard";
import { Welcome } from "./Welcome";

type Props = { tryLab: ReactNode };

function Dashboard({ overview }: { overview: Overview }) {
  return (
    <PageSection isFilled aria-label="Fleet at a glance">
      <Grid hasGutter>
        <GridItem lg={5} xl={4} xl2={3}>
          <Stack hasGutter>
            <StatesCard overview={overview} />
            <ImagesCard images={overview.images} total={overview.total} />
          </Stack>
        </GridItem>
        <GridItem lg={7} xl={8} xl2={9}>
          <Stack hasGutter>
            <AttentionCard attention={overview.attention} />
            <RunningJobsCard jobs={overview.running} />
            <RecentJobsCard jobs={overview.recent} />
          </Stack>
        </GridItem>
      </Grid>
    </PageSection>
  );
}

/** One sentence, then who needs somebody. */
export function OverviewPage({ tryLab }: Props) {
  const { data, error, refetch } = useOverview();
  const refresh = useRefreshFleet();
  const starting = useLabStarting();
  if (data && (data.total === 0 || starting)) return <Welcome tryLab={tryLab} />;
  return (
    <>
      <PageHeader
        title="Overview"
        lead={data && <span data-testid="overview-sentence">{sentence(data.sentence)}</span>}
        actions={
          <>
            <Button
              variant="secondary"
              onClick={() => refresh.mutate()}
              isLoading={refresh.isPending}
            >
              Refresh all
            </Button>
            <LinkButton to="/add">Add cards</LinkButton>
          </>
        }
      >
        {refresh.error && <ErrorAlert error={refresh.error} title="The cards were not asked" />}
      </PageHeader>
      {error && !data && (
        <PageSection aria-label="Error">
          <ErrorAlert error={error} title="The overview could not be read" onRetry={refetch} />
        </PageSection>
      )}
      {!data && !error && (
        <PageSection isFilled aria-label="Loading">
          <Loading words="Reading the fleet" rows={8} />
        </PageSection>
      )}
      {data && <Dashboard overview={data} />}
    </>
  );
}
