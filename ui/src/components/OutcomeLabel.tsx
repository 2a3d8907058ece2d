import { Label } from "@patternfly/react-core";
import type { JobOutcome } from "@/ipc/bindings";
import { OUTCOMES } from "@/lib/jobs";
import { OutcomeIcon } from "./StateIcon";

type Props = { outcome: JobOutcome; cancelling?: boolean; compact?: boolean; testId?: string };

/** How a job stands: icon, word, colour. */
export function OutcomeLabel({ outcome, cancelling = false, compact = false, testId }: Props) {
  const { word, tone } = OUTCOMES[outcome];
  const shown = cancelling && outcome === "running" ? "Cancelling" : word;
  return (
    <Label
      color={tone}
      icon={<OutcomeIcon outcome={outcome} />}
      isCompact={compact}
      data-testid={testId}
      data-outcome={outcome}
    >
      {shown}
    </Label>
  );
}
