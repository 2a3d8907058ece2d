import type {
  ClusterCard,
  ClusterCardName,
  ClusterOpen,
  ClusterOutline,
  ClusterValue,
  ClusterView,
  OutlineStep,
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

/** The question to the backend; `null` while no file is named. */
export function asOpen(draft: ClusterDraft, secrets: ClusterSecrets): ClusterOpen | null {
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

export type RefusedStep = { skip: string; steps: OutlineStep[]; cards: string[] };

/** The steps that Slipway can't do yet and that can be left out, or are already. */
export function skippable(view: ClusterView, cards: ClusterCard[]): RefusedStep[] {
  const found = new Map<string, RefusedStep>();
  for (const card of cards) {
    for (const step of stepsOf(view.plan.clusters, card)) {
      if (step.skip === null || step.standing === "planned") continue;
      const known = found.get(step.skip) ?? { skip: step.skip, steps: [step], cards: [] };
      if (!known.cards.includes(card.name)) known.cards.push(card.name);
      found.set(step.skip, known);
    }
  }
  return [...found.values()];
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
  const refused = stepsOf(view.plan.clusters, card).filter((step) => step.standing === "not_yet");
  const skips = refused.flatMap((step) => step.skip ?? []);
  if (skips.length > 0) {
    found.push(
      `${skips.length === 1 ? "the step" : "the steps"} ${listed(skips, 6)} can't be done yet: leave ${skips.length === 1 ? "it" : "them"} out`,
    );
  }
  for (const { name, skip } of refused) {
    if (skip === null) found.push(`${name}: Slipway can't do that yet`);
  }
  return [...found, ...(card.plan?.problems ?? [])];
}

/** Why the chosen cards can't be deployed; `null`: they can. */
export function whyNotDeploy(view: ClusterView, cards: ClusterCard[]): string | null {
  if (view.blocked) return "The file has errors";
  if (cards.length === 0) return "Tick at least one card";
  for (const card of cards) {
    const [first] = against(view, card);
    if (first) return `${card.name}: ${first}`;
  }
  return null;
}

/** What the settings of the deployment lack. */
export const settingsProblem = (draft: ClusterDraft, cards: number): string | null =>
  domainProblem(draft.domain) ??
  keysProblem(draft.keys) ??
  (cards > 1 ? rulesProblem(draft.rules) : null);

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
