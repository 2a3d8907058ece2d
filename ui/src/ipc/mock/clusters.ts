import type { Channel } from "@tauri-apps/api/core";
import type {
  ClusterCard,
  ClusterDeploy,
  ClusterOpen,
  ClusterOutline,
  ClusterPlan,
  ClusterProblem,
  ClusterProgress,
  ClusterStanding,
  ClusterValue,
  ClusterView,
  Migration,
  OutlineStep,
  ShownSpan,
} from "../bindings";
import { deployPlan, refuse } from "./answers";
import { startBatch } from "./batches";
import {
  BROKEN,
  BUILDS,
  brokenProblems,
  FIRMWARE,
  firmwareText,
  GOOD,
  goodText,
  OPERATOR,
  operatorText,
} from "./clusterFiles";
import { ownSteps } from "./clusterSteps";
import { type Desk, makeClusterDeployment } from "./desk";
import { hex } from "./images";
import { withNetwork } from "./networks";
import { deploymentSteps } from "./steps";

const LINES = 4;

/** What the good file's templates ask for. */
const ASKED: ClusterValue[] = [
  {
    function: "bmc_hostname",
    worker: 2,
    called: "bmc_hostname(2)",
    meaning: "the card's IMC",
    secret: false,
  },
  {
    function: "activation_key",
    worker: null,
    called: "activation_key()",
    meaning: "the activation key of Red Hat's console",
    secret: true,
  },
];

function outline(desk: Desk, card: ClusterCard, open: ClusterOpen): OutlineStep[] {
  const standing = (name: string): OutlineStep["standing"] => {
    if (open.skip_steps.includes(name)) return "left_out";
    return open.accept_untried.includes(name) ? "planned" : "not_yet";
  };
  const known = desk.cards.find((one) => one.id === card.dpu) ?? desk.cards[0];
  const steps = known ? deploymentSteps(known, "dpu-os-1.2.0.iso", card.name) : [];
  const installed = steps
    .filter((step) => step.name !== "Run post steps")
    .map((step): OutlineStep => ({ ...step, standing: "planned", skip: null, untried: null }));
  const post = ownSteps(open).map(
    ([name, effect, stakes]): OutlineStep => ({
      name,
      effect,
      commands:
        name === "microshift" ? ["ssh root@192.168.0.2 systemctl is-active microshift"] : [],
      standing: standing(name),
      skip: name,
      untried: { name, stakes },
    }),
  );
  const all = [...installed.slice(0, -1), ...post, ...installed.slice(-1)];
  // The broken file's port is `auto`.
  return open.file === BROKEN ? all : withNetwork(all, card.name, open);
}

function cardsOf(desk: Desk, open: ClusterOpen): ClusterCard[] {
  const given = open.values.find((value) => value.function === "bmc_hostname")?.value;
  const iso = desk.isos.find((view) => view.why_not_deployable === null)?.iso.id ?? "";
  const known = ["dpu-01", "dpu-03"].map((name, at): ClusterCard => {
    const card = desk.cards.find((one) => one.name === name);
    const plan = card && deployPlan(desk, { ...open, dpus: [card.id], iso }).cards[0];
    const standing: ClusterStanding = { standing: card ? "known" : "unknown" };
    return {
      cluster: "rack-b7",
      name: `b7-acc-${at + 1}`,
      kind: "dpu",
      imc: card?.imc ?? `imc${at}.lab`,
      host: card?.host ?? null,
      standing,
      dpu: card?.id ?? null,
      dpu_name: card?.name ?? null,
      plan: plan ? { ...plan, hostname: `b7-acc-${at + 1}` } : null,
    };
  });
  const third: ClusterCard = {
    cluster: "rack-b7",
    name: "b7-acc-3",
    kind: "dpu",
    imc: given ?? null,
    host: "b7-srv-3.lab",
    standing: { standing: "unknown" },
    dpu: null,
    dpu_name: null,
    plan: null,
  };
  return [...known, third];
}

function planOf(desk: Desk, open: ClusterOpen, broken: boolean): ClusterPlan {
  const cards = cardsOf(desk, open);
  const clusters: ClusterOutline[] = [
    {
      name: "rack-b7",
      kind: "iso",
      in_scope: true,
      iso: "https://files.lab/dpu-os-1.2.0.iso",
      nodes: cards.length,
      cards: cards.map((card) => ({
        name: card.name,
        kind: card.kind,
        imc: card.imc,
        steps: outline(desk, card, open),
      })),
    },
  ];
  if (!broken) {
    const other = { kind: "openshift", in_scope: false, iso: null, cards: [], nodes: 5 };
    clusters.push({ name: "hub", ...other });
  }
  const chosen = desk.isos.find((view) => view.iso.id === open.iso)?.iso;
  const iso = chosen ?? desk.isos.find((view) => view.iso.name === "dpu-os-1.2.0.iso")?.iso;
  return {
    title: `Deploy ${cards.length} cards`,
    clusters,
    isos: [
      {
        cluster: "rack-b7",
        iso: openBuilds(open)
          ? { state: "to_build", name: "made.iso" }
          : iso
            ? { state: "in_library", id: iso.id, name: iso.name }
            : { state: "missing", why: "the library has no ISO dpu-os-1.2.0.iso" },
      },
    ],
    cards,
    warnings: [],
    problems: [],
  };
}

const MIGRATED: [line: number, from: string, to: string][] = [
  [6, "type: ipu", "kind: dpu"],
  [7, "bmc: …", "bmc: {url: …}"],
  [8, "bmc_user: …", "bmc: {user: …}"],
  [LINES + 5, "bmc_password: …", "bmc: {password: …}"],
];

function migrations(): Migration[] {
  return MIGRATED.map(([line, from, to]) => ({
    place: { line, column: 9 },
    of: "b7-acc-1",
    from,
    to,
  }));
}

/** Where the good file calls for a value. */
function placeOf({ called }: ClusterValue): ShownSpan {
  const lines = goodText(false);
  const at = lines.findIndex((line) => line.includes(called));
  const from = lines[at]?.indexOf(called) ?? 0;
  return { line: at + 1, from, to: from + called.length };
}

function wrongSettings(open: ClusterOpen): string[] {
  const wrong: string[] = [];
  if (open.pull_secret?.endsWith(".yaml") && !open.skip_steps.includes("microshift")) {
    wrong.push(`${open.pull_secret} is no pull secret`);
  }
  const { operator_registry: registry, operator_registry_ca: authority } = open;
  const image = open.firmware_image;
  if (image && !image.includes("@sha256:") && !open.skip_steps.includes("dpu_firmware")) {
    wrong.push(`\`${image}\` names no digest`);
  }
  if (open.p4_components && !open.p4_sha256) {
    wrong.push("the P4 components are named without their SHA-256 (64 hexadecimal digits)");
  }
  if (registry?.includes("/")) wrong.push(`\`${registry}\` is no registry`);
  else if (registry && !authority) {
    wrong.push(
      `the operator's registry \`${registry}\` is named without its authority's certificate`,
    );
  } else if (authority && !registry) {
    wrong.push("the certificate of the operator's registry is named, and the registry is not");
  }
  return wrong;
}

function textOf(file: string): string[] {
  if (file === OPERATOR) return operatorText();
  return file === FIRMWARE ? firmwareText() : goodText(file === BROKEN);
}

function read(desk: Desk, open: ClusterOpen): ClusterView {
  const name = open.file.split("/").at(-1) ?? open.file;
  if (![GOOD, BUILDS, BROKEN, OPERATOR, FIRMWARE].includes(open.file)) {
    throw refuse("not_found", `there is no file ${open.file}`, "give the path of a cluster.yaml");
  }
  const broken = open.file === BROKEN;
  const has = ({ function: called, worker }: ClusterValue) =>
    open.variables !== null ||
    open.values.some((value) => value.function === called && value.worker === worker);
  const missing = ![GOOD, BUILDS].includes(open.file) ? [] : ASKED.filter((value) => !has(value));
  const problems: ClusterProblem[] = broken
    ? brokenProblems(name, open.skip_steps)
    : missing.map((value) => ({
        problem: {
          severity: "error",
          code: "missing-value",
          message: `nobody knows ${value.called} (${value.meaning})`,
          fix: `give it in a variables file, or type it`,
          file: name,
          place: { line: placeOf(value).line, column: placeOf(value).from + 1 },
          related: null,
          step: value.secret ? "rh_subscription" : null,
        },
        counts: !(value.secret && open.skip_steps.includes("rh_subscription")),
        shown: placeOf(value),
      }));
  return {
    seen: hex(JSON.stringify(open.file), 64),
    file: { name, lines: textOf(open.file) },
    variables: null,
    problems,
    migrations: migrations(),
    missing,
    blocked: problems.some((found) => found.counts),
    wrong_settings: wrongSettings(open),
    plan: planOf(desk, open, broken),
  };
}

const openBuilds = (open: ClusterOpen) => open.file === BUILDS && open.iso === null;

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** Cluster files: one that is good, one that is not, and no other. */
export function clusterHandlers(desk: Desk) {
  return {
    read_cluster: ({ open }: { open: ClusterOpen }) => read(desk, open),
    deploy_cluster: async ({
      deploy,
      onProgress,
    }: {
      deploy: ClusterDeploy;
      onProgress: Channel<ClusterProgress>;
    }) => {
      const view = read(desk, deploy.open);
      if (view.seen !== deploy.seen) throw refuse("precondition", "the file was changed");
      const steps = view.plan.clusters.flatMap(({ cards }) => cards.flatMap((card) => card.steps));
      if (steps.some(({ standing }) => standing === "not_yet")) {
        throw refuse("precondition", "this can't be deployed yet; nothing was started");
      }
      if (openBuilds(deploy.open)) {
        const job = makeClusterDeployment({ startedAt: desk.now() });
        desk.jobs.push(job);
        return { kind: "job", id: job.id };
      }
      onProgress.onmessage({ path: "/srv/isos/dpu-os.iso", read: 1, total: 2 });
      await pause(10);
      const names = deploy.cards.map((one) => one.card);
      const dpus = view.plan.cards.flatMap((card) =>
        names.includes(card.name) && card.dpu ? [card.dpu] : [],
      );
      const iso = desk.isos[0]?.iso.id ?? "";
      const what = { kind: "deploy" as const, request: { ...deploy.open, dpus, iso } };
      return { kind: "batch", id: startBatch(desk, { what, rules: deploy.rules }) };
    },
    save_cluster: () => null,
    write_cluster: ({ path }: { open: ClusterOpen; path: string }) => {
      if (path.startsWith("/readonly")) throw refuse("precondition", `${path} is there already`);
      return null;
    },
  };
}
