import type { IsoView, JobId, LookPolicy, PinView, PortView, TransferView } from "../bindings";
import type { CredentialView } from "../whole";
import { type MockBatch, makeBatches } from "./batchSamples";
import { type MockHost, makeHosts } from "./bmcs";
import { type MockCard, makeCards } from "./cards";
import type { MockDiscovery } from "./discovery";
import { fingerprint, hex, OLDER } from "./images";
import { makeIsos } from "./isos";
import type { MockJob } from "./jobs";
import { makePorts } from "./networks";
import { makeCredentials } from "./redfish";
import { bootChangeSteps, deploymentSteps } from "./steps";

/** Everything that the mock backend knows. */
export type Desk = {
  cards: MockCard[];
  jobs: MockJob[];
  isos: IsoView[];
  transfers: TransferView[];
  batches: MockBatch[];
  pins: PinView[];
  hosts: MockHost[];
  /** Ports of this machine that are set up. */
  ports: PortView[];
  /** Said by hand: the server of a card. */
  pairs: Map<string, string>;
  credentials: CredentialView[];
  discoveries: Map<string, MockDiscovery>;
  siteCa: string | null;
  looks: Required<LookPolicy>;
  lab: boolean;
  /** Whether the secrets wait for a passphrase, or for the first one. */
  lock: Lock;
  now: () => number;
};

export type Lock = "file" | "new" | null;
export type DeskOptions = { cards?: number; lock?: Lock; now?: () => number };

export const ISO_NAME = "dpu-os-1.2.0.iso";
const DEPLOY_TAKES = [4, 0, 6, 2, 175, 3, 5, 140, 60, 420, 1, 30, 1, 8].map((s) => s * 1_000);
const CHANGE_TAKES = [3, 70, 4, 95, 40, 1].map((s) => s * 1_000);

export const jobId = (word: string): JobId => hex(`job ${word}`, 32);

type Made = Partial<MockJob> & { startedAt: number };

export function makeDeployment(card: MockCard, made: Made): MockJob {
  return {
    id: jobId(`${card.name} Deployment`),
    kind: "Deployment",
    dpu: card.id,
    dpuName: card.name,
    what: `${ISO_NAME} (1.2.0)`,
    steps: deploymentSteps(card, ISO_NAME, `${card.name}.lab.example`),
    takes: DEPLOY_TAKES,
    residue: [],
    seen: true,
    ...made,
  };
}

/** Of a cluster file that makes its ISO. */
export function makeClusterDeployment(made: Made): MockJob {
  const step = (name: string, effect: string) => ({ name, effect, commands: [] });
  return {
    id: jobId("builds.yaml"),
    kind: "Cluster deployment",
    dpu: null,
    dpuName: "builds.yaml",
    what: "made.iso, then 2 cards",
    steps: [
      step("Check the file", "Only looks: the file is the one that was confirmed"),
      step("Build the ISO", "Makes made.iso in the ISO studio, and waits for it"),
      step("Begin the deployment", "Begins the deployment of 2 cards, as one batch, once"),
      step("Clean up", "Forgets what was typed for the file"),
    ],
    takes: [1, 90, 1, 1].map((s) => s * 1_000),
    isoBuilds: [jobId("made.iso")],
    begun: { kind: "batch", id: hex("batch builds.yaml", 32) },
    residue: [],
    seen: true,
    ...made,
  };
}

export function makeUpgrade(card: MockCard, made: Made): MockJob {
  return {
    id: jobId(`${card.name} Upgrade`),
    kind: "Upgrade",
    dpu: card.id,
    dpuName: card.name,
    what: "1.1.0 → 1.2.0",
    steps: bootChangeSteps(card, { change: "upgrade" }),
    takes: CHANGE_TAKES,
    residue: [],
    seen: true,
    ...made,
  };
}

/** One running deployment and upgrade, one failed deployment, some that ended well. */
function makeJobs(cards: MockCard[], now: number): MockJob[] {
  const jobs: MockJob[] = [];
  const working = cards.filter((card) => card.state === "working");
  for (const [at, card] of working.entries()) {
    const job =
      at === 0
        ? makeDeployment(card, { startedAt: now - 98_000 })
        : makeUpgrade(card, { startedAt: now - 31_000 });
    card.job = job.id;
    card.reason =
      at === 0 ? "Deployment: Insert the ISO (5 of 14)" : "Upgrade: Stage the image (2 of 6)";
    jobs.push(job);
  }
  const failed = cards.find((card) => card.state === "failed");
  if (failed) {
    jobs.push(
      makeDeployment(failed, {
        startedAt: now - 52 * 60_000,
        failsIn: 4,
        seen: false,
        failure: {
          kind: "media_transfer",
          step: "Insert the ISO",
          message: "the IMC could not download the ISO: it does not trust the server's certificate",
          causes: [
            "Task 7 of 10.40.7.14:8443 ended with TaskState Exception, TaskStatus Critical",
            "Oem.Intel.Message: curl: (60) SSL certificate problem: certificate is not yet valid",
            "the IMC's clock says 2023-01-01T00:03:12Z, 3 years behind",
          ],
          retry: {
            when: "after_fix",
            hint: "set the IMC's clock, or give it a time server that it can reach",
          },
        },
        residue: [
          {
            what: "our CA certificate is still in the IMC's trust store",
            why: "it does no harm and the next deployment needs it",
          },
        ],
      }),
    );
  }
  for (const [at, card] of cards
    .filter((one) => one.state === "current")
    .slice(0, 7)
    .entries()) {
    const startedAt = now - (3 + at * 5) * 3_600_000;
    jobs.push(
      at % 3 === 2 ? makeDeployment(card, { startedAt }) : makeUpgrade(card, { startedAt }),
    );
  }
  const rolledBack = cards.find((card) => card.state === "rolled_back");
  if (rolledBack) {
    jobs.push(
      makeUpgrade(rolledBack, {
        startedAt: now - 5 * 3_600_000,
        failsIn: 4,
        failure: {
          kind: "unhealthy",
          step: "Verify the image",
          message: "greenboot's checks failed on 1.2.0, and the card fell back to 1.1.0",
          causes: [
            "boot_counter=-1 in /boot/grub2/grubenv",
            `booted ${OLDER.digest}`,
            "40_microshift_running_check.sh: MicroShift did not become ready in 300 s",
          ],
          retry: { when: "no" },
        },
      }),
    );
  }
  const degraded = cards.find((card) => card.state === "degraded");
  if (degraded) {
    jobs.push(
      makeDeployment(degraded, {
        startedAt: now - 26 * 3_600_000,
        cancelledAt: now - 26 * 3_600_000 + 40_000,
      }),
    );
  }
  return jobs;
}

function makePins(cards: MockCard[], hosts: MockHost[], now: number): PinView[] {
  const seen = new Date(now - 60_000).toISOString();
  const pin = (part: Partial<PinView> & Pick<PinView, "kind" | "peer" | "of">): PinView => ({
    fingerprint: fingerprint(`${part.kind === "tls_certificate" ? "tls" : "ssh"} ${part.peer}`),
    accepted_because: "accepted when it was shown",
    first_seen: cards[0]?.addedAt ?? null,
    last_seen: seen,
    refused: null,
    dpu: null,
    bmc: null,
    ...part,
  });
  return [
    ...cards.slice(0, 40).flatMap((card) => {
      const of = { of: `IMC of ${card.name}`, dpu: card.id };
      return [
        pin({ kind: "tls_certificate", peer: card.imc, ...of }),
        pin({
          kind: "ssh_host_key",
          peer: card.imcSsh,
          fingerprint: fingerprint(`ssh ${card.imc}`),
          ...of,
        }),
      ];
    }),
    ...cards.slice(0, 1).flatMap((card) => [
      pin({
        kind: "ssh_host_key",
        peer: `${card.host}:22`,
        of: `DPU host of ${card.name}`,
        dpu: card.id,
      }),
      pin({ kind: "ssh_host_key", peer: "old-host.lab:22", of: null }),
    ]),
    ...hosts.map((host) =>
      pin({
        kind: "tls_certificate",
        peer: host.address,
        of: `BMC ${host.name}`,
        bmc: host.id,
        refused:
          host.state === "untrusted"
            ? {
                seen: fingerprint(`another ${host.name}`),
                at: new Date(now - 240_000).toISOString(),
              }
            : null,
      }),
    ),
  ];
}

export function makeDesk({
  cards: count = 24,
  lock = null,
  now = Date.now,
}: DeskOptions = {}): Desk {
  const cards = makeCards(count, now());
  const jobs = makeJobs(cards, now());
  const isos = count === 0 ? [] : makeIsos(now(), jobs[0]);
  const hosts = makeHosts(cards, now());
  return {
    cards,
    jobs,
    isos,
    transfers: [],
    batches: makeBatches(cards, now()),
    pins: makePins(cards, hosts, now()),
    hosts,
    ports: makePorts(jobs),
    pairs: new Map(),
    credentials: makeCredentials({ cards, hosts }, now()),
    discoveries: new Map(),
    siteCa: null,
    looks: { every_seconds: 60, crawl_seconds: 3_600, cap_seconds: 1_800, stale_seconds: 600 },
    lab: count > 0,
    lock,
    now,
  };
}
