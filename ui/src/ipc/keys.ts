import type {
  BmcQuery,
  BootChangeRequest,
  DeployRequest,
  DpuQuery,
  IsoBuildRequest,
  KickstartSource,
} from "./bindings";

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
  siteCa: ["site-ca"] as const,
  bmcs: (query?: BmcQuery) => (query ? (["bmcs", query] as const) : (["bmcs"] as const)),
  bmc: (id: string) => ["bmc", id] as const,
  /** Under the BMC's own key: what makes the one stale makes the other. */
  raw: (id: string) => ["bmc", id, "raw"] as const,
  looks: ["looks"] as const,
  credentials: ["credentials"] as const,
  /** What a list says: the same text always says the same. */
  list: (text: string) => ["list", text] as const,
  discovery: (id: string | null) => ["discovery", id] as const,
  deployPlan: (request: DeployRequest | null) => ["plan", "deploy", request] as const,
  studio: ["studio"] as const,
  mediaAddresses: ["media-addresses"] as const,
  kickstart: (source: KickstartSource | null) => ["kickstart", source] as const,
  isoPlan: (request: IsoBuildRequest | null) => ["plan", "iso", request] as const,
  bootPlan: (request: BootChangeRequest | null) => ["plan", "boot", request] as const,
};
