import type { BatchRequest, DeployRequest, IsoId, PlanView } from "@/ipc/bindings";
import { asRules, type RulesDraft, rulesProblem, usualRules } from "@/lib/batches";
import { domainProblem, keyLines, keysProblem, orNull } from "@/lib/fields";

/** What was chosen and typed in the deploy wizard. Kept while the window is open. */
export type DeployDraft = {
  cards: string[];
  iso: IsoId | null;
  domain: string;
  keys: string;
  allowRelease: string;
  imcCertificate: boolean;
  rules: RulesDraft;
};

export const emptyDraft: DeployDraft = {
  cards: [],
  iso: null,
  domain: "",
  keys: "",
  allowRelease: "",
  imcCertificate: false,
  rules: usualRules,
};

export const STEPS = ["cards", "iso", "settings", "review"] as const;

/** Why a step can't be left, by step. */
export function problems(draft: DeployDraft) {
  return {
    cards: draft.cards.length === 0 ? "Tick at least one card" : null,
    iso: draft.iso === null ? "Choose an ISO" : null,
    settings:
      domainProblem(draft.domain) ??
      keysProblem(draft.keys) ??
      (draft.cards.length > 1 ? rulesProblem(draft.rules) : null),
  };
}

/** The request; `null` while something is missing. */
export function asRequest(draft: DeployDraft): DeployRequest | null {
  const { cards, iso, settings } = problems(draft);
  if (cards || iso || settings || draft.iso === null) return null;
  return {
    dpus: draft.cards,
    iso: draft.iso,
    domain: orNull(draft.domain),
    authorized_keys: keyLines(draft.keys),
    allow_release: orNull(draft.allowRelease),
    imc_certificate: draft.imcCertificate,
  };
}

/** The cards of a plan that can be done: the others are left out, and are named. */
export function doable(plan: PlanView | undefined) {
  return plan?.cards.filter((card) => card.problems.length === 0) ?? [];
}

/** Several cards are one batch, under these rules. */
export const asBatch = (request: DeployRequest, draft: DeployDraft): BatchRequest => ({
  what: { kind: "deploy", request },
  rules: asRules(draft.rules),
});
