import { Card, CardBody, CardTitle, Label, StackItem } from "@patternfly/react-core";
import HourglassHalfIcon from "@patternfly/react-icons/dist/esm/icons/hourglass-half-icon";
import MinusCircleIcon from "@patternfly/react-icons/dist/esm/icons/minus-circle-icon";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { Link } from "react-router";
import { BatchBar } from "@/components/BatchBar";
import { JobDuration, JobProgress } from "@/components/JobProgress";
import { OutcomeLabel } from "@/components/OutcomeLabel";
import type { BatchView } from "@/ipc/whole";
import { bytesOf, counted, sentence } from "@/lib/format";
import { type BatchCard, type Wave, wavesOf } from "./waves";

function StateOf({ card }: { card: BatchCard }) {
  switch (card.state.name) {
    case "waiting":
      return (
        <Label isCompact icon={<HourglassHalfIcon />}>
          Waiting
        </Label>
      );
    case "not_started":
      return (
        <Label isCompact icon={<MinusCircleIcon />}>
          Not started
        </Label>
      );
    case "running":
      return <OutcomeLabel outcome="running" cancelling={card.job?.cancel_requested} compact />;
    case "ended":
      return <OutcomeLabel outcome={card.state.outcome} compact />;
  }
}

function ReadBy({ card }: { card: BatchCard }) {
  const { job } = card;
  if (!job || job.done === null || job.total === null) return null;
  return <span className="slipway-numbers slipway-nowrap">{bytesOf(job.done, job.total)}</span>;
}

function CardRow({ card }: { card: BatchCard }) {
  return (
    <Tr data-testid={`batch-card-${card.name}`}>
      <Td dataLabel="Card" modifier="nowrap">
        <Link to={`/cards/${card.dpu}`}>{card.name}</Link>
      </Td>
      <Td dataLabel="State" modifier="nowrap">
        <StateOf card={card} />
      </Td>
      <Td dataLabel="Standing">
        {card.job && card.why_no_job === null ? (
          <JobProgress job={card.job} />
        ) : (
          <span className="slipway-subtle">{sentence(card.why_no_job ?? "")}</span>
        )}
        {card.earlier.length > 0 && (
          <div className="slipway-subtle">
            tried {counted(card.earlier.length, "time")} before:{" "}
            {card.earlier.map((id, at) => (
              <span key={id}>
                {at > 0 && ", "}
                <Link to={`/jobs/${id}`}>{id.slice(-8)}</Link>
              </span>
            ))}
          </div>
        )}
      </Td>
      <Td dataLabel="Read">
        <ReadBy card={card} />
      </Td>
      <Td dataLabel="Took">{card.job && <JobDuration job={card.job} />}</Td>
      <Td dataLabel="Job" modifier="nowrap">
        {card.job && <Link to={`/jobs/${card.job.id}`}>Open the job</Link>}
      </Td>
    </Tr>
  );
}

function WaveCard({ wave, of }: { wave: Wave; of: number }) {
  const title = of > 1 ? `Wave ${wave.number} of ${of}` : "Cards";
  return (
    <Card isCompact data-testid={`wave-${wave.number}`}>
      <CardTitle component="h2">
        {title} <span className="slipway-subtle">{counted(wave.cards.length, "card")}</span>
      </CardTitle>
      <CardBody>
        {of > 1 && <BatchBar counts={wave.counts} label={title} />}
        <Table aria-label={title} variant="compact">
          <Thead>
            <Tr>
              <Th width={15}>Card</Th>
              <Th width={10}>State</Th>
              <Th width={40}>Standing</Th>
              <Th width={15}>Read by the IMC</Th>
              <Th width={10}>Took</Th>
              <Th width={10}>Job</Th>
            </Tr>
          </Thead>
          <Tbody>
            {wave.cards.map((card) => (
              <CardRow key={card.dpu} card={card} />
            ))}
          </Tbody>
        </Table>
      </CardBody>
    </Card>
  );
}

/** One row per card, wave by wave, in the order in which they come to their turn. */
export function BatchCards({ view }: { view: BatchView }) {
  const waves = wavesOf(view);
  return (
    <>
      {waves.map((wave) => (
        <StackItem key={wave.number}>
          <WaveCard wave={wave} of={waves.length} />
        </StackItem>
      ))}
    </>
  );
}
