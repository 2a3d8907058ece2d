import { Card, CardBody, CardTitle, Label } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import type { ReactNode } from "react";

export type PartColumn<T> = {
  word: string;
  cell: (part: T) => ReactNode;
  width?: 10 | 15 | 20 | 25;
};

type Props<T> = {
  title: string;
  parts: T[];
  columns: PartColumn<T>[];
  /** "No drive is listed." */
  none: string;
};

const empty = (value: ReactNode) => value === null || value === undefined || value === "";

/** Parts of one kind in a table. A column that no part has anything for is left out. */
export function Parts<T>({ title, parts, columns, none }: Props<T>) {
  const rows = parts.map((part) => columns.map((column) => column.cell(part)));
  const used = columns
    .map((column, at) => ({ column, at }))
    .filter(({ at }) => rows.some((cells) => !empty(cells[at])));
  return (
    <Card>
      <CardTitle component="h2">
        {title} {parts.length > 0 && <Label isCompact>{parts.length}</Label>}
      </CardTitle>
      <CardBody>
        {parts.length === 0 ? (
          <p className="slipway-subtle">{none}</p>
        ) : (
          <Table aria-label={title} variant="compact" borders={false}>
            <Thead>
              <Tr>
                {used.map(({ column }) => (
                  <Th key={column.word} width={column.width}>
                    {column.word}
                  </Th>
                ))}
              </Tr>
            </Thead>
            <Tbody>
              {rows.map((cells, row) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: parts stand in the service's order and may lack an id
                <Tr key={row}>
                  {used.map(({ column, at }) => (
                    <Td key={column.word} dataLabel={column.word}>
                      {empty(cells[at]) ? <span className="slipway-subtle">–</span> : cells[at]}
                    </Td>
                  ))}
                </Tr>
              ))}
            </Tbody>
          </Table>
        )}
      </CardBody>
    </Card>
  );
}
