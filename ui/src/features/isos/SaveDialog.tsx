import { Alert, Button, Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import type { UseMutationResult } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { ErrorAlert } from "@/components/ErrorAlert";
import { PathField } from "@/components/PathField";
import { ReasonedButton } from "@/components/ReasonedButton";
import { pickNewFile } from "@/ipc/dialog";

type Props = {
  title: string;
  /** What the file is for. */
  children: ReactNode;
  /** The name that is suggested. */
  name: string;
  save: UseMutationResult<null, unknown, string>;
  onClose: () => void;
};

/** Writes a file of Slipway's where the person says. */
export function SaveDialog({ title, children, name, save, onClose }: Props) {
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
          hint="What lies there is replaced."
        />
        {save.error !== null && <ErrorAlert error={save.error} title="It was not saved" />}
        {save.isSuccess && (
          <Alert isInline isPlain variant="success" title={`Saved to ${path.trim()}`} />
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
