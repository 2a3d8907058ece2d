import {
  Alert,
  Button,
  Form,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
} from "@patternfly/react-core";
import { useState } from "react";
import { ByteProgress } from "@/components/ByteProgress";
import { ErrorAlert } from "@/components/ErrorAlert";
import { PathField } from "@/components/PathField";
import { ReasonedButton } from "@/components/ReasonedButton";
import { SelectField } from "@/components/SelectField";
import type { BundleView, TransferProgress } from "@/ipc/bindings";
import { pickFolder, pickIsoFile } from "@/ipc/dialog";
import { useImportBundle } from "@/ipc/queries/bundles";
import { useImportIso } from "@/ipc/queries/isos";
import { BundleImage } from "./BundleImage";
import { CancelTransfer } from "./CancelTransfer";

const KINDS = [
  { value: "iso", word: "An ISO file" },
  { value: "bundle", word: "A bundle: the folder of another desk" },
] as const;

type Kind = (typeof KINDS)[number]["value"];
type PathProps = { path: string; disabled: boolean; onPath: (path: string) => void };

function IsoPath(props: PathProps) {
  return (
    <PathField
      {...props}
      id="iso-path"
      label="ISO file"
      required
      placeholder="/srv/isos/dpu-os-1.1.0.iso"
      pick={pickIsoFile}
      hint="A path on this machine. The file is read, not copied."
    />
  );
}

function BundlePath(props: PathProps) {
  return (
    <PathField
      {...props}
      id="bundle-path"
      label="Folder of the bundle"
      required
      word="Choose a folder…"
      placeholder="/media/ada/stick/dpu-os-1.1.0"
      pick={() => pickFolder("Choose the folder of the bundle")}
      hint="Every file is compared with its checksum. The ISO is copied: the stick can go."
    />
  );
}

/** What came, and what may follow. */
function Taken({ bundle }: { bundle: BundleView }) {
  return (
    <div data-testid="bundle-taken">
      <Alert
        isInline
        variant="success"
        title={`${bundle.iso} is in the library, made by ${bundle.made_by}`}
      />
      <BundleImage bundle={bundle} />
    </div>
  );
}

/** Reads an ISO or a bundle into the library; closing does not stop it, Cancel does. */
export function ImportDialog({ onClose }: { onClose: () => void }) {
  const [kind, setKind] = useState<Kind>("iso");
  const [path, setPath] = useState("");
  const [progress, setProgress] = useState<TransferProgress | null>(null);
  const file = useImportIso();
  const bundle = useImportBundle();
  const read = kind === "iso" ? file : bundle;
  const start = () => {
    setProgress(null);
    const onProgress = setProgress;
    if (kind === "iso") file.mutate({ path: path.trim(), onProgress }, { onSuccess: onClose });
    else bundle.mutate({ folder: path.trim(), onProgress });
  };
  const fields = { path, disabled: read.isPending, onPath: setPath };
  const doing = kind === "iso" ? "Reading the ISO" : "Comparing and copying the bundle";
  return (
    <Modal isOpen variant="medium" onClose={onClose} aria-labelledby="import-title">
      <ModalHeader
        title="Import an ISO"
        labelId="import-title"
        description="Slipway looks inside: the image, its digest and version, kernel arguments, and whether a card can be deployed from it."
      />
      <ModalBody tabIndex={0} role="region" aria-label="Import">
        {bundle.data ? (
          <Taken bundle={bundle.data} />
        ) : (
          <Form
            onSubmit={(event) => {
              event.preventDefault();
              if (path.trim() && !read.isPending) start();
            }}
          >
            <SelectField
              id="import-kind"
              label="What"
              value={kind}
              options={KINDS}
              onChange={(chosen) => {
                if (!read.isPending) setKind(chosen);
              }}
            />
            {kind === "iso" ? <IsoPath {...fields} /> : <BundlePath {...fields} />}
            {read.isPending && !progress?.total && <p role="status">Opening it…</p>}
            {read.isPending && progress && progress.total > 0 && (
              <ByteProgress
                done={progress.read}
                total={progress.total}
                label={doing}
                title={progress.read < progress.total ? doing : "Looking inside"}
              />
            )}
            {read.error && (
              <ErrorAlert
                error={read.error}
                title={kind === "iso" ? "The ISO was not imported" : "The bundle was not imported"}
              />
            )}
          </Form>
        )}
      </ModalBody>
      <ModalFooter>
        {!bundle.data && (
          <ReasonedButton
            whyNot={path.trim() ? null : "Choose it or type its path"}
            isLoading={read.isPending}
            onClick={read.isPending ? undefined : start}
            testId="import"
          >
            {read.isPending ? "Importing…" : "Import"}
          </ReasonedButton>
        )}
        {read.isPending && <CancelTransfer transfer={progress?.id} word="Cancel the import" />}
        <Button variant={bundle.data ? "secondary" : "link"} onClick={onClose}>
          {bundle.data || read.error
            ? "Close"
            : read.isPending
              ? "Close, and go on reading"
              : "Cancel"}
        </Button>
      </ModalFooter>
    </Modal>
  );
}
