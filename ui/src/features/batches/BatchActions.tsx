import { useState } from "react";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { ErrorAlert } from "@/components/ErrorAlert";
import { ReasonedButton } from "@/components/ReasonedButton";
import type { BatchAction } from "@/ipc/bindings";
import { useAskBatch } from "@/ipc/queries/batches";
import type { BatchView } from "@/ipc/whole";
import { isOver } from "@/lib/batches";
import { counted, sentence } from "@/lib/format";

const WORDS: Record<BatchAction, string> = {
  pause: "Pause",
  resume: "Go on",
  cancel: "Cancel the batch…",
  retry: "Retry failed",
};

/** Only what can matter in this state stands there; what can't be done says why. */
function shown(view: BatchView): BatchAction[] {
  const { state, counts } = view.row;
  const halted = state.name === "paused" || state.name === "stopped";
  const retry: BatchAction[] =
    counts.failed + counts.cancelled + counts.not_started > 0 ? ["retry"] : [];
  if (isOver(state)) return retry;
  return [halted ? "resume" : "pause", ...retry, "cancel"];
}

type DialogProps = { view: BatchView; onClose: () => void };

function CancelDialog({ view, onClose }: DialogProps) {
  const ask = useAskBatch(view.row.id);
  const { running, waiting } = view.row.counts;
  return (
    <ConfirmDialog
      title={`Cancel "${view.row.name}"?`}
      confirm="Cancel the batch"
      cancel="Let it go on"
      danger
      busy={ask.isPending}
      error={ask.error}
      onClose={onClose}
      onConfirm={() => ask.mutate("cancel", { onSuccess: onClose })}
    >
      {running > 0 &&
        `${counted(running, "job")} ${running === 1 ? "stops" : "stop"} after the step that runs now, and ${running === 1 ? "cleans" : "clean"} up; an installation that has begun can't be taken back. `}
      {waiting > 0 &&
        `${counted(waiting, "card")} that ${waiting === 1 ? "waits is" : "wait are"} not touched. `}
      What is left behind on a card is told here.
    </ConfirmDialog>
  );
}

/** Pause, go on, retry what failed, cancel. */
export function BatchActions({ view }: { view: BatchView }) {
  const [cancelling, setCancelling] = useState(false);
  const ask = useAskBatch(view.row.id);
  const halted = view.row.state.name === "stopped" || view.row.state.name === "paused";
  return (
    <>
      {shown(view).map((action) => {
        const why = view.actions.find((one) => one.action === action)?.why_not ?? null;
        return (
          <ReasonedButton
            key={action}
            variant={
              action === "resume" || (action === "retry" && isOver(view.row.state) && !halted)
                ? "primary"
                : "secondary"
            }
            isDanger={action === "cancel"}
            whyNot={why && sentence(why)}
            isLoading={ask.isPending && ask.variables === action}
            onClick={() => (action === "cancel" ? setCancelling(true) : ask.mutate(action))}
            testId={`batch-${action}`}
          >
            {WORDS[action]}
          </ReasonedButton>
        );
      })}
      {ask.error && (
        <ErrorAlert error={ask.error} title="It could not be done" onClose={ask.reset} />
      )}
      {cancelling && <CancelDialog view={view} onClose={() => setCancelling(false)} />}
    </>
  );
}
