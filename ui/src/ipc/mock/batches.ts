import type {
  BatchAction,
  BatchCardState,
  BatchCardView,
  BatchCounts,
  BatchRequest,
  BatchRow,
  BatchRules,
  BatchState,
  BatchView,
  Failure,
  Residue,
} from "../bindings";
import { cardOf, refuse } from "./answers";
import type { MockCard } from "./cards";
import { type Desk, ISO_NAME, makeDeployment } from "./desk";
import { hex } from "./images";
import { jobRow, type MockJob, standing } from "./jobs";

type MockBatchCard = { card: MockCard; wave: number; job: MockJob | null; earlier: string[] };

export type MockBatch = {
  id: string;
  name: string;
  rules: Required<BatchRules>;
  startedAt: number;
  cards: MockBatchCard[];
  paused: number | null;
  /** It stopped by itself after this many failures. */
  stopped: number | null;
  cancelled: number | null;
};

export const batchId = (word: string): string => hex(`batch ${word}`, 32);

const CLOCK: Failure = {
  kind: "media_transfer",
  step: "Insert the ISO",
  message: "the IMC could not download the ISO: it does not trust the server's certificate",
  causes: [
    "Oem.Intel.Message: curl: (60) SSL certificate problem: certificate is not yet valid",
    "the IMC's clock says 2023-01-01T00:03:12Z, 3 years behind",
  ],
  retry: { when: "after_fix", hint: "set the IMC's clock" },
};

const LEFT: Residue = {
  what: "virtual media still inserted",
  why: "EjectMedia answered 503 three times",
};

type Told = { name: string; wave: number; ago?: number; fails?: boolean; left?: boolean };

function makeCard(cards: MockCard[], told: Told, now: number, id: string): MockBatchCard[] {
  const card = cards.find((one) => one.name === told.name);
  if (!card) return [];
  const made =
    told.ago === undefined
      ? null
      : makeDeployment(card, {
          id: hex(`job ${id} ${card.name}`, 32),
          startedAt: now - told.ago * 1_000,
          ...(told.fails && { failsIn: 3, failure: CLOCK, residue: told.left ? [LEFT] : [] }),
        });
  return [{ card, wave: told.wave, job: made, earlier: [] }];
}

function makeBatch(cards: MockCard[], word: string, told: Told[], now: number): MockBatch {
  const id = batchId(word);
  const ages = told.flatMap((one) => one.ago ?? []);
  return {
    id,
    name: `Deploy ${ISO_NAME} to ${told.length} cards`,
    rules: { at_once: 4, waves: [1, 3], stop_after: 2 },
    startedAt: now - Math.max(0, ...ages) * 1_000,
    cards: told.flatMap((one) => makeCard(cards, one, now, id)),
    paused: null,
    stopped: null,
    cancelled: null,
  };
}

const names = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => `dpu-${String(from + at).padStart(2, "0")}`);

/** One that runs, one that stopped by itself, one that ended days ago. */
export function makeBatches(cards: MockCard[], now: number): MockBatch[] {
  if (cards.length < 24) return [];
  const running = makeBatch(
    cards,
    "running",
    [
      { name: "dpu-01", wave: 1, ago: 1_500 },
      { name: "dpu-02", wave: 2, ago: 610 },
      { name: "dpu-03", wave: 2, ago: 540, fails: true },
      { name: "dpu-04", wave: 2, ago: 96 },
      ...names(7, 12).map((name) => ({ name, wave: 3 })),
    ],
    now,
  );
  const stopped = makeBatch(
    cards,
    "stopped",
    [
      { name: "dpu-13", wave: 1, ago: 4_000 },
      { name: "dpu-14", wave: 2, ago: 2_600, fails: true },
      { name: "dpu-15", wave: 2, ago: 2_600, fails: true, left: true },
      { name: "dpu-16", wave: 2, ago: 2_600 },
      ...names(17, 20).map((name) => ({ name, wave: 3 })),
    ],
    now,
  );
  const days = 2 * 86_400;
  const ended = makeBatch(
    cards,
    "ended",
    names(1, 6).map((name, at) => ({ name, wave: at === 0 ? 1 : 2, ago: days - at })),
    now,
  );
  return [running, { ...stopped, stopped: 2 }, ended];
}

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
