import { Label } from "@patternfly/react-core";
import CheckCircleIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import ExclamationTriangleIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon";
import PlusCircleIcon from "@patternfly/react-icons/dist/esm/icons/plus-circle-icon";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { Link } from "react-router";
import { LinkButton } from "@/components/LinkButton";
import { TickCell, TickHead } from "@/components/Ticks";
import type { CardKind, ClusterCard, ClusterView } from "@/ipc/bindings";
import { sentence } from "@/lib/format";
import { against, asList, type ClusterDraft, keyOf } from "./draft";

const KINDS: Record<CardKind, string> = {
  dpu: "Intel IPU",
  marvell: "Marvell Octeon",
  blue_field: "BlueField",
};

function InInventory({ card }: { card: ClusterCard }) {
  switch (card.standing.standing) {
    case "known":
      return <Link to={`/cards/${card.dpu}`}>{card.dpu_name}</Link>;
    case "unknown":
      return card.imc === null ? (
        <span className="slipway-subtle">not there</span>
      ) : (
        <LinkButton
          variant="link"
          isInline
          icon={<PlusCircleIcon />}
          to={`/add?list=${encodeURIComponent(asList([card]))}`}
        >
          Add to inventory
        </LinkButton>
      );
    case "other_imc":
      return (
        <span>
          another IMC: <code>{card.standing.imc}</code>
        </span>
      );
    case "not_an_ipu":
      return <span className="slipway-subtle">not kept there</span>;
  }
}

function Standing({ problems }: { problems: string[] }) {
  if (problems.length === 0) {
    return (
      <Label color="green" icon={<CheckCircleIcon />} isCompact>
        Ready
      </Label>
    );
  }
  return (
    <>
      <Label color="orange" icon={<ExclamationTriangleIcon />} isCompact>
        Not yet
      </Label>
      <ul className="slipway-reasons">
        {problems.map((problem) => (
          <li key={problem}>{sentence(problem)}</li>
        ))}
      </ul>
    </>
  );
}

type Props = {
  view: ClusterView;
  draft: ClusterDraft;
  chosen: ClusterCard[];
  onChange: (part: Partial<ClusterDraft>) => void;
};

/** The cards of the file, what the inventory knows of them, and what stands against each. */
export function CardsTable({ view, draft, chosen, onChange }: Props) {
  const { cards, clusters } = view.plan;
  const several = clusters.filter((cluster) => cluster.in_scope).length > 1;
  const set = (changed: ClusterCard[], on: boolean) => {
    const names = changed.map(keyOf);
    const others = draft.unticked.filter((one) => !names.includes(one));
    onChange({ unticked: on ? others : [...others, ...names] });
  };
  return (
    <Table aria-label="Cards of the file" variant="compact">
      <Thead>
        <Tr>
          <TickHead
            id="tick-all"
            label="Select all cards of the file"
            checked={chosen.length === cards.length}
            onChange={(on) => set(cards, on)}
          />
          <Th>Card</Th>
          {several && <Th>Cluster</Th>}
          <Th>Kind</Th>
          <Th>IMC</Th>
          <Th>In the inventory</Th>
          <Th width={40}>Standing</Th>
        </Tr>
      </Thead>
      <Tbody>
        {cards.map((card) => {
          const on = chosen.includes(card);
          return (
            <Tr key={keyOf(card)} isRowSelected={on} data-testid={`cluster-card-${card.name}`}>
              <TickCell
                id={`tick-${card.cluster}-${card.name}`}
                label={`Select ${card.name}`}
                checked={on}
                onChange={(wanted) => set([card], wanted)}
              />
              <Td dataLabel="Card" modifier="nowrap">
                {card.name}
              </Td>
              {several && <Td dataLabel="Cluster">{card.cluster}</Td>}
              <Td dataLabel="Kind" modifier="nowrap">
                {KINDS[card.kind]}
              </Td>
              <Td dataLabel="IMC">{card.imc && <code>{card.imc}</code>}</Td>
              <Td dataLabel="In the inventory">
                <InInventory card={card} />
              </Td>
              <Td dataLabel="Standing">
                {on ? (
                  <Standing problems={against(view, card)} />
                ) : (
                  <span className="slipway-subtle">left out</span>
                )}
              </Td>
            </Tr>
          );
        })}
      </Tbody>
    </Table>
  );
}
