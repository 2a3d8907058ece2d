import { Alert, Button, Stack, StackItem } from "@patternfly/react-core";
import CheckCircleIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import ExclamationCircleIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { Link } from "react-router";
import { LinkButton } from "@/components/LinkButton";
import { ToneIcon } from "@/components/ToneIcon";
import type { AddedRow, AppError, BmcId, PairingView } from "@/ipc/bindings";
import { usePairings } from "@/ipc/queries/bmcs";
import type { DiscoveryRow } from "@/ipc/whole";
import { counted, sentence } from "@/lib/format";
import { isCard } from "./draft";

function Failed({ error }: { error: AppError }) {
  return (
    <>
      {sentence(error.message)}
      {error.causes.map((cause) => (
        <div key={cause} className="slipway-subtle">
          {cause}
        </div>
      ))}
      {error.hint && (
        <div>
          <strong>Next:</strong> {sentence(error.hint)}
        </div>
      )}
    </>
  );
}

function Paired({ pairing }: { pairing: PairingView | null | undefined }) {
  if (!pairing) return <span className="slipway-subtle">no server known</span>;
  return (
    <span title={pairing.because}>
      in <Link to={`/hosts/${pairing.host}`}>{pairing.host_name}</Link>
    </span>
  );
}

type RowProps = {
  added: AddedRow;
  row: DiscoveryRow | undefined;
  pairing: PairingView | null | undefined;
};

function Result({ added, row, pairing }: RowProps) {
  const card = row !== undefined && isCard(row);
  return (
    <Tr data-testid={`added-${added.name}`}>
      <Td dataLabel="Name" modifier="nowrap">
        <span className="slipway-icon-word">
          <ToneIcon tone={added.error ? "red" : "green"}>
            {added.error ? <ExclamationCircleIcon /> : <CheckCircleIcon />}
          </ToneIcon>
          {added.bmc ? (
            <Link to={`/${card ? "cards" : "hosts"}/${added.bmc}`}>{added.name}</Link>
          ) : (
            added.name
          )}
        </span>
      </Td>
      <Td dataLabel="Address">{row?.redfish ?? row?.candidate.address}</Td>
      <Td dataLabel="Result">
        {added.error ? (
          <Failed error={added.error} />
        ) : card ? (
          "Added as a card"
        ) : (
          "Added as a host"
        )}
      </Td>
      <Td dataLabel="Server">{added.bmc && card && <Paired pairing={pairing} />}</Td>
    </Tr>
  );
}

type Props = { added: AddedRow[]; rows: DiscoveryRow[]; onMore: () => void };

/** What was added, in which servers the cards are, what failed and what to do next. */
export function ResultStep({ added, rows, onMore }: Props) {
  const rowOf = (one: AddedRow) => rows.find((row) => row.index === one.row);
  const well = added.filter((one) => one.error === null);
  const failed = added.filter((one) => one.error !== null);
  const cards = well.flatMap((one): BmcId[] => {
    const row = rowOf(one);
    return one.bmc && row && isCard(row) ? [one.bmc] : [];
  });
  const pairings = usePairings(cards);
  const inOrder = [...failed, ...well];
  return (
    <Stack hasGutter>
      <StackItem>
        <Alert
          isInline
          variant={failed.length === 0 ? "success" : "warning"}
          title={
            failed.length === 0
              ? `${counted(well.length, "machine")} added`
              : `${counted(well.length, "machine")} added, ${failed.length} not`
          }
          data-testid="added"
        >
          Slipway asks them now what they are and what they run.
        </Alert>
      </StackItem>
      <StackItem>
        <span className="slipway-numbers-row">
          <LinkButton to="/cards">Open the cards</LinkButton>
          {cards.length > 0 && cards.length <= 200 && (
            <LinkButton variant="secondary" to={`/deploy?cards=${cards.join(",")}`}>
              {`Deploy to ${counted(cards.length, "card")}…`}
            </LinkButton>
          )}
          <Button variant="secondary" onClick={onMore}>
            Add others
          </Button>
        </span>
      </StackItem>
      <StackItem>
        <Table aria-label="What was added" variant="compact">
          <Thead>
            <Tr>
              <Th>Name</Th>
              <Th>Address</Th>
              <Th>Result</Th>
              <Th>Server</Th>
            </Tr>
          </Thead>
          <Tbody>
            {inOrder.slice(0, 200).map((one) => (
              <Result
                key={one.row}
                added={one}
                row={rowOf(one)}
                pairing={one.bmc ? pairings.get(one.bmc) : null}
              />
            ))}
          </Tbody>
        </Table>
        {inOrder.length > 200 && (
          <p className="slipway-subtle">and {inOrder.length - 200} more, all added</p>
        )}
      </StackItem>
    </Stack>
  );
}
