import { Alert, Content, Stack, StackItem } from "@patternfly/react-core";
import type { UseQueryResult } from "@tanstack/react-query";
import { CommandList } from "@/components/CommandList";
import { ErrorAlert } from "@/components/ErrorAlert";
import { Loading } from "@/components/Loading";
import { PlanSteps } from "@/components/PlanSteps";
import type { ImageBuildPlanView } from "@/ipc/bindings";
import { sentence } from "@/lib/format";
import { PrerequisiteTable } from "./Checklist";
import { LintReportView } from "./LintReportView";

type Props = { plan: UseQueryResult<ImageBuildPlanView>; error: unknown };

/** What would be done, and what is wrong with it, before anything is. */
export function ImageReview({ plan, error }: Props) {
  if (plan.error) {
    return <ErrorAlert error={plan.error} title="It can't be planned" onRetry={plan.refetch} />;
  }
  if (!plan.data) return <Loading words="Looking at the Containerfile" rows={5} />;
  const { title, steps, commands, lint, prerequisites, warnings, problems } = plan.data;
  const wanting = prerequisites.filter(({ state }) => state === "missing" || state === "warning");
  return (
    <Stack hasGutter>
      <StackItem>
        <Content component="h2">{title}</Content>
        <Content component="p">Nothing has been touched yet.</Content>
      </StackItem>
      {problems.map((problem) => (
        <Alert key={problem} isInline variant="danger" title={sentence(problem)} />
      ))}
      {warnings.map((warning) => (
        <Alert key={warning} isInline variant="warning" title={sentence(warning)} />
      ))}
      {error !== null && <ErrorAlert error={error} title="Nothing was started" />}
      {wanting.length > 0 && (
        <StackItem>
          <PrerequisiteTable lines={wanting} />
        </StackItem>
      )}
      {lint && (
        <StackItem>
          <Content component="h3">The Containerfile</Content>
          <LintReportView report={lint} label="Findings in the Containerfile" />
        </StackItem>
      )}
      <StackItem>
        <PlanSteps steps={steps} />
        <CommandList commands={commands} what="the commands of this build" />
      </StackItem>
    </Stack>
  );
}
