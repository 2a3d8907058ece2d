import { Label } from "@patternfly/react-core";
import CheckCircleIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import ExclamationTriangleIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon";
import HourglassHalfIcon from "@patternfly/react-icons/dist/esm/icons/hourglass-half-icon";
import MinusCircleIcon from "@patternfly/react-icons/dist/esm/icons/minus-circle-icon";
import PauseCircleIcon from "@patternfly/react-icons/dist/esm/icons/pause-circle-icon";
import StopCircleIcon from "@patternfly/react-icons/dist/esm/icons/stop-circle-icon";
import SyncAltIcon from "@patternfly/react-icons/dist/esm/icons/sync-alt-icon";
import type { ComponentType } from "react";
import type { BatchCounts, BatchState } from "@/ipc/bindings";
import { BATCH_STATES, batchWords } from "@/lib/batches";

const ICONS: Record<BatchState["name"], ComponentType<{ className?: string }>> = {
  waiting: HourglassHalfIcon,
  running: SyncAltIcon,
  paused: PauseCircleIcon,
  stopped: StopCircleIcon,
  cancelling: SyncAltIcon,
  cancelled: MinusCircleIcon,
  ended: CheckCircleIcon,
};

type Props = { state: BatchState; counts: BatchCounts; compact?: boolean; testId?: string };

/** How a batch stands: icon, word, colour. */
export function BatchLabel({ state, counts, compact = false, testId }: Props) {
  const { word, tone } = batchWords(state, counts);
  const partial = state.name === "ended" && counts.succeeded < counts.cards;
  const Icon = partial ? ExclamationTriangleIcon : ICONS[state.name];
  const moves = state.name === "running" || state.name === "cancelling";
  return (
    <Label
      color={tone}
      icon={<Icon className={moves ? "slipway-turning" : undefined} />}
      isCompact={compact}
      title={BATCH_STATES[state.name].means}
      data-testid={testId}
      data-state={state.name}
    >
      {word}
    </Label>
  );
}
