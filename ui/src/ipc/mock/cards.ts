import type {
  AvailableImage,
  BootEntry,
  DpuId,
  Greenboot,
  HeadlineState,
  ImageDigest,
  JobId,
  Silence,
} from "../bindings";
import { available, entry, FOREIGN, hex, NEWEST, OLDER, OLDEST } from "./images";

/** A simulated card: the facts out of which the views are made. */
export type MockCard = {
  id: DpuId;
  name: string;
  host: string | null;
  imc: string;
  imcSsh: string;
  state: HeadlineState;
  reason: string;
  at: string | null;
  imageMode: boolean | null;
  booted: BootEntry | null;
  staged: BootEntry | null;
  rollback: BootEntry | null;
  rollbackQueued: boolean;
  greenboot: Greenboot | null;
  available: AvailableImage | null;
  wanted: ImageDigest | null;
  imcSilent: Silence | null;
  accSilent: Silence | null;
  imcSeen: string | null;
  accSeen: string | null;
  firmware: string;
  labels: string[];
  job: JobId | null;
  addedAt: string;
};

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Who is in which state, by position: every word once, most of them well. */
const STATES: HeadlineState[] = [
  "current",
  "current",
  "update_available",
  "current",
  "failed",
  "working",
  "current",
  "staged",
  "current",
  "unreachable",
  "current",
  "update_available",
  "rolled_back",
  "current",
  "drifted",
  "current",
  "working",
  "degraded",
  "current",
  "unreachable",
  "update_available",
  "not_image_mode",
  "current",
  "unknown",
];

const pad = (number: number, digits: number) => String(number).padStart(digits, "0");

type Facts = Omit<MockCard, "id" | "name" | "host" | "imc" | "imcSsh" | "firmware" | "labels">;

/** What the state of a card looks like from outside. */
function facts(state: HeadlineState, iso: (ago: number) => string, position: number): Facts {
  const seen = iso(20_000 + ((position * 7_919) % 90_000));
  const base: Facts = {
    state,
    reason: "the newest image of its reference",
    at: seen,
    imageMode: true,
    booted: entry(NEWEST),
    staged: null,
    rollback: entry(OLDER),
    rollbackQueued: false,
    greenboot: "green",
    available: available(iso(4 * MINUTE)),
    wanted: NEWEST.digest,
    imcSilent: null,
    accSilent: null,
    imcSeen: seen,
    accSeen: seen,
    job: null,
    addedAt: iso(41 * 24 * HOUR),
  };
  const short = (digest: string) => digest.slice(7, 19);
  const older = { booted: entry(OLDER), rollback: entry(OLDEST), wanted: OLDER.digest };
  switch (state) {
    case "current":
      return base;
    case "update_available":
      return { ...base, ...older, reason: `1.2.0 (${short(NEWEST.digest)})` };
    case "staged":
      return {
        ...base,
        ...older,
        staged: entry(NEWEST),
        reason: `${short(NEWEST.digest)} waits for a reboot`,
      };
    case "working":
      return { ...base, ...older, at: null };
    case "failed":
      return { ...base, ...older, at: null, reason: "Deployment failed: Insert the ISO" };
    case "rolled_back":
      return {
        ...base,
        booted: entry(OLDER),
        rollback: entry(NEWEST),
        greenboot: "fell_back",
        reason: `runs ${short(OLDER.digest)} again, ${short(NEWEST.digest)} was asked for`,
      };
    case "drifted":
      return {
        ...base,
        booted: entry(FOREIGN, { reference: "quay.io/someone/dpu-os:try" }),
        rollback: entry(NEWEST),
        reason: `runs ${short(FOREIGN.digest)}, should run ${short(NEWEST.digest)}`,
      };
    case "degraded":
      return { ...base, greenboot: "pending", reason: "greenboot has not passed this boot" };
    case "unreachable": {
      const since = iso(position % 2 === 0 ? 2 * HOUR : 26 * MINUTE);
      const imc = position % 2 === 0;
      const reason = imc ? "no answer on TCP port 8443" : "no route to 192.168.0.2:22";
      const silence = { since, reason };
      return {
        ...base,
        ...(imc ? { imcSilent: silence, imcSeen: since } : { accSilent: silence }),
        accSeen: since,
        at: since,
        reason: `${imc ? "IMC" : "ACC"}: ${reason}`,
      };
    }
    case "not_image_mode":
      return {
        ...base,
        imageMode: false,
        booted: null,
        rollback: null,
        available: null,
        wanted: null,
        greenboot: "not_installed",
        reason: "bootc did not boot this system",
      };
    case "unknown":
      return {
        ...base,
        imageMode: null,
        booted: null,
        rollback: null,
        available: null,
        wanted: null,
        greenboot: null,
        accSeen: null,
        accSilent: { since: iso(3 * 24 * HOUR), reason: "no route to 192.168.0.2:22" },
        reason: "ACC never answered: no route to 192.168.0.2:22",
      };
  }
}

/** The fleet, newest facts relative to `now`. The first 24 show every state. */
export function makeCards(count: number, now: number): MockCard[] {
  const iso = (ago: number) => new Date(now - ago).toISOString();
  const digits = Math.max(2, String(count).length);
  return Array.from({ length: count }, (_, at) => {
    const number = at + 1;
    const state =
      STATES[at] ?? (at % 11 === 0 ? "update_available" : at % 97 === 0 ? "degraded" : "current");
    const name = `dpu-${pad(number, digits)}`;
    const imc = `10.${40 + Math.floor(at / 250)}.7.${10 + (at % 240)}`;
    return {
      ...facts(state, iso, at),
      id: hex(`card ${name}`, 32),
      name,
      host: `r${pad(1 + Math.floor(at / 8), 2)}-srv-${pad(1 + (at % 8), 2)}`,
      imc: `${imc}:8443`,
      imcSsh: `${imc}:22`,
      firmware: `MEV-HW-B1-ci-ts.release.${at % 9 === 4 ? "1.8.0.8412" : "2.0.0.11126"}`,
      labels: [`rack-${1 + Math.floor(at / 8)}`, ...(at % 12 === 0 ? ["canary"] : [])],
    };
  });
}
