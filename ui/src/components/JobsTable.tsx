import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { Link, useNavigate } from "react-router";
import type { JobRow } from "@/ipc/bindings";
import { JobDuration, JobProgress } from "./JobProgress";
import { OutcomeLabel } from "./OutcomeLabel";
import { RelativeTime } from "./RelativeTime";

type Props = {
  jobs: JobRow[];
  label: string;
  /** Off on a card's own page. */
  showCard?: boolean;
};

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
              <JobProgress job={job} />
            </Td>
            <Td dataLabel="Started" modifier="nowrap">
              <RelativeTime at={job.created_at} />
            </Td>
            <Td dataLabel="Took">
              <JobDuration job={job} />
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
