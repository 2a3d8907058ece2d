import { Alert, Content, Stack, StackItem } from "@patternfly/react-core";
import type { UseQueryResult } from "@tanstack/react-query";
import { DoctorPanel } from "@/components/doctor/DoctorPanel";
import { ErrorAlert } from "@/components/ErrorAlert";
import { Loading } from "@/components/Loading";
import { PlanCard } from "@/components/PlanCard";
import { PlanSteps } from "@/components/PlanSteps";
import { ShowCommands } from "@/components/ShowCommands";
import type { DeployRequest, PlanView } from "@/ipc/bindings";
import { counted, listed, sentence } from "@/lib/format";
import { doable } from "./draft";
import { SaveAsFile } from "./SaveAsFile";

type Props = {
  plan: UseQueryResult<PlanView>;
  request: DeployRequest | null;
  error: unknown;
};

/** What would happen, card by card, before anything does. */
export function ReviewStep({ plan, request, error }: Props) {
  if (plan.error) {
    return <ErrorAlert error={plan.error} title="It can't be planned" onRetry={plan.refetch} />;
  }
  if (!plan.data) return <Loading words="Working out the plan of each card" rows={5} />;
  const ready = doable(plan.data);
  const out = plan.data.cards.filter((card) => card.problems.length > 0);
  return (
    <Stack hasGutter>
      <StackItem>
        <Content component="h2">{plan.data.title}</Content>
        <Content component="p">
          {ready.length === 0
            ? "None of these cards can be deployed."
            : `The disk of ${listed(ready.map((card) => card.name))} is overwritten. Nothing has been touched yet.`}
        </Content>
        <SaveAsFile request={request} />
      </StackItem>
      {out.length > 0 && (
        <Alert
          isInline
          variant="warning"
          title={`${counted(out.length, "card")} will be left out: ${listed(out.map((card) => card.name))}`}
        />
      )}
      {plan.data.warnings.map((warning) => (
        <Alert key={warning} isInline variant="info" title={sentence(warning)} />
      ))}
      {error !== null && <ErrorAlert error={error} title="Nothing was started" />}
      <StackItem>
        <DoctorPanel cards={plan.data.cards.map((card) => card.dpu)} iso={request?.iso ?? null} />
      </StackItem>
      {plan.data.cards.map((card, at) => (
        <StackItem key={card.dpu}>
          <PlanCard
            id={`plan-${card.dpu}`}
            name={card.name}
            hostname={card.hostname}
            change={card}
            problems={card.problems}
            warnings={card.warnings}
            open={at === 0}
          >
            <PlanSteps steps={card.steps} />
            <ShowCommands steps={card.steps} what={`the commands for ${card.name}`} />
          </PlanCard>
        </StackItem>
      ))}
    </Stack>
  );
}
