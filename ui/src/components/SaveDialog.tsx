import { Alert, Button, Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import type { UseMutationResult } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { pickNewFile } from "@/ipc/dialog";
import { ErrorAlert } from "./ErrorAlert";
import { PathField } from "./PathField";
import { ReasonedButton } from "./ReasonedButton";

type Props<Saved> = {
  title: string;
  /** What the file is for. */
  children: ReactNode;
  /** The name that is suggested. */
  name: string;
  save: UseMutationResult<Saved, unknown, string>;
  /** What becomes of a file that is there. */
  hint?: string;
  /** What there is to say once it is written. */
  said?: (saved: Saved) => ReactNode;
  onClose: () => void;
};

/** Writes a file of Slipway's where the person says. */
export function SaveDialog<Saved>(props: Props<Saved>) {
  const { title, children, name, save, onClose } = props;
  const [path, setPath] = useState("");
  return (
    <Modal isOpen variant="medium" onClose={onClose} aria-labelledby="save-title">
      <ModalHeader title={title} labelId="save-title" />
      <ModalBody tabIndex={0} role="region" aria-label={title}>
        {children}
        <PathField
          id="save-path"
          label="File"
          path={path}
          required
          disabled={save.isPending}
          word="Choose where…"
          placeholder={`/home/ada/${name}`}
          pick={() => pickNewFile(title, name)}
          onPath={(chosen) => {
            setPath(chosen);
            save.reset();
          }}
          hint={props.hint ?? "What lies there is replaced."}
        />
        {save.error !== null && <ErrorAlert error={save.error} title="It was not saved" />}
        {save.isSuccess && (
          <Alert isInline isPlain variant="success" title={`Saved to ${path.trim()}`}>
            {props.said?.(save.data)}
          </Alert>
        )}
      </ModalBody>
      <ModalFooter>
        <ReasonedButton
          whyNot={path.trim() ? null : "Choose where it goes"}
          isLoading={save.isPending}
          onClick={save.isPending ? undefined : () => save.mutate(path.trim())}
          testId="save"
        >
          Save
        </ReasonedButton>
        <Button variant="link" onClick={onClose}>
          Close
        </Button>
      </ModalFooter>
    </Modal>
  );
}
