import { ExpandableSection } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useState } from "react";
import type { Migration } from "@/ipc/bindings";
import { counted } from "@/lib/format";

/** Older ways of writing that were understood, and how they are written today. */
export function Migrations({ migrations }: { migrations: Migration[] }) {
  const [open, setOpen] = useState(false);
  if (migrations.length === 0) return null;
  return (
    <ExpandableSection
      toggleText={`${counted(migrations.length, "thing")} understood that ${migrations.length === 1 ? "is" : "are"} written otherwise today`}
      isExpanded={open}
      onToggle={(_event, shown) => setOpen(shown)}
    >
      <Table aria-label="Migrations" variant="compact">
        <Thead>
          <Tr>
            <Th>Line</Th>
            <Th>Of</Th>
            <Th>Written</Th>
            <Th>Today</Th>
          </Tr>
        </Thead>
        <Tbody>
          {migrations.map(({ place, of, from, to }) => (
            <Tr key={`${place.line} ${place.column} ${from}`}>
              <Td dataLabel="Line" className="slipway-numbers">
                {place.line}
              </Td>
              <Td dataLabel="Of">{of}</Td>
              <Td dataLabel="Written">
                <code>{from}</code>
              </Td>
              <Td dataLabel="Today">{to ? <code>{to}</code> : "dropped"}</Td>
            </Tr>
          ))}
        </Tbody>
      </Table>
    </ExpandableSection>
  );
}
