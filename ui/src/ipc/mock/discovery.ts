import type {
  AddDiscovered,
  AddedRow,
  BmcKind,
  DiscoveryRequest,
  RetryDiscovered,
  TrustDiscovered,
} from "../bindings";
import type { Candidate, DiscoveryRow, DiscoveryView } from "../whole";
import { readList } from "./addressList";
import { refuse } from "./answers";
import { makeCards } from "./cards";
import type { Desk } from "./desk";
import { fingerprint, hex } from "./images";

export type MockDiscovery = {
  id: string;
  request: DiscoveryRequest;
  startedAt: number;
  stoppedAt: number | null;
  trusted: Set<number>;
  retried: Set<number>;
};

const IMC: BmcKind = { kind: "intel_imc" };

/** What an address is, by its place: every kind of answer in the first twelve. */
function rowOf(desk: Desk, found: MockDiscovery, one: Candidate, index: number): DiscoveryRow {
  const trusted = found.trusted.has(index) || found.request.trust_on_first_use;
  const name = one.name ?? one.address.split(/[.:]/).slice(0, 1)[0] ?? one.address;
  const redfish = one.address.includes(":") ? one.address : `${one.address}:8443`;
  const seen = fingerprint(`tls ${one.address}`);
  const key = fingerprint(`ssh ${one.address}`);
  const base: DiscoveryRow = {
    index,
    candidate: one,
    name: /^\d+$/.test(name) ? `imc-${one.address.replace(/[.:]/g, "-")}` : name,
    redfish,
    ssh: null,
    answer: { answer: "waiting" },
    sentence: "not asked yet",
    certificate: null,
    shown: null,
    host_key: null,
    profile: found.request.profiles[0] ?? null,
    firmware: null,
    model: null,
    serial_number: null,
    known: null,
    why_not_add: "it was not asked yet",
  };
  const unreachable = (stage: "name" | "tcp" | "tls" | "http", sentence: string): DiscoveryRow => ({
    ...base,
    answer: { answer: "unreachable", stage },
    sentence,
    why_not_add: "it does not answer",
  });
  // An IMC whose Redfish is off: told by its name here, by its SSH in earnest.
  if (one.address.includes("-off.")) {
    const silent = unreachable("tcp", `no answer on TCP ports 8443 and 443 of ${one.address}`);
    const ssh = `${one.address}:22`;
    if (!trusted) {
      return {
        ...silent,
        ssh,
        sentence: `${silent.sentence}; its SSH answers: accept its host key to see what it is`,
        host_key: { trust: "new", seen: key },
      };
    }
    return {
      ...silent,
      ssh,
      answer: { answer: "imc_without_redfish", issue: "Version: 2.0.0" },
      sentence:
        "Intel IPU's IMC, Redfish off: its /etc/issue says `Version: 2.0.0`; its preparation, or a deployment, sets Redfish up",
      host_key: { trust: "pinned", seen: key },
      profile: one.profile,
      why_not_add: null,
    };
  }
  switch (index % 12) {
    case 6:
      return unreachable("tcp", `no answer on TCP ports 8443 and 443 of ${one.address}`);
    case 7:
      return unreachable("name", `the name server does not know ${one.address}`);
    case 8:
      return {
        ...base,
        redfish: `${one.address}:443`,
        answer: { answer: "no_redfish" },
        sentence: "HTTP 200 with HTML at /redfish/v1: a web server",
        why_not_add: "it is no Redfish service",
      };
    case 9:
      return {
        ...base,
        answer: { answer: "changed_certificate" },
        sentence: "it shows another certificate than was accepted 41 days ago: nothing was sent",
        certificate: { trust: "changed", pinned: fingerprint(`old ${one.address}`), seen },
        why_not_add: "its certificate has changed",
      };
  }
  if (!trusted) {
    return {
      ...base,
      ssh: `${one.address}:22`,
      answer: { answer: "untrusted_certificate" },
      sentence: "its certificate is new: nothing was sent",
      certificate: { trust: "new", seen },
      host_key: index % 12 < 4 ? { trust: "new", seen: key } : null,
      shown: {
        fingerprint: seen,
        subject: `CN=${one.address}`,
        issuer: `CN=${one.address}`,
        not_before: "2026-01-01T00:00:00Z",
        not_after: "2036-01-01T00:00:00Z",
        names: [one.address],
        self_signed: true,
        vouched_by_ca: false,
      },
      why_not_add: "nobody has accepted its certificate yet",
    };
  }
  const accepted = {
    ...base,
    certificate: { trust: "pinned" as const, seen },
    host_key: index % 12 < 4 ? { trust: "pinned" as const, seen: key } : null,
    why_not_add: null,
  };
  const server = { kind: "server" as const, vendor: "Dell Inc.", product: "iDRAC 9" };
  switch (index % 12) {
    case 3:
      if (!found.retried.has(index)) {
        return {
          ...accepted,
          answer: { answer: "wrong_credentials", kind: IMC },
          sentence: "it refuses the user or the password of profile lab-imcs; tried once",
          why_not_add: "it refuses the login",
        };
      }
      break;
    case 4:
      return {
        ...accepted,
        answer: { answer: "found", kind: server },
        sentence: "Dell Inc. iDRAC 9, PowerEdge R760",
        model: "PowerEdge R760",
        serial_number: hex(one.address, 7).toUpperCase(),
        firmware: "7.10.50.00",
      };
    case 5:
      return {
        ...accepted,
        answer: { answer: "found", kind: { kind: "blue_field", product: "BlueField-3" } },
        sentence: "a BlueField-3's BMC: it has no virtual media, so nothing can be deployed to it",
        model: "BlueField-3 DPU",
      };
    case 10:
      return {
        ...accepted,
        answer: { answer: "found", kind: { kind: "unknown" } },
        sentence: "a Redfish service that says too little of itself",
      };
    case 11: {
      const known = desk.cards[0];
      return {
        ...accepted,
        name: known?.name ?? base.name,
        answer: { answer: "found", kind: IMC },
        sentence: "Intel IPU, firmware 2.0.0",
        known: known?.id ?? null,
        why_not_add: known ? `it is in Slipway already, as ${known.name}` : null,
      };
    }
  }
  return {
    ...accepted,
    answer: { answer: "found", kind: IMC },
    sentence: "Intel IPU, firmware 2.0.0",
    firmware: "MEV-HW-B1-ci-ts.release.2.0.0.11126",
  };
}

const ROW_MS = 60;

export function discoveryView(desk: Desk, id: string): DiscoveryView {
  const found = desk.discoveries.get(id);
  if (!found) throw refuse("not_found", "this discovery is gone: Slipway was started again");
  const { candidates, problems } = readList(found.request.text);
  const until = found.stoppedAt ?? desk.now();
  const asked = Math.min(candidates.length, Math.floor((until - found.startedAt) / ROW_MS));
  const rows = candidates.map((one, index) => {
    const row = rowOf(desk, found, one, index);
    return index < asked
      ? row
      : {
          ...row,
          answer: { answer: "waiting" as const },
          sentence: "not asked yet",
          certificate: null,
          host_key: null,
          shown: null,
          why_not_add: "it was not asked yet",
        };
  });
  const total = rows.length;
  const ipus = rows.filter((row) => row.answer.answer === "found").length;
  const wait = rows.filter((row) => row.answer.answer === "untrusted_certificate").length;
  return {
    id,
    stage:
      found.stoppedAt !== null && asked < total ? "cancelled" : asked < total ? "running" : "done",
    done: asked,
    total,
    sentence: `${asked} of ${total} asked: ${ipus} found; ${wait} wait for your trust`,
    rows,
    problems,
    started_at: new Date(found.startedAt).toISOString(),
  };
}

export function startDiscovery(desk: Desk, request: DiscoveryRequest): string {
  const id = hex(`discovery ${desk.discoveries.size} ${request.text}`, 32);
  desk.discoveries.set(id, {
    id,
    request,
    startedAt: desk.now(),
    stoppedAt: null,
    trusted: new Set(),
    retried: new Set(),
  });
  return id;
}

export function trustDiscovered(desk: Desk, { id, rows }: TrustDiscovered) {
  for (const row of rows) desk.discoveries.get(id)?.trusted.add(row);
}

export function retryDiscovered(desk: Desk, { id, rows }: RetryDiscovered) {
  for (const row of rows) desk.discoveries.get(id)?.retried.add(row);
}

export function addDiscovered(desk: Desk, id: string, rows: AddDiscovered[]): AddedRow[] {
  const view = discoveryView(desk, id);
  return rows.map(({ row, name, labels }): AddedRow => {
    const found = view.rows.find((one) => one.index === row);
    if (desk.cards.some((card) => card.name === name)) {
      const error = refuse(
        "precondition",
        `there is a card named ${name}`,
        "give it another name, and add it again",
      );
      return { row, name, bmc: null, error };
    }
    const [made] = makeCards(1, desk.now());
    const card = hex(`card ${name}`, 32);
    if (made && found) {
      const { address, host } = found.candidate;
      desk.cards.push({ ...made, id: card, name, labels, imc: `${address}:8443`, host });
    }
    return { row, name, bmc: card, error: null };
  });
}
