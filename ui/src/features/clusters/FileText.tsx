import { Card, CardBody, CardTitle } from "@patternfly/react-core";
import { useEffect, useRef } from "react";
import type { ClusterProblem, ClusterText } from "@/ipc/bindings";
import { counted } from "@/lib/format";

/** More lines than anybody reads at once; a problem beyond them carries its own line. */
const MOST = 2_000;

type LineProps = {
  number: number;
  text: string;
  problems: ClusterProblem[];
  looked: boolean;
};

/** A line with what is marked in it. */
export function Marked({ text, from, to }: { text: string; from: number; to: number }) {
  if (to <= from) return <>{text}</>;
  return (
    <>
      {text.slice(0, from)}
      <mark>{text.slice(from, to)}</mark>
      {text.slice(to)}
    </>
  );
}

function Line({ number, text, problems, looked }: LineProps) {
  const row = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (looked) row.current?.scrollIntoView?.({ block: "center" });
  }, [looked]);
  const first = problems[0];
  const kind = problems.some(({ problem }) => problem.severity === "error") ? "error" : "warning";
  const span = first?.shown;
  return (
    <li
      ref={row}
      data-kind={first ? kind : undefined}
      aria-current={looked ? "location" : undefined}
    >
      <span className="slipway-line-number">{number}</span>
      <code>{span ? <Marked text={text} from={span.from} to={span.to} /> : text || "\u00a0"}</code>
    </li>
  );
}

type Props = { file: ClusterText; problems: ClusterProblem[]; line: number | null };

/** The text of a file with its line numbers; secrets are `…`, and what is wrong is marked. */
export function FileText({ file, problems, line }: Props) {
  const at = new Map<number, ClusterProblem[]>();
  for (const problem of problems) {
    if (problem.problem.file !== file.name || !problem.shown) continue;
    const { line } = problem.shown;
    at.set(line, [...(at.get(line) ?? []), problem]);
  }
  const shown = file.lines.slice(0, MOST);
  return (
    <Card isCompact>
      <CardTitle component="h3">{file.name}</CardTitle>
      <CardBody>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keyboard */}
        <section className="slipway-text" tabIndex={0} aria-label={`Text of ${file.name}`}>
          <ol>
            {shown.map((text, index) => (
              <Line
                // biome-ignore lint/suspicious/noArrayIndexKey: a line is its number
                key={index}
                number={index + 1}
                text={text}
                problems={at.get(index + 1) ?? []}
                looked={line === index + 1}
              />
            ))}
          </ol>
        </section>
        {file.lines.length > shown.length && (
          <p className="slipway-subtle">
            and {counted(file.lines.length - shown.length, "more line")}, not shown
          </p>
        )}
        <p className="slipway-subtle">Passwords and keys are shown as …</p>
      </CardBody>
    </Card>
  );
}
