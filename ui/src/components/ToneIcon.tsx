import { Icon, type IconComponentProps } from "@patternfly/react-core";
import type { ReactNode } from "react";
import type { Tone } from "@/lib/states";

const STATUS: Record<Tone, IconComponentProps["status"]> = {
  green: "success",
  blue: undefined,
  orange: "warning",
  red: "danger",
  grey: undefined,
};

/** An icon in the colour of its state. */
export function ToneIcon({ tone, children }: { tone: Tone; children: ReactNode }) {
  // PatternFly's "info" is purple; a state that is blue on its label is blue as an icon too.
  return (
    <Icon status={STATUS[tone]} className={tone === "blue" ? "slipway-blue" : undefined}>
      {children}
    </Icon>
  );
}
