import {
  Button,
  CodeBlock,
  CodeBlockCode,
  Content,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
} from "@patternfly/react-core";
import { Digest } from "@/components/Digest";
import { ErrorAlert } from "@/components/ErrorAlert";
import { Facts } from "@/components/Facts";
import { Loading } from "@/components/Loading";
import type { LocalImage } from "@/ipc/bindings";
import { useImage } from "@/ipc/queries/images";
import { bytes } from "@/lib/format";

function Inside({ image }: { image: LocalImage }) {
  const labels = Object.entries(image.labels).map(([name, value]) => `${name}=${value}`);
  return (
    <>
      <Facts
        columns={{ default: "2Col" }}
        facts={[
          ["Digest", image.digest && <Digest digest={image.digest} />],
          ["Architecture", image.architecture],
          ["Version", image.version],
          ["Size", bytes(image.size)],
          ["Layers", image.layers],
          ["Boots by bootc", image.is_bootc ? "Yes" : "No"],
        ]}
      />
      <Content component="h3">Labels</Content>
      <CodeBlock>
        <CodeBlockCode>{labels.join("\n") || "none"}</CodeBlockCode>
      </CodeBlock>
      <Content component="h3">Instructions</Content>
      <CodeBlock>
        <CodeBlockCode>{image.history.join("\n") || "not known"}</CodeBlockCode>
      </CodeBlock>
    </>
  );
}

/** What is inside an image. */
export function InspectDialog({ image, onClose }: { image: LocalImage; onClose: () => void }) {
  const { data, error, refetch } = useImage(image.id);
  return (
    <Modal isOpen variant="large" onClose={onClose} aria-labelledby="inspect-title">
      <ModalHeader title={image.names[0] ?? "An image without a name"} labelId="inspect-title" />
      <ModalBody tabIndex={0} role="region" aria-label="What is inside">
        {error && (
          <ErrorAlert error={error} title="The image could not be read" onRetry={refetch} />
        )}
        {!data && !error && <Loading words="Reading the image" rows={6} />}
        {data && <Inside image={data} />}
      </ModalBody>
      <ModalFooter>
        <Button variant="secondary" onClick={onClose}>
          Close
        </Button>
      </ModalFooter>
    </Modal>
  );
}
