import { Alert, Stack, StackItem } from "@patternfly/react-core";
import { FindingList } from "@/components/FindingList";
import type { LintFinding, LintReport } from "@/ipc/bindings";
import { listed } from "@/lib/format";

function shown(finding: LintFinding) {
  const parts = [
    finding.file,
    finding.line !== null && `line ${finding.line}`,
    finding.layer !== null && `layer ${finding.layer}`,
  ];
  return { ...finding, where: parts.filter(Boolean).join(", ") || null };
}

/** What the lint says of a Containerfile or a built image. */
export function LintReportView({ report, label }: { report: LintReport; label: string }) {
  return (
    <Stack hasGutter data-testid="lint">
      {report.findings.length > 0 ? (
        <FindingList label={label} findings={report.findings.map(shown)} />
      ) : (
        <Alert isInline isPlain variant="success" title="Nothing to complain about" />
      )}
      {report.bound_images.length > 0 && (
        <StackItem>
          Comes with: {listed(report.bound_images.map((one) => `${one.image} (${one.binding})`))}
        </StackItem>
      )}
      {report.not_looked_at.map((what) => (
        <StackItem key={what} className="slipway-subtle">
          Not looked at: {what}
        </StackItem>
      ))}
    </Stack>
  );
}
