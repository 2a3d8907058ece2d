import { Icon, type IconComponentProps } from "@patternfly/react-core";
import type { ReactNode } from "react";
import type { Tone } from "@/lib/states";

const STATUS: Record<Tone, IconComponentProps["status"]> = {
  green: "success",
  blue: "info",
  orange: "warning",
  red: "danger",
  grey: undefined,
};

/** An icon in the colour of its state. */
export function ToneIcon({ tone, children }: { tone: Tone; children: ReactNode }) {
  return <Icon status={STATUS[tone]}>{children}</Icon>;
}
