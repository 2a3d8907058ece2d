import type { AppError, BootChangeRequest, DeployRequest, DpuQuery, PlanView } from "../bindings";
import type { MockCard } from "./cards";
import { type Desk, ISO_NAME } from "./desk";
import { FOREIGN, NEWEST } from "./images";
import type { MockJob } from "./jobs";
import { bootChangeSteps, deploymentSteps } from "./steps";
import { counts, dpuRow } from "./views";

export const refuse = (
  code: AppError["code"],
  message: string,
  hint: string | null = null,
): AppError => ({
  code,
  message,
  causes: [],
  hint,
  retryable: false,
});

/** A page of the fleet, as the query asks. */
export function page(desk: Desk, query: Required<DpuQuery>) {
  const text = query.search?.toLowerCase() ?? "";
  const has = (card: MockCard) =>
    [card.name, card.host, card.imc, card.booted?.version, ...card.labels].some((value) =>
      value?.toLowerCase().includes(text),
    );
  const found = desk.cards.filter(has);
  const chosen = found.filter(
    (card) => query.states.length === 0 || query.states.includes(card.state),
  );
  const key = (card: MockCard): string =>
    ({
      name: card.name,
      state: card.state,
      host: card.host ?? "",
      version: card.booted?.version ?? "",
      last_seen: card.accSeen ?? "",
    })[query.sort];
  chosen.sort((a, b) => key(a).localeCompare(key(b)) * (query.descending ? -1 : 1));
  const rows = chosen.slice(query.offset, query.offset + query.limit).map(dpuRow);
  return { rows, total: chosen.length, counts: counts(found) };
}

export function deployPlan(desk: Desk, request: DeployRequest): PlanView {
  const cards = request.dpus.map((id) => cardOf(desk, id));
  const iso = desk.isos.find((view) => view.iso.id === request.iso)?.iso;
  const domain = request.domain ? `.${request.domain}` : "";
  return {
    title: `Deploy ${iso?.name ?? ISO_NAME} to ${cards.length} ${cards.length === 1 ? "card" : "cards"}`,
    warnings: [],
    cards: cards.map((card) => ({
      dpu: card.id,
      name: card.name,
      hostname: `${card.name}${domain}`,
      from: card.booted?.digest
        ? { version: card.booted.version, digest: card.booted.digest }
        : null,
      to: iso?.facts.image_digest
        ? { version: iso.facts.image_version, digest: iso.facts.image_digest }
        : NEWEST,
      steps: deploymentSteps(card, iso?.name ?? ISO_NAME, `${card.name}${domain}`),
      warnings: card.state === "drifted" ? ["it runs an image that is not of its group"] : [],
      problems: card.job
        ? ["a job runs on this card"]
        : card.imcSilent
          ? [`the IMC does not answer: ${card.imcSilent.reason}`]
          : [],
    })),
  };
}

export function bootPlan(desk: Desk, { dpu, change }: BootChangeRequest): PlanView {
  const card = cardOf(desk, dpu);
  const target = { upgrade: card.available, switch: FOREIGN, rollback: card.rollback }[
    change.change
  ];
  return {
    title: `${change.change} of ${card.name}`,
    warnings: [],
    cards: [
      {
        dpu,
        name: card.name,
        hostname: null,
        from: card.booted?.digest
          ? { version: card.booted.version, digest: card.booted.digest }
          : null,
        to: target?.digest ? { version: target.version, digest: target.digest } : null,
        steps: bootChangeSteps(card, change),
        warnings:
          change.change === "rollback" && card.staged ? ["the staged image is discarded"] : [],
        problems: card.job ? ["a job runs on this card"] : [],
      },
    ],
  };
}

export function cardOf(desk: Desk, id: string): MockCard {
  const card = desk.cards.find((one) => one.id === id);
  if (!card) throw refuse("not_found", `there is no card ${id}`);
  return card;
}

export function jobOf(desk: Desk, id: string): MockJob {
  const ofBatches = desk.batches.flatMap(({ cards }) => cards.flatMap(({ job }) => job ?? []));
  const job = [...desk.jobs, ...ofBatches].find((one) => one.id === id);
  if (!job) throw refuse("not_found", `there is no job ${id}`);
  return job;
}
