import { Checkbox } from "@patternfly/react-core";
import { Td, Th } from "@patternfly/react-table";

type Props = {
  id: string;
  /** "Select dpu-03": PatternFly's own cells only say "Select row 2". */
  label: string;
  checked: boolean;
  onChange: (on: boolean) => void;
};

function Tick({ id, label, checked, onChange }: Props) {
  return (
    <Checkbox
      id={id}
      aria-label={label}
      isChecked={checked}
      onChange={(_event, on) => onChange(on)}
    />
  );
}

/** The cell by which a row is ticked; a click on it does not open the row. */
export function TickCell(props: Props) {
  return (
    <Td className="slipway-tick" onClick={(event) => event.stopPropagation()}>
      <Tick {...props} />
    </Td>
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
