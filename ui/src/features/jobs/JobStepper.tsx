import { ProgressStep, type ProgressStepProps, ProgressStepper } from "@patternfly/react-core";
import MinusCircleIcon from "@patternfly/react-icons/dist/esm/icons/minus-circle-icon";
import type { JobId, JobStep, JobView, StepStatus } from "@/ipc/bindings";
import { useNow } from "@/lib/now";
import { absolute, between, clock, span } from "@/lib/time";

const VARIANTS: Record<StepStatus, ProgressStepProps["variant"]> = {
  pending: "pending",
  active: "info",
  done: "success",
  skipped: "default",
  failed: "danger",
};

const SAYS: Record<StepStatus, string> = {
  pending: "not begun",
  active: "runs now",
  done: "done",
  skipped: "skipped",
  failed: "failed",
};

/** When the next step that was entered began: the end of this one. */
function endOf(steps: JobStep[], at: number, view: JobView): string | null {
  const next = steps.slice(at + 1).find((step) => step.entered_at !== null);
  return next?.entered_at ?? view.row.ended_at;
}

type TimeProps = { step: JobStep; end: string | null };

function StepTime({ step, end }: TimeProps) {
  const now = useNow(step.status === "active");
  if (!step.entered_at) return null;
  const took = span(between(step.entered_at, step.status === "active" ? now : (end ?? now)));
  return (
    <span className="slipway-numbers" title={absolute(step.entered_at)}>
      {clock(step.entered_at)} · {took}
    </span>
  );
}

function description({ step, end }: TimeProps, before: JobId | null) {
  if (step.status === "skipped" && step.entered_at === null && before !== null) {
    return `Of job ${before.slice(-8)}`;
  }
  if (step.status === "skipped") return step.plan.effect.replace(/^Skipped:?\s*/i, "");
  if (step.entered_at && step.status !== "pending") {
    return (
      <>
        {step.status === "active" && <div>{step.plan.effect}</div>}
        <StepTime step={step} end={end} />
      </>
    );
  }
  return step.plan.effect;
}

/** The whole plan from the first second: what is done, what runs, what is to come. */
export function JobStepper({ view }: { view: JobView }) {
  return (
    <ProgressStepper isVertical className="slipway-stepper" aria-label="Steps of the job">
      {view.steps.map((step, at) => (
        <ProgressStep
          key={step.plan.name}
          id={`step-${at}`}
          titleId={`step-${at}-title`}
          variant={VARIANTS[step.status]}
          icon={step.status === "skipped" ? <MinusCircleIcon /> : undefined}
          isCurrent={step.status === "active"}
          aria-label={`${step.plan.name}: ${SAYS[step.status]}`}
          data-status={step.status}
          description={description({ step, end: endOf(view.steps, at, view) }, view.goes_on_after)}
        >
          {step.plan.name}
        </ProgressStep>
      ))}
    </ProgressStepper>
  );
}
