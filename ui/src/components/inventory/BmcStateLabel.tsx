import { Label } from "@patternfly/react-core";
import CheckCircleIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import DisconnectedIcon from "@patternfly/react-icons/dist/esm/icons/disconnected-icon";
import ExclamationTriangleIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon";
import HistoryIcon from "@patternfly/react-icons/dist/esm/icons/history-icon";
import LockIcon from "@patternfly/react-icons/dist/esm/icons/lock-icon";
import QuestionCircleIcon from "@patternfly/react-icons/dist/esm/icons/question-circle-icon";
import UserTimesIcon from "@patternfly/react-icons/dist/esm/icons/user-times-icon";
import type { ComponentType } from "react";
import type { BmcState } from "@/ipc/bindings";
import { BMC_STATES } from "@/lib/bmcs";

const ICONS: Record<BmcState, ComponentType> = {
  untrusted: LockIcon,
  refused: UserTimesIcon,
  unreachable: DisconnectedIcon,
  degraded: ExclamationTriangleIcon,
  stale: HistoryIcon,
  unknown: QuestionCircleIcon,
  healthy: CheckCircleIcon,
};

type Props = { state: BmcState; reason: string; compact?: boolean };

/** How a Redfish service stands: icon, word, colour. */
export function BmcStateLabel({ state, reason, compact = false }: Props) {
  const { word, tone, means } = BMC_STATES[state];
  const Icon = ICONS[state];
  return (
    <Label
      color={tone}
      icon={<Icon />}
      isCompact={compact}
      title={reason || means}
      data-state={state}
    >
      {word}
    </Label>
  );
}
