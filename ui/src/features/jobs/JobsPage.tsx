import {
  EmptyState,
  EmptyStateBody,
  PageSection,
  ToggleGroup,
  ToggleGroupItem,
} from "@patternfly/react-core";
import ListIcon from "@patternfly/react-icons/dist/esm/icons/list-icon";
import { useSearchParams } from "react-router";
import { ErrorAlert } from "@/components/ErrorAlert";
import { JobsTable } from "@/components/JobsTable";
import { PageHeader } from "@/components/PageHeader";
import { OutcomeIcon } from "@/components/StateIcon";
import { TableSkeleton } from "@/components/TableSkeleton";
import type { JobOutcome, JobRow } from "@/ipc/bindings";
import { useJobs } from "@/ipc/queries/jobs";
import { counted } from "@/lib/format";
import { isOutcome, OUTCOMES, runningFirst } from "@/lib/jobs";
import { BatchList } from "./BatchList";

type FilterProps = {
  jobs: JobRow[];
  chosen: JobOutcome | null;
  onChoose: (outcome: JobOutcome | null) => void;
};

function OutcomeFilter({ jobs, chosen, onChoose }: FilterProps) {
  return (
    <ToggleGroup aria-label="Filter by state">
      <ToggleGroupItem
        text={`All ${jobs.length}`}
        isSelected={chosen === null}
        onChange={() => onChoose(null)}
      />
      {(Object.keys(OUTCOMES) as JobOutcome[]).map((outcome) => (
        <ToggleGroupItem
          key={outcome}
          icon={<OutcomeIcon outcome={outcome} />}
          text={`${OUTCOMES[outcome].word} ${jobs.filter((job) => job.outcome === outcome).length}`}
          isSelected={chosen === outcome}
          onChange={() => onChoose(outcome)}
        />
      ))}
    </ToggleGroup>
  );
}

/** All jobs, running ones first. */
export function JobsPage() {
  const { data: jobs, error, refetch } = useJobs();
  const [params, setParams] = useSearchParams();
  const asked = params.get("state");
  const chosen = asked && isOutcome(asked) ? asked : null;
  const shown = jobs && runningFirst(jobs).filter((job) => !chosen || job.outcome === chosen);
  const running = jobs?.filter((job) => job.outcome === "running").length ?? 0;
  return (
    <>
      <PageHeader
        title="Jobs"
        lead={jobs && (running > 0 ? `${counted(running, "job")} running` : "No job runs")}
      />
      <PageSection isFilled aria-label="All jobs">
        {error && <ErrorAlert error={error} title="The jobs could not be read" onRetry={refetch} />}
        {!jobs && !error && (
          <TableSkeleton
            label="Reading the jobs"
            columns={["Job", "Card", "State", "Standing", "Started", "Took"]}
          />
        )}
        <BatchList />
        {jobs?.length === 0 && (
          <EmptyState headingLevel="h2" titleText="No jobs yet" icon={ListIcon}>
            <EmptyStateBody>
              Deployments, upgrades, switches and rollbacks show up here from their first second.
            </EmptyStateBody>
          </EmptyState>
        )}
        {jobs && jobs.length > 0 && (
          <>
            <OutcomeFilter
              jobs={jobs}
              chosen={chosen}
              onChoose={(outcome) => setParams(outcome ? { state: outcome } : {})}
            />
            {shown && shown.length > 0 ? (
              <JobsTable jobs={shown} label="Jobs" />
            ) : (
              <EmptyState
                variant="sm"
                headingLevel="h2"
                titleText={`No job has the state ${chosen ? OUTCOMES[chosen].word : ""}`}
              />
            )}
          </>
        )}
      </PageSection>
    </>
  );
}
