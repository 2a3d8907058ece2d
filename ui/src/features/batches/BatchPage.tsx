import { Card, CardBody, CardTitle, PageSection, Stack, StackItem } from "@patternfly/react-core";
import { useParams } from "react-router";
import { BatchBar } from "@/components/BatchBar";
import { BatchLabel } from "@/components/BatchLabel";
import { ErrorAlert } from "@/components/ErrorAlert";
import { Facts } from "@/components/Facts";
import { Loading } from "@/components/Loading";
import { PageHeader } from "@/components/PageHeader";
import { RelativeTime } from "@/components/RelativeTime";
import { useBatch } from "@/ipc/queries/batches";
import type { BatchView } from "@/ipc/whole";
import { doneOf } from "@/lib/batches";
import { bytesOf, rate } from "@/lib/format";
import { useNow } from "@/lib/now";
import { useRate } from "@/lib/rate";
import { between, span } from "@/lib/time";
import { BatchActions } from "./BatchActions";
import { BatchCards } from "./BatchCards";
import { PartialResult } from "./PartialResult";
import { moving } from "./waves";

function Elapsed({ view }: { view: BatchView }) {
  const now = useNow(view.row.ended_at === null);
  return <>{span(between(view.row.created_at, view.row.ended_at ?? now))}</>;
}

/** What the IMCs have read right now, of all cards that read. */
function Bytes({ view }: { view: BatchView }) {
  const { done, total, cards } = moving(view);
  const speed = useRate(cards > 0 ? done : null);
  if (cards === 0) return <>nobody reads right now</>;
  return (
    <>
      {bytesOf(done, total)}
      {speed !== null && ` · ${rate(speed)}`}
    </>
  );
}

function Standing({ view }: { view: BatchView }) {
  const { counts } = view.row;
  return (
    <Card>
      <CardTitle component="h2" data-testid="batch-headline">
        {doneOf(counts)} of {counts.cards} cards done{" "}
        <span className="slipway-subtle">{view.rules_text}</span>
      </CardTitle>
      <CardBody>
        <Stack hasGutter>
          <StackItem>
            <BatchBar counts={counts} label={`Cards of ${view.row.name}`} legend />
          </StackItem>
          <StackItem>
            <Facts
              columns={{ default: "3Col" }}
              facts={[
                ["Elapsed", <Elapsed key="elapsed" view={view} />],
                ["Started", <RelativeTime key="at" at={view.row.created_at} />],
                ["IMCs read", <Bytes key="bytes" view={view} />],
              ]}
            />
          </StackItem>
        </Stack>
      </CardBody>
    </Card>
  );
}

/** Many cards at once: how far, which waves, who did not make it and why. */
export function BatchPage() {
  const { id = "" } = useParams();
  const { data: view, error, refetch } = useBatch(id);
  const row = view?.row;
  return (
    <>
      <PageHeader
        title={row?.name ?? "Batch"}
        above={[["Jobs", "/jobs"]]}
        badge={row && <BatchLabel state={row.state} counts={row.counts} testId="batch-state" />}
        lead={
          row && (
            <>
              <span role="status" data-testid="batch-sentence">
                {row.sentence}
              </span>
              {" · "}batch <code>{row.id.slice(-8)}</code>
            </>
          )
        }
        actions={view && <BatchActions key={id} view={view} />}
      />
      {error && !view && (
        <PageSection aria-label="Error">
          <ErrorAlert error={error} title="The batch could not be read" onRetry={refetch} />
        </PageSection>
      )}
      {!view && !error && (
        <PageSection isFilled aria-label="Loading">
          <Loading words="Reading the batch" rows={8} />
        </PageSection>
      )}
      {view && (
        <PageSection isFilled aria-label="Batch">
          <Stack hasGutter>
            <PartialResult view={view} />
            <Standing view={view} />
            <BatchCards view={view} />
          </Stack>
        </PageSection>
      )}
    </>
  );
}
