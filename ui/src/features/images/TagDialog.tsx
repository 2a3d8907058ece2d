import { Form } from "@patternfly/react-core";
import { useState } from "react";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { TextField } from "@/components/TextField";
import type { LocalImage } from "@/ipc/bindings";
import { useTagImage } from "@/ipc/queries/images";
import { shortDigest } from "@/lib/format";

/** Gives an image one more name. */
export function TagDialog({ image, onClose }: { image: LocalImage; onClose: () => void }) {
  const [reference, setReference] = useState("");
  const tag = useTagImage();
  const wanted = reference.trim();
  return (
    <ConfirmDialog
      title={`Tag ${image.names[0] ?? shortDigest(image.id)}`}
      confirm="Give it this name too"
      busy={tag.isPending}
      error={tag.error}
      whyNot={wanted ? null : "Type a reference"}
      onClose={onClose}
      onConfirm={() => tag.mutate({ image: image.id, reference: wanted }, { onSuccess: onClose })}
    >
      <Form onSubmit={(event) => event.preventDefault()}>
        <TextField
          id="tag-reference"
          label="Image reference"
          value={reference}
          required
          placeholder="quay.io/lab/dpu-os:stable"
          onChange={setReference}
          hint="An image that has this name already loses it."
        />
      </Form>
    </ConfirmDialog>
  );
}
