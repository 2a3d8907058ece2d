import type { BatchCounts } from "@/ipc/bindings";
import { doneOf } from "@/lib/batches";

type Part = Exclude<keyof BatchCounts, "cards">;

/** In the order of the bar: what ended, what runs, what is to come. */
const PARTS: [part: Part, word: string][] = [
  ["succeeded", "succeeded"],
  ["failed", "failed"],
  ["cancelled", "cancelled"],
  ["not_started", "not started"],
  ["running", "running"],
  ["waiting", "waiting"],
];

type Props = { counts: BatchCounts; label: string; legend?: boolean };

/** All cards of a batch in one bar, by how they stand. */
export function BatchBar({ counts, label, legend = false }: Props) {
  const present = PARTS.filter(([part]) => counts[part] > 0);
  const words = present.map(([part, word]) => `${counts[part]} ${word}`).join(", ");
  return (
    <div className="slipway-batch">
      <div
        role="progressbar"
        className="slipway-batch-bar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={counts.cards}
        aria-valuenow={doneOf(counts)}
        aria-valuetext={words}
      >
        {present.map(([part]) => (
          <span key={part} data-part={part} style={{ flexGrow: counts[part] }} />
        ))}
      </div>
      {legend ? (
        <ul className="slipway-batch-legend">
          {present.map(([part, word]) => (
            <li key={part}>
              <span className="slipway-batch-dot" data-part={part} /> {counts[part]} {word}
            </li>
          ))}
        </ul>
      ) : (
        <span className="slipway-subtle">{words}</span>
      )}
    </div>
  );
}
