import type { BatchCounts, BatchRules, BatchState } from "@/ipc/bindings";
import { counted } from "./format";
import type { Tone } from "./states";

type StateName = BatchState["name"];

/** The words of a batch's state. */
export const BATCH_STATES: Record<StateName, { word: string; tone: Tone; means: string }> = {
  waiting: { word: "Waiting", tone: "grey", means: "No card was started yet." },
  running: { word: "Running", tone: "blue", means: "Cards are being done." },
  paused: {
    word: "Paused",
    tone: "orange",
    means: "By a person: what runs goes on, no further card is started.",
  },
  stopped: {
    word: "Stopped",
    tone: "red",
    means: "By itself, because of failures: no further card is started.",
  },
  cancelling: { word: "Cancelling", tone: "grey", means: "Its running jobs clean up." },
  cancelled: { word: "Cancelled", tone: "grey", means: "No further card is done." },
  ended: { word: "Ended", tone: "green", means: "Every card had its turn." },
};

/** Ended is only green where every card succeeded. */
export function batchWords(state: BatchState, counts: BatchCounts): { word: string; tone: Tone } {
  const { word, tone } = BATCH_STATES[state.name];
  if (state.name !== "ended" || counts.succeeded === counts.cards) return { word, tone };
  return { word, tone: counts.succeeded === 0 ? "red" : "orange" };
}

export const isOver = (state: BatchState): boolean =>
  state.name === "ended" || state.name === "cancelled";

/** Cards that had their turn. */
export const doneOf = (counts: BatchCounts): number =>
  counts.succeeded + counts.failed + counts.cancelled + counts.not_started;

/** What is typed for a batch. */
export type RulesDraft = { atOnce: string; waves: string; stopAfter: string };

/** As the backend has it where nobody says. */
export const usualRules: RulesDraft = { atOnce: "8", waves: "", stopAfter: "2" };

const whole = (text: string): number | null =>
  /^[1-9]\d{0,5}$/.test(text.trim()) ? Number(text) : null;

/** The sizes of the first waves; `null`: they can't be meant. */
export function wavesOf(text: string): number[] | null {
  const parts = text.split(/[\s,]+/).filter((part) => part && part !== "rest");
  const sizes = parts.map(whole);
  return sizes.every((size) => size !== null) ? sizes : null;
}

export const atOnceProblem = (text: string): string | null =>
  whole(text) === null ? "At least 1 card at once" : null;
export const stopAfterProblem = (text: string): string | null =>
  whole(text) === null ? "It stops after 1 failure at the earliest" : null;
export const wavesProblem = (text: string): string | null =>
  wavesOf(text) === null ? "Numbers of cards, such as 1, 4" : null;

export const rulesProblem = ({ atOnce, waves, stopAfter }: RulesDraft): string | null =>
  atOnceProblem(atOnce) ?? wavesProblem(waves) ?? stopAfterProblem(stopAfter);

export const asRules = ({ atOnce, waves, stopAfter }: RulesDraft): BatchRules => ({
  at_once: Number(atOnce),
  waves: wavesOf(waves) ?? [],
  stop_after: Number(stopAfter),
});

/** "1 card, then 4 cards, then the other 3": what these waves mean for so many cards. */
export function wavesSentence(text: string, cards: number): string {
  const sizes = wavesOf(text) ?? [];
  const parts: string[] = [];
  let left = cards;
  for (const size of sizes) {
    if (left <= 0) break;
    parts.push(counted(Math.min(size, left), "card"));
    left -= size;
  }
  if (parts.length === 0) return `All ${counted(cards, "card")} are one wave.`;
  if (left > 0) parts.push(left === 1 ? "the last one" : `the other ${left}`);
  return `${parts.join(", then ")}. A wave begins when every card of the one before has ended.`;
}
