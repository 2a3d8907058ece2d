import type { CheckOutcome, DoctorCheck, DoctorReport } from "@/ipc/bindings";
import { counted } from "@/lib/format";
import type { Tone } from "@/lib/states";

type Verdict = CheckOutcome["verdict"];

export const VERDICTS: Record<Verdict, { word: string; tone: Tone }> = {
  fail: { word: "Fails", tone: "red" },
  warn: { word: "Warns", tone: "orange" },
  skipped: { word: "Skipped", tone: "grey" },
  pass: { word: "Passes", tone: "green" },
};

const RANK: Verdict[] = ["fail", "warn", "skipped", "pass"];

/** What needs somebody first; within that, in the order in which it was asked. */
export const worstFirst = (checks: DoctorCheck[]): DoctorCheck[] =>
  [...checks].sort((a, b) => RANK.indexOf(a.outcome.verdict) - RANK.indexOf(b.outcome.verdict));

/** The worst verdict of a report. */
export function verdictOf({ tally }: DoctorReport): Verdict {
  if (tally.failed > 0) return "fail";
  return tally.warned > 0 ? "warn" : "pass";
}

/** "2 fail, 1 warns, 19 pass, 2 skipped". */
export function tallyWords({ tally }: DoctorReport): string {
  return [
    tally.failed > 0 &&
      `${counted(tally.failed, "check")} ${tally.failed === 1 ? "fails" : "fail"}`,
    tally.warned > 0 && `${tally.warned} ${tally.warned === 1 ? "warns" : "warn"}`,
    `${tally.passed} pass`,
    tally.skipped > 0 && `${tally.skipped} skipped`,
  ]
    .filter(Boolean)
    .join(", ");
}
