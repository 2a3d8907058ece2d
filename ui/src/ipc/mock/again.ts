import type { AgainPlan } from "../bindings";
import { jobOf } from "./answers";
import { type Desk, jobId } from "./desk";
import { jobRow, type MockJob } from "./jobs";

type Begin = (desk: Desk, job: MockJob, started: MockJob) => string;

/** What was done once, done again. */
export function againHandlers(desk: Desk, begin: Begin) {
  const anew = (id: string): string => {
    const job = jobOf(desk, id);
    const now = desk.now();
    const next = { ...job, id: jobId(`${id} again ${now}`), startedAt: now, residue: [] };
    return begin(desk, job, { ...next, failsIn: undefined, failure: undefined });
  };
  return {
    retry_job: ({ id }: { id: string }) => anew(id),
    retry_job_from: ({ id }: { id: string; step: string }) => anew(id),
    deploy_again: ({ id }: { id: string }) => anew(id),
    plan_again: ({ id }: { id: string }): AgainPlan => {
      const job = jobOf(desk, id);
      const row = jobRow(job, desk.now());
      return {
        title: `Deploy ${job.what.split(" ")[0]} to ${job.dpuName} again`,
        hostname: `${job.dpuName}.lab.example`,
        steps: job.steps,
        warnings: ["everything on the card's disk is lost"],
        problems: row.outcome === "running" ? ["it still runs"] : [],
      };
    },
  };
}
