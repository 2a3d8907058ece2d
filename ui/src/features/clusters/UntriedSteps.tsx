import { Alert, Checkbox } from "@patternfly/react-core";
import { counted, listed, sentence } from "@/lib/format";
import type { FileStepOf } from "./draft";

type Props = {
  steps: FileStepOf[];
  confirmed: string[];
  onConfirm: (steps: string[]) => void;
};

/** Steps that were never run on real hardware: each waits for a person's word, with what it stakes. */
export function UntriedSteps({ steps, confirmed, onConfirm }: Props) {
  if (steps.length === 0) return null;
  const open = steps.filter(({ name }) => !confirmed.includes(name));
  const were = steps.length === 1 ? "was" : "were";
  return (
    <Alert
      isInline
      variant="warning"
      title={`${counted(steps.length, "step")} of the file ${were} not yet run on real hardware`}
      data-testid="untried-steps"
    >
      <p>
        {open.length === 0
          ? "Each is confirmed. Another file, or other cards, ask again."
          : "Nothing is deployed until each of them is confirmed here, or left out on the page before."}
      </p>
      <fieldset className="slipway-choices" aria-label="Steps to confirm">
        {steps.map(({ name, step, cards }) => (
          <Checkbox
            key={name}
            id={`confirm-${name}`}
            label={`Run ${name}, although it was not yet run on real hardware`}
            description={`${sentence(step.untried?.stakes ?? "")} Cards: ${listed(cards, 5)}.`}
            isChecked={confirmed.includes(name)}
            onChange={(_event, on) =>
              onConfirm(on ? [...confirmed, name] : confirmed.filter((one) => one !== name))
            }
          />
        ))}
      </fieldset>
    </Alert>
  );
}
