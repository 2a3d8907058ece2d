import { Alert, AlertActionCloseButton, Button } from "@patternfly/react-core";
import DownloadIcon from "@patternfly/react-icons/dist/esm/icons/download-icon";
import { useState } from "react";
import { ErrorAlert } from "@/components/ErrorAlert";
import type { JobRow } from "@/ipc/bindings";
import { pickBundleFile } from "@/ipc/dialog";
import { useSaveSupportBundle } from "@/ipc/queries/jobs";
import { bytes } from "@/lib/format";

/** One file for whoever helps: the plan, the history, the card. Secrets are taken out. */
export function SupportBundle({ row }: { row: JobRow }) {
  const write = useSaveSupportBundle();
  const [error, setError] = useState<unknown>(null);
  const start = async () => {
    setError(null);
    write.reset();
    try {
      const path = await pickBundleFile(`slipway-${row.id.slice(-8)}.json`);
      if (path) write.mutate({ id: row.id, path });
    } catch (problem) {
      setError(problem);
    }
  };
  const failed = error ?? write.error;
  return (
    <>
      <Button
        variant="link"
        icon={<DownloadIcon />}
        isLoading={write.isPending}
        onClick={start}
        data-testid="support-bundle"
      >
        Save a support bundle…
      </Button>
      {failed !== null && <ErrorAlert error={failed} title="The bundle was not written" />}
      {write.data && (
        <Alert
          isInline
          variant="success"
          title={`Written to ${write.data.path}`}
          actionClose={<AlertActionCloseButton onClose={write.reset} />}
        >
          {bytes(write.data.size)} of JSON. Secrets were taken out in {write.data.removed} places;
          names and addresses are in it, so read it before you send it.
        </Alert>
      )}
    </>
  );
}
