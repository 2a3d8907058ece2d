import {
  Button,
  Card,
  CardBody,
  CardHeader,
  CardTitle,
  ExpandableSection,
  Label,
} from "@patternfly/react-core";
import StethoscopeIcon from "@patternfly/react-icons/dist/esm/icons/stethoscope-icon";
import { type ReactNode, useState } from "react";
import type { DoctorReport } from "@/ipc/bindings";
import { counted, listed } from "@/lib/format";
import { ErrorAlert } from "../ErrorAlert";
import { RelativeTime } from "../RelativeTime";
import { ReportList } from "./ReportList";
import { tallyWords, VERDICTS, verdictOf } from "./verdicts";

/** Each is asked over its SSH and Redfish: more of them are asked by the command line. */
export const MOST = 24;

/** What came of asking about one card. */
export type DoctorAnswer = {
  key: string;
  report: DoctorReport | undefined;
  error: unknown;
  isFetching: boolean;
};

type OneProps = { report: DoctorReport; single: boolean; onAgain: () => void };

function OneCard({ report, single, onAgain }: OneProps) {
  const verdict = verdictOf(report);
  const [open, setOpen] = useState(verdict === "fail");
  if (single) return <ReportList report={report} onDone={onAgain} />;
  const { tone, word } = VERDICTS[verdict];
  return (
    <ExpandableSection
      isExpanded={open}
      onToggle={(_event, shown) => setOpen(shown)}
      toggleContent={
        <span className="slipway-icon-word" data-testid={`doctor-${report.name}`}>
          {report.name}
          <Label color={tone} isCompact>
            {word}
          </Label>
          <span className="slipway-subtle">{tallyWords(report)}</span>
        </span>
      }
    >
      <ReportList report={report} onDone={onAgain} />
    </ExpandableSection>
  );
}

function sentenceOf(reports: DoctorReport[], asked: number): string {
  if (reports.length < asked) return `Looking: ${reports.length} of ${counted(asked, "card")} done`;
  const of = (verdict: string) => reports.filter((report) => verdictOf(report) === verdict);
  const failing = of("fail");
  if (failing.length > 0) {
    return `A deployment would fail on ${listed(failing.map((report) => report.name))}`;
  }
  const warned = of("warn").length;
  return warned > 0
    ? `Nothing stands against it; ${counted(warned, "card")} with a warning`
    : "Nothing stands against it";
}

type Props = {
  answers: DoctorAnswer[];
  /** Whether somebody wanted to know. */
  wanted: boolean;
  onAsk: () => void;
  /** What would be looked at. */
  children: ReactNode;
};

/** "Check first": asks everything that a deployment could stumble over, and changes nothing. */
export function DoctorCard({ answers, wanted, onAsk, children }: Props) {
  const reports = answers.flatMap(({ report }) => report ?? []);
  const busy = answers.some(({ isFetching }) => isFetching);
  const single = answers.length === 1;
  const [first] = reports;
  return (
    <Card isCompact data-testid="doctor">
      <CardHeader
        actions={{
          hasNoOffset: true,
          actions: (
            <Button
              variant="secondary"
              size="sm"
              icon={<StethoscopeIcon />}
              isLoading={busy}
              isDisabled={busy}
              onClick={onAsk}
              data-testid="check-first"
            >
              {wanted
                ? "Check again"
                : single
                  ? "Check this card"
                  : `Check ${counted(answers.length, "card")}`}
            </Button>
          ),
        }}
      >
        <CardTitle component="h2">Check first</CardTitle>
      </CardHeader>
      <CardBody>
        {!wanted && <p className="slipway-subtle">{children}</p>}
        {wanted && (
          <p role="status" data-testid="doctor-sentence">
            <strong>{sentenceOf(reports, answers.length)}.</strong>{" "}
            {single && first && (
              <span className="slipway-subtle">
                {tallyWords(first)} · <RelativeTime at={first.at} />
              </span>
            )}
          </p>
        )}
        {answers.map(({ key, error, report }) => {
          if (error) {
            return <ErrorAlert key={key} error={error} title="A card could not be checked" />;
          }
          return report && <OneCard key={key} report={report} single={single} onAgain={onAsk} />;
        })}
      </CardBody>
    </Card>
  );
}
