// Written by hand in the form of tauri-specta, until the generated file takes its place.

import { Channel, invoke as __TAURI_INVOKE } from "@tauri-apps/api/core";
import * as __TAURI_EVENT from "@tauri-apps/api/event";

/** Commands */
export const commands = {
  appInfo: () => typedError<AppInfo, AppError>(__TAURI_INVOKE("app_info")),
  overview: () => typedError<Overview, AppError>(__TAURI_INVOKE("overview")),
  dpus: (query: DpuQuery) => typedError<DpuPage, AppError>(__TAURI_INVOKE("dpus", { query })),
  dpu: (id: DpuId) => typedError<DpuView, AppError>(__TAURI_INVOKE("dpu", { id })),
  refreshDpu: (id: DpuId) => typedError<DpuView, AppError>(__TAURI_INVOKE("refresh_dpu", { id })),
  refreshFleet: () => typedError<null, AppError>(__TAURI_INVOKE("refresh_fleet")),
  probe: (imc: string, imcSsh: string | null) =>
    typedError<Probe, AppError>(__TAURI_INVOKE("probe", { imc, imcSsh })),
  addDpu: (card: AddDpu) => typedError<DpuId, AppError>(__TAURI_INVOKE("add_dpu", { card })),
  removeDpu: (id: DpuId) => typedError<null, AppError>(__TAURI_INVOKE("remove_dpu", { id })),
  isos: () => typedError<IsoView[], AppError>(__TAURI_INVOKE("isos")),
  importIso: (path: string, onProgress: Channel<ImportProgress>) =>
    typedError<Iso, AppError>(__TAURI_INVOKE("import_iso", { path, onProgress })),
  removeIso: (id: IsoId) => typedError<null, AppError>(__TAURI_INVOKE("remove_iso", { id })),
  publishIso: (id: IsoId) =>
    typedError<PublicationView, AppError>(__TAURI_INVOKE("publish_iso", { id })),
  unpublishIso: (token: string) =>
    typedError<null, AppError>(__TAURI_INVOKE("unpublish_iso", { token })),
  planDeploy: (request: DeployRequest) =>
    typedError<PlanView, AppError>(__TAURI_INVOKE("plan_deploy", { request })),
  deploy: (request: DeployRequest) =>
    typedError<JobId[], AppError>(__TAURI_INVOKE("deploy", { request })),
  planBootChange: (request: BootChangeRequest) =>
    typedError<PlanView, AppError>(__TAURI_INVOKE("plan_boot_change", { request })),
  startBootChange: (request: BootChangeRequest) =>
    typedError<JobId, AppError>(__TAURI_INVOKE("start_boot_change", { request })),
  jobs: (dpu: DpuId | null, activeOnly: boolean) =>
    typedError<JobRow[], AppError>(__TAURI_INVOKE("jobs", { dpu, activeOnly })),
  job: (id: JobId) => typedError<JobView, AppError>(__TAURI_INVOKE("job", { id })),
  jobEvents: (id: JobId, after: number) =>
    typedError<JobEvent[], AppError>(__TAURI_INVOKE("job_events", { id, after })),
  cancelJob: (id: JobId) => typedError<null, AppError>(__TAURI_INVOKE("cancel_job", { id })),
  retryJob: (id: JobId) => typedError<JobId, AppError>(__TAURI_INVOKE("retry_job", { id })),
  markJobSeen: (id: JobId) => typedError<null, AppError>(__TAURI_INVOKE("mark_job_seen", { id })),
  pins: () => typedError<Pin[], AppError>(__TAURI_INVOKE("pins")),
  acceptPin: (pin: AcceptPin) => typedError<null, AppError>(__TAURI_INVOKE("accept_pin", { pin })),
  removePin: (kind: PinKind, peer: string) =>
    typedError<null, AppError>(__TAURI_INVOKE("remove_pin", { kind, peer })),
  labStatus: () => typedError<LabView, AppError>(__TAURI_INVOKE("lab_status")),
  startLab: (cards: number) => typedError<LabView, AppError>(__TAURI_INVOKE("start_lab", { cards })),
  stopLab: () => typedError<null, AppError>(__TAURI_INVOKE("stop_lab")),
  benchReady: (route: string) =>
    typedError<null, AppError>(__TAURI_INVOKE("bench_ready", { route })),
};

/** Events */
export const events = {
  changedEvent: makeEvent<ChangedEvent>("changed-event"),
};

/* Types */
export type AccRoute =
  | { route: "direct"; address: Address }
  | { route: "through_imc"; address: Address };
export type AcceptPin = { kind: PinKind; peer: string; fingerprint: Fingerprint };
export type ActionView = { action: DpuAction; label: string; why_not: string | null };
export type AddDpu = {
  name: string;
  imc: string;
  imc_ssh: string | null;
  acc: string | null;
  host: string | null;
  user: string;
  password: string;
  acc_user: string | null;
  acc_password: string | null;
  labels: string[];
  certificate: Fingerprint;
  host_key: Fingerprint;
};
export type Address = string;
export type AppError = {
  code: ErrorCode;
  message: string;
  causes: string[];
  hint: string | null;
  retryable: boolean;
};
export type AppInfo = {
  version: string;
  data_dir: string;
  secrets: string;
  ca_fingerprint: Fingerprint;
  fleet_key: string;
  media_url: string;
  lab: boolean;
  runs_jobs: boolean;
};
export type Attention = {
  dpu: DpuId;
  name: string;
  headline: Headline;
  next_action: string;
  job: JobId | null;
};
export type AvailableImage = {
  reference: ImageReference;
  digest: ImageDigest;
  version: string | null;
  checked_at: Timestamp;
};
export type BootChange =
  | { change: "upgrade" }
  | { change: "switch"; to: ImageReference }
  | { change: "rollback" };
export type BootChangeRequest = {
  dpu: DpuId;
  change: BootChange;
  expected_booted: ImageDigest | null;
};
export type BootEntry = {
  reference: string | null;
  transport: string | null;
  digest: ImageDigest | null;
  version: string | null;
  built: string | null;
  architecture: string | null;
  cached_update: ImageDigest | null;
  incompatible: boolean;
  pinned: boolean;
  download_only: boolean;
  soft_reboot_capable: boolean;
  checksum: string | null;
};
export type BootOrder = "default" | "rollback" | { other: string };
export type BootcStatus = {
  image_mode: boolean;
  booted: BootEntry | null;
  staged: BootEntry | null;
  rollback: BootEntry | null;
  rollback_queued: boolean;
  boot_order: BootOrder;
  spec_image: string | null;
};
export type ByteCount = number;
export type CardPlan = {
  dpu: DpuId;
  name: string;
  hostname: string | null;
  from: ImageLabel | null;
  to: ImageLabel | null;
  steps: PlannedStep[];
  warnings: string[];
  problems: string[];
};
export type ChangeTag = "dpu" | "job" | "iso" | "pin" | "all";
export type ChangedEvent = { tag: ChangeTag; id: string | null; seq: number };
export type DeployRequest = {
  dpus: DpuId[];
  iso: IsoId;
  domain: string | null;
  authorized_keys: string[];
  allow_release: string | null;
};
export type DpuAction = "deploy" | "upgrade" | "switch" | "rollback" | "refresh" | "remove";
export type DpuId = string;
export type DpuPage = { rows: DpuRow[]; total: number; counts: StateCount[] };
export type DpuQuery = {
  search: string | null;
  states: HeadlineState[];
  sort: DpuSort;
  descending: boolean;
  offset: number;
  limit: number;
};
export type DpuRow = {
  id: DpuId;
  name: string;
  headline: Headline;
  host: string | null;
  imc: Address;
  firmware: string | null;
  image: string | null;
  version: string | null;
  digest: ImageDigest | null;
  available: AvailableImage | null;
  last_seen: Timestamp | null;
  labels: string[];
  job: JobId | null;
};
export type DpuSort = "name" | "state" | "host" | "version" | "last_seen";
export type DpuView = {
  row: DpuRow;
  identity: ImcIdentity;
  imc_ssh: Address;
  acc: AccRoute;
  bootc: BootcStatus | null;
  greenboot: Greenboot | null;
  hostname: string | null;
  boot_id: string | null;
  acc_seen: Timestamp | null;
  acc_silent: Silence | null;
  imc_seen: Timestamp | null;
  imc_silent: Silence | null;
  wanted: ImageDigest | null;
  actions: ActionView[];
  pins: Pin[];
  jobs: JobRow[];
  added_at: Timestamp;
};
export type ErrorCode =
  | "precondition"
  | "invalid"
  | "not_found"
  | "trust_unknown"
  | "trust_changed"
  | "authentication"
  | "unreachable"
  | "secrets_locked"
  | "newer_database"
  | "other";
export type EventKind =
  | "submitted"
  | "entered"
  | "note"
  | "retry"
  | "cancel_requested"
  | "resumed"
  | "succeeded"
  | "failed"
  | "cancelled";
export type Failure = {
  kind: FailureKind;
  step: string;
  message: string;
  causes: string[];
  retry: Retry;
};
export type FailureKind =
  | "unreachable"
  | "authentication"
  | "trust_changed"
  | "trust_unknown"
  | "not_an_imc"
  | "firmware"
  | "refused"
  | "media_transfer"
  | "deadline"
  | "wrong_image"
  | "unhealthy"
  | "bootc"
  | "precondition"
  | "local"
  | "protocol";
export type Fingerprint = string;
export type Greenboot = "green" | "pending" | "fell_back" | "not_installed";
export type Headline = { state: HeadlineState; reason: string; at: Timestamp | null };
export type HeadlineState =
  | "working"
  | "failed"
  | "unreachable"
  | "rolled_back"
  | "degraded"
  | "drifted"
  | "staged"
  | "update_available"
  | "not_image_mode"
  | "unknown"
  | "current";
export type ImageDigest = string;
export type ImageLabel = { version: string | null; digest: ImageDigest };
export type ImageReference = string;
export type ImageUse = { digest: ImageDigest; version: string | null; count: number };
export type ImcIdentity = {
  service_name: string;
  firmware: string | null;
  firmware_release: string | null;
  bios: string | null;
  model: string | null;
  serial_number: string | null;
  health: string | null;
  power: string | null;
};
export type ImportProgress = { read: ByteCount; total: ByteCount };
export type Iso = {
  id: IsoId;
  name: string;
  path: string;
  facts: IsoFacts;
  imported_at: Timestamp;
};
export type IsoFacts = {
  volume_id: string;
  size: ByteCount;
  sha256: string;
  architecture: string | null;
  image_digest: ImageDigest | null;
  image_reference: ImageReference | null;
  image_version: string | null;
  area: KickstartArea | null;
  kargs: string[];
  bootable: boolean;
};
export type IsoId = string;
export type IsoView = {
  iso: Iso;
  publications: PublicationView[];
  why_not_deployable: string | null;
  warnings: string[];
};
export type JobEvent = {
  seq: number;
  job: JobId;
  kind: EventKind;
  step: string;
  text: string;
  at: Timestamp;
};
export type JobId = string;
export type JobOutcome = "running" | "succeeded" | "failed" | "cancelled";
export type JobRow = {
  id: JobId;
  kind: string;
  dpu: DpuId;
  dpu_name: string;
  what: string;
  outcome: JobOutcome;
  step: string;
  step_number: number;
  step_count: number;
  waiting: string | null;
  done: ByteCount | null;
  total: ByteCount | null;
  message: string | null;
  created_at: Timestamp;
  ended_at: Timestamp | null;
  cancel_requested: boolean;
};
export type JobStep = { plan: PlannedStep; status: StepStatus; entered_at: Timestamp | null };
export type JobView = {
  row: JobRow;
  steps: JobStep[];
  wait: WaitReason | null;
  deadline: Timestamp | null;
  state_since: Timestamp;
  failure: Failure | null;
  residue: Residue[];
  events: JobEvent[];
  can_cancel: boolean;
  why_not_retry: string | null;
  readers: MediaReader[];
};
export type KickstartArea = { offset: ByteCount; length: ByteCount };
export type LabView = {
  running: boolean;
  cards: number;
  dir: string | null;
  demo_iso: string | null;
};
export type MediaReader = {
  peer: string;
  sent: ByteCount;
  total: ByteCount;
  active: boolean;
  started_at: Timestamp;
};
export type Overview = {
  total: number;
  current: number;
  need_you: number;
  sentence: string;
  by_state: StateCount[];
  attention: Attention[];
  images: ImageUse[];
  running: JobRow[];
  recent: JobRow[];
};
export type Pin = {
  kind: PinKind;
  peer: string;
  fingerprint: Fingerprint;
  accepted_because: string;
  first_seen: Timestamp;
  last_seen: Timestamp;
};
export type PinKind = "tls_certificate" | "ssh_host_key";
export type PlanView = { title: string; cards: CardPlan[]; warnings: string[] };
export type PlannedStep = { name: string; effect: string; commands: string[] };
export type Probe = {
  redfish: Address;
  ssh: Address;
  certificate: ProbeTrust;
  host_key: ProbeTrust;
};
export type ProbeTrust =
  | { trust: "new"; seen: Fingerprint }
  | { trust: "pinned"; seen: Fingerprint }
  | { trust: "changed"; pinned: Fingerprint; seen: Fingerprint }
  | { trust: "silent"; reason: string };
export type Progress = {
  task: ProgressTask;
  description: string;
  bytes: [ByteCount, ByteCount] | null;
  steps: [number, number];
};
export type ProgressTask = "pulling" | "importing" | "staging" | "other";
export type PublicationView = {
  token: string;
  url: string;
  file_name: string;
  job: JobId | null;
  readers: MediaReader[];
};
export type Residue = { what: string; why: string };
export type Retry = { when: "now" } | { when: "after_fix"; hint: string } | { when: "no" };
export type Silence = { since: Timestamp; reason: string };
export type StateCount = { state: HeadlineState; count: number };
export type StepStatus = "pending" | "active" | "done" | "skipped" | "failed";
export type Timestamp = string;
export type WaitReason =
  | { on: "imc_downloads"; read: ByteCount; total: ByteCount }
  | { on: "imc_restarts" }
  | { on: "old_system_answers" }
  | { on: "installer_runs" }
  | { on: "acc_boots" }
  | { on: "update_runs"; progress: Progress | null }
  | { on: "health_checks" }
  | { on: "effect_to_show"; what: string }
  | { on: "retrying"; attempt: number; error: string };

/* Tauri Specta runtime */
async function typedError<T, E>(
  result: Promise<T>,
): Promise<{ status: "ok"; data: T } | { status: "error"; error: E }> {
  try {
    return { status: "ok", data: await result };
  } catch (e) {
    if (e instanceof Error) throw e;
    return { status: "error", error: e as E };
  }
}

function makeEvent<T>(name: string) {
  return {
    listen: (cb: __TAURI_EVENT.EventCallback<T>) => __TAURI_EVENT.listen(name, cb),
    once: (cb: __TAURI_EVENT.EventCallback<T>) => __TAURI_EVENT.once(name, cb),
    emit: (payload: T) => __TAURI_EVENT.emit(name, payload),
  };
}
