import type { BootChangeRequest, DeployRequest, DpuQuery } from "./bindings";

/** Cache keys. The first word is what a change event's tag invalidates. */
export const keys = {
  desk: ["desk"] as const,
  appInfo: ["app"] as const,
  lab: ["lab"] as const,
  overview: ["overview"] as const,
  dpus: (query?: Partial<DpuQuery>) => (query ? (["dpus", query] as const) : (["dpus"] as const)),
  dpu: (id: string) => ["dpu", id] as const,
  isos: ["isos"] as const,
  jobs: (dpu: string | null, activeOnly: boolean) => ["jobs", dpu, activeOnly] as const,
  job: (id: string) => ["job", id] as const,
  pins: ["pins"] as const,
  deployPlan: (request: DeployRequest | null) => ["plan", "deploy", request] as const,
  bootPlan: (request: BootChangeRequest | null) => ["plan", "boot", request] as const,
};
