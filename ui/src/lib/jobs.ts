import type { Begun, JobOutcome, JobRow } from "@/ipc/bindings";
import type { Tone } from "./states";

export const OUTCOMES: Record<JobOutcome, { word: string; tone: Tone }> = {
  running: { word: "Running", tone: "blue" },
  succeeded: { word: "Succeeded", tone: "green" },
  failed: { word: "Failed", tone: "red" },
  cancelled: { word: "Cancelled", tone: "grey" },
};

export const isOutcome = (text: string): text is JobOutcome => Object.hasOwn(OUTCOMES, text);

/** The page of a job, or of a batch. */
export const pageOf = ({ kind, id }: Begun): string =>
  kind === "job" ? `/jobs/${id}` : `/jobs/batches/${id}`;

/** "Deployment of dpu-03". */
export const jobTitle = (job: JobRow): string => `${job.kind} of ${job.subject}`;

/** How a job that succeeded ended: a build boots nothing, a cluster file's job only begins. */
export function doneWords(job: JobRow): string {
  if (job.kind === "Cluster deployment") return "the deployment has begun";
  return job.dpu ? "booted and verified" : "built and verified";
}

/** Running ones first, then the newest. */
export function runningFirst(jobs: JobRow[]): JobRow[] {
  const rank = (job: JobRow) => (job.outcome === "running" ? 0 : 1);
  return [...jobs].sort(
    (a, b) => rank(a) - rank(b) || Date.parse(b.created_at) - Date.parse(a.created_at),
  );
}
