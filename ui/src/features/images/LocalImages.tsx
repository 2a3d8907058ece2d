import {
  Button,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  Flex,
} from "@patternfly/react-core";
import LayerGroupIcon from "@patternfly/react-icons/dist/esm/icons/layer-group-icon";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useState } from "react";
import { Digest } from "@/components/Digest";
import { ErrorAlert } from "@/components/ErrorAlert";
import { LinkButton } from "@/components/LinkButton";
import { Loading } from "@/components/Loading";
import { ReasonedButton } from "@/components/ReasonedButton";
import { Reference } from "@/components/Reference";
import { RelativeTime } from "@/components/RelativeTime";
import type { LocalImage } from "@/ipc/bindings";
import { useLocalImages } from "@/ipc/queries/images";
import { bytes, shortDigest } from "@/lib/format";
import { InspectDialog } from "./InspectDialog";
import { LintDialog } from "./LintDialog";
import { PushDialog } from "./PushDialog";
import { TagDialog } from "./TagDialog";

function NoImages() {
  return (
    <EmptyState headingLevel="h2" titleText="No images on this machine" icon={LayerGroupIcon}>
      <EmptyStateBody>
        Build one from a folder with a Containerfile. The template is a start that an IPU boots.
      </EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          <LinkButton variant="link" to="/images?tab=template">
            Write a template
          </LinkButton>
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  );
}

function ImageActions({ image }: { image: LocalImage }) {
  const [open, setOpen] = useState<"inspect" | "check" | "tag" | "push" | null>(null);
  const close = () => setOpen(null);
  const name = image.names[0] ?? null;
  return (
    <Flex columnGap={{ default: "columnGapMd" }} flexWrap={{ default: "nowrap" }}>
      <Button variant="link" isInline onClick={() => setOpen("inspect")}>
        Inspect
      </Button>
      <Button variant="link" isInline onClick={() => setOpen("check")}>
        Check
      </Button>
      <Button variant="link" isInline onClick={() => setOpen("tag")}>
        Tag…
      </Button>
      <ReasonedButton
        variant="link"
        isInline
        whyNot={name ? null : "Give it a name first: Tag"}
        onClick={() => setOpen("push")}
      >
        Push…
      </ReasonedButton>
      {open === "inspect" && <InspectDialog image={image} onClose={close} />}
      {open === "check" && <LintDialog image={image} onClose={close} />}
      {open === "tag" && <TagDialog image={image} onClose={close} />}
      {open === "push" && name && <PushDialog image={image} name={name} onClose={close} />}
    </Flex>
  );
}

function ImagesTable({ images }: { images: LocalImage[] }) {
  return (
    <Table aria-label="Images on this machine" variant="compact">
      <Thead>
        <Tr>
          <Th width={30}>Name</Th>
          <Th>Version</Th>
          <Th>Digest</Th>
          <Th>Size</Th>
          <Th>Built</Th>
          <Th>bootc</Th>
          <Th screenReaderText="Actions" />
        </Tr>
      </Thead>
      <Tbody>
        {images.map((image) => (
          <Tr key={image.id} data-testid={`image-${image.version ?? shortDigest(image.id)}`}>
            <Td dataLabel="Name">
              {image.names.length === 0 && <span className="slipway-subtle">no name</span>}
              {image.names.map((name) => (
                <div key={name}>
                  <Reference reference={name} />
                </div>
              ))}
            </Td>
            <Td dataLabel="Version">{image.version ?? "not known"}</Td>
            <Td dataLabel="Digest">{image.digest && <Digest digest={image.digest} />}</Td>
            <Td dataLabel="Size" modifier="nowrap">
              {bytes(image.size)}
            </Td>
            <Td dataLabel="Built" modifier="nowrap">
              {image.created && <RelativeTime at={image.created} />}
            </Td>
            <Td dataLabel="bootc">{image.is_bootc ? "Yes" : "No"}</Td>
            <Td dataLabel="Actions">
              <ImageActions image={image} />
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}

/** What podman has on this machine. */
export function LocalImages() {
  const { data, error, refetch } = useLocalImages();
  if (error) {
    return <ErrorAlert error={error} title="podman could not be asked" onRetry={refetch} />;
  }
  if (!data) return <Loading words="Asking podman" rows={5} />;
  return data.length === 0 ? <NoImages /> : <ImagesTable images={data} />;
}
