import { Progress } from "@patternfly/react-core";
import type { JobRow } from "@/ipc/bindings";
import { percent, sentence } from "@/lib/format";
import { doneWords, jobTitle } from "@/lib/jobs";
import { useNow } from "@/lib/now";
import { between, span } from "@/lib/time";

/** How far a job is: its step, the sentence under it, and a bar where bytes move. */
export function JobProgress({ job }: { job: JobRow }) {
  if (job.outcome !== "running") {
    return (
      <span className="slipway-subtle">
        {sentence(job.message ?? (job.outcome === "succeeded" ? doneWords(job) : job.step))}
      </span>
    );
  }
  const text = job.waiting ?? job.step;
  const known = job.done !== null && job.total !== null && job.total > 0;
  const value = known
    ? percent(job.done ?? 0, job.total ?? 0)
    : percent(job.step_number - 1, job.step_count);
  return (
    <div>
      <div>
        Step {job.step_number} of {job.step_count}: {job.step}
      </div>
      <Progress
        value={value}
        size="sm"
        measureLocation={known ? "outside" : "none"}
        aria-label={`${jobTitle(job)}: ${text}`}
      />
      {job.waiting && <div className="slipway-subtle">{job.waiting}</div>}
    </div>
  );
}

/** How long a job took, or has taken so far. */
export function JobDuration({ job }: { job: JobRow }) {
  const now = useNow(job.outcome === "running");
  return (
    <span className="slipway-nowrap">{span(between(job.created_at, job.ended_at ?? now))}</span>
  );
}
