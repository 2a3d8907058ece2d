import { Content, Flex, FlexItem, SearchInput, Stack, StackItem } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useDeferredValue, useState } from "react";
import { Link } from "react-router";
import { ErrorAlert } from "@/components/ErrorAlert";
import { HeadlineLabel } from "@/components/HeadlineLabel";
import { TableSkeleton } from "@/components/TableSkeleton";
import { TickCell, TickHead } from "@/components/Ticks";
import type { DpuId, DpuRow } from "@/ipc/bindings";
import { useDpus } from "@/ipc/queries/dpus";
import { counted } from "@/lib/format";

const MOST = 500;

type RowsProps = { rows: DpuRow[]; chosen: DpuId[]; onChange: (cards: DpuId[]) => void };

function Rows({ rows, chosen, onChange }: RowsProps) {
  const ids = new Set(chosen);
  const shownIds = rows.map((row) => row.id);
  const all = rows.length > 0 && shownIds.every((id) => ids.has(id));
  const set = (changed: DpuId[], on: boolean) =>
    onChange(
      on ? [...new Set([...chosen, ...changed])] : chosen.filter((id) => !changed.includes(id)),
    );
  return (
    <Table aria-label="Cards to deploy to" variant="compact" isStickyHeader>
      <Thead>
        <Tr>
          <TickHead
            id="tick-all"
            label="Select all cards shown"
            checked={all}
            onChange={(on) => set(shownIds, on)}
          />
          <Th>Name</Th>
          <Th>State</Th>
          <Th>Host</Th>
          <Th>Version</Th>
        </Tr>
      </Thead>
      <Tbody>
        {rows.map((row) => (
          <Tr key={row.id} isRowSelected={ids.has(row.id)}>
            <TickCell
              id={`tick-${row.id}`}
              label={`Select ${row.name}`}
              checked={ids.has(row.id)}
              onChange={(on) => set([row.id], on)}
            />
            <Td dataLabel="Name">{row.name}</Td>
            <Td dataLabel="State">
              <HeadlineLabel headline={row.headline} seen={row.last_seen} compact />
            </Td>
            <Td dataLabel="Host">{row.host}</Td>
            <Td dataLabel="Version">{row.version}</Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}

type Props = { chosen: DpuId[]; onChange: (cards: DpuId[]) => void };

/** Which cards are installed anew. */
export function CardsStep({ chosen, onChange }: Props) {
  const [text, setText] = useState("");
  const search = useDeferredValue(text.trim()) || null;
  const { data, error, refetch } = useDpus(
    { search, states: [], sort: "name", descending: false },
    MOST,
  );
  return (
    <Stack hasGutter>
      <StackItem>
        <Content component="p">
          A deployment overwrites the disk of a card's ACC and boots the image of the ISO. Several
          cards are one batch. Cards that a cluster.yaml names are deployed from{" "}
          <Link to="/deploy/file">the file itself</Link>.
        </Content>
      </StackItem>
      <StackItem>
        <Flex alignItems={{ default: "alignItemsCenter" }}>
          <FlexItem className="slipway-search">
            <SearchInput
              aria-label="Search cards"
              placeholder="Name, host, address, label"
              value={text}
              onChange={(_event, value) => setText(value)}
              onClear={() => setText("")}
            />
          </FlexItem>
          <FlexItem>
            <span role="status">{counted(chosen.length, "card")} selected</span>
          </FlexItem>
        </Flex>
      </StackItem>
      {error && <ErrorAlert error={error} title="The cards could not be read" onRetry={refetch} />}
      <StackItem>
        {data ? (
          <Rows rows={data.rows} chosen={chosen} onChange={onChange} />
        ) : (
          !error && (
            <TableSkeleton
              label="Reading the cards"
              columns={["Name", "State", "Host", "Version"]}
            />
          )
        )}
        {data && data.total > data.rows.length && (
          <p className="slipway-subtle">
            {data.rows.length} of {data.total} cards are shown. Search for the others.
          </p>
        )}
      </StackItem>
    </Stack>
  );
}
