import {
  Card,
  CardBody,
  CardTitle,
  Grid,
  GridItem,
  PageSection,
  Stack,
} from "@patternfly/react-core";
import { useEffect } from "react";
import { Link, useParams } from "react-router";
import { ErrorAlert } from "@/components/ErrorAlert";
import { Loading } from "@/components/Loading";
import { OutcomeLabel } from "@/components/OutcomeLabel";
import { PageHeader } from "@/components/PageHeader";
import { ShowCommands } from "@/components/ShowCommands";
import type { JobView } from "@/ipc/bindings";
import { useJob, useMarkJobSeen } from "@/ipc/queries/jobs";
import { jobTitle } from "@/lib/jobs";
import { BuildLog } from "./BuildLog";
import { FailurePanel } from "./FailurePanel";
import { JobActions } from "./JobActions";
import { JobLinks } from "./JobLinks";
import { JobLog } from "./JobLog";
import { JobStanding } from "./JobStanding";
import { JobStepper } from "./JobStepper";
import { ResidueList } from "./ResidueList";

/** Opening a failed job's page is looking at it: its card stops being "Failed". */
function useSeen(view: JobView | undefined) {
  const { mutate } = useMarkJobSeen();
  const id = view?.row.outcome === "failed" ? view.row.id : null;
  useEffect(() => {
    if (id) mutate(id);
  }, [id, mutate]);
}

function JobBody({ view }: { view: JobView }) {
  return (
    <PageSection isFilled aria-label="Job">
      <Stack hasGutter>
        {view.failure && <FailurePanel view={view} failure={view.failure} />}
        {view.residue.length > 0 && <ResidueList residue={view.residue} />}
        <Grid hasGutter>
          <GridItem lg={5} xl={4}>
            <Card isFullHeight>
              <CardTitle component="h2">Plan</CardTitle>
              <CardBody>
                <JobStepper view={view} />
                <ShowCommands
                  steps={view.steps.map((step) => step.plan)}
                  what="the commands of this job"
                />
              </CardBody>
            </Card>
          </GridItem>
          <GridItem lg={7} xl={8}>
            <Stack hasGutter>
              <JobStanding view={view} />
              <JobLinks view={view} />
              {view.row.kind === "Image build" && (
                <BuildLog job={view.row.id} live={view.row.outcome === "running"} />
              )}
              <JobLog events={view.events} live={view.row.outcome === "running"} />
            </Stack>
          </GridItem>
        </Grid>
      </Stack>
    </PageSection>
  );
}

/** One job: how it stands, its plan, its log, and on failure what to do. */
export function JobPage() {
  const { id = "" } = useParams();
  const { data: view, error, refetch } = useJob(id);
  useSeen(view);
  const row = view?.row;
  return (
    <>
      <PageHeader
        title={row ? jobTitle(row) : "Job"}
        above={[["Jobs", "/jobs"]]}
        badge={
          row && (
            <OutcomeLabel
              outcome={row.outcome}
              cancelling={row.cancel_requested}
              testId="job-outcome"
            />
          )
        }
        lead={
          row && (
            <>
              {row.what} ·{" "}
              {row.dpu ? <Link to={`/cards/${row.dpu}`}>{row.subject}</Link> : row.subject} · job{" "}
              <code>{row.id.slice(-8)}</code>
              {view.goes_on_after && (
                <>
                  {" "}
                  · goes on with what{" "}
                  <Link to={`/jobs/${view.goes_on_after}`}>job {view.goes_on_after.slice(-8)}</Link>{" "}
                  installed
                </>
              )}
            </>
          )
        }
        actions={view && <JobActions key={id} view={view} />}
      />
      {error && !view && (
        <PageSection aria-label="Error">
          <ErrorAlert error={error} title="The job could not be read" onRetry={refetch} />
        </PageSection>
      )}
      {!view && !error && (
        <PageSection isFilled aria-label="Loading">
          <Loading words="Reading the job" rows={8} />
        </PageSection>
      )}
      {view && <JobBody key={id} view={view} />}
    </>
  );
}
