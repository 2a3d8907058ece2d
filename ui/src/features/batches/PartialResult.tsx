import { Alert, StackItem } from "@patternfly/react-core";
import { Fragment } from "react";
import { Link } from "react-router";
import type { BatchView } from "@/ipc/whole";
import { counted, sentence } from "@/lib/format";
import { type BatchCard, causesOf } from "./waves";

function Names({ cards }: { cards: BatchCard[] }) {
  return (
    <>
      {cards.map((card, at) => (
        <Fragment key={card.dpu}>
          {at > 0 && ", "}
          {card.job ? <Link to={`/jobs/${card.job.id}`}>{card.name}</Link> : card.name}
        </Fragment>
      ))}
    </>
  );
}

function Failures({ view }: { view: BatchView }) {
  const causes = causesOf(view);
  if (causes.length === 0) return null;
  const { failed, cards } = view.row.counts;
  return (
    <StackItem>
      <Alert
        isInline
        variant="danger"
        title={`${failed} of ${counted(cards, "card")} failed`}
        data-testid="failures"
      >
        <ul className="slipway-evidence">
          {causes.map(({ message, evidence, cards: affected }) => (
            <li key={message}>
              <strong>
                <Names cards={affected} />
              </strong>
              : {sentence(message)}
              {evidence.slice(0, 2).map((one) => (
                <div key={one} className="slipway-subtle">
                  {one}
                </div>
              ))}
            </li>
          ))}
        </ul>
      </Alert>
    </StackItem>
  );
}

function Stopped({ view }: { view: BatchView }) {
  const { state, counts } = view.row;
  if (state.name !== "stopped" && state.name !== "paused") return null;
  const going =
    counts.running > 0 ? ` ${counted(counts.running, "card")} that had begun goes on.` : "";
  return (
    <StackItem>
      <Alert
        isInline
        variant={state.name === "stopped" ? "warning" : "info"}
        title={
          state.name === "stopped"
            ? `It stopped by itself: ${
                state.because.why === "failures"
                  ? `${counted(state.because.count, "card")} failed`
                  : `no card of wave ${state.because.wave + 1} succeeded`
              }`
            : "It is paused"
        }
        data-testid="halted"
      >
        {counted(counts.waiting, "card")} {counts.waiting === 1 ? "waits" : "wait"} and{" "}
        {counts.waiting === 1 ? "is" : "are"} not touched.{going} Go on when the cause is mended, or
        cancel it.
      </Alert>
    </StackItem>
  );
}

/** What cancelled and failed jobs left behind; always told. */
function Residue({ view }: { view: BatchView }) {
  const left = view.cards.filter((card) => card.residue.length > 0);
  if (left.length === 0) return null;
  return (
    <StackItem>
      <Alert
        isInline
        variant="warning"
        title={`Something was left behind on ${counted(left.length, "card")}`}
        data-testid="batch-residue"
      >
        <ul className="slipway-evidence">
          {left.flatMap((card) =>
            card.residue.map(({ what, why }) => (
              <li key={`${card.dpu} ${what}`}>
                <strong>{card.name}</strong>: {sentence(what)}{" "}
                <span className="slipway-subtle">{sentence(why)}</span>
              </li>
            )),
          )}
        </ul>
      </Alert>
    </StackItem>
  );
}

/** Who did not make it and why, why it does not go on, and what is left behind. */
export function PartialResult({ view }: { view: BatchView }) {
  return (
    <>
      <Stopped view={view} />
      <Failures view={view} />
      <Residue view={view} />
    </>
  );
}
