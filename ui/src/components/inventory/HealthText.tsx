import CheckCircleIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import ExclamationCircleIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon";
import ExclamationTriangleIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon";
import MinusCircleIcon from "@patternfly/react-icons/dist/esm/icons/minus-circle-icon";
import type { ComponentType } from "react";
import { ToneIcon } from "@/components/ToneIcon";
import type { Health } from "@/ipc/whole";
import { healthTone } from "@/lib/bmcs";
import type { Tone } from "@/lib/states";

const ICONS: Record<Tone, ComponentType> = {
  green: CheckCircleIcon,
  blue: CheckCircleIcon,
  orange: ExclamationTriangleIcon,
  red: ExclamationCircleIcon,
  grey: MinusCircleIcon,
};

/** A health in Redfish's own word, with the reasons that the service names. */
export function HealthText({ health, reasons = true }: { health: Health; reasons?: boolean }) {
  const word = health.rollup ?? health.health;
  if (!word && !health.state) return <span className="slipway-subtle">not told</span>;
  const tone = healthTone(word);
  const Icon = ICONS[tone];
  return (
    <div>
      <span className="slipway-icon-word">
        <ToneIcon tone={tone}>
          <Icon />
        </ToneIcon>
        {word ?? health.state}
        {word && health.state && health.state !== "Enabled" && (
          <span className="slipway-subtle">{health.state}</span>
        )}
      </span>
      {reasons && health.reasons.length > 0 && (
        <ul className="slipway-reasons">
          {health.reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
    </div>
  );
}
