import type {
  ActionView,
  Attention,
  BootcStatus,
  DpuRow,
  DpuView,
  HeadlineState,
  IsoView,
  Overview,
  StateCount,
} from "../bindings";
import { pairingOf } from "./bmcs";
import type { MockCard } from "./cards";
import type { Desk } from "./desk";
import { hex, image } from "./images";
import { serialOf } from "./inventory";
import { jobRow, jobView, type MockJob, standing } from "./jobs";

const NEED: HeadlineState[] = ["failed", "unreachable", "rolled_back", "degraded", "drifted"];

export function dpuRow(card: MockCard): DpuRow {
  return {
    id: card.id,
    name: card.name,
    headline: { state: card.state, reason: card.reason, at: card.at },
    host: card.host,
    imc: card.imc,
    firmware: card.firmware,
    image: card.booted?.reference?.split("/").at(-1) ?? null,
    version: card.booted?.version ?? null,
    digest: card.booted?.digest ?? null,
    available: card.available,
    last_seen: card.accSeen ?? card.imcSeen,
    labels: card.labels,
    job: card.job,
  };
}

function bootc(card: MockCard): BootcStatus | null {
  if (card.imageMode === null) return null;
  return {
    image_mode: card.imageMode,
    booted: card.booted,
    staged: card.staged,
    rollback: card.rollback,
    rollback_queued: card.rollbackQueued,
    boot_order: card.rollbackQueued ? "rollback" : "default",
    spec_image: card.booted?.reference ?? null,
  };
}

function actions(card: MockCard, deployed: MockJob | undefined): ActionView[] {
  const busy = card.job ? "a job runs on this card" : null;
  const silent = (card.imcSilent ?? card.accSilent) ? "the card does not answer" : null;
  const noImage = card.imageMode ? null : "the card does not run image mode";
  const newer = card.available && card.available.digest !== card.booted?.digest;
  const view = (action: ActionView["action"], label: string, ...whys: (string | null)[]) => ({
    action,
    label,
    why_not: whys.find((why) => why !== null) ?? null,
  });
  const imc = card.imcSilent ? "the IMC does not answer" : null;
  const again = deployed
    ? [view("deploy_again", `Deploy ${deployed.what.split(" ")[0]} again`, busy, imc)]
    : [];
  return [
    ...again,
    view("deploy", "Deploy…", busy, imc),
    view(
      "upgrade",
      newer ? `Upgrade to ${card.available?.version} and reboot` : "Upgrade and reboot",
      busy,
      noImage,
      silent,
      newer ? null : "it runs the newest image of its reference",
    ),
    view("switch", "Switch to another image…", busy, noImage, silent),
    view(
      "rollback",
      card.rollback ? `Roll back to ${card.rollback.version} and reboot` : "Roll back and reboot",
      busy,
      noImage,
      silent,
      card.rollback ? null : "there is no older entry",
    ),
    view("refresh", "Refresh"),
    view("remove", "Remove…", busy),
  ];
}

export function dpuView(desk: Desk, card: MockCard): DpuView {
  const jobs = desk.jobs.filter((job) => job.dpu === card.id);
  const deployed = jobs.find((job) => job.kind === "Deployment");
  return {
    row: dpuRow(card),
    identity: {
      service_name: "Intel IPU Redfish Service",
      is_ipu: true,
      evidence: "it calls itself `Intel IPU Redfish Service`",
      firmware: card.firmware,
      firmware_release: card.firmware.match(/\d+\.\d+\.\d+/)?.[0] ?? null,
      bios: "MEV-BIOS 2.0.0.4",
      model: "Intel IPU E2100 (Mount Evans)",
      serial_number: serialOf(card),
      health: card.state === "degraded" ? "Warning" : "OK",
      power: "On",
    },
    imc_ssh: card.imcSsh,
    acc: { route: "through_imc", address: "192.168.0.2:22" },
    bootc: bootc(card),
    greenboot: card.greenboot,
    hostname: card.imageMode ? `${card.name}.lab.example` : null,
    boot_id: card.imageMode === null ? null : hex(`boot ${card.name}`, 32),
    acc_seen: card.accSeen,
    acc_silent: card.accSilent,
    imc_seen: card.imcSeen,
    imc_silent: card.imcSilent,
    wanted: card.wanted,
    actions: actions(card, deployed),
    last_deployment: deployed?.id ?? null,
    pins: desk.pins.filter((pin) => pin.dpu === card.id),
    logins: {
      imc: {
        user_name: "root",
        profile: desk.credentials[0]?.id ?? null,
        text: "profile lab-imcs (root)",
      },
      imc_ssh: { login: "as_redfish" },
      imc_ssh_text: "the login of Redfish",
      acc: null,
    },
    pairing: pairingOf(desk, card),
    inventory_read_at: card.imcSeen,
    jobs: jobs
      .map((job) => jobRow(job, desk.now()))
      .sort((a, b) => Date.parse(b.created_at) - Date.parse(a.created_at)),
    added_at: card.addedAt,
  };
}

export function counts(cards: MockCard[]): StateCount[] {
  const found = new Map<HeadlineState, number>();
  for (const { state } of cards) found.set(state, (found.get(state) ?? 0) + 1);
  return [...found].map(([state, count]) => ({ state, count }));
}

const NEXT: Partial<Record<HeadlineState, string>> = {
  failed: "Look at the job",
  unreachable: "Look at the card",
  rolled_back: "Look at the checks",
  degraded: "Look at the checks",
  drifted: "Look at the image",
};

function attention(desk: Desk): Attention[] {
  return NEED.flatMap((state) => desk.cards.filter((card) => card.state === state)).map((card) => ({
    dpu: card.id,
    name: card.name,
    headline: dpuRow(card).headline,
    next_action: NEXT[card.state] ?? "Look at the card",
    job:
      card.state === "failed" ? (desk.jobs.find((job) => job.dpu === card.id)?.id ?? null) : null,
  }));
}

export function overview(desk: Desk): Overview {
  const now = desk.now();
  const current = desk.cards.filter((card) => card.state === "current").length;
  const need = attention(desk);
  const rows = desk.jobs.map((job) => jobRow(job, now));
  const images = ["1.2.0", "1.1.0", "1.3.0-rc1"].map((version) => ({
    ...image(version),
    count: desk.cards.filter((card) => card.booted?.version === version).length,
  }));
  return {
    total: desk.cards.length,
    current,
    need_you: need.length,
    sentence: `${current} of ${desk.cards.length} cards current, ${need.length} need you`,
    by_state: counts(desk.cards),
    attention: need,
    images: images.filter((use) => use.count > 0),
    running: rows.filter((row) => row.outcome === "running"),
    recent: rows
      .filter((row) => row.outcome !== "running")
      .sort((a, b) => Date.parse(b.created_at) - Date.parse(a.created_at))
      .slice(0, 6),
  };
}

/** The library, with whoever reads at this moment. */
export function isoViews(desk: Desk): IsoView[] {
  return desk.isos.map((view) => ({
    ...view,
    publications: view.publications.map((publication) => {
      const job = desk.jobs.find((one) => one.id === publication.job);
      return job ? { ...publication, readers: jobView(job, desk.now()).readers } : publication;
    }),
  }));
}

/** Cards whose job has ended by now show what it led to. */
export function settle(desk: Desk) {
  for (const card of desk.cards) {
    const job = desk.jobs.find((one) => one.id === card.job);
    if (!job) continue;
    const here = standing(job, desk.now());
    const step = job.steps[here.index]?.name ?? "";
    if (here.outcome === "running") {
      card.reason = `${job.kind}: ${step} (${here.index + 1} of ${job.steps.length})`;
      continue;
    }
    card.job = null;
    card.state = here.outcome === "failed" ? "failed" : "current";
    card.reason = here.outcome === "failed" ? `${job.kind} failed: ${step}` : "the newest image";
  }
}
