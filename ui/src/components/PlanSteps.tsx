import type { PlannedStep } from "@/ipc/bindings";

/** A plan's steps with what each does to the card, before anything happens. */
export function PlanSteps({ steps }: { steps: PlannedStep[] }) {
  return (
    <ol className="slipway-steps" aria-label="Steps">
      {steps.map((step) => (
        <li key={step.name}>
          <strong>{step.name}</strong> <span className="slipway-subtle">{step.effect}</span>
        </li>
      ))}
    </ol>
  );
}
