import type { SVGIconProps } from "@patternfly/react-icons/dist/esm/createIcon";
import ArrowCircleUpIcon from "@patternfly/react-icons/dist/esm/icons/arrow-circle-up-icon";
import BanIcon from "@patternfly/react-icons/dist/esm/icons/ban-icon";
import CheckCircleIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import DisconnectedIcon from "@patternfly/react-icons/dist/esm/icons/disconnected-icon";
import ExclamationCircleIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon";
import ExclamationTriangleIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon";
import HourglassHalfIcon from "@patternfly/react-icons/dist/esm/icons/hourglass-half-icon";
import MinusCircleIcon from "@patternfly/react-icons/dist/esm/icons/minus-circle-icon";
import QuestionCircleIcon from "@patternfly/react-icons/dist/esm/icons/question-circle-icon";
import RandomIcon from "@patternfly/react-icons/dist/esm/icons/random-icon";
import SyncAltIcon from "@patternfly/react-icons/dist/esm/icons/sync-alt-icon";
import UndoIcon from "@patternfly/react-icons/dist/esm/icons/undo-icon";
import type { ComponentType } from "react";
import type { HeadlineState, JobOutcome } from "@/ipc/bindings";

type Icon = ComponentType<Pick<SVGIconProps, "className" | "set">>;

const STATE_ICONS: Record<HeadlineState, Icon> = {
  working: SyncAltIcon,
  failed: ExclamationCircleIcon,
  unreachable: DisconnectedIcon,
  rolled_back: UndoIcon,
  degraded: ExclamationTriangleIcon,
  drifted: RandomIcon,
  staged: HourglassHalfIcon,
  update_available: ArrowCircleUpIcon,
  not_image_mode: BanIcon,
  unknown: QuestionCircleIcon,
  current: CheckCircleIcon,
};

const OUTCOME_ICONS: Record<JobOutcome, Icon> = {
  running: SyncAltIcon,
  succeeded: CheckCircleIcon,
  failed: ExclamationCircleIcon,
  cancelled: MinusCircleIcon,
};

/* Of the two drawings that PatternFly's icons carry, one: these stand in every row. */

/** A working card's icon moves, where the person did not ask for stillness. */
export function StateIcon({ state }: { state: HeadlineState }) {
  const Shown = STATE_ICONS[state];
  return <Shown set="default" className={state === "working" ? "slipway-turning" : undefined} />;
}

export function OutcomeIcon({ outcome }: { outcome: JobOutcome }) {
  const Shown = OUTCOME_ICONS[outcome];
  return <Shown set="default" className={outcome === "running" ? "slipway-turning" : undefined} />;
}
