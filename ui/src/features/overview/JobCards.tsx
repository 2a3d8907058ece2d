import {
  Card,
  CardBody,
  CardTitle,
  Flex,
  FlexItem,
  Progress,
  Stack,
  StackItem,
} from "@patternfly/react-core";
import { Link } from "react-router";
import { JobsTable } from "@/components/JobsTable";
import type { JobRow } from "@/ipc/bindings";
import { bytesOf, percent } from "@/lib/format";
import { jobTitle } from "@/lib/jobs";
import { useNow } from "@/lib/now";
import { between, span } from "@/lib/time";

function RunningJob({ job }: { job: JobRow }) {
  const now = useNow(true);
  const title = jobTitle(job);
  return (
    <div>
      <Flex
        justifyContent={{ default: "justifyContentSpaceBetween" }}
        columnGap={{ default: "columnGapMd" }}
      >
        <FlexItem>
          <Link to={`/jobs/${job.id}`}>{title}</Link>{" "}
          <span className="slipway-subtle">{job.what}</span>
        </FlexItem>
        <FlexItem className="slipway-subtle slipway-numbers">
          {span(between(job.created_at, now))}
        </FlexItem>
      </Flex>
      <p className="slipway-subtle">
        Step {job.step_number} of {job.step_count}: {job.waiting ?? job.step}
        {job.waiting === null && job.done !== null && job.total !== null
          ? `, ${bytesOf(job.done, job.total)}`
          : null}
      </p>
      <Progress
        size="sm"
        value={percent(job.step_number - 1, job.step_count)}
        valueText={`Step ${job.step_number} of ${job.step_count}: ${job.step}`}
        aria-label={title}
        measureLocation="none"
      />
    </div>
  );
}

export function RunningJobsCard({ jobs }: { jobs: JobRow[] }) {
  return (
    <Card>
      <CardTitle component="h2">Running jobs</CardTitle>
      <CardBody>
        {jobs.length === 0 ? (
          <p className="slipway-subtle">No job runs.</p>
        ) : (
          <Stack hasGutter>
            {jobs.slice(0, 6).map((job) => (
              <StackItem key={job.id}>
                <RunningJob job={job} />
              </StackItem>
            ))}
            {jobs.length > 6 && (
              <StackItem>
                <Link to="/jobs?state=running">All {jobs.length} running jobs</Link>
              </StackItem>
            )}
          </Stack>
        )}
      </CardBody>
    </Card>
  );
}

export function RecentJobsCard({ jobs }: { jobs: JobRow[] }) {
  return (
    <Card>
      <CardTitle component="h2">Recent jobs</CardTitle>
      <CardBody>
        {jobs.length === 0 ? (
          <p className="slipway-subtle">No job has ended yet.</p>
        ) : (
          <JobsTable jobs={jobs} label="Recent jobs" />
        )}
      </CardBody>
    </Card>
  );
}
