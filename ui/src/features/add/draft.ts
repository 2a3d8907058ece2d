import type { AddDiscovered, CredentialId, DiscoveryId, DiscoveryRequest } from "@/ipc/bindings";
import type { DiscoveryRow } from "@/ipc/whole";
import { words } from "@/lib/fields";

/** What is typed and chosen to add machines. Kept while the window is open; never a secret. */
export type AddDraft = {
  /** The list of addresses as it was typed, pasted or read from a file. */
  text: string;
  /** In order of preference. */
  profiles: CredentialId[];
  /** What is asked right now or was asked last, and by which list and profiles. */
  discovery: DiscoveryId | null;
  asked: string;
  /** Rows that a person does not want. */
  unticked: number[];
  /** Names that a person gave, by row. */
  names: Record<string, string>;
  /** Labels for all of them. */
  labels: string;
};

export const emptyAdd: AddDraft = {
  text: "",
  profiles: [],
  discovery: null,
  asked: "",
  unticked: [],
  names: {},
  labels: "",
};

export const STEPS = ["addresses", "credentials", "check", "result"] as const;

/** Two drafts with the same one ask the same question. */
export const questionOf = ({ text, profiles }: AddDraft): string =>
  JSON.stringify([text.trim(), profiles]);

/** Nothing is trusted by itself: every new certificate is shown and accepted by a person. */
export const asRequest = ({ text, profiles }: AddDraft): DiscoveryRequest => ({
  text,
  profiles,
  trust_on_first_use: false,
  most_refusals: null,
});

export const nameOf = (draft: AddDraft, row: DiscoveryRow): string =>
  draft.names[row.index] ?? row.name;

/** The rows that can be added and that a person wants. */
export const chosenRows = (draft: AddDraft, rows: DiscoveryRow[]): DiscoveryRow[] =>
  rows.filter((row) => row.why_not_add === null && !draft.unticked.includes(row.index));

/** The first name that two of the chosen rows share, or that is missing. */
export function namesProblem(draft: AddDraft, rows: DiscoveryRow[]): string | null {
  const seen = new Set<string>();
  for (const row of rows) {
    const name = nameOf(draft, row).trim();
    if (!name) return `${row.candidate.address} needs a name`;
    if (seen.has(name)) return `Two of them are named ${name}`;
    seen.add(name);
  }
  return null;
}

export const asAdditions = (draft: AddDraft, rows: DiscoveryRow[]): AddDiscovered[] =>
  rows.map((row) => ({
    row: row.index,
    name: nameOf(draft, row).trim(),
    labels: [...new Set([...row.candidate.labels, ...words(draft.labels)])],
  }));

/** Where a row's page will be: an Intel IPU is a card, anything else a host. */
export const isCard = ({ answer }: DiscoveryRow): boolean =>
  answer.answer === "imc_without_redfish" || ("kind" in answer && answer.kind.kind === "intel_imc");
