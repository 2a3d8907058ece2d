import { ExpandableSection } from "@patternfly/react-core";
import { useState } from "react";
import type { PlannedStep } from "@/ipc/bindings";
import { CommandList } from "./CommandList";

type Props = { steps: PlannedStep[]; what: string };

/** "Show commands": every step of a plan as it would be typed. Secrets are never in it. */
export function ShowCommands({ steps, what }: Props) {
  const [open, setOpen] = useState(false);
  const lines = steps
    .filter((step) => step.commands.length > 0)
    .flatMap((step) => [`# ${step.name}`, ...step.commands]);
  if (lines.length === 0) return null;
  return (
    <ExpandableSection
      toggleText={open ? "Hide commands" : "Show commands"}
      isExpanded={open}
      onToggle={(_event, expanded) => setOpen(expanded)}
    >
      <CommandList commands={lines} what={what} />
    </ExpandableSection>
  );
}
