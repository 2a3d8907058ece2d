import type { BatchRules, Failure, Residue } from "../bindings";
import type { MockCard } from "./cards";
import { ISO_NAME, makeDeployment } from "./desk";
import { hex } from "./images";
import type { MockJob } from "./jobs";

export type MockBatchCard = {
  card: MockCard;
  wave: number;
  job: MockJob | null;
  earlier: string[];
};

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
          ...(told.fails && { failsIn: 4, failure: CLOCK, residue: told.left ? [LEFT] : [] }),
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
