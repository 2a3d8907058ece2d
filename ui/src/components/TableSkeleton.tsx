import { Skeleton } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";

type Props = { columns: string[]; rows?: number; label: string };

/** A table's shape while its rows are on the way. */
export function TableSkeleton({ columns, rows = 6, label }: Props) {
  return (
    <Table aria-label={label} variant="compact" aria-busy="true">
      <Thead>
        <Tr>
          {columns.map((column) => (
            <Th key={column}>{column}</Th>
          ))}
        </Tr>
      </Thead>
      <Tbody>
        {Array.from({ length: rows }, (_, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: placeholders have no identity
          <Tr key={at}>
            {columns.map((column) => (
              <Td key={column}>
                <Skeleton width={`${50 + ((at * 17 + column.length * 7) % 40)}%`} />
              </Td>
            ))}
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
