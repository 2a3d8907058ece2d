import type {
  ClusterCardName,
  ClusterOpen,
  NetworkCard,
  OutlineStep,
  PlannedStep,
  PortView,
} from "../bindings";
import { refuse } from "./answers";
import type { Desk } from "./desk";
import type { MockJob } from "./jobs";

/** The port that the mock's cluster files name, and the one card that they give an address. */
const PORT = "eno12409";
const CARD = "b7-acc-1";
const IP = "192.168.3.20";
const MAC = "00:08:00:01:03:18";
const ADDRESS = "192.168.3.1/24";
const STEP = "local_network";
const FOLDER = `/home/ada/.local/share/slipway/network/${PORT}`;

const EFFECT = `Puts ${ADDRESS} on ${PORT} of this machine, unless it is there; brings the port up, unless it is; and starts a dnsmasq of Slipway's own there, which gives ${IP} to ${CARD} (${MAC}) and answers nobody else`;
const COMMANDS = [
  `ip link set dev ${PORT} up`,
  `ip address add ${ADDRESS} dev ${PORT}`,
  `cat > ${FOLDER}/dnsmasq.conf <<END\nport=0\ninterface=${PORT}\ndhcp-host=${MAC},${IP},${CARD},1h\nEND`,
  `dnsmasq --conf-file=${FOLDER}/dnsmasq.conf`,
];

/** The file's own step in place of the deployment's, for the card that has an address. */
export function withNetwork(steps: OutlineStep[], card: string, open: ClusterOpen): OutlineStep[] {
  if (card !== CARD) return steps;
  const accepted = open.accept_untried.includes(STEP) && !open.skip_steps.includes(STEP);
  const step: PlannedStep = {
    name: STEP,
    effect: accepted ? EFFECT : `Left out unless a person asks for it, and then: ${EFFECT}`,
    commands: COMMANDS,
  };
  const own: OutlineStep = {
    ...step,
    standing: accepted ? "planned" : "left_out",
    skip: STEP,
    untried: null,
  };
  return steps.map((one) => (one.name === "Set up the network" ? own : one));
}

/** One that was set up by hand and lost its server, and one that a deployment needs. */
export function makePorts(jobs: MockJob[]): PortView[] {
  const job = jobs.find((one) => one.kind === "Deployment" && !one.failure && !one.cancelledAt);
  if (!job) return [];
  return [
    {
      port: "eno2",
      addresses: ["172.16.3.1/24"],
      whole: true,
      missing: [],
      server: 4711,
      holders: [
        {
          card: job.dpuName,
          ip: "172.16.3.16",
          macs: ["00:08:00:01:04:06"],
          job: job.id,
          running: true,
        },
      ],
      given: ["172.16.3.16 to 00:08:00:01:04:06"],
      why_not_down: `the deployment of ${job.dpuName} needs eno2`,
    },
    {
      port: "ens7f1",
      addresses: ["10.9.0.1/24"],
      whole: false,
      missing: ["the DHCP server does not run"],
      server: null,
      holders: [
        {
          card: "b9-acc-1",
          ip: "10.9.0.20",
          macs: ["00:08:00:01:09:01"],
          job: null,
          running: false,
        },
      ],
      given: [],
      why_not_down: null,
    },
  ];
}

function plan(cards: ClusterCardName[]): NetworkCard[] {
  const rows = cards.filter(({ card }) => card === CARD);
  if (rows.length === 0) throw refuse("precondition", "this file asks for no local network");
  return rows.map(({ cluster, card }) => ({
    cluster,
    card,
    port: PORT,
    effect: EFFECT,
    commands: COMMANDS,
    seen: [
      `${PORT} is down; ${ADDRESS} is free to be added`,
      "dnsmasq is there",
      "the rights for it are there",
    ],
    problem: null,
  }));
}

export function networkHandlers(desk: Desk) {
  return {
    plan_network: ({ cards }: { cards: ClusterCardName[] }) => plan(cards),
    set_up_network: ({ cards }: { cards: ClusterCardName[] }) => {
      plan(cards);
      if (desk.ports.some(({ port }) => port === PORT)) return [];
      desk.ports.push({
        port: PORT,
        addresses: [ADDRESS],
        whole: true,
        missing: [],
        server: 4812,
        holders: [{ card: CARD, ip: IP, macs: [MAC], job: null, running: false }],
        given: [],
        why_not_down: null,
      });
      return [`brought ${PORT} up`, `put ${ADDRESS} on ${PORT}`, `started dnsmasq on ${PORT}`];
    },
    network_ports: () => desk.ports,
    take_back_network: ({ port }: { port: string }) => {
      const known = desk.ports.find((one) => one.port === port);
      if (!known) throw refuse("not_found", `Slipway has set up no network on ${port}`);
      if (known.why_not_down) throw refuse("precondition", known.why_not_down);
      desk.ports = desk.ports.filter((one) => one !== known);
      return known.addresses.map((address) => `removed ${address} from ${port}`);
    },
  };
}
