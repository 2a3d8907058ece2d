import { Label } from "@patternfly/react-core";
import BanIcon from "@patternfly/react-icons/dist/esm/icons/ban-icon";
import DisconnectedIcon from "@patternfly/react-icons/dist/esm/icons/disconnected-icon";
import ExclamationTriangleIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon";
import HourglassHalfIcon from "@patternfly/react-icons/dist/esm/icons/hourglass-half-icon";
import KeyIcon from "@patternfly/react-icons/dist/esm/icons/key-icon";
import LockIcon from "@patternfly/react-icons/dist/esm/icons/lock-icon";
import MicrochipIcon from "@patternfly/react-icons/dist/esm/icons/microchip-icon";
import PauseCircleIcon from "@patternfly/react-icons/dist/esm/icons/pause-circle-icon";
import QuestionCircleIcon from "@patternfly/react-icons/dist/esm/icons/question-circle-icon";
import ServerIcon from "@patternfly/react-icons/dist/esm/icons/server-icon";
import UserTimesIcon from "@patternfly/react-icons/dist/esm/icons/user-times-icon";
import type { ComponentType } from "react";
import type { BmcKind, DiscoveryAnswer } from "@/ipc/bindings";
import { type AnswerTag, answerWords } from "@/lib/bmcs";

const FOUND: Record<BmcKind["kind"], ComponentType> = {
  intel_imc: MicrochipIcon,
  server: ServerIcon,
  blue_field: MicrochipIcon,
  unknown: QuestionCircleIcon,
};

const ICONS: Record<Exclude<AnswerTag, "found">, ComponentType> = {
  waiting: HourglassHalfIcon,
  untrusted_certificate: LockIcon,
  changed_certificate: ExclamationTriangleIcon,
  wrong_credentials: UserTimesIcon,
  needs_credential: KeyIcon,
  held_back: PauseCircleIcon,
  imc_without_redfish: MicrochipIcon,
  no_redfish: BanIcon,
  unreachable: DisconnectedIcon,
};

/** What an address turned out to be: icon, word, colour. */
export function AnswerLabel({ answer }: { answer: DiscoveryAnswer }) {
  const { word, tone } = answerWords(answer);
  const Icon = answer.answer === "found" ? FOUND[answer.kind.kind] : ICONS[answer.answer];
  return (
    <Label isCompact color={tone} icon={<Icon />} data-answer={answer.answer}>
      {word}
    </Label>
  );
}
