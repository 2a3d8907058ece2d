import { Label, LabelGroup } from "@patternfly/react-core";
import type { ReactNode } from "react";
import { RowCopyButton } from "@/components/CopyButton";
import { RelativeTime } from "@/components/RelativeTime";
import type { DpuRow, DpuSort } from "@/ipc/bindings";
import { firmwareRelease, shortDigest } from "@/lib/format";

export type Column = {
  id: string;
  word: string;
  /** Whether it stands there before somebody chose. */
  usual: boolean;
  sort?: DpuSort;
  /** Pixels. */
  width: number;
  cell: (row: DpuRow) => ReactNode;
};

const nothing = <span className="slipway-subtle">–</span>;

function available(row: DpuRow): ReactNode {
  const { available: newest, digest } = row;
  if (!newest) return nothing;
  if (newest.digest === digest) return <span className="slipway-subtle">is booted</span>;
  return (
    <span title={`${newest.reference}\n${newest.digest}`}>
      {newest.version ?? <code>{shortDigest(newest.digest)}</code>}
    </span>
  );
}

/** The digest on hover and on copy: the version is only its name. */
function version({ version: word, digest }: DpuRow): ReactNode {
  if (!digest) return word ?? nothing;
  return withCopy(digest, word ?? <code>{shortDigest(digest)}</code>);
}

function withCopy(digest: string, shown: ReactNode): ReactNode {
  return (
    <span className="slipway-digest">
      <span title={digest}>{shown}</span>
      <RowCopyButton text={digest} what={`digest ${shortDigest(digest)}`} />
    </span>
  );
}

/** The fleet table's columns after name and state, which always stand there. */
export const COLUMNS: Column[] = [
  {
    id: "host",
    word: "Host",
    usual: true,
    sort: "host",
    width: 111,
    cell: (row) => row.host ?? nothing,
  },
  { id: "imc", word: "IMC", usual: true, width: 160, cell: (row) => <code>{row.imc}</code> },
  {
    id: "firmware",
    word: "Firmware",
    usual: true,
    width: 90,
    cell: (row) =>
      row.firmware ? <span title={row.firmware}>{firmwareRelease(row.firmware)}</span> : nothing,
  },
  {
    id: "image",
    word: "Image",
    usual: true,
    width: 122,
    cell: (row) => row.image ?? nothing,
  },
  {
    id: "version",
    word: "Version",
    usual: true,
    sort: "version",
    width: 126,
    cell: version,
  },
  {
    id: "digest",
    word: "Digest",
    usual: false,
    width: 150,
    cell: ({ digest }) => (digest ? withCopy(digest, <code>{shortDigest(digest)}</code>) : nothing),
  },
  { id: "available", word: "Available", usual: true, width: 104, cell: available },
  {
    id: "last_seen",
    word: "Last seen",
    usual: false,
    sort: "last_seen",
    width: 120,
    cell: (row) => (row.last_seen ? <RelativeTime at={row.last_seen} /> : nothing),
  },
  {
    id: "labels",
    word: "Labels",
    usual: false,
    width: 180,
    cell: (row) =>
      row.labels.length === 0 ? (
        nothing
      ) : (
        <LabelGroup numLabels={2} isCompact aria-label={`Labels of ${row.name}`}>
          {row.labels.map((label) => (
            <Label key={label} isCompact variant="outline">
              {label}
            </Label>
          ))}
        </LabelGroup>
      ),
  },
];

/** The columns that a person chose, in the table's order; the usual ones where nobody chose. */
export function chosenColumns(ids: string[] | null): Column[] {
  return COLUMNS.filter((column) => (ids ? ids.includes(column.id) : column.usual));
}
