import type {
  BatchAction,
  BatchCardState,
  BatchCardView,
  BatchCounts,
  BatchRequest,
  BatchRow,
  BatchState,
  BatchView,
} from "../bindings";
import { cardOf, refuse } from "./answers";
import { batchId, type MockBatch, type MockBatchCard } from "./batchSamples";
import { type Desk, ISO_NAME, makeDeployment } from "./desk";
import { hex } from "./images";
import { jobRow, type MockJob, standing } from "./jobs";

function cardState(batch: MockBatch, one: MockBatchCard, now: number): BatchCardState {
  if (!one.job) {
    return batch.cancelled === null
      ? { name: "waiting" }
      : { name: "not_started", because: "batch_cancelled" };
  }
  const { outcome } = standing(one.job, now);
  return outcome === "running"
    ? { name: "running", job: one.job.id }
    : { name: "ended", job: one.job.id, outcome };
}

function countsOf(batch: MockBatch, now: number): BatchCounts {
  const counts: BatchCounts = {
    cards: batch.cards.length,
    waiting: 0,
    running: 0,
    succeeded: 0,
    failed: 0,
    cancelled: 0,
    not_started: 0,
  };
  for (const one of batch.cards) {
    const state = cardState(batch, one, now);
    counts[state.name === "ended" ? state.outcome : state.name] += 1;
  }
  return counts;
}

function stateOf(batch: MockBatch, counts: BatchCounts): BatchState {
  const since = new Date(batch.startedAt).toISOString();
  if (batch.cancelled !== null) {
    return counts.running > 0 ? { name: "cancelling", since } : { name: "cancelled" };
  }
  if (counts.waiting + counts.running === 0) return { name: "ended" };
  if (batch.stopped !== null) {
    return { name: "stopped", because: { why: "failures", count: batch.stopped }, since };
  }
  if (batch.paused !== null) return { name: "paused", forgiven: 0, since };
  return { name: "running", forgiven: 0 };
}

const sentenceOf = (counts: BatchCounts): string =>
  (["succeeded", "failed", "cancelled", "not_started", "running", "waiting"] as const)
    .filter((part) => counts[part] > 0)
    .map((part) => `${counts[part]} ${part.replace("_", " ")}`)
    .join(", ");

export function batchRow(batch: MockBatch, now: number): BatchRow {
  const counts = countsOf(batch, now);
  const state = stateOf(batch, counts);
  const word = state.name.charAt(0).toUpperCase() + state.name.slice(1);
  const why = state.name === "stopped" ? `: ${batch.stopped} cards failed. ` : ": ";
  const ends = batch.cards.flatMap((one) =>
    one.job ? (standing(one.job, now).endedAt ?? []) : [],
  );
  return {
    id: batch.id,
    name: batch.name,
    state,
    counts,
    sentence: `${word}${why}${sentenceOf(counts)}`,
    created_at: new Date(batch.startedAt).toISOString(),
    ended_at:
      state.name === "ended" || state.name === "cancelled"
        ? new Date(Math.max(batch.startedAt, ...ends)).toISOString()
        : null,
  };
}

const halted: Partial<Record<BatchState["name"], string>> = {
  stopped: "not started: 2 cards failed",
  paused: "not started: the batch is paused",
};

function cardView(batch: MockBatch, one: MockBatchCard, row: BatchRow, now: number): BatchCardView {
  const state = cardState(batch, one, now);
  const failed = state.name === "ended" && state.outcome === "failed";
  return {
    dpu: one.card.id,
    name: one.card.name,
    wave: one.wave,
    state,
    job: one.job && jobRow(one.job, now),
    earlier: one.earlier,
    failure: failed ? (one.job?.failure ?? null) : null,
    residue: state.name === "ended" ? (one.job?.residue ?? []) : [],
    why_no_job:
      state.name === "waiting"
        ? (halted[row.state.name] ?? `waits for wave ${one.wave - 1}`)
        : state.name === "not_started"
          ? "the batch was cancelled before its turn came"
          : null,
  };
}

function batchView(batch: MockBatch, now: number): BatchView {
  const row = batchRow(batch, now);
  const { name } = row.state;
  const over = name === "ended" || name === "cancelled";
  const isHalted = name === "paused" || name === "stopped";
  const why: Record<BatchAction, string | null> = {
    pause: over ? "it is over" : isHalted ? "it starts no card as it is" : null,
    resume: isHalted ? null : "it is not paused",
    cancel: over ? "it is over" : name === "cancelling" ? "it is being cancelled" : null,
    retry: row.counts.failed + row.counts.cancelled > 0 ? null : "no card of it has failed",
  };
  return {
    row,
    rules: batch.rules,
    rules_text: `${batch.rules.at_once} at once; waves: ${batch.rules.waves.join(", ")}, the rest; stops after ${batch.rules.stop_after} failures`,
    actions: (["pause", "resume", "cancel", "retry"] as const).map((action) => ({
      action,
      why_not: why[action],
    })),
    cards: batch.cards.map((one) => cardView(batch, one, row, now)),
    at_rest: over || (isHalted && row.counts.running === 0),
  };
}

/** Jobs that are started in the mock take seconds. */
const quick = (job: MockJob): MockJob => ({
  ...job,
  takes: job.takes.map((ms) => Math.max(600, ms / 20)),
});

function waveOf(waves: number[], position: number): number {
  let end = 0;
  for (const [at, size] of waves.entries()) {
    end += size;
    if (position < end) return at + 1;
  }
  return waves.length + 1;
}

export function startBatch(desk: Desk, request: BatchRequest): string {
  if (request.what.kind !== "deploy") throw refuse("invalid", "the mock only deploys");
  const { dpus } = request.what.request;
  const now = desk.now();
  const rules = { at_once: 8, waves: [], stop_after: 2, ...request.rules };
  const cards = dpus.map((dpu, at): MockBatchCard => {
    const card = cardOf(desk, dpu);
    const wave = waveOf(rules.waves, at);
    const job =
      wave === 1
        ? quick(makeDeployment(card, { id: hex(`job ${now} ${dpu}`, 32), startedAt: now }))
        : null;
    return { card, wave, job, earlier: [] };
  });
  const name = `Deploy ${ISO_NAME} to ${cards.length} cards`;
  const made = { startedAt: now, cards, paused: null, stopped: null, cancelled: null };
  const batch: MockBatch = { id: batchId(`${now}`), name, rules, ...made };
  desk.batches.unshift(batch);
  return batch.id;
}

export function batchHandlers(desk: Desk) {
  const now = () => desk.now();
  const find = (id: string): MockBatch => {
    const batch = desk.batches.find((one) => one.id === id);
    if (!batch) throw refuse("not_found", `there is no batch ${id}`);
    return batch;
  };
  return {
    batches: () => desk.batches.map((batch) => batchRow(batch, now())),
    batch: ({ id }: { id: string }) => batchView(find(id), now()),
    start_batch: ({ request }: { request: BatchRequest }) => startBatch(desk, request),
    pause_batch: ({ id }: { id: string }) => {
      find(id).paused = now();
    },
    resume_batch: ({ id }: { id: string }) => {
      Object.assign(find(id), { paused: null, stopped: null });
    },
    cancel_batch: ({ id }: { id: string }) => {
      const batch = find(id);
      batch.cancelled = now();
      for (const { job } of batch.cards) if (job) job.cancelledAt = now();
    },
    retry_batch: ({ id }: { id: string }) => {
      const batch = find(id);
      batch.stopped = null;
      for (const one of batch.cards) {
        if (!one.job || standing(one.job, now()).outcome !== "failed") continue;
        one.earlier.push(one.job.id);
        const again = makeDeployment(one.card, { startedAt: now() });
        one.job = quick({ ...again, id: hex(`job ${id} ${now()} ${one.card.name}`, 32) });
      }
    },
  };
}
