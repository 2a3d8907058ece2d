import { Progress } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { Link, useNavigate } from "react-router";
import type { JobRow } from "@/ipc/bindings";
import { percent, sentence } from "@/lib/format";
import { doneWords, jobTitle } from "@/lib/jobs";
import { useNow } from "@/lib/now";
import { between, span } from "@/lib/time";
import { OutcomeLabel } from "./OutcomeLabel";
import { RelativeTime } from "./RelativeTime";

type Props = {
  jobs: JobRow[];
  label: string;
  /** Off on a card's own page. */
  showCard?: boolean;
};

/** How far a job is: its step, the sentence under it, and a bar where bytes move. */
function JobStanding({ job }: { job: JobRow }) {
  if (job.outcome !== "running") {
    return (
      <span className="slipway-subtle">
        {sentence(job.message ?? (job.outcome === "succeeded" ? doneWords(job) : job.step))}
      </span>
    );
  }
  const text = job.waiting ?? job.step;
  const known = job.done !== null && job.total !== null && job.total > 0;
  const value = known
    ? percent(job.done ?? 0, job.total ?? 0)
    : percent(job.step_number - 1, job.step_count);
  return (
    <div>
      <div>
        Step {job.step_number} of {job.step_count}: {job.step}
      </div>
      <Progress
        value={value}
        size="sm"
        measureLocation={known ? "outside" : "none"}
        aria-label={`${jobTitle(job)}: ${text}`}
      />
      {job.waiting && <div className="slipway-subtle">{job.waiting}</div>}
    </div>
  );
}

function Duration({ job }: { job: JobRow }) {
  const now = useNow(job.outcome === "running");
  return (
    <span className="slipway-nowrap">{span(between(job.created_at, job.ended_at ?? now))}</span>
  );
}

/** Jobs, one per row; a row opens the job. */
export function JobsTable({ jobs, label, showCard = true }: Props) {
  const navigate = useNavigate();
  return (
    <Table aria-label={label} variant="compact">
      <Thead>
        <Tr>
          <Th width={15}>Job</Th>
          {showCard && <Th width={10}>About</Th>}
          <Th width={15}>State</Th>
          <Th>Standing</Th>
          <Th width={10}>Started</Th>
          <Th width={10}>Took</Th>
        </Tr>
      </Thead>
      <Tbody>
        {jobs.map((job) => (
          <Tr
            key={job.id}
            isClickable
            tabIndex={-1}
            onRowClick={() => navigate(`/jobs/${job.id}`)}
            data-testid={`job-row-${job.subject}`}
          >
            <Td dataLabel="Job">
              <Link to={`/jobs/${job.id}`}>{job.kind}</Link>
              <div className="slipway-subtle">{job.what}</div>
            </Td>
            {showCard && (
              <Td dataLabel="About" modifier="nowrap">
                {job.dpu ? (
                  <Link to={`/cards/${job.dpu}`} onClick={(event) => event.stopPropagation()}>
                    {job.subject}
                  </Link>
                ) : (
                  job.subject
                )}
              </Td>
            )}
            <Td dataLabel="State">
              <OutcomeLabel outcome={job.outcome} cancelling={job.cancel_requested} compact />
            </Td>
            <Td dataLabel="Standing">
              <JobStanding job={job} />
            </Td>
            <Td dataLabel="Started" modifier="nowrap">
              <RelativeTime at={job.created_at} />
            </Td>
            <Td dataLabel="Took">
              <Duration job={job} />
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
