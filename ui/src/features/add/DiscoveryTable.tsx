import { Button, Pagination, TextInput } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useState } from "react";
import { Link } from "react-router";
import { TickCell, TickHead } from "@/components/Ticks";
import type { DiscoveryRow } from "@/ipc/whole";
import type { AnswerTag } from "@/lib/bmcs";
import { firmwareRelease, sentence } from "@/lib/format";
import { AnswerLabel } from "./AnswerLabel";
import { type AddDraft, isCard, nameOf } from "./draft";
import { wantsTrust } from "./rows";
import { Shown } from "./Shown";

const PAGE_ROWS = 50;

/** Answers whose reason not to add says more than their sentence. */
const TELLS_NEXT: readonly AnswerTag[] = ["found"];

type RowProps = {
  row: DiscoveryRow;
  draft: AddDraft;
  onChange: (part: Partial<AddDraft>) => void;
  onTrust: (row: DiscoveryRow) => void;
};

function Machine({ row, draft, onChange }: Omit<RowProps, "onTrust">) {
  const about = [row.model, row.serial_number, row.firmware && firmwareRelease(row.firmware)]
    .filter(Boolean)
    .join(" · ");
  return (
    <>
      {row.why_not_add === null ? (
        <TextInput
          className="slipway-name"
          aria-label={`Name of ${row.candidate.address}`}
          value={nameOf(draft, row)}
          spellCheck={false}
          onChange={(_event, name) => onChange({ names: { ...draft.names, [row.index]: name } })}
        />
      ) : (
        <span>{row.known ? <Known row={row} /> : row.name}</span>
      )}
      <div className="slipway-subtle">{row.redfish ?? row.candidate.address}</div>
      {about && <div className="slipway-subtle">{about}</div>}
    </>
  );
}

function Known({ row }: { row: DiscoveryRow }) {
  return <Link to={`/${isCard(row) ? "cards" : "hosts"}/${row.known}`}>{row.name}</Link>;
}

function Row({ row, draft, onChange, onTrust }: RowProps) {
  const can = row.why_not_add === null;
  const set = (on: boolean) =>
    onChange({
      unticked: on
        ? draft.unticked.filter((index) => index !== row.index)
        : [...draft.unticked, row.index],
    });
  return (
    <Tr data-testid={`found-${row.candidate.address}`}>
      {can ? (
        <TickCell
          id={`add-${row.index}`}
          label={`Add ${row.candidate.address}`}
          checked={!draft.unticked.includes(row.index)}
          onChange={set}
        />
      ) : (
        <Td className="slipway-tick" />
      )}
      <Td dataLabel="Machine">
        <Machine row={row} draft={draft} onChange={onChange} />
      </Td>
      <Td dataLabel="Answer">
        <AnswerLabel answer={row.answer} /> {sentence(row.sentence)}
        {TELLS_NEXT.includes(row.answer.answer) && row.why_not_add && (
          <div className="slipway-subtle">{sentence(row.why_not_add)}</div>
        )}
        <Shown row={row} />
      </Td>
      <Td isActionCell modifier="nowrap">
        {wantsTrust(row) && (
          <Button
            variant="secondary"
            size="sm"
            onClick={() => onTrust(row)}
            aria-label={`Trust what ${row.candidate.address} shows`}
          >
            Trust it…
          </Button>
        )}
      </Td>
    </Tr>
  );
}

type Props = Omit<RowProps, "row"> & { rows: DiscoveryRow[] };

/** What each address answered, a page at a time. */
export function DiscoveryTable({ rows, draft, onChange, onTrust }: Props) {
  const [page, setPage] = useState(1);
  const last = Math.max(1, Math.ceil(rows.length / PAGE_ROWS));
  const at = Math.min(page, last);
  const shown = rows.slice((at - 1) * PAGE_ROWS, at * PAGE_ROWS);
  const addable = rows.filter((row) => row.why_not_add === null).map((row) => row.index);
  const all = addable.length > 0 && addable.every((index) => !draft.unticked.includes(index));
  return (
    <>
      <Table aria-label="Answers" variant="compact">
        <Thead>
          <Tr>
            {addable.length > 0 ? (
              <TickHead
                id="add-all"
                label="Add all that can be added"
                checked={all}
                onChange={(on) =>
                  onChange({
                    unticked: on
                      ? draft.unticked.filter((index) => !addable.includes(index))
                      : [...new Set([...draft.unticked, ...addable])],
                  })
                }
              />
            ) : (
              <Th className="slipway-tick" modifier="fitContent" screenReaderText="Select" />
            )}
            <Th width={20}>Machine</Th>
            <Th>Answer, and what it shows</Th>
            <Th screenReaderText="Actions" />
          </Tr>
        </Thead>
        <Tbody>
          {shown.map((row) => (
            <Row key={row.index} {...{ row, draft, onChange, onTrust }} />
          ))}
        </Tbody>
      </Table>
      {rows.length > PAGE_ROWS && (
        <Pagination
          itemCount={rows.length}
          perPage={PAGE_ROWS}
          perPageOptions={[]}
          page={at}
          onSetPage={(_event, next) => setPage(next)}
        />
      )}
    </>
  );
}
