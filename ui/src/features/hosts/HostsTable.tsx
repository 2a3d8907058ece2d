import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { Fragment } from "react";
import { Link, useNavigate } from "react-router";
import { BmcStateLabel } from "@/components/inventory/BmcStateLabel";
import { HealthText } from "@/components/inventory/HealthText";
import { RelativeTime } from "@/components/RelativeTime";
import type { PairedCard } from "@/ipc/bindings";
import type { BmcRow } from "@/ipc/whole";

export const HOST_COLUMNS = [
  "Name",
  "State",
  "Kind",
  "Model",
  "Health",
  "Firmware",
  "Power",
  "Cards in it",
];

function Cards({ cards }: { cards: PairedCard[] }) {
  if (cards.length === 0) return <span className="slipway-subtle">–</span>;
  return cards.map((card, at) => (
    <Fragment key={card.dpu}>
      {at > 0 && ", "}
      <Link to={`/cards/${card.dpu}`} onClick={(event) => event.stopPropagation()}>
        {card.name}
      </Link>
    </Fragment>
  ));
}

const nothing = <span className="slipway-subtle">–</span>;

/** Servers' and BlueFields' BMCs, one per row; a row opens its page. */
export function HostsTable({ rows }: { rows: BmcRow[] }) {
  const navigate = useNavigate();
  return (
    <Table aria-label="Hosts" variant="compact">
      <Thead>
        <Tr>
          {HOST_COLUMNS.map((word) => (
            <Th key={word}>{word}</Th>
          ))}
        </Tr>
      </Thead>
      <Tbody>
        {rows.map((row) => (
          <Tr
            key={row.id}
            isClickable
            tabIndex={-1}
            onRowClick={() => navigate(`/hosts/${row.id}`)}
            data-testid={`host-${row.name}`}
          >
            <Td dataLabel="Name" modifier="nowrap">
              <Link to={`/hosts/${row.id}`}>{row.name}</Link>
              <div className="slipway-subtle">{row.address}</div>
            </Td>
            <Td dataLabel="State" modifier="nowrap">
              <span className="slipway-icon-word">
                <BmcStateLabel state={row.state} reason={row.reason} compact />
                {row.seen && (
                  <span className="slipway-subtle">
                    <RelativeTime at={row.seen} />
                  </span>
                )}
              </span>
            </Td>
            <Td dataLabel="Kind" modifier="nowrap">
              {row.kind_text}
            </Td>
            <Td dataLabel="Model">
              {row.model ?? nothing}
              {row.serial_number && <div className="slipway-subtle">{row.serial_number}</div>}
            </Td>
            <Td dataLabel="Health" modifier="nowrap">
              <HealthText health={row.health} reasons={false} />
            </Td>
            <Td dataLabel="Firmware">{row.firmware ?? nothing}</Td>
            <Td dataLabel="Power" modifier="nowrap">
              {row.power ?? nothing}
            </Td>
            <Td dataLabel="Cards in it">
              <Cards cards={row.cards} />
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
