import { Alert, Content } from "@patternfly/react-core";
import { useNavigate } from "react-router";
import type { JobId } from "@/ipc/bindings";
import { useAgainPlan, useDeployAgain } from "@/ipc/queries/jobs";
import { sentence } from "@/lib/format";
import { ConfirmDialog } from "./ConfirmDialog";
import { ErrorAlert } from "./ErrorAlert";
import { Loading } from "./Loading";
import { PlanSteps } from "./PlanSteps";
import { ShowCommands } from "./ShowCommands";

type Props = { job: JobId; onClose: () => void };

/** The same deployment anew: its plan and what it costs, before it is started. */
export function DeployAgainDialog({ job, onClose }: Props) {
  const { data: plan, error } = useAgainPlan(job);
  const again = useDeployAgain();
  const navigate = useNavigate();
  const whyNot = (() => {
    if (error) return "It can't be planned";
    if (!plan) return "The plan is being worked out";
    return plan.problems.length > 0 ? "Mend what is named first" : null;
  })();
  return (
    <ConfirmDialog
      title={plan ? `${plan.title}?` : "Deploy again?"}
      confirm="Deploy again"
      variant="medium"
      danger
      scrolls
      busy={again.isPending}
      whyNot={whyNot}
      error={again.error}
      onClose={onClose}
      onConfirm={() => again.mutate(job, { onSuccess: (next) => navigate(`/jobs/${next}`) })}
    >
      {error && <ErrorAlert error={error} title="It can't be planned" />}
      {!plan && !error && <Loading words="Working out the plan" rows={4} />}
      {plan && (
        <>
          {plan.problems.map((problem) => (
            <Alert key={problem} isInline variant="danger" title={sentence(problem)} />
          ))}
          {plan.warnings.map((warning) => (
            <Alert key={warning} isInline variant="warning" title={sentence(warning)} />
          ))}
          <Content component="p">
            A new job with the same request and a nonce of its own; the card becomes{" "}
            <strong>{plan.hostname}</strong>.
          </Content>
          <PlanSteps steps={plan.steps} />
          <ShowCommands steps={plan.steps} what="the commands of this deployment" />
        </>
      )}
    </ConfirmDialog>
  );
}
