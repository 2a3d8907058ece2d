import {
  Button,
  Checkbox,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
  Stack,
  StackItem,
} from "@patternfly/react-core";
import { useState } from "react";
import { COLUMNS } from "./columns";

type Props = { chosen: string[]; onSave: (columns: string[] | null) => void; onClose: () => void };

/** Which columns the fleet table has on this desk. */
export function ColumnsDialog({ chosen, onSave, onClose }: Props) {
  const [ids, setIds] = useState(chosen);
  const toggle = (id: string, on: boolean) =>
    setIds(on ? [...ids, id] : ids.filter((other) => other !== id));
  return (
    <Modal isOpen variant="small" onClose={onClose} aria-labelledby="columns-title">
      <ModalHeader
        title="Columns"
        labelId="columns-title"
        description="Name and state always stand there. The choice is kept on this desk."
      />
      <ModalBody>
        <Stack hasGutter>
          {COLUMNS.map((column) => (
            <StackItem key={column.id}>
              <Checkbox
                id={`column-${column.id}`}
                label={column.word}
                isChecked={ids.includes(column.id)}
                onChange={(_event, on) => toggle(column.id, on)}
              />
            </StackItem>
          ))}
        </Stack>
      </ModalBody>
      <ModalFooter>
        <Button onClick={() => onSave(ids)}>Show these columns</Button>
        <Button variant="secondary" onClick={() => onSave(null)}>
          The usual ones
        </Button>
        <Button variant="link" onClick={onClose}>
          Cancel
        </Button>
      </ModalFooter>
    </Modal>
  );
}
