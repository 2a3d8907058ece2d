import type { DiscoveryRow } from "@/ipc/whole";
import { WANTS_PROFILE } from "@/lib/bmcs";

/** What a person looks for in a list of hundreds. */
export type Group = "ready" | "trust" | "login" | "other" | "waiting";

export const GROUPS: Record<Group, string> = {
  ready: "Ready to add",
  trust: "Waits for your trust",
  login: "Needs another login",
  other: "Can't be added",
  waiting: "Being asked",
};

const isNew = (row: DiscoveryRow) =>
  row.certificate?.trust === "new" || row.host_key?.trust === "new";
const isChanged = (row: DiscoveryRow) =>
  row.certificate?.trust === "changed" || row.host_key?.trust === "changed";

export function groupOf(row: DiscoveryRow): Group {
  const { answer } = row.answer;
  if (answer === "waiting") return "waiting";
  if (wantsTrust(row)) return "trust";
  if (WANTS_PROFILE.includes(answer)) return "login";
  return row.why_not_add === null ? "ready" : "other";
}

/** Something that it shows has to be accepted before it can be talked to or added. */
export function wantsTrust(row: DiscoveryRow): boolean {
  if (row.known !== null) return isChanged(row);
  return isNew(row) || isChanged(row);
}

/** Shows something new and nothing that changed: can be accepted together with others. */
export const isOnlyNew = (row: DiscoveryRow) => wantsTrust(row) && !isChanged(row);

/** The rows of a group, those that need somebody first. */
export function counts(rows: DiscoveryRow[]): { group: Group; count: number }[] {
  return (Object.keys(GROUPS) as Group[])
    .map((group) => ({ group, count: rows.filter((row) => groupOf(row) === group).length }))
    .filter(({ count }) => count > 0);
}
