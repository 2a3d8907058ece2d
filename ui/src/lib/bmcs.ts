import type { BmcState, CredentialKind, DiscoveryAnswer, Stage } from "@/ipc/bindings";
import type { Tone } from "./states";

type Words = { word: string; tone: Tone; means: string };

/** The words of a Redfish service's state, who needs somebody first. */
export const BMC_STATES: Record<BmcState, Words> = {
  untrusted: {
    word: "Not trusted",
    tone: "red",
    means: "It shows another certificate than the one that was accepted. Nothing is sent to it.",
  },
  refused: {
    word: "Login refused",
    tone: "red",
    means: "It refuses the user name or the password. It is not asked again by itself.",
  },
  unreachable: { word: "Unreachable", tone: "red", means: "It does not answer." },
  degraded: { word: "Degraded", tone: "orange", means: "Its own health is not OK." },
  stale: { word: "Stale", tone: "orange", means: "What is known is too old to be the present." },
  unknown: { word: "Unknown", tone: "grey", means: "Never asked." },
  healthy: { word: "Healthy", tone: "green", means: "It answers and is well." },
};

/** How far a connection came. */
export const STAGES: Record<Stage, string> = {
  name: "its name is not known",
  tcp: "no TCP connection",
  tls: "no TLS session",
  http: "no HTTP answer",
  ssh: "no SSH session",
};

export type AnswerTag = DiscoveryAnswer["answer"];

type AnswerWords = { word: string; tone: Tone };

/** What an address turned out to be, in two or three words. */
export function answerWords(answer: DiscoveryAnswer): AnswerWords {
  switch (answer.answer) {
    case "waiting":
      return { word: "Waiting", tone: "grey" };
    case "found":
      return FOUND[answer.kind.kind];
    case "untrusted_certificate":
      return { word: "New certificate", tone: "blue" };
    case "changed_certificate":
      return { word: "Changed certificate", tone: "red" };
    case "wrong_credentials":
      return { word: "Wrong credentials", tone: "red" };
    case "needs_credential":
      return { word: "Needs a login", tone: "orange" };
    case "held_back":
      return { word: "Held back", tone: "orange" };
    case "imc_without_redfish":
      return { word: "IMC without Redfish", tone: "orange" };
    case "no_redfish":
      return { word: "No Redfish", tone: "grey" };
    case "unreachable":
      return { word: `Unreachable: ${answer.stage.toUpperCase()}`, tone: "red" };
  }
}

const FOUND = {
  intel_imc: { word: "Intel IPU", tone: "green" },
  server: { word: "Server BMC", tone: "green" },
  blue_field: { word: "BlueField", tone: "green" },
  unknown: { word: "Redfish, unknown kind", tone: "green" },
} as const;

/** Answers that another profile may change. */
export const WANTS_PROFILE: readonly AnswerTag[] = [
  "wrong_credentials",
  "needs_credential",
  "held_back",
];

export const CREDENTIAL_KINDS: Record<CredentialKind, { word: string; hint: string }> = {
  password: { word: "User and password", hint: "For Redfish and for SSH." },
  ssh_key: { word: "SSH key", hint: "A private key without passphrase. For SSH only." },
  ssh_agent: {
    word: "SSH agent",
    hint: "The keys of the agent behind SSH_AUTH_SOCK; nothing is stored. For SSH only.",
  },
};

/** The colour of a health that Redfish wrote. */
export function healthTone(health: string | null): Tone {
  switch (health) {
    case "OK":
      return "green";
    case "Warning":
      return "orange";
    case "Critical":
      return "red";
    default:
      return "grey";
  }
}
