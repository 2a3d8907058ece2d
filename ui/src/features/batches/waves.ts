import type { BatchCounts } from "@/ipc/bindings";
import type { BatchView } from "@/ipc/whole";

export type BatchCard = BatchView["cards"][number];
export type Wave = { number: number; cards: BatchCard[]; counts: BatchCounts };

const none = (): BatchCounts => ({
  cards: 0,
  waiting: 0,
  running: 0,
  succeeded: 0,
  failed: 0,
  cancelled: 0,
  not_started: 0,
});

function standingOf({ state }: BatchCard): Exclude<keyof BatchCounts, "cards"> {
  return state.name === "ended" ? state.outcome : state.name;
}

/** The cards by their waves, each with how it stands. */
export function wavesOf(view: BatchView): Wave[] {
  const found = new Map<number, Wave>();
  for (const card of view.cards) {
    const wave = found.get(card.wave) ?? { number: card.wave, cards: [], counts: none() };
    wave.cards.push(card);
    wave.counts.cards += 1;
    wave.counts[standingOf(card)] += 1;
    found.set(card.wave, wave);
  }
  return [...found.values()].sort((a, b) => a.number - b.number);
}

/** Bytes of all cards that are being read to right now. */
export function moving(view: BatchView): { done: number; total: number; cards: number } {
  const sum = { done: 0, total: 0, cards: 0 };
  for (const { job } of view.cards) {
    if (job?.outcome !== "running" || job.done === null || job.total === null) continue;
    sum.done += job.done;
    sum.total += job.total;
    sum.cards += 1;
  }
  return sum;
}

export type Cause = { message: string; evidence: string[]; cards: BatchCard[] };

/** Who failed, by the reason: a rack that fails for one reason is told once. */
export function causesOf(view: BatchView): Cause[] {
  const found = new Map<string, Cause>();
  for (const card of view.cards) {
    if (card.state.name !== "ended" || card.state.outcome !== "failed") continue;
    const message = card.failure?.message ?? card.job?.message ?? "it failed";
    const cause = found.get(message) ?? {
      message,
      evidence: card.failure?.causes ?? [],
      cards: [],
    };
    cause.cards.push(card);
    found.set(message, cause);
  }
  return [...found.values()].sort((a, b) => b.cards.length - a.cards.length);
}
