import { Alert, Stack } from "@patternfly/react-core";
import { sentence } from "@/lib/format";

export type ShownFinding = {
  severity: "error" | "warning" | "note" | "info";
  /** "line 4", "layer 2"; `null`: of the whole. */
  where: string | null;
  rule: string;
  reason: string;
  fix: string;
};

const VARIANTS = { error: "danger", warning: "warning", note: "info", info: "info" } as const;

/** What a lint found: where, why, and what to do about it. */
export function FindingList({ findings, label }: { findings: ShownFinding[]; label: string }) {
  return (
    <Stack hasGutter role="region" aria-label={label}>
      {findings.map((finding) => (
        <Alert
          key={`${finding.rule} ${finding.where} ${finding.reason}`}
          isInline
          variant={VARIANTS[finding.severity]}
          title={`${finding.where ? `${sentence(finding.where).slice(0, -1)}: ` : ""}${finding.reason}`}
        >
          <p>
            <strong>Next:</strong> {sentence(finding.fix)}{" "}
            <span className="slipway-subtle">({finding.rule})</span>
          </p>
        </Alert>
      ))}
    </Stack>
  );
}
