import type { HeadlineState } from "@/ipc/bindings";

/** The palette that PatternFly's labels, icons and charts share. */
export type Tone = "green" | "blue" | "orange" | "red" | "grey";

type StateWords = { word: string; tone: Tone; means: string };

/** The words of a card's state, in the order in which they are shown: who needs somebody first. */
export const STATES: Record<HeadlineState, StateWords> = {
  failed: { word: "Failed", tone: "red", means: "The last job failed and nobody has looked." },
  unreachable: { word: "Unreachable", tone: "red", means: "The IMC or the ACC does not answer." },
  rolled_back: {
    word: "Rolled back",
    tone: "orange",
    means: "The card came back on an older entry than was asked for.",
  },
  degraded: { word: "Degraded", tone: "orange", means: "A health check failed." },
  drifted: {
    word: "Drifted",
    tone: "orange",
    means: "It booted something that it should not run.",
  },
  working: { word: "Working", tone: "blue", means: "A job runs on it." },
  staged: { word: "Staged", tone: "blue", means: "An update waits for a reboot." },
  update_available: {
    word: "Update available",
    tone: "blue",
    means: "The registry has another image for its reference.",
  },
  not_image_mode: {
    word: "Not image mode",
    tone: "grey",
    means: "It answers, but bootc is not what booted it.",
  },
  unknown: { word: "Unknown", tone: "grey", means: "Never asked, or it can't be known." },
  current: { word: "Current", tone: "green", means: "It runs the wanted image and is healthy." },
};

export const STATE_ORDER = Object.keys(STATES) as HeadlineState[];

export const isState = (text: string): text is HeadlineState => Object.hasOwn(STATES, text);
