import { Alert, AlertActionCloseButton, Button } from "@patternfly/react-core";
import SaveIcon from "@patternfly/react-icons/dist/esm/icons/save-icon";
import { useState } from "react";
import { ErrorAlert } from "@/components/ErrorAlert";
import type { DeployRequest } from "@/ipc/bindings";
import { pickNewYaml } from "@/ipc/dialog";
import { useSaveCluster } from "@/ipc/queries/clusters";

/** Keeps a deployment that was made here as a cluster file: for the next time, or for a colleague. */
export function SaveAsFile({ request }: { request: DeployRequest | null }) {
  const save = useSaveCluster();
  const [error, setError] = useState<unknown>(null);
  if (!request) return null;
  const start = async () => {
    setError(null);
    save.reset();
    try {
      const path = await pickNewYaml("cluster.yaml");
      if (path) save.mutate({ request, path });
    } catch (problem) {
      setError(problem);
    }
  };
  const failed = error ?? save.error;
  return (
    <>
      <Button
        variant="link"
        isInline
        icon={<SaveIcon />}
        isLoading={save.isPending}
        onClick={start}
        data-testid="save-as-file"
      >
        Save it as a cluster file…
      </Button>
      {failed !== null && <ErrorAlert error={failed} title="The file was not written" />}
      {save.isSuccess && (
        <Alert
          isInline
          variant="success"
          title={`Written to ${save.variables.path}`}
          actionClose={<AlertActionCloseButton onClose={save.reset} />}
        >
          No password is in it: the cards' logins stay in Slipway.
        </Alert>
      )}
    </>
  );
}
