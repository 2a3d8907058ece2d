import { Th } from "@patternfly/react-table";

type Props = {
  id: string;
  /** "Select dpu-03": PatternFly's own cells only say "Select row 2". */
  label: string;
  checked: boolean;
  onChange: (on: boolean) => void;
};

/** A bare checkbox: PatternFly's brings a box and styles of its own to every row. */
function Tick({ id, label, checked, onChange }: Props) {
  return (
    <input
      type="checkbox"
      id={id}
      className="slipway-tick-box"
      aria-label={label}
      checked={checked}
      onChange={(event) => onChange(event.target.checked)}
    />
  );
}

/** `bare`: in a row that does without PatternFly's classes. */
type CellProps = Props & { bare?: boolean };

/** The cell by which a row is ticked; a click on it does not open the row. */
export function TickCell({ bare = false, ...tick }: CellProps) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: it only keeps a click from the row
    <td
      className={bare ? "slipway-tick" : "pf-v6-c-table__td slipway-tick"}
      onClick={(event) => event.stopPropagation()}
    >
      <Tick {...tick} />
    </td>
  );
}

/** The cell by which all rows are ticked. */
export function TickHead(props: Props) {
  return (
    <Th className="slipway-tick" modifier="fitContent" aria-label="Select">
      <Tick {...props} />
    </Th>
  );
}
