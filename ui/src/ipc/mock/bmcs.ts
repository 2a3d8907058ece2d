import type { BmcQuery, BmcState, PairingView, RawView } from "../bindings";
import type { BmcRow, BmcView, Inventory } from "../whole";
import { refuse } from "./answers";
import type { MockCard } from "./cards";
import type { Desk } from "./desk";
import { hex } from "./images";
import { blueFieldInventory, health, imcInventory, serialOf } from "./inventory";
import { actions } from "./orders";
import { serverInventory } from "./servers";

/** A server or a BlueField. */
export type MockHost = {
  id: string;
  name: string;
  address: string;
  kindText: string;
  state: BmcState;
  reason: string;
  inventory: Inventory | null;
  readAt: string | null;
  seen: string | null;
  labels: string[];
  addedAt: string;
};

export const bmcId = (name: string) => hex(`bmc ${name}`, 32);

const MODELS = [
  { vendor: "Dell Inc.", product: "iDRAC 9", model: "PowerEdge R760" },
  { vendor: "HPE", product: "iLO 6", model: "ProLiant DL380 Gen11" },
  { vendor: "Supermicro", product: "X13 BMC", model: "SYS-221H-TNR" },
] as const;

/** The servers that the cards are in, and two BlueFields. */
export function makeHosts(cards: MockCard[], now: number): MockHost[] {
  const iso = (ago: number) => new Date(now - ago).toISOString();
  const names = [...new Set(cards.slice(0, 12).flatMap((card) => card.host ?? []))];
  const servers = names.map((name, at): MockHost => {
    const made = MODELS[at % MODELS.length] ?? MODELS[0];
    const state: BmcState =
      ({ 2: "degraded", 4: "unreachable", 6: "stale", 8: "untrusted" } as const)[at] ?? "healthy";
    const reason: Record<BmcState, string> = {
      untrusted: "it shows another certificate than the pinned one",
      refused: "it refuses our user name or password",
      unreachable: "no answer on TCP port 443",
      degraded: "its system says Warning: Fan 6 runs at 0 rpm",
      stale: "it answered last 3 hours ago",
      unknown: "never asked",
      healthy: "it answers and is well",
    };
    const old = state === "unreachable" || state === "stale" || state === "untrusted";
    return {
      id: bmcId(name),
      name,
      address: `10.40.20.${11 + at}:443`,
      kindText: `${made.vendor} ${made.product}`,
      state,
      reason: reason[state],
      inventory: serverInventory({
        name,
        ...made,
        serial: `CZ${hex(name, 8).toUpperCase()}`,
        ill: state === "degraded",
        cards: cards.filter((card) => card.host === name),
      }),
      readAt: iso(old ? 3 * 3_600_000 : 14 * 60_000),
      seen: iso(old ? 3 * 3_600_000 : 42_000 + at * 3_000),
      labels: [`rack-${1 + Math.floor(at / 8)}`],
      addedAt: iso(40 * 86_400_000),
    };
  });
  const blueFields = cards.length === 0 ? [] : ["bf3-01", "bf3-02"];
  return [
    ...servers,
    ...blueFields.map(
      (name, at): MockHost => ({
        id: bmcId(name),
        name,
        address: `10.40.21.${11 + at}:443`,
        kindText: "BlueField BMC",
        state: "healthy",
        reason: "it answers and is well",
        inventory: blueFieldInventory(name),
        readAt: iso(22 * 60_000),
        seen: iso(33_000),
        labels: [],
        addedAt: iso(12 * 86_400_000),
      }),
    ),
  ];
}

const cardsIn = (desk: Desk, host: MockHost) =>
  desk.cards.filter((card) => pairingOf(desk, card)?.host === host.id);

export function pairingOf(desk: Desk, card: MockCard): PairingView | null {
  const byHand = desk.pairs.get(card.id);
  const host = desk.hosts.find((one) =>
    byHand === undefined ? one.name === card.host : one.id === byHand,
  );
  if (!host) return null;
  return {
    host: host.id,
    host_name: host.name,
    by:
      byHand === undefined
        ? { by: "serial_number", serial_number: serialOf(card) }
        : { by: "hand" },
    because:
      byHand === undefined
        ? `the host lists a device with the card's serial number ${serialOf(card)}`
        : "a person said so",
    since: card.addedAt,
  };
}

function hostRow(desk: Desk, host: MockHost): BmcRow {
  const system = host.inventory?.systems[0];
  return {
    id: host.id,
    name: host.name,
    address: host.address,
    kind: host.inventory?.kind ?? { kind: "unknown" },
    kind_text: host.kindText,
    state: host.state,
    reason: host.reason,
    dpu: null,
    cards: cardsIn(desk, host).map((card) => ({
      dpu: card.id,
      name: card.name,
      by: pairingOf(desk, card)?.by ?? { by: "hand" },
    })),
    health: system?.health ?? health("OK"),
    firmware: host.inventory?.managers[0]?.firmware ?? null,
    model: system?.model ?? null,
    serial_number: system?.serial_number ?? null,
    power: system?.power ?? null,
    seen: host.seen,
    labels: host.labels,
  };
}

export function bmcPage(desk: Desk, query: BmcQuery) {
  const text = query.search?.toLowerCase() ?? "";
  const found = desk.hosts
    .map((host) => hostRow(desk, host))
    .filter((row) =>
      [row.name, row.address, row.kind_text, row.model, row.serial_number].some((value) =>
        value?.toLowerCase().includes(text),
      ),
    );
  const from = query.offset ?? 0;
  return { rows: found.slice(from, from + (query.limit ?? 500)), total: found.length };
}

export function bmcView(desk: Desk, id: string): BmcView {
  const host = desk.hosts.find((one) => one.id === id);
  const card = desk.cards.find((one) => one.id === id);
  const base = {
    failures: 0,
    next_look: null,
    silent: null,
    stale: false,
    profile: desk.credentials[0]?.id ?? null,
    login: "profile lab-imcs (root)",
  };
  if (host) {
    const silent = host.state === "unreachable" || host.state === "untrusted";
    return {
      ...base,
      row: hostRow(desk, host),
      inventory: host.inventory,
      read_at: host.readAt,
      stale: silent || host.state === "stale",
      silent: silent ? { since: host.seen ?? host.addedAt, reason: host.reason } : null,
      failures: silent ? 6 : 0,
      next_look: host.state === "unreachable" ? new Date(desk.now() + 600_000).toISOString() : null,
      actions: actions(host.inventory, silent ? host.reason : null),
      pins: desk.pins.filter((pin) => pin.peer === host.address),
      pairing: null,
      added_at: host.addedAt,
      why_not_remove: null,
    };
  }
  if (!card) throw refuse("not_found", `there is no BMC ${id}`);
  const silent = card.imcSilent;
  const inventory = imcInventory(card);
  const state: BmcState = silent ? "unreachable" : "healthy";
  return {
    ...base,
    row: {
      ...hostRow(desk, {
        id,
        name: card.name,
        address: card.imc,
        kindText: "Intel IPU's IMC",
        state,
        reason: silent?.reason ?? "it answers and is well",
        inventory,
        readAt: card.imcSeen,
        seen: card.imcSeen,
        labels: card.labels,
        addedAt: card.addedAt,
      }),
      dpu: card.id,
    },
    inventory,
    read_at: card.imcSeen,
    stale: silent !== null,
    silent,
    actions: actions(
      inventory,
      card.job ? "a deployment runs on this card" : (silent?.reason ?? null),
    ),
    pins: desk.pins.filter((pin) => pin.dpu === card.id),
    pairing: pairingOf(desk, card),
    added_at: card.addedAt,
    why_not_remove: "it is a card's IMC: it goes with its card",
  };
}

export function rawBmc(desk: Desk, id: string): RawView {
  const { inventory, read_at } = bmcView(desk, id);
  if (!inventory || !read_at) throw refuse("not_found", "all of this service was never read");
  const text = (path: string, body: unknown) => ({ path, body: JSON.stringify(body, null, 2) });
  const { managers, systems, chassis } = inventory;
  return {
    read_at,
    resources: [
      text("/redfish/v1", { "@odata.id": "/redfish/v1", Name: inventory.service.name }),
      ...[...managers, ...systems, ...chassis].map(({ path, name, health: { health: word } }) =>
        text(path, { "@odata.id": path, Name: name, Status: { State: "Enabled", Health: word } }),
      ),
    ],
  };
}
