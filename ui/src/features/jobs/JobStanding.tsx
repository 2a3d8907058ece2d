import { Card, CardBody, CardTitle, Progress, Stack, StackItem } from "@patternfly/react-core";
import { ByteProgress } from "@/components/ByteProgress";
import { Facts } from "@/components/Facts";
import { Readers } from "@/components/Readers";
import { RelativeTime } from "@/components/RelativeTime";
import type { JobView } from "@/ipc/bindings";
import { percent, sentence } from "@/lib/format";
import { doneWords } from "@/lib/jobs";
import { useNow } from "@/lib/now";
import { between, span } from "@/lib/time";

/** Elapsed in this step against the moment at which it gives up. */
function Elapsed({ view }: { view: JobView }) {
  const now = useNow(true);
  const gone = span(between(view.state_since, now));
  if (!view.deadline) return <>{gone}</>;
  return (
    <>
      {gone} of at most {span(between(view.state_since, view.deadline))}
    </>
  );
}

function TotalTime({ view }: { view: JobView }) {
  const now = useNow(view.row.outcome === "running");
  return <>{span(between(view.row.created_at, view.row.ended_at ?? now))}</>;
}

function Running({ view }: { view: JobView }) {
  const { row } = view;
  const waiting = row.waiting ?? view.steps[row.step_number - 1]?.plan.effect ?? row.step;
  const active = view.readers.filter((reader) => reader.active);
  return (
    <Stack hasGutter>
      <StackItem>
        <p aria-live="polite" data-testid="job-waiting">
          {sentence(waiting)}
        </p>
      </StackItem>
      <StackItem>
        {row.done !== null && row.total !== null && row.total > 0 ? (
          <ByteProgress done={row.done} total={row.total} label={waiting} />
        ) : (
          <Progress
            size="sm"
            value={percent(row.step_number - 1, row.step_count)}
            aria-label={`Step ${row.step_number} of ${row.step_count}`}
            measureLocation="none"
          />
        )}
      </StackItem>
      {active.length > 0 && row.done === null && <Readers readers={active} />}
      <StackItem>
        <Facts
          columns={{ default: "3Col" }}
          facts={[
            ["This step", <Elapsed key="step" view={view} />],
            ["The whole job", <TotalTime key="job" view={view} />],
            ["Started", <RelativeTime key="at" at={row.created_at} />],
          ]}
        />
      </StackItem>
    </Stack>
  );
}

function Ended({ view }: { view: JobView }) {
  const { row } = view;
  return (
    <Stack hasGutter>
      {row.message && row.outcome !== "failed" && <StackItem>{sentence(row.message)}</StackItem>}
      <StackItem>
        <Facts
          columns={{ default: "3Col" }}
          facts={[
            ["Started", <RelativeTime key="from" at={row.created_at} />],
            ["Ended", row.ended_at && <RelativeTime key="to" at={row.ended_at} />],
            ["Took", <TotalTime key="took" view={view} />],
          ]}
        />
      </StackItem>
    </Stack>
  );
}

const ENDED = { succeeded: "Succeeded", failed: "Failed", cancelled: "Cancelled" } as const;

/** Where the job stands: step n of m, what it waits for, bytes, time. */
export function JobStanding({ view }: { view: JobView }) {
  const { row } = view;
  const title =
    row.outcome === "running"
      ? `Step ${row.step_number} of ${row.step_count}: ${row.step}`
      : row.outcome === "succeeded"
        ? `${ENDED.succeeded}: ${doneWords(row)}`
        : `${ENDED[row.outcome]} in step ${row.step_number} of ${row.step_count}: ${view.failure?.step ?? row.step}`;
  return (
    <Card>
      <CardTitle component="h2" data-testid="job-headline">
        {title}
      </CardTitle>
      <CardBody>
        {row.outcome === "running" ? <Running view={view} /> : <Ended view={view} />}
      </CardBody>
    </Card>
  );
}
