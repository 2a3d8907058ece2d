import type { Channel } from "@tauri-apps/api/core";
import type {
  AddDiscovered,
  BmcOrder,
  BmcProgress,
  BmcQuery,
  CredentialForm,
  DiscoveryRequest,
  LookPolicy,
  RetryDiscovered,
  SetCardLogin,
  SiteCaView,
  TrustDiscovered,
} from "../bindings";
import type { CredentialView } from "../whole";
import { whole } from "../whole";
import { readList } from "./addressList";
import { refuse } from "./answers";
import { bmcPage, bmcView, rawBmc } from "./bmcs";
import type { Desk } from "./desk";
import {
  addDiscovered,
  discoveryView,
  retryDiscovered,
  startDiscovery,
  trustDiscovered,
} from "./discovery";
import { fingerprint, hex } from "./images";
import { carryOut } from "./orders";

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

export function makeCredentials(
  desk: Pick<Desk, "cards" | "hosts">,
  now: number,
): CredentialView[] {
  if (desk.cards.length === 0) return [];
  const made = (part: Partial<CredentialView> & { name: string }): CredentialView => ({
    id: hex(`credential ${part.name}`, 32),
    user_name: "root",
    kind: "password",
    scope: { addresses: [], labels: [] },
    used_by: [],
    why_not_remove: null,
    created_at: new Date(now - 41 * 86_400_000).toISOString(),
    ...part,
  });
  const cards = desk.cards.map((card) => ({ name: card.name, dpu: card.id, bmc: null }));
  const hosts = desk.hosts.map((host) => ({ name: host.name, dpu: null, bmc: host.id }));
  return [
    made({
      name: "lab-imcs",
      scope: { addresses: ["10.40.7.0/24", "imc-*.lab"], labels: [] },
      used_by: cards,
      why_not_remove: `${cards.length} cards log in by it: ${cards
        .slice(0, 3)
        .map((card) => card.name)
        .join(", ")}, …`,
    }),
    made({
      name: "idracs",
      user_name: "slipway",
      scope: { addresses: ["10.40.20.0/24"], labels: ["rack-1"] },
      used_by: hosts,
      why_not_remove: `${hosts.length} hosts log in by it`,
    }),
    made({ name: "desk-agent", kind: "ssh_agent", scope: { addresses: [], labels: ["canary"] } }),
    made({ name: "acc-key", kind: "ssh_key" }),
  ];
}

function saveCredential(desk: Desk, form: CredentialForm): string {
  const twin = desk.credentials.find((one) => one.name === form.name && one.id !== form.id);
  if (twin) throw refuse("precondition", `there is a profile named ${form.name}`);
  const id = form.id ?? hex(`credential ${form.name}`, 32);
  const known = desk.credentials.find((one) => one.id === id);
  const { name, user_name, kind, scope } = form;
  const next: CredentialView = {
    id,
    used_by: known?.used_by ?? [],
    why_not_remove: known?.why_not_remove ?? null,
    created_at: known?.created_at ?? new Date(desk.now()).toISOString(),
    name,
    user_name,
    kind,
    scope: whole(scope),
  };
  desk.credentials = [...desk.credentials.filter((one) => one.id !== id), next];
  return id;
}

function siteCa(desk: Desk): SiteCaView {
  const pem = desk.siteCa;
  const count = pem?.split("-----BEGIN CERTIFICATE-----").length ?? 1;
  return {
    pem,
    authorities: Array.from({ length: count - 1 }, (_, at) => ({
      fingerprint: fingerprint(`site ca ${at}`),
      subject: "CN=Lab Infrastructure CA, O=Example",
      issuer: "CN=Lab Infrastructure CA, O=Example",
      not_before: "2024-01-01T00:00:00Z",
      not_after: "2034-01-01T00:00:00Z",
      names: [],
      self_signed: true,
      vouched_by_ca: false,
    })),
  };
}

/** The commands about Redfish services, credentials, discovery and trust, by their Rust names. */
export function redfishHandlers(desk: Desk, changed: (tag: string) => void) {
  return {
    bmcs: ({ query }: { query: BmcQuery }) => bmcPage(desk, query),
    bmc: ({ id }: { id: string }) => bmcView(desk, id),
    refresh_bmc: async ({ id }: { id: string }) => {
      await pause(400);
      const host = desk.hosts.find((one) => one.id === id);
      if (host?.state === "unreachable") {
        throw { ...refuse("unreachable", `${host.name} does not answer`), causes: [host.reason] };
      }
      if (host) host.readAt = host.seen = new Date(desk.now()).toISOString();
      return structuredClone(bmcView(desk, id));
    },
    remove_bmc: ({ id }: { id: string }) => {
      desk.hosts = desk.hosts.filter((host) => host.id !== id);
      changed("bmc");
    },
    act_on_bmc: async (args: { id: string; order: BmcOrder; onProgress: Channel<BmcProgress> }) => {
      args.onProgress.onmessage({ sentence: "the BMC was asked", seconds: 0 });
      await pause(300);
      return structuredClone(carryOut(bmcView(desk, args.id).inventory, args.order));
    },
    raw_bmc: ({ id }: { id: string }) => rawBmc(desk, id),
    pair: ({ dpu, host }: { dpu: string; host: string | null }) => {
      if (host) desk.pairs.set(dpu, host);
      else desk.pairs.delete(dpu);
      changed("bmc");
    },
    look_policy: () => desk.looks,
    set_look_policy: ({ policy }: { policy: LookPolicy }) => {
      desk.looks = whole(policy);
    },
    credentials: () => desk.credentials,
    save_credential: ({ form }: { form: CredentialForm }) => saveCredential(desk, form),
    remove_credential: ({ id }: { id: string }) => {
      desk.credentials = desk.credentials.filter((one) => one.id !== id);
    },
    set_card_login: async ({ change }: { change: SetCardLogin }) => {
      await pause(200);
      const profile = change.imc?.login === "profile" ? change.imc.profile : null;
      const used = desk.credentials.find((one) => one.id === profile);
      if (used?.name === "idracs") {
        throw refuse("authentication", "the IMC refuses the user or the password; tried once");
      }
      changed("dpu");
    },
    preview_discovery: ({ text }: { text: string }) => readList(text),
    start_discovery: ({ request }: { request: DiscoveryRequest }) => startDiscovery(desk, request),
    discovery: ({ id }: { id: string }) => discoveryView(desk, id),
    cancel_discovery: ({ id }: { id: string }) => {
      const found = desk.discoveries.get(id);
      if (found) found.stoppedAt = desk.now();
    },
    trust_discovered: ({ trust }: { trust: TrustDiscovered }) => trustDiscovered(desk, trust),
    retry_discovered: ({ retry }: { retry: RetryDiscovered }) => retryDiscovered(desk, retry),
    add_discovered: ({ id, rows }: { id: string; rows: AddDiscovered[] }) =>
      addDiscovered(desk, id, rows),
    site_ca: () => siteCa(desk),
    set_site_ca: ({ pem }: { pem: string | null }) => {
      desk.siteCa = pem;
      return siteCa(desk);
    },
  };
}
