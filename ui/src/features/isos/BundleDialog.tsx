import {
  Alert,
  Button,
  Form,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
  Stack,
  StackItem,
} from "@patternfly/react-core";
import { useState } from "react";
import { ByteProgress } from "@/components/ByteProgress";
import { ErrorAlert } from "@/components/ErrorAlert";
import { PathField } from "@/components/PathField";
import { ReasonedButton } from "@/components/ReasonedButton";
import { TextField } from "@/components/TextField";
import type { Iso, TransferProgress } from "@/ipc/bindings";
import { pickFolder } from "@/ipc/dialog";
import { useBundleIso } from "@/ipc/queries/bundles";
import { bytes, counted } from "@/lib/format";
import { BundleImage } from "./BundleImage";
import { CancelTransfer } from "./CancelTransfer";

/** Why a folder can't be made there. */
export function bundleProblem(parent: string, name: string): string | null {
  if (!parent.trim()) return "Choose where the bundle goes";
  if (!name.trim()) return "Give the bundle a name";
  return /[/\\]/.test(name) || name.trim().startsWith(".")
    ? "The name is a folder's: without / and not hidden"
    : null;
}

type Props = { iso: Iso; onClose: () => void };

/** Writes an ISO, its image and checksums into a new folder; closing does not stop it, Cancel does. */
export function BundleDialog({ iso, onClose }: Props) {
  const [parent, setParent] = useState("");
  const [name, setName] = useState(iso.name.replace(/\.iso$/, ""));
  const [progress, setProgress] = useState<TransferProgress | null>(null);
  const write = useBundleIso();
  const folder = `${parent.trim().replace(/\/+$/, "")}/${name.trim()}`;
  const problem = bundleProblem(parent, name);
  const start = () => {
    setProgress(null);
    write.mutate({ id: iso.id, folder, onProgress: setProgress });
  };
  return (
    <Modal isOpen variant="medium" onClose={onClose} aria-labelledby="bundle-title">
      <ModalHeader
        title={`Bundle ${iso.name}`}
        labelId="bundle-title"
        description="For a desk without a network: the ISO, its image and checksums in one folder, which appears whole."
      />
      <ModalBody tabIndex={0} role="region" aria-label="Bundle">
        <Stack hasGutter>
          {iso.facts.contains_secrets && (
            <StackItem>
              <Alert
                isInline
                variant="warning"
                title="It contains secrets: whoever has the bundle can read them"
              />
            </StackItem>
          )}
          {!write.data && (
            <StackItem>
              <Form onSubmit={(event) => event.preventDefault()}>
                <PathField
                  id="bundle-parent"
                  label="Where"
                  path={parent}
                  required
                  disabled={write.isPending}
                  word="Choose a folder…"
                  placeholder="/media/ada/stick"
                  pick={() => pickFolder("Choose the folder that takes the bundle")}
                  onPath={setParent}
                  hint="A stick or another disk."
                />
                <TextField
                  id="bundle-name"
                  label="Name of the bundle"
                  value={name}
                  required
                  onChange={setName}
                  hint={problem ?? `It is written to ${folder}`}
                />
              </Form>
            </StackItem>
          )}
          {write.isPending && (
            <StackItem>
              {progress?.total ? (
                <ByteProgress
                  done={progress.read}
                  total={progress.total}
                  label="Writing the bundle"
                  title="Writing the bundle"
                />
              ) : (
                <p role="status">Looking at the ISO…</p>
              )}
            </StackItem>
          )}
          {write.error && <ErrorAlert error={write.error} title="There is no bundle" />}
          {write.data && (
            <StackItem data-testid="bundled">
              <Alert isInline variant="success" title={`Written to ${write.data.folder}`}>
                {counted(write.data.files, "file")}, {bytes(write.data.size)}. On the other desk:
                ISOs, Import, a bundle.
              </Alert>
              <BundleImage bundle={write.data} />
            </StackItem>
          )}
        </Stack>
      </ModalBody>
      <ModalFooter>
        {!write.data && (
          <ReasonedButton
            whyNot={problem}
            isLoading={write.isPending}
            onClick={write.isPending ? undefined : start}
            testId="write-bundle"
          >
            {write.isPending ? "Writing…" : "Write the bundle"}
          </ReasonedButton>
        )}
        {write.isPending && <CancelTransfer transfer={progress?.id} word="Cancel the bundle" />}
        <Button variant={write.data ? "secondary" : "link"} onClick={onClose}>
          {write.data || write.error
            ? "Close"
            : write.isPending
              ? "Close, and go on writing"
              : "Cancel"}
        </Button>
      </ModalFooter>
    </Modal>
  );
}
