import { Button, Card, CardBody, CardTitle } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useState } from "react";
import { Link } from "react-router";
import { BatchBar } from "@/components/BatchBar";
import { BatchLabel } from "@/components/BatchLabel";
import { ErrorAlert } from "@/components/ErrorAlert";
import { RelativeTime } from "@/components/RelativeTime";
import type { BatchRow } from "@/ipc/bindings";
import { useBatches } from "@/ipc/queries/batches";
import { isOver } from "@/lib/batches";
import { useNow } from "@/lib/now";
import { between, span } from "@/lib/time";

/** Ended ones beyond these are shown when somebody asks. */
const FEW = 3;

function Took({ batch }: { batch: BatchRow }) {
  const now = useNow(batch.ended_at === null);
  return (
    <span className="slipway-nowrap">{span(between(batch.created_at, batch.ended_at ?? now))}</span>
  );
}

/** Many cards at once, those that are not over first. Nothing where there was none. */
export function BatchList() {
  const { data: batches = [], error, refetch } = useBatches();
  const [all, setAll] = useState(false);
  if (error) {
    return <ErrorAlert error={error} title="The batches could not be read" onRetry={refetch} />;
  }
  if (batches.length === 0) return null;
  const open = batches.filter((batch) => !isOver(batch.state));
  const shown = all ? batches : batches.slice(0, Math.max(FEW, open.length));
  return (
    <Card isCompact className="slipway-above-table">
      <CardTitle component="h2">Batches</CardTitle>
      <CardBody>
        <Table aria-label="Batches" variant="compact">
          <Thead>
            <Tr>
              <Th width={30}>Batch</Th>
              <Th width={10}>State</Th>
              <Th>Cards</Th>
              <Th width={10}>Started</Th>
              <Th width={10}>Took</Th>
            </Tr>
          </Thead>
          <Tbody>
            {shown.map((batch) => (
              <Tr key={batch.id} data-testid={`batch-row-${batch.id}`}>
                <Td dataLabel="Batch">
                  <Link to={`/jobs/batches/${batch.id}`}>{batch.name}</Link>
                </Td>
                <Td dataLabel="State">
                  <BatchLabel state={batch.state} counts={batch.counts} compact />
                </Td>
                <Td dataLabel="Cards">
                  <BatchBar counts={batch.counts} label={`Cards of ${batch.name}`} />
                </Td>
                <Td dataLabel="Started" modifier="nowrap">
                  <RelativeTime at={batch.created_at} />
                </Td>
                <Td dataLabel="Took">
                  <Took batch={batch} />
                </Td>
              </Tr>
            ))}
          </Tbody>
        </Table>
        {shown.length < batches.length && (
          <Button variant="link" isInline onClick={() => setAll(true)}>
            Show all {batches.length} batches
          </Button>
        )}
      </CardBody>
    </Card>
  );
}
