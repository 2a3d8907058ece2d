import type { Channel } from "@tauri-apps/api/core";
import type {
  AcceptPin,
  AppInfo,
  BootChangeRequest,
  DeployRequest,
  DeskState,
  DpuQuery,
  LabView,
  Probe,
  PublishRequest,
  TransferProgress,
} from "../bindings";
import { againHandlers } from "./again";
import { bootPlan, cardOf, deployPlan, jobOf, page, refuse } from "./answers";
import { batchHandlers } from "./batches";
import { bundleHandlers } from "./bundles";
import type { MockCard } from "./cards";
import { clusterHandlers } from "./clusters";
import { type Desk, jobId, makeDeployment, makeDesk, makeUpgrade } from "./desk";
import { doctorHandlers } from "./doctor";
import { fingerprint, hex } from "./images";
import { makeIsos, publishedUrl } from "./isos";
import { jobRow, jobView, type MockJob } from "./jobs";
import { networkHandlers } from "./networks";
import { redfishHandlers } from "./redfish";
import { registryHandlers } from "./registries";
import { bootChangeSteps } from "./steps";
import { studioHandlers } from "./studio";
import { imageHandlers } from "./studioImages";
import { transfer, transferHandlers } from "./transfers";
import { dpuView, isoViews, overview, settle } from "./views";

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** Jobs that are started in the mock take seconds. */
const quick = (job: MockJob): MockJob => ({
  ...job,
  takes: job.takes.map((ms) => Math.max(600, ms / 20)),
});

function begin(desk: Desk, card: MockCard, asked: MockJob) {
  const job = { ...asked, id: jobId(`${card.name} ${asked.kind} ${asked.startedAt}`) };
  card.state = "working";
  card.at = null;
  card.job = job.id;
  desk.jobs.unshift(job);
  return job.id;
}

function beginAgain(desk: Desk, job: MockJob, asked: MockJob) {
  const next = quick(asked);
  if (!job.dpu) desk.jobs.unshift(next);
  return job.dpu ? begin(desk, cardOf(desk, job.dpu), next) : next.id;
}

function info(desk: Desk): AppInfo {
  return {
    version: "0.1.0",
    data_dir: "/home/ada/.local/share/slipway",
    secrets: "system keyring",
    ca_fingerprint: fingerprint("our ca"),
    fleet_key: `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${hex("fleet key", 43)} slipway@desk`,
    media_url: "https://10.40.0.2:8444",
    lab: desk.lab,
    runs_jobs: true,
  };
}

function deskState(desk: Desk): DeskState {
  return {
    open: desk.lock === null,
    error: desk.lock && {
      ...refuse("secrets_locked", "the secrets are locked"),
      causes: ["there is no system keyring: the Secret Service does not answer on the session bus"],
    },
    has_secret_file: desk.lock === "file",
    data_dir: info(desk).data_dir,
  };
}

function labView(desk: Desk): LabView {
  return {
    running: desk.lab,
    cards: desk.lab ? desk.cards.length : 0,
    dir: desk.lab ? "/home/ada/.local/share/slipway/lab" : null,
    demo_iso: desk.lab ? "/home/ada/.local/share/slipway/lab/demo.iso" : null,
  };
}

type Args = Record<string, unknown>;
type Handler = (args: never) => unknown;

/** Every command by its Rust name. */
export function makeHandlers(desk: Desk, changed: (tag: string) => void) {
  const now = () => desk.now();
  const handlers: Record<string, Handler> = {
    desk_state: () => deskState(desk),
    unlock: ({ passphrase }: { passphrase: string }) => {
      if (passphrase !== "open sesame")
        throw refuse("secrets_locked", "this is not the passphrase");
      desk.lock = null;
      return deskState(desk);
    },
    app_info: () => info(desk),
    overview: () => overview(desk),
    dpus: ({ query }: { query: Required<DpuQuery> }) => page(desk, query),
    dpu: ({ id }: { id: string }) => dpuView(desk, cardOf(desk, id)),
    refresh_dpu: async ({ id }: { id: string }) => {
      await pause(500);
      const card = cardOf(desk, id);
      if (card.imcSilent) {
        throw {
          ...refuse("unreachable", `${card.name} does not answer`),
          causes: [card.imcSilent.reason],
          retryable: true,
        };
      }
      card.accSeen = card.imcSeen = new Date(now()).toISOString();
      return dpuView(desk, card);
    },
    refresh_fleet: () => changed("all"),
    probe: async ({ imc, imcSsh }: { imc: string; imcSsh: string | null }): Promise<Probe> => {
      await pause(400);
      const host = imc.split(":")[0] ?? imc;
      const redfish = imc.includes(":") ? imc : `${imc}:8443`;
      const pinned = desk.pins.find((pin) => pin.peer === redfish)?.fingerprint;
      const seen = fingerprint(`tls ${redfish}`);
      const hostKey = fingerprint(`ssh ${redfish}`);
      return {
        redfish,
        shown: null,
        ssh: imcSsh ?? `${host}:22`,
        certificate: pinned ? { trust: "pinned", seen } : { trust: "new", seen },
        host_key: pinned ? { trust: "pinned", seen: hostKey } : { trust: "new", seen: hostKey },
      };
    },
    remove_dpu: ({ id }: { id: string }) => {
      desk.cards = desk.cards.filter((card) => card.id !== id);
      changed("dpu");
    },
    isos: () => isoViews(desk),
    import_iso: async ({
      path,
      onProgress,
    }: {
      path: string;
      onProgress: Channel<TransferProgress>;
    }) => {
      if (!path.endsWith(".iso")) throw refuse("invalid", `${path} is not an ISO`);
      await transfer(desk, "import_iso", path, onProgress, 2_134_900_736);
      const [view] = makeIsos(now(), undefined);
      if (!view) return null;
      const name = path.split("/").at(-1) ?? path;
      const iso = { ...view.iso, id: hex(path, 32), name, path };
      desk.isos.push({ ...view, iso });
      changed("iso");
      return iso;
    },
    remove_iso: ({ id }: { id: string }) => {
      desk.isos = desk.isos.filter((view) => view.iso.id !== id);
    },
    publish_iso: ({ request }: { request: PublishRequest }) => {
      const view = desk.isos.find((one) => one.iso.id === request.iso);
      if (!view) throw refuse("not_found", "there is no such ISO");
      const token = hex(`token ${request.iso}`, 40);
      const file_name = view.iso.name.replace(".iso", `-${view.iso.facts.sha256.slice(0, 12)}.iso`);
      const made = {
        id: hex(`publication ${request.iso}`, 8),
        url: request.http
          ? publishedUrl(token, file_name).replace("https", "http")
          : publishedUrl(token, file_name),
        file_name,
        job: null,
        elsewhere: false,
        expires_at: request.expires_in_s
          ? new Date(now() + request.expires_in_s * 1_000).toISOString()
          : null,
        readers: [],
      };
      view.publications.push(made);
      return made;
    },
    unpublish_iso: ({ id }: { id: string }) => {
      for (const view of desk.isos) {
        view.publications = view.publications.filter((one) => one.id !== id);
      }
    },
    plan_deploy: ({ request }: { request: DeployRequest }) => deployPlan(desk, request),
    deploy: ({ request }: { request: DeployRequest }) =>
      request.dpus.map((id) => {
        const card = cardOf(desk, id);
        return begin(desk, card, quick(makeDeployment(card, { startedAt: now() })));
      }),
    plan_boot_change: ({ request }: { request: BootChangeRequest }) => bootPlan(desk, request),
    start_boot_change: ({ request }: { request: BootChangeRequest }) => {
      const card = cardOf(desk, request.dpu);
      const { change } = request.change;
      const kind = { upgrade: "Upgrade", switch: "Switch", rollback: "Rollback" }[change];
      const steps = bootChangeSteps(card, request.change);
      return begin(desk, card, quick(makeUpgrade(card, { startedAt: now(), kind, steps })));
    },
    jobs: ({ dpu, activeOnly }: { dpu: string | null; activeOnly: boolean }) =>
      desk.jobs
        .filter((job) => !dpu || job.dpu === dpu)
        .map((job) => jobRow(job, now()))
        .filter((row) => !activeOnly || row.outcome === "running"),
    job: ({ id }: { id: string }) => jobView(jobOf(desk, id), now()),
    job_events: ({ id, after }: { id: string; after: number }) =>
      jobView(jobOf(desk, id), now()).events.filter((event) => event.seq > after),
    cancel_job: ({ id }: { id: string }) => {
      jobOf(desk, id).cancelledAt = now();
    },
    save_support_bundle: ({ path }: { path: string }) => ({ path, size: 48_213, removed: 3 }),
    mark_job_seen: ({ id }: { id: string }) => {
      jobOf(desk, id).seen = true;
    },
    ...againHandlers(desk, beginAgain),
    ...clusterHandlers(desk),
    ...batchHandlers(desk),
    ...networkHandlers(desk),
    ...doctorHandlers(desk),
    ...redfishHandlers(desk, changed),
    ...studioHandlers(desk),
    ...imageHandlers(desk),
    ...registryHandlers(),
    ...bundleHandlers(desk, changed),
    ...transferHandlers(desk, changed),
    pins: () => desk.pins,
    accept_pin: ({ pin }: { pin: AcceptPin }) => {
      const at = new Date(now()).toISOString();
      const known = desk.pins.find((one) => one.peer === pin.peer && one.kind === pin.kind);
      desk.pins = desk.pins.filter((one) => one !== known);
      desk.pins.push({
        of: null,
        dpu: null,
        bmc: null,
        ...known,
        ...pin,
        refused: null,
        accepted_because: "accepted when it was shown",
        first_seen: at,
        last_seen: at,
      });
    },
    remove_pin: ({ kind, peer }: { kind: string; peer: string }) => {
      desk.pins = desk.pins.filter((pin) => pin.peer !== peer || pin.kind !== kind);
    },
    lab_status: () => labView(desk),
    start_lab: async ({ cards }: { cards: number }) => {
      const full = makeDesk({ cards, now: desk.now });
      await pause(900);
      for (const card of full.cards) {
        desk.cards.push(card);
        await pause(60);
      }
      await pause(400);
      Object.assign(desk, { ...full, cards: desk.cards });
      changed("all");
      return labView(desk);
    },
    stop_lab: () => {
      desk.lab = false;
    },
    bench_ready: () => null,
  };
  return (command: string, args: Args): unknown => {
    const handler = handlers[command];
    if (!handler) return undefined;
    settle(desk);
    const answer = handler(args as never);
    return answer instanceof Promise ? answer : structuredClone(answer ?? null);
  };
}
