import type {
  ClusterCard,
  ClusterCardName,
  ClusterOpen,
  ClusterOutline,
  ClusterValue,
  ClusterView,
  OutlineStep,
  Untried,
} from "@/ipc/bindings";
import { type RulesDraft, rulesProblem, usualRules } from "@/lib/batches";
import { domainProblem, keyLines, keysProblem, orNull, words } from "@/lib/fields";
import { listed } from "@/lib/format";

/** What is typed and chosen for a cluster file. Kept while the window is open; never a secret. */
export type ClusterDraft = {
  file: string;
  variables: string;
  /** What was typed for the templates, by what they call: kept also once it is not missing. */
  values: Record<string, string>;
  /** Names of cards of the inventory that give values. */
  workers: string;
  /** Cards that are not wanted. */
  unticked: string[];
  skipSteps: string[];
  /** Empty: as the file says. */
  iso: string;
  domain: string;
  keys: string;
  allowRelease: string;
  imcCertificate: boolean;
  /** Paths, and an image, that the file's own steps need. */
  pullSecret: string;
  kubeconfigs: string;
  marvellTools: string;
  /** `host` or `host:port`, and the path of its authority's certificate. */
  operatorRegistry: string;
  operatorRegistryCa: string;
  /** Where the card finds them, and their SHA-256. */
  p4Components: string;
  p4Sha256: string;
  /** Of the tool that flashes cards, by its digest; empty: their firmware is only looked at. */
  firmwareImage: string;
  rules: RulesDraft;
};

export const emptyCluster: ClusterDraft = {
  file: "",
  variables: "",
  values: {},
  workers: "",
  unticked: [],
  skipSteps: [],
  iso: "",
  domain: "",
  keys: "",
  allowRelease: "",
  imcCertificate: false,
  pullSecret: "",
  kubeconfigs: "",
  marvellTools: "",
  operatorRegistry: "",
  operatorRegistryCa: "",
  p4Components: "",
  p4Sha256: "",
  firmwareImage: "",
  rules: usualRules,
};

/** Secret values, by what the templates call: only in memory. */
export type ClusterSecrets = Record<string, string>;

export const STEPS = ["file", "says", "cards", "review"] as const;

const CALLED = /^(\w+)\((\d*)\)$/;

/** `bmc_hostname(0)` taken apart. */
function asTyped([called, value]: [string, string]) {
  const parts = called.match(CALLED);
  if (!parts?.[1] || value.trim() === "") return [];
  return [{ function: parts[1], worker: parts[2] ? Number(parts[2]) : null, value: value.trim() }];
}

/** Steps that a person confirmed, and for what: another file, or other cards, void it. Only in memory. */
export type Consent = { scope: string; steps: string[] };

export const noConsent: Consent = { scope: "", steps: [] };

/** What a confirmation is given for: to look at a firmware is not to flash it. */
export const scopeOf = (view: ClusterView, cards: ClusterCard[], draft: ClusterDraft): string =>
  [view.seen, draft.firmwareImage, draft.p4Components, draft.p4Sha256, ...cards.map(keyOf)].join(
    "\n",
  );

/** The question to the backend; `null` while no file is named. */
export function asOpen(
  draft: ClusterDraft,
  secrets: ClusterSecrets,
  consent: Consent = noConsent,
): ClusterOpen | null {
  if (!draft.file.trim()) return null;
  const typed = { ...draft.values, ...secrets };
  return {
    file: draft.file.trim(),
    variables: orNull(draft.variables),
    values: Object.entries(typed)
      .sort(([a], [b]) => a.localeCompare(b))
      .flatMap(asTyped),
    workers: words(draft.workers),
    skip_steps: draft.skipSteps,
    iso: orNull(draft.iso),
    domain: domainProblem(draft.domain) ? null : orNull(draft.domain),
    authorized_keys: keysProblem(draft.keys) ? [] : keyLines(draft.keys),
    allow_release: orNull(draft.allowRelease),
    imc_certificate: draft.imcCertificate,
    accept_untried: consent.steps,
    pull_secret: orNull(draft.pullSecret),
    kubeconfigs: orNull(draft.kubeconfigs),
    marvell_tools: orNull(draft.marvellTools),
    operator_registry: orNull(draft.operatorRegistry),
    operator_registry_ca: orNull(draft.operatorRegistryCa),
    p4_components: orNull(draft.p4Components),
    p4_sha256: orNull(draft.p4Sha256),
    firmware_image: orNull(draft.firmwareImage),
  };
}

/** The fields of the form: what is missing, and what was typed before. */
export function fieldsOf(
  missing: ClusterValue[],
  draft: ClusterDraft,
  secrets: ClusterSecrets,
): ClusterValue[] {
  const known = new Set(missing.map((value) => value.called));
  const typed = [
    ...Object.entries(draft.values).map(([called]) => ({ called, secret: false })),
    ...Object.entries(secrets).map(([called]) => ({ called, secret: true })),
  ];
  const kept = typed.flatMap(({ called, secret }): ClusterValue[] => {
    const parts = called.match(CALLED);
    if (known.has(called) || !parts?.[1]) return [];
    const worker = parts[2] ? Number(parts[2]) : null;
    return [{ function: parts[1], worker, called, meaning: null, secret }];
  });
  const order = (value: ClusterValue) => `${value.worker ?? "~"} ${value.called}`;
  return [...missing, ...kept].sort((a, b) => order(a).localeCompare(order(b)));
}

export const keyOf = (card: { cluster: string; name: string }): string =>
  `${card.cluster}\n${card.name}`;

/** Cards that a person wants. */
export const chosenCards = (draft: ClusterDraft, cards: ClusterCard[]): ClusterCard[] =>
  cards.filter((card) => !draft.unticked.includes(keyOf(card)));

export const asNames = (cards: ClusterCard[]): ClusterCardName[] =>
  cards.map(({ cluster, name }) => ({ cluster, card: name }));

export function stepsOf(clusters: ClusterOutline[], card: ClusterCard): OutlineStep[] {
  const cluster = clusters.find((one) => one.name === card.cluster);
  return cluster?.cards.find((one) => one.name === card.name)?.steps ?? [];
}

/** A step of the file, with the cards that have it. */
export type FileStepOf = { name: string; step: OutlineStep; cards: string[] };

function byName(
  view: ClusterView,
  cards: ClusterCard[],
  nameOf: (step: OutlineStep) => string | null,
): FileStepOf[] {
  const found = new Map<string, FileStepOf>();
  for (const card of cards) {
    for (const step of stepsOf(view.plan.clusters, card)) {
      const name = nameOf(step);
      if (name === null) continue;
      const known = found.get(name) ?? { name, step, cards: [] };
      if (!known.cards.includes(card.name)) known.cards.push(card.name);
      found.set(name, known);
    }
  }
  return [...found.values()];
}

/** DHCP on this machine's port to the cards: left out unless a person asks for it. */
export const LOCAL_NETWORK = "local_network";

/** The cards whose file asks for a local network. */
export const networkCards = (view: ClusterView, cards: ClusterCard[]): ClusterCard[] =>
  cards.filter((card) =>
    stepsOf(view.plan.clusters, card).some((step) => step.skip === LOCAL_NETWORK),
  );

/** Whether a card of these has this step of the file, and it is not left out. */
export const hasStep = (view: ClusterView, cards: ClusterCard[], name: string): boolean =>
  cards.some((card) =>
    stepsOf(view.plan.clusters, card).some(
      ({ skip, standing }) => skip === name && standing !== "left_out",
    ),
  );

/** The steps that are not done by themselves and that can be left out, or are already. */
export const skippable = (view: ClusterView, cards: ClusterCard[]): FileStepOf[] =>
  byName(view, cards, (step) =>
    (step.standing === "planned" && step.untried === null) || step.skip === LOCAL_NETWORK
      ? null
      : step.skip,
  );

/** The steps that wait for a person's word, or have it; by the word. */
export const untriedSteps = (view: ClusterView, cards: ClusterCard[]): FileStepOf[] =>
  byName(view, cards, (step) =>
    step.standing === "left_out" ? null : (step.untried?.name ?? null),
  );

const them = (names: string[]) => (names.length === 1 ? "it" : "them");
const theSteps = (names: string[]) =>
  `the ${names.length === 1 ? "step" : "steps"} ${listed(names, 6)}`;

/** What keeps steps from being done. */
function refusals(steps: OutlineStep[]): string[] {
  const refused = steps.filter((step) => step.standing === "not_yet");
  const found: string[] = [];
  const untried = refused.flatMap((step): Untried[] => (step.untried ? [step.untried] : []));
  const words = [...new Set(untried.map(({ name }) => name))];
  if (words.length > 0) {
    const were = words.length === 1 ? "was" : "were";
    found.push(
      `${theSteps(words)} ${were} not yet run on real hardware: confirm ${them(words)} in the review`,
    );
  }
  const others = refused.filter((step) => step.untried === null);
  const skips = others.flatMap((step) => step.skip ?? []);
  if (skips.length > 0) {
    found.push(`${theSteps(skips)} can't be done yet: leave ${them(skips)} out`);
  }
  for (const { name, skip } of others) {
    if (skip === null) found.push(`${name}: Slipway can't do that yet`);
  }
  return found;
}

/** What stands against one card, in words; empty: nothing. */
export function against(view: ClusterView, card: ClusterCard): string[] {
  const { standing } = card;
  const found: string[] = [];
  if (standing.standing === "unknown") found.push("it is not in the inventory");
  if (standing.standing === "other_imc") {
    found.push(`the inventory has a card of this name with another IMC, ${standing.imc}`);
  }
  const where = view.plan.isos.find((one) => one.cluster === card.cluster)?.iso;
  if (where?.state === "missing" && standing.standing !== "not_an_ipu") found.push(where.why);
  found.push(...refusals(stepsOf(view.plan.clusters, card)));
  return [...found, ...(card.plan?.problems ?? [])];
}

/** Why the chosen cards can't be deployed; `null`: they can. */
export function whyNotDeploy(view: ClusterView, cards: ClusterCard[]): string | null {
  if (view.blocked) return "The file has errors";
  if (cards.length === 0) return "Tick at least one card";
  const [wrong] = view.wrong_settings;
  if (wrong) return wrong;
  for (const card of cards) {
    const [first] = against(view, card);
    if (first) return `${card.name}: ${first}`;
  }
  return null;
}

/** What a Marvell lacks: it is installed by its host, and by itself. */
function marvellProblem(draft: ClusterDraft, cards: ClusterCard[]): string | null {
  const marvell = cards.find(({ kind }) => kind === "marvell");
  if (!marvell) return null;
  if (cards.length > 1)
    return `${marvell.name} is a Marvell, deployed by itself: untick the others`;
  return draft.marvellTools.trim() === "" ? "Name the image of marvell-tools" : null;
}

/** What the settings of the deployment lack. */
export const settingsProblem = (draft: ClusterDraft, cards: ClusterCard[]): string | null =>
  domainProblem(draft.domain) ??
  keysProblem(draft.keys) ??
  marvellProblem(draft, cards) ??
  (cards.length > 1 ? rulesProblem(draft.rules) : null);

/** `rack-b7.yaml` becomes `rack-b7.today.yaml`, beside it. */
export const todaysPath = (file: string): string =>
  file.trim().replace(/(\.ya?ml)?$/, ".today.yaml");

/** The list by which the add page is told of cards: address, name and server, as CSV. */
export function asList(cards: ClusterCard[]): string {
  const quoted = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const rows = cards.map((card) =>
    [card.imc ?? "", card.name, card.host ?? ""].map(quoted).join(","),
  );
  return ["address,name,host", ...rows].join("\n");
}
