import type {
  CheckFix,
  CheckOutcome,
  ClusterCardName,
  ClusterOpen,
  DoctorCheck,
  DoctorCheckId,
  DoctorReport,
  DoctorRun,
  Tally,
} from "../bindings";
import { cardOf, refuse } from "./answers";
import type { MockCard } from "./cards";
import type { Desk } from "./desk";
import { fingerprint } from "./images";

const fix = (text: string, more: Partial<CheckFix> = {}): CheckFix => ({
  text,
  action: null,
  command: null,
  ...more,
});

/** What passes, in the order in which it is asked. */
const PASSES: [id: DoctorCheckId, title: string, evidence: string][] = [
  ["imc_name", "IMC's name", "it is an address"],
  ["imc_reach", "IMC's Redfish answers", "TLS after 4 ms"],
  ["imc_certificate", "IMC's certificate", "it is the one that was accepted"],
  ["imc_host_key", "IMC's SSH host key", "it is the one that was accepted"],
  ["redfish_login", "Redfish login", "root was let in"],
  ["ssh_login", "SSH login", "root was let in"],
  ["intel_ipu", "Intel IPU", "the service root says Intel IPU Redfish"],
  ["firmware", "Firmware", "2.0.0 is supported"],
  ["recovery_mode", "Recovery mode", "the IMC's host name has no ipu-recovery"],
  ["redfish_service", "Redfish service and health", "OK"],
  ["virtual_media", "Virtual media", "nothing is inserted"],
  ["imc_clock", "IMC's clock", "0.4 s off"],
  ["imc_memory", "IMC's free memory", "4.1 GB free for an ISO of 2.1 GB"],
  ["imc_disk", "IMC's disk", "38.2 GB free"],
  ["media_reach", "The IMC reaches our server", "https://10.40.0.2:8444 answered it"],
  ["media_trust", "The IMC trusts our server", "curl took its certificate"],
  ["iso_file", "ISO file", "it is there, with the size of the library"],
  ["iso_architecture", "ISO's architecture", "aarch64"],
  ["iso_image", "ISO's image", "it has one, with a digest"],
  ["iso_arguments", "iSCSI arguments", "netroot and ip are in every boot entry"],
  ["active_job", "Active job", "none"],
  ["booted_image", "Booted image", "another than the ISO's"],
];

/** What is wrong with cards in some states. */
function troubles(card: MockCard): Partial<Record<DoctorCheckId, CheckOutcome>> {
  if (card.job) {
    return {
      active_job: {
        verdict: "fail",
        evidence: "a deployment runs on this card, step 5 of 14",
        fix: fix("wait for it, or cancel it", {
          action: { action: "show_job", job: card.job },
          command: `slipctl job show ${card.job}`,
        }),
      },
    };
  }
  if (card.state === "failed") {
    return {
      imc_clock: {
        verdict: "fail",
        evidence: "the IMC's clock says 2023-01-01T00:03:12Z, 3 years behind",
        fix: fix("set it, or our certificate is not yet valid to it", {
          action: { action: "prepare_imc" },
          command: `slipctl bmc prepare ${card.name}`,
        }),
      },
      imc_host_key: {
        verdict: "warn",
        evidence: "its SSH shows a host key that nobody has accepted",
        fix: fix("compare it and accept it", {
          action: {
            action: "accept_pin",
            kind: "ssh_host_key",
            peer: card.imcSsh,
            fingerprint: fingerprint(`ssh ${card.imcSsh}`),
          },
          command: `slipctl trust accept host-key ${card.imcSsh} …`,
        }),
      },
    };
  }
  return {};
}

/** The machines beside a card: nobody named them, or the file does. */
function beside(host: string | null): DoctorCheck[] {
  const titles: [DoctorCheckId, string][] = [
    ["host_bmc", "Host's BMC"],
    ["dpu_host", "DPU host"],
  ];
  return titles.map(([id, title]) => ({
    id,
    title,
    outcome:
      host === null
        ? { verdict: "skipped", because: "nobody named one" }
        : id === "host_bmc"
          ? { verdict: "pass", evidence: "its certificate is pinned" }
          : {
              verdict: "warn",
              evidence: `${host}:22 shows a host key that nobody pinned`,
              fix: fix("compare it and accept it", {
                action: {
                  action: "accept_pin",
                  kind: "ssh_host_key",
                  peer: `${host}:22`,
                  fingerprint: fingerprint(`ssh ${host}`),
                },
              }),
            },
  }));
}

function report(
  desk: Desk,
  card: MockCard,
  iso: string | null,
  host: string | null = null,
): DoctorReport {
  const wrong = troubles(card);
  const skipped = (because: string): CheckOutcome => ({ verdict: "skipped", because });
  const checks: DoctorCheck[] = PASSES.map(([id, title, evidence]) => ({
    id,
    title,
    outcome:
      iso === null && id.startsWith("iso_")
        ? skipped("no ISO was named")
        : (wrong[id] ?? { verdict: "pass", evidence }),
  }));
  checks.push(...beside(host));
  const none = skipped("no plan asks for one");
  checks.push({ id: "local_network", title: "Local network", outcome: none });
  const title = "Flashing the firmware";
  checks.push({ id: "firmware_flash", title, outcome: skipped("no plan flashes it") });
  const tally: Tally = { passed: 0, warned: 0, failed: 0, skipped: 0 };
  const COUNTED = { pass: "passed", warn: "warned", fail: "failed", skipped: "skipped" } as const;
  for (const { outcome } of checks) tally[COUNTED[outcome.verdict]] += 1;
  const at = new Date(desk.now()).toISOString();
  return { dpu: card.id, name: card.name, iso, at, tally, checks };
}

export function doctorHandlers(desk: Desk) {
  return {
    doctor: ({ id, iso }: { id: string; iso: string | null }) =>
      report(desk, cardOf(desk, id), iso),
    doctor_cluster: ({ card }: { open: ClusterOpen; card: ClusterCardName }): DoctorRun => {
      const name = { "b7-acc-1": "dpu-01", "b7-acc-2": "dpu-03" }[card.card];
      const known = desk.cards.find((one) => one.name === name);
      if (!known) return { cards: [], not_asked: [`${card.card} is not in the inventory`] };
      return {
        cards: [report(desk, known, desk.isos[0]?.iso.id ?? null, "b7-srv-1.lab")],
        not_asked: [],
      };
    },
    prepare_imc: ({ id }: { id: string }) => {
      const card = cardOf(desk, id);
      if (card.imcSilent) throw refuse("unreachable", `${card.name} does not answer`);
      return ["the clock was set", "our CA's certificate was installed"];
    },
    install_reserved_memory: ({ id }: { id: string }) => {
      const card = cardOf(desk, id);
      if (card.imcSilent) throw refuse("unreachable", `${card.name} does not answer`);
      return ["wrote /work/cfg/memory/reserved-memory.json"];
    },
  };
}
