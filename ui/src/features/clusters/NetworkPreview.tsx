import {
  Content,
  ExpandableSection,
  Icon,
  List,
  ListItem,
  Stack,
  StackItem,
} from "@patternfly/react-core";
import CheckCircleIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import { useState } from "react";
import { CommandList } from "@/components/CommandList";
import { ErrorAlert } from "@/components/ErrorAlert";
import type { AppError, NetworkCard } from "@/ipc/bindings";
import { listed, sentence } from "@/lib/format";

/** One port of this machine with the cards that it is for. */
export type PortPlan = {
  port: string;
  cards: NetworkCard[];
  seen: string[];
  /** What stands against it; the same for two cards is told once. */
  problems: AppError[];
};

export function byPort(rows: NetworkCard[]): PortPlan[] {
  const ports = new Map<string, PortPlan>();
  for (const row of rows) {
    const known = ports.get(row.port) ?? { port: row.port, cards: [], seen: [], problems: [] };
    ports.set(row.port, known);
    known.cards.push(row);
    known.seen.push(...row.seen.filter((one) => !known.seen.includes(one)));
    const { problem } = row;
    const told = known.problems.map((one) => JSON.stringify(one));
    if (problem && !told.includes(JSON.stringify(problem))) known.problems.push(problem);
  }
  return [...ports.values()];
}

function Commands({ row }: { row: NetworkCard }) {
  const [open, setOpen] = useState(false);
  if (row.commands.length === 0) return null;
  return (
    <ExpandableSection
      toggleText={`${open ? "Hide" : "Show"} the commands for ${row.card}`}
      isExpanded={open}
      onToggle={(_event, expanded) => setOpen(expanded)}
    >
      <CommandList commands={row.commands} what={`the commands of the network for ${row.card}`} />
    </ExpandableSection>
  );
}

/** What would be done to a port, what was seen there, and what stands against it. */
export function NetworkPreview({ plan }: { plan: PortPlan }) {
  return (
    <section
      aria-label={`Port ${plan.port}`}
      data-testid={`network-${plan.port}`}
      className="slipway-above"
    >
      <Content component="h4">
        <code>{plan.port}</code> for {listed(plan.cards.map(({ card }) => card))}
      </Content>
      {plan.problems.length > 0 && (
        <Stack hasGutter>
          {plan.problems.map((problem) => (
            <StackItem key={JSON.stringify(problem)}>
              <ErrorAlert error={problem} title={`Slipway can't set up ${plan.port} now`} />
            </StackItem>
          ))}
        </Stack>
      )}
      {plan.seen.length > 0 && (
        <List isPlain aria-label={`What was seen of ${plan.port}`}>
          {plan.seen.map((seen) => (
            <ListItem key={seen}>
              <Icon status="success" isInline>
                <CheckCircleIcon />
              </Icon>{" "}
              {seen}
            </ListItem>
          ))}
        </List>
      )}
      {plan.cards.map((row) => (
        <div key={`${row.cluster} ${row.card}`}>
          {row.effect !== "" && (
            <p className="slipway-subtle slipway-above">{sentence(row.effect)}</p>
          )}
          <Commands row={row} />
        </div>
      ))}
    </section>
  );
}
