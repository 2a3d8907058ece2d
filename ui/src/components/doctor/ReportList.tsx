import { ExpandableSection } from "@patternfly/react-core";
import CheckCircleIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import ExclamationCircleIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon";
import ExclamationTriangleIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon";
import MinusCircleIcon from "@patternfly/react-icons/dist/esm/icons/minus-circle-icon";
import type { ComponentType } from "react";
import type { CheckFix, CheckOutcome, DoctorCheck, DoctorReport } from "@/ipc/bindings";
import { counted, sentence } from "@/lib/format";
import { CopyButton } from "../CopyButton";
import { ToneIcon } from "../ToneIcon";
import { FixButton } from "./FixButton";
import { VERDICTS, worstFirst } from "./verdicts";

const ICONS: Record<CheckOutcome["verdict"], ComponentType<{ title?: string }>> = {
  pass: CheckCircleIcon,
  warn: ExclamationTriangleIcon,
  fail: ExclamationCircleIcon,
  skipped: MinusCircleIcon,
};

type ItemProps = { check: DoctorCheck; report: DoctorReport; onDone: () => void };

function Fix({ fix, report, onDone }: { fix: CheckFix } & Omit<ItemProps, "check">) {
  return (
    <div>
      <strong>Next:</strong> {sentence(fix.text)}
      <div className="slipway-numbers-row slipway-fix">
        <FixButton fix={fix} dpu={report.dpu} onDone={onDone} />
        {fix.command && (
          <span className="slipway-digest">
            <code>{fix.command}</code>
            <CopyButton text={fix.command} what="the command" />
          </span>
        )}
      </div>
    </div>
  );
}

function Item({ check, report, onDone }: ItemProps) {
  const { outcome } = check;
  const { word, tone } = VERDICTS[outcome.verdict];
  const Icon = ICONS[outcome.verdict];
  return (
    <li data-verdict={outcome.verdict} data-testid={`check-${check.id}`}>
      <ToneIcon tone={tone}>
        <Icon title={word} />
      </ToneIcon>
      <div>
        <strong>{check.title}</strong>{" "}
        <span className="slipway-subtle">
          {sentence(outcome.verdict === "skipped" ? outcome.because : outcome.evidence)}
        </span>
        {(outcome.verdict === "warn" || outcome.verdict === "fail") && (
          <Fix fix={outcome.fix} report={report} onDone={onDone} />
        )}
      </div>
    </li>
  );
}

type Props = { report: DoctorReport; onDone: () => void };

/** What was found on one card: what needs somebody stands there, what passes can be opened. */
export function ReportList({ report, onDone }: Props) {
  const checks = worstFirst(report.checks);
  const calls = checks.filter(
    ({ outcome }) => outcome.verdict === "fail" || outcome.verdict === "warn",
  );
  const quiet = checks.filter((check) => !calls.includes(check));
  return (
    <>
      {calls.length > 0 && (
        <ul className="slipway-checks" aria-label={`What needs somebody on ${report.name}`}>
          {calls.map((check) => (
            <Item key={check.id} check={check} report={report} onDone={onDone} />
          ))}
        </ul>
      )}
      {quiet.length > 0 && (
        <ExpandableSection
          toggleText={`${counted(quiet.length, "check")} that pass or were skipped`}
        >
          <ul className="slipway-checks" aria-label={`Other checks of ${report.name}`}>
            {quiet.map((check) => (
              <Item key={check.id} check={check} report={report} onDone={onDone} />
            ))}
          </ul>
        </ExpandableSection>
      )}
    </>
  );
}
