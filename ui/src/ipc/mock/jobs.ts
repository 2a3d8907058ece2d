import { bytesOf } from "@/lib/format";
import type {
  Begun,
  DpuId,
  EventKind,
  Failure,
  JobEvent,
  JobId,
  JobOutcome,
  JobRow,
  JobStep,
  JobView,
  PlannedStep,
  Residue,
  RetryStep,
  StepStatus,
} from "../bindings";

const ISO_SIZE = 2_134_900_736;

/** A job as a function of time: nothing ticks, whoever asks gets where it is by now. */
export type MockJob = {
  id: JobId;
  kind: string;
  /** A build is about no card. */
  dpu: DpuId | null;
  dpuName: string;
  what: string;
  steps: PlannedStep[];
  startedAt: number;
  /** Milliseconds per step. */
  takes: number[];
  /** The step in which it fails, and how. */
  failsIn?: number;
  failure?: Failure;
  residue: Residue[];
  cancelledAt?: number;
  /** Of a cluster file that makes its ISO. */
  isoBuilds?: JobId[];
  begun?: Begun;
  seen: boolean;
};

const isSkipped = (step: PlannedStep) => step.effect.startsWith("Skipped");

type Standing = { outcome: JobOutcome; index: number; entered: number[]; endedAt: number | null };

/** Where it is at a moment. */
export function standing(job: MockJob, now: number): Standing {
  const entered: number[] = [];
  let at = job.startedAt;
  const until = job.cancelledAt ?? now;
  for (const [index, takes] of job.takes.entries()) {
    entered.push(at);
    const ends = at + takes;
    if (job.failsIn === index && ends <= now) {
      return { outcome: "failed", index, entered, endedAt: ends };
    }
    if (ends > until) {
      if (job.cancelledAt !== undefined && now > job.cancelledAt + 4_000) {
        return { outcome: "cancelled", index, entered, endedAt: job.cancelledAt + 4_000 };
      }
      return { outcome: "running", index, entered, endedAt: null };
    }
    at = ends;
  }
  return { outcome: "succeeded", index: job.steps.length - 1, entered, endedAt: at };
}

function bytesAt(
  job: MockJob,
  here: Standing,
  now: number,
): { done: number; total: number } | null {
  const name = job.steps[here.index]?.name;
  if (here.outcome !== "running") return null;
  const total =
    name === "Insert the ISO"
      ? ISO_SIZE
      : name === "Stage the image"
        ? 412_600_000
        : name === "Write the ISO"
          ? ISO_SIZE
          : 0;
  if (total === 0) return null;
  const fraction = (now - (here.entered[here.index] ?? now)) / (job.takes[here.index] ?? 1);
  return { done: Math.floor(total * Math.min(1, fraction)), total };
}

const MOVES: Record<string, string> = {
  "Insert the ISO": "The IMC is downloading the ISO",
  "Write the ISO": "Writing the ISO",
};

const WAITS: Record<string, string> = {
  "Wait for the IMC": "The IMC is restarting",
  "Wait for the installer": "The old system still answers; waiting for the installer",
  "Install and boot": "The installer is running",
  "Wait for the ACC": "The ACC is booting",
  "Verify the image": "greenboot's checks are running",
};

export function jobRow(job: MockJob, now: number): JobRow {
  const here = standing(job, now);
  const name = job.steps[here.index]?.name ?? "";
  const moved = bytesAt(job, here, now);
  const verb = MOVES[name] ?? "Pulling Image: layers";
  const iso = (at: number) => new Date(at).toISOString();
  return {
    id: job.id,
    kind: job.kind,
    dpu: job.dpu,
    subject: job.dpuName,
    what: job.what,
    outcome: here.outcome,
    step: name,
    step_number: here.index + 1,
    step_count: job.steps.length,
    waiting:
      here.outcome !== "running"
        ? null
        : moved
          ? `${verb}, ${bytesOf(moved.done, moved.total)}`
          : (WAITS[name] ?? null),
    done: moved?.done ?? null,
    total: moved?.total ?? null,
    message: here.outcome === "failed" ? (job.failure?.message ?? null) : null,
    created_at: iso(job.startedAt),
    ended_at: here.endedAt === null ? null : iso(here.endedAt),
    cancel_requested: job.cancelledAt !== undefined,
  };
}

function statusOf(step: PlannedStep, at: number, here: Standing): StepStatus {
  if (at > here.index) return here.outcome === "running" ? "pending" : "skipped";
  if (at === here.index && here.outcome === "failed") return "failed";
  if (at === here.index && here.outcome === "running") return "active";
  return isSkipped(step) ? "skipped" : "done";
}

function history(job: MockJob, here: Standing): JobEvent[] {
  const events: JobEvent[] = [];
  const add = (at: number, kind: EventKind, step: string, text: string) =>
    events.push({
      seq: events.length + 1,
      job: job.id,
      kind,
      step,
      text,
      at: new Date(at).toISOString(),
    });
  add(job.startedAt, "submitted", "Queued", `${job.kind} of ${job.dpuName}: ${job.what}`);
  for (const [index, at] of here.entered.entries()) {
    const step = job.steps[index];
    if (!step) continue;
    add(at, "entered", step.name, step.effect);
    const note = NOTES[step.name];
    if (note) add(at + Math.min(900, (job.takes[index] ?? 0) / 2), "note", step.name, note);
  }
  const last = job.steps[here.index]?.name ?? "";
  if (job.cancelledAt !== undefined) {
    add(job.cancelledAt, "cancel_requested", last, "somebody asked for the job to be cancelled");
  }
  const end = here.endedAt ?? 0;
  if (here.outcome === "failed") add(end, "failed", last, job.failure?.message ?? "failed");
  if (here.outcome === "succeeded")
    add(end, "succeeded", last, job.dpu ? "booted and verified" : "built and verified");
  if (here.outcome === "cancelled")
    add(
      end,
      "cancelled",
      last,
      job.dpu ? "cancelled; the card was not reset" : "cancelled; nothing is left",
    );
  return events;
}

const NOTES: Record<string, string> = {
  "Check the card": "IMC firmware 2.0.0, not in recovery; booted 1.1.0",
  "Prepare the IMC": "the clock is 0.4 s off: left as it is; our CA is in the trust store already",
  "Publish the ISO": "published under a secret path",
  "Insert the ISO": "InsertMedia answered 202 with a task",
  "Reset the IMC": "Manager.Reset answered 204",
  "Reboot the ACC": "systemctl reboot was sent; boot id before: 4b0f6c1e",
};

/** After these the installed system is on the card, and can be gone on with. */
const INSTALLED = ["Install and boot", "Verify the image", "Run post steps"];

/** The steps up to the one that failed, as Rust tells them. */
export function retrySteps(job: MockJob, outcome: JobOutcome): RetryStep[] {
  if (outcome !== "failed" || job.failsIn === undefined) return [];
  const failed = job.failsIn;
  const after = (name: string) => failed >= 8 && INSTALLED.includes(name);
  return job.steps.slice(0, failed + 1).map(({ name }, at) => ({
    name,
    why_not:
      at === 0 || after(name)
        ? null
        : "the ISO was taken off the server and ejected when the job ended: begin with `Check the card`",
  }));
}

export function jobView(job: MockJob, now: number): JobView {
  const here = standing(job, now);
  const row = jobRow(job, now);
  const since = here.entered[here.index] ?? job.startedAt;
  const running = here.outcome === "running";
  const steps: JobStep[] = job.steps.map((plan, at) => ({
    plan,
    status: statusOf(plan, at, here),
    entered_at: here.entered[at] === undefined ? null : new Date(here.entered[at]).toISOString(),
  }));
  return {
    row,
    steps,
    wait: null,
    deadline: running ? new Date(since + 3_600_000).toISOString() : null,
    state_since: new Date(since).toISOString(),
    failure: here.outcome === "failed" ? (job.failure ?? null) : null,
    residue: here.outcome === "running" ? [] : job.residue,
    events: history(job, here),
    can_cancel: running && job.cancelledAt === undefined,
    why_not_retry: running ? "it still runs" : null,
    retry_steps: retrySteps(job, here.outcome),
    again: job.kind === "Deployment" ? { why_not: running ? "it still runs" : null } : null,
    goes_on_after: null,
    iso_builds: job.isoBuilds ?? [],
    begun: here.outcome === "succeeded" ? (job.begun ?? null) : null,
    readers:
      job.dpu !== null && row.done !== null && row.total === ISO_SIZE
        ? [
            {
              peer: "10.40.7.15",
              sent: row.done,
              total: ISO_SIZE,
              active: true,
              started_at: new Date(since).toISOString(),
            },
          ]
        : [],
  };
}
