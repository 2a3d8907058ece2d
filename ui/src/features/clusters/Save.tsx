import { Alert, AlertActionCloseButton } from "@patternfly/react-core";
import { useState } from "react";
import { ErrorAlert } from "@/components/ErrorAlert";
import { ReasonedButton } from "@/components/ReasonedButton";
import type { ClusterOpen } from "@/ipc/bindings";
import { pickNewYaml } from "@/ipc/dialog";
import { useWriteCluster } from "@/ipc/queries/clusters";
import { todaysPath } from "./draft";

/** Writes the file as it is written today, beside the one that was read. */
export function useSave(open: ClusterOpen | null) {
  const write = useWriteCluster();
  const [error, setError] = useState<unknown>(null);
  const start = async () => {
    if (!open) return;
    setError(null);
    write.reset();
    try {
      const path = await pickNewYaml(todaysPath(open.file));
      if (path) write.mutate({ open, path });
    } catch (problem) {
      setError(problem);
    }
  };
  return { start, write, error: error ?? write.error };
}

type Saving = ReturnType<typeof useSave>;

export function SaveButton({ saving, whyNot }: { saving: Saving; whyNot: string | null }) {
  return (
    <ReasonedButton
      variant="secondary"
      size="sm"
      whyNot={whyNot}
      isLoading={saving.write.isPending}
      onClick={saving.start}
      testId="save-today"
    >
      Save in today's form…
    </ReasonedButton>
  );
}

/** Where it was written, or why it was not. */
export function SaveResult({ saving }: { saving: Saving }) {
  const { write, error } = saving;
  if (error !== null) return <ErrorAlert error={error} title="The file was not written" />;
  if (!write.isSuccess) return null;
  return (
    <Alert
      isInline
      variant="success"
      title={`Written to ${write.variables.path}`}
      actionClose={<AlertActionCloseButton onClose={write.reset} />}
    >
      Templates are filled in and comments are lost. Passwords and keys are in it: only you can read
      it.
    </Alert>
  );
}
