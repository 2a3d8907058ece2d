import { Skeleton } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, type ThProps, Tr } from "@patternfly/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type MouseEvent, memo, useEffect, useRef } from "react";
import { Link, useNavigate } from "react-router";
import { HeadlineLabel } from "@/components/HeadlineLabel";
import { TickCell, TickHead } from "@/components/Ticks";
import type { DpuPage, DpuRow, DpuSort } from "@/ipc/bindings";
import { benchReady, useFirstPageShown } from "@/ipc/queries/app";
import { type DpuFilter, useDpuRows } from "@/ipc/queries/dpus";
import type { Column } from "./columns";
import type { Selection } from "./selection";

/** A compact row with one line of text, in pixels. */
const ROW_HEIGHT = 34;

/** What stands above the rows and below them, in a window as it opens first. */
const ABOVE_ROWS = 271;

const TICK_WIDTH = 40;
const NAME_WIDTH = 112;
const STATE_WIDTH = 215;

/** Under this the table scrolls sideways rather than squeezing its columns. */
const tableWidth = (columns: Column[]) =>
  columns.reduce((sum, column) => sum + column.width, TICK_WIDTH + NAME_WIDTH + STATE_WIDTH);

/** So many rows above and below those in sight are there before they are scrolled to. */
const BESIDE = 4;

type RowProps = { row: DpuRow; at: number; columns: Column[]; selection: Selection };

/** What a narrow column cuts off is there on hover. */
function titleWhereCut({ currentTarget: cell }: MouseEvent<HTMLElement>) {
  cell.title = cell.scrollWidth > cell.offsetWidth ? (cell.textContent ?? "") : "";
}

/**
 * Looks as PatternFly's row, without its components and classes: the start waits for a screen of
 * these (ADR 0022). Drawn anew only where its card, the columns or the ticks have changed: not by scrolling.
 */
const FleetRow = memo(function FleetRow({ row, at, columns, selection }: RowProps) {
  const navigate = useNavigate();
  const selected = selection.ids.has(row.id);
  return (
    <tr
      className={selected ? "slipway-row slipway-row-ticked" : "slipway-row"}
      aria-rowindex={at + 2}
      style={{ blockSize: ROW_HEIGHT }}
      onClick={() => navigate(`/cards/${row.id}`)}
      data-testid={`row-${row.name}`}
    >
      <TickCell
        bare
        id={`tick-${row.id}`}
        label={`Select ${row.name}`}
        checked={selected}
        onChange={(on) => selection.toggle(row.id, on)}
      />
      <td data-label="Name">
        <Link to={`/cards/${row.id}`}>{row.name}</Link>
      </td>
      <td data-label="State">
        <HeadlineLabel headline={row.headline} seen={row.last_seen} compact />
      </td>
      {columns.map((column) => (
        <td
          key={column.id}
          className="slipway-cut"
          data-label={column.word}
          onMouseEnter={titleWhereCut}
        >
          {column.cell(row)}
        </td>
      ))}
    </tr>
  );
});

type HeadProps = {
  filter: DpuFilter;
  columns: Column[];
  /** Whether all that match are ticked. */
  ticked: boolean;
  onSelectAll: (on: boolean) => void;
  onSort: (sort: DpuSort, descending: boolean) => void;
};

function FleetHead({ filter, columns, ticked, onSelectAll, onSort }: HeadProps) {
  const sortable = (sort: DpuSort | undefined, columnIndex: number): ThProps["sort"] =>
    sort && {
      columnIndex,
      sortBy: {
        index: filter.sort === sort ? columnIndex : undefined,
        direction: filter.descending ? "desc" : "asc",
      },
      onSort: (_event, _index, direction) => onSort(sort, direction === "desc"),
    };
  return (
    <Thead>
      <Tr aria-rowindex={1}>
        <TickHead
          id="tick-all"
          label="Select all cards that match"
          checked={ticked}
          onChange={onSelectAll}
        />
        <Th sort={sortable("name", 1)}>Name</Th>
        <Th sort={sortable("state", 2)}>State</Th>
        {columns.map((column, at) => (
          <Th key={column.id} sort={sortable(column.sort, at + 3)}>
            {column.word}
          </Th>
        ))}
      </Tr>
    </Thead>
  );
}

type Props = Omit<HeadProps, "ticked"> & { first: DpuPage; selection: Selection };

/** The fleet: only the rows in sight exist, and only their pages were asked for. */
export function FleetTable({ first, selection, ...head }: Props) {
  const { filter, columns } = head;
  const { total } = first;
  const box = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: total,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: useFirstPageShown() ? BESIDE : 0,
    // About what it will be found to be: the rows are then there before anything is measured.
    initialRect: { width: 0, height: window.innerHeight - ABOVE_ROWS },
  });
  const shown = rows.getVirtualItems();
  const rowAt = useDpuRows(filter, shown[0]?.index ?? 0, shown.at(-1)?.index ?? 0, first);
  const before = shown[0]?.start ?? 0;
  const after = rows.getTotalSize() - (shown.at(-1)?.end ?? 0);
  const span = columns.length + 3;
  const ticked = total > 0 && selection.ids.size >= total;

  const ready = shown.length > 0 && rowAt(shown[0]?.index ?? 0) !== undefined;
  useEffect(() => {
    if (ready) benchReady("/cards");
  }, [ready]);

  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <section ref={box} className="slipway-scroll" aria-label="Rows of cards" tabIndex={0}>
      <Table
        aria-label="Cards"
        variant="compact"
        isStickyHeader
        aria-rowcount={total + 1}
        className="slipway-fixed"
        style={{ minInlineSize: tableWidth(columns) }}
      >
        <colgroup>
          <col style={{ width: TICK_WIDTH }} />
          <col style={{ width: NAME_WIDTH }} />
          <col style={{ width: STATE_WIDTH }} />
          {columns.map((column) => (
            <col key={column.id} style={{ width: column.width }} />
          ))}
        </colgroup>
        <FleetHead {...head} ticked={ticked} />
        <Tbody>
          {before > 0 && <Spacer height={before} span={span} />}
          {shown.map(({ index }) => {
            const row = rowAt(index);
            if (!row) {
              return (
                <Tr key={index} aria-rowindex={index + 2} style={{ blockSize: ROW_HEIGHT }}>
                  <Td colSpan={span}>
                    <Skeleton screenreaderText="Reading the card" />
                  </Td>
                </Tr>
              );
            }
            return <FleetRow key={row.id} {...{ row, columns, selection }} at={index} />;
          })}
          {after > 0 && <Spacer height={after} span={span} />}
        </Tbody>
      </Table>
    </section>
  );
}

function Spacer({ height, span }: { height: number; span: number }) {
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a row of a plain table takes no focus
    <tr aria-hidden="true">
      <td colSpan={span} style={{ blockSize: height, padding: 0 }} />
    </tr>
  );
}
