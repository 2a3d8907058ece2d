import { useState } from "react";
import { useNavigate } from "react-router";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { DeployAgainDialog } from "@/components/DeployAgainDialog";
import { ErrorAlert } from "@/components/ErrorAlert";
import { LinkButton } from "@/components/LinkButton";
import { ReasonedButton } from "@/components/ReasonedButton";
import type { JobView } from "@/ipc/bindings";
import { useCancelJob, useRetryJob } from "@/ipc/queries/jobs";
import { RetryFromDialog } from "./RetryFromDialog";
import { SupportBundle } from "./SupportBundle";

type CancelProps = { view: JobView; onClose: () => void };

function CancelDialog({ view, onClose }: CancelProps) {
  const cancel = useCancelJob();
  const { row } = view;
  return (
    <ConfirmDialog
      title={`Cancel the ${row.kind.toLowerCase()} of ${row.subject}?`}
      confirm="Cancel the job"
      cancel="Let it go on"
      danger
      busy={cancel.isPending}
      error={cancel.error}
      onClose={onClose}
      onConfirm={() => cancel.mutate(row.id, { onSuccess: onClose })}
    >
      The job stops after the step that runs now ({row.step}), cleans up, and reports what is left
      {row.dpu
        ? ` on ${row.subject}. An installation that has begun can't be taken back.`
        : " on this machine."}
    </ConfirmDialog>
  );
}

function whyNotCancel(view: JobView): string | null {
  if (view.row.cancel_requested) return "It is being cancelled";
  return view.can_cancel ? null : "It can't be cancelled any more";
}

type Asking = "cancel" | "from" | "again";

/** Cancel while it runs; start again, or go on from a step, once it ended. */
export function JobActions({ view }: { view: JobView }) {
  const [asking, setAsking] = useState<Asking | null>(null);
  const close = () => setAsking(null);
  const retry = useRetryJob();
  const navigate = useNavigate();
  const { row } = view;
  const again = () => retry.mutate(row.id, { onSuccess: (next) => navigate(`/jobs/${next}`) });
  return (
    <>
      {row.outcome === "running" ? (
        <ReasonedButton
          variant="secondary"
          isDanger
          whyNot={whyNotCancel(view)}
          onClick={() => setAsking("cancel")}
          testId="action-cancel"
        >
          Cancel the job…
        </ReasonedButton>
      ) : (
        row.outcome !== "succeeded" && (
          <ReasonedButton
            variant="primary"
            whyNot={view.why_not_retry}
            isLoading={retry.isPending}
            onClick={again}
            testId="action-retry"
          >
            Retry
          </ReasonedButton>
        )
      )}
      {row.outcome === "failed" && view.retry_steps.length > 1 && (
        <ReasonedButton
          variant="secondary"
          whyNot={view.why_not_retry}
          onClick={() => setAsking("from")}
          testId="action-retry-from"
        >
          Retry from a step…
        </ReasonedButton>
      )}
      {view.again && row.outcome !== "running" && (
        <ReasonedButton
          variant="secondary"
          whyNot={view.again.why_not}
          onClick={() => setAsking("again")}
          testId="action-again"
        >
          Deploy again…
        </ReasonedButton>
      )}
      {row.dpu && (
        <LinkButton variant="secondary" to={`/cards/${row.dpu}`}>
          Open the card
        </LinkButton>
      )}
      <SupportBundle row={row} />
      {retry.error && (
        <ErrorAlert error={retry.error} title="It was not started again" onClose={retry.reset} />
      )}
      {asking === "cancel" && <CancelDialog view={view} onClose={close} />}
      {asking === "from" && <RetryFromDialog view={view} onClose={close} />}
      {asking === "again" && <DeployAgainDialog job={row.id} onClose={close} />}
    </>
  );
}
