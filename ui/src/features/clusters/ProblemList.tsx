import { Alert, Button, Checkbox, Stack } from "@patternfly/react-core";
import type { ClusterProblem, ClusterText } from "@/ipc/bindings";
import { sentence } from "@/lib/format";
import { Marked } from "./FileText";

type ItemProps = {
  found: ClusterProblem;
  line: string | undefined;
  skipped: boolean;
  onLook: (line: number) => void;
  onSkip: (step: string, on: boolean) => void;
};

/** One problem: the sentence, the place, the line, what to write instead. */
function ProblemItem({ found, line, skipped, onLook, onSkip }: ItemProps) {
  const { problem, shown } = found;
  const { severity, message, fix, place, related, step, code } = problem;
  const variant = severity === "warning" ? "warning" : found.counts ? "danger" : "info";
  return (
    <Alert
      isInline
      variant={variant}
      title={sentence(message)}
      data-testid={`problem-${code}`}
      data-severity={severity}
    >
      {place && (
        <p>
          <Button variant="link" isInline onClick={() => onLook(place.line)}>
            {problem.file}, line {place.line}, column {place.column}
          </Button>
          {related && (
            <>
              {" · "}
              <Button variant="link" isInline onClick={() => onLook(related.place.line)}>
                {related.words}, line {related.place.line}
              </Button>
            </>
          )}
        </p>
      )}
      {line !== undefined && shown && (
        <p className="slipway-excerpt">
          <code>
            <Marked text={line} from={shown.from} to={shown.to} />
          </code>
        </p>
      )}
      <p>
        <strong>Next:</strong> {sentence(fix)} <span className="slipway-subtle">({code})</span>
      </p>
      {step && severity === "error" && (
        <Checkbox
          id={`skip-${code}-${place?.line ?? 0}-${step}`}
          label={`Leave the step ${step} out: then this does not count`}
          isChecked={skipped}
          onChange={(_event, on) => onSkip(step, on)}
        />
      )}
    </Alert>
  );
}

type Props = {
  problems: ClusterProblem[];
  texts: ClusterText[];
  skipped: string[];
  onLook: (line: number) => void;
  onSkip: (step: string, on: boolean) => void;
};

/** Everything that is wrong with a file, errors first, each with its place and its fix. */
export function ProblemList({ problems, texts, skipped, onLook, onSkip }: Props) {
  const rank = (found: ClusterProblem) => (found.counts ? 0 : 1);
  const inOrder = [...problems].sort((a, b) => rank(a) - rank(b));
  const lineOf = ({ problem, shown }: ClusterProblem) =>
    shown && texts.find((text) => text.name === problem.file)?.lines[shown.line - 1];
  return (
    <Stack hasGutter role="region" aria-label="Problems">
      {inOrder.map((found) => (
        <ProblemItem
          key={`${found.problem.file} ${found.problem.place?.line} ${found.problem.place?.column} ${found.problem.code} ${found.problem.message}`}
          found={found}
          line={lineOf(found) ?? undefined}
          skipped={found.problem.step !== null && skipped.includes(found.problem.step)}
          onLook={onLook}
          onSkip={onSkip}
        />
      ))}
    </Stack>
  );
}
