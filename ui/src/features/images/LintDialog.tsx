import {
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
import { ErrorAlert } from "@/components/ErrorAlert";
import { Loading } from "@/components/Loading";
import type { LintTarget, LocalImage } from "@/ipc/bindings";
import { useImageLint } from "@/ipc/queries/images";
import { shortDigest } from "@/lib/format";
import { LintReportView } from "./LintReportView";
import { TargetField } from "./TargetField";

function Found({ image, target }: { image: LocalImage; target: LintTarget }) {
  const { data, error, refetch } = useImageLint(image.id, target);
  if (error) {
    return <ErrorAlert error={error} title="The image could not be checked" onRetry={refetch} />;
  }
  if (!data) return <Loading words="Reading the layers" rows={5} />;
  return <LintReportView report={data} label="Findings in the image" />;
}

/** Reads the layers of a built image, and says what is wrong with it. */
export function LintDialog({ image, onClose }: { image: LocalImage; onClose: () => void }) {
  const [target, setTarget] = useState<LintTarget>("ipu");
  const name = image.names[0] ?? shortDigest(image.id);
  return (
    <Modal isOpen variant="large" onClose={onClose} aria-labelledby="lint-title">
      <ModalHeader
        title={`Check ${name}`}
        labelId="lint-title"
        description="Each finding has its layer, the reason, and what to do. Nothing is changed."
      />
      <ModalBody tabIndex={0} role="region" aria-label="What the lint says">
        <Stack hasGutter>
          <StackItem>
            <Form isWidthLimited onSubmit={(event) => event.preventDefault()}>
              <TargetField target={target} onChange={setTarget} />
            </Form>
          </StackItem>
          <StackItem>
            <Found key={target} image={image} target={target} />
          </StackItem>
        </Stack>
      </ModalBody>
      <ModalFooter>
        <Button variant="secondary" onClick={onClose}>
          Close
        </Button>
      </ModalFooter>
    </Modal>
  );
}
