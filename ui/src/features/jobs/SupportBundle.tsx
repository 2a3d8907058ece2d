import { Button, Content } from "@patternfly/react-core";
import DownloadIcon from "@patternfly/react-icons/dist/esm/icons/download-icon";
import { useState } from "react";
import { SaveDialog } from "@/components/SaveDialog";
import type { JobRow } from "@/ipc/bindings";
import { useSaveSupportBundle } from "@/ipc/queries/jobs";
import { bytes } from "@/lib/format";

function SupportBundleDialog({ row, onClose }: { row: JobRow; onClose: () => void }) {
  return (
    <SaveDialog
      title="Save a support bundle"
      name={`slipway-${row.id.slice(-8)}.json`}
      save={useSaveSupportBundle(row.id)}
      hint="A new file: nothing is replaced."
      said={({ size, removed }) =>
        `${bytes(size)} of JSON. Secrets were taken out in ${removed} places; read it before you send it.`
      }
      onClose={onClose}
    >
      <Content component="p">
        One file for whoever helps: the plan, the history, the card as last seen, and what its IMC
        answered. Secrets are taken out; names and addresses stay.
      </Content>
    </SaveDialog>
  );
}

/** Everything that is known of a job, for somebody else to look at. */
export function SupportBundle({ row }: { row: JobRow }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button
        variant="link"
        icon={<DownloadIcon />}
        onClick={() => setOpen(true)}
        data-testid="support-bundle"
      >
        Save a support bundle…
      </Button>
      {open && <SupportBundleDialog row={row} onClose={() => setOpen(false)} />}
    </>
  );
}
