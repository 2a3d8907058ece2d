import { Button, Form, Modal, ModalBody, ModalFooter, ModalHeader } from "@patternfly/react-core";
import { useState } from "react";
import { ByteProgress } from "@/components/ByteProgress";
import { ErrorAlert } from "@/components/ErrorAlert";
import { PathField } from "@/components/PathField";
import { ReasonedButton } from "@/components/ReasonedButton";
import type { ImportProgress } from "@/ipc/bindings";
import { pickIsoFile } from "@/ipc/dialog";
import { useImportIso } from "@/ipc/queries/isos";

/** Reads an ISO into the library; closing the dialog does not stop it. */
export function ImportDialog({ onClose }: { onClose: () => void }) {
  const [path, setPath] = useState("");
  const [progress, setProgress] = useState<ImportProgress | null>(null);
  const read = useImportIso();
  const start = () => {
    setProgress(null);
    read.mutate({ path: path.trim(), onProgress: setProgress }, { onSuccess: onClose });
  };
  return (
    <Modal isOpen variant="medium" onClose={onClose} aria-labelledby="import-title">
      <ModalHeader
        title="Import an ISO"
        labelId="import-title"
        description="Slipway looks inside: the image, its digest and version, kernel arguments, and whether a card can be deployed from it."
      />
      <ModalBody>
        <Form
          onSubmit={(event) => {
            event.preventDefault();
            if (path.trim() && !read.isPending) start();
          }}
        >
          <PathField
            id="iso-path"
            label="ISO file"
            path={path}
            required
            disabled={read.isPending}
            placeholder="/srv/isos/dpu-os-1.1.0.iso"
            pick={pickIsoFile}
            onPath={setPath}
            hint="A path on this machine. The file is read, not copied."
          />
          {read.isPending && !progress && <p role="status">Opening the file…</p>}
          {read.isPending && progress && (
            <ByteProgress
              done={progress.read}
              total={progress.total}
              label="Reading the ISO"
              title={progress.read < progress.total ? "Reading the ISO" : "Looking inside"}
            />
          )}
          {read.error && <ErrorAlert error={read.error} title="The ISO was not imported" />}
        </Form>
      </ModalBody>
      <ModalFooter>
        <ReasonedButton
          whyNot={path.trim() ? null : "Choose a file or type its path"}
          isLoading={read.isPending}
          onClick={read.isPending ? undefined : start}
          testId="import"
        >
          {read.isPending ? "Importing…" : "Import"}
        </ReasonedButton>
        <Button variant="link" onClick={onClose}>
          {read.isPending ? "Close, and go on reading" : "Cancel"}
        </Button>
      </ModalFooter>
    </Modal>
  );
}
