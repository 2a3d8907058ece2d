import RedoIcon from "@patternfly/react-icons/dist/esm/icons/redo-icon";
import { type ReactNode, useState } from "react";
import { useNavigate } from "react-router";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { DeployAgainDialog } from "@/components/DeployAgainDialog";
import { ErrorAlert } from "@/components/ErrorAlert";
import { ReasonedButton } from "@/components/ReasonedButton";
import type { ActionView, DpuAction, DpuView } from "@/ipc/bindings";
import { useRefreshDpu, useRemoveDpu } from "@/ipc/queries/dpus";
import { BootChangeDialog } from "./BootChangeDialog";

/** In this order; the first that is possible is the one that stands out. */
const ORDER: DpuAction[] = [
  "upgrade",
  "rollback",
  "switch",
  "deploy",
  "deploy_again",
  "refresh",
  "remove",
];

function variantOf(action: ActionView, standsOut: DpuAction | undefined) {
  if (action.action === standsOut) return "primary";
  if (action.action === "refresh") return "plain";
  return action.action === "remove" ? "link" : "secondary";
}

type RemoveProps = { view: DpuView; onClose: () => void };

function RemoveDialog({ view, onClose }: RemoveProps) {
  const remove = useRemoveDpu(view.row.id);
  const navigate = useNavigate();
  return (
    <ConfirmDialog
      title={`Remove ${view.row.name}?`}
      confirm="Remove the card"
      danger
      busy={remove.isPending}
      error={remove.error}
      onClose={onClose}
      onConfirm={() => remove.mutate(undefined, { onSuccess: () => navigate("/cards") })}
    >
      Slipway forgets {view.row.name}, its credentials and its pins; its jobs stay in the history.
      The card itself is not touched, and can be added again.
    </ConfirmDialog>
  );
}

/** What can be done to a card. Rust says what is allowed; a disabled action says why. */
export function CardActions({ view }: { view: DpuView }) {
  const [asking, setAsking] = useState<DpuAction | null>(null);
  const refresh = useRefreshDpu(view.row.id);
  const navigate = useNavigate();
  const actions = ORDER.flatMap(
    (name) => view.actions.find((entry) => entry.action === name) ?? [],
  );
  // What has just failed its checks is not to be pressed again without a thought.
  const unwell =
    view.row.headline.state === "rolled_back" || view.row.headline.state === "degraded";
  const standsOut = actions.find(
    (entry) =>
      !unwell &&
      entry.why_not === null &&
      (entry.action === "upgrade" || entry.action === "deploy"),
  )?.action;
  const close = () => setAsking(null);
  const start = (action: DpuAction) => {
    if (action === "deploy") navigate(`/deploy?cards=${view.row.id}`);
    else if (action === "refresh") refresh.mutate();
    else setAsking(action);
  };
  const dialog: Record<DpuAction, ReactNode> = {
    deploy: null,
    deploy_again: view.last_deployment && (
      <DeployAgainDialog job={view.last_deployment} onClose={close} />
    ),
    refresh: null,
    upgrade: <BootChangeDialog view={view} kind="upgrade" onClose={close} />,
    switch: <BootChangeDialog view={view} kind="switch" onClose={close} />,
    rollback: <BootChangeDialog view={view} kind="rollback" onClose={close} />,
    remove: <RemoveDialog view={view} onClose={close} />,
  };
  return (
    <>
      {actions.map((entry) => (
        <ReasonedButton
          key={entry.action}
          size="sm"
          variant={variantOf(entry, standsOut)}
          isDanger={entry.action === "remove"}
          icon={entry.action === "refresh" ? <RedoIcon /> : undefined}
          isLoading={entry.action === "refresh" && refresh.isPending}
          aria-label={entry.action === "refresh" ? `${entry.label} ${view.row.name}` : undefined}
          title={entry.action === "refresh" ? "Ask the card now" : undefined}
          whyNot={entry.why_not}
          onClick={() => start(entry.action)}
          testId={`action-${entry.action}`}
        >
          {entry.action === "refresh" ? undefined : entry.label}
        </ReasonedButton>
      ))}
      {refresh.error && (
        <ErrorAlert
          error={refresh.error}
          title={`${view.row.name} could not be asked`}
          onRetry={() => refresh.mutate()}
          onClose={refresh.reset}
        />
      )}
      {asking && dialog[asking]}
    </>
  );
}
