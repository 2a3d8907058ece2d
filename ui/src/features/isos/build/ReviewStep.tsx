import { Alert, CodeBlock, CodeBlockCode, Content, Stack, StackItem } from "@patternfly/react-core";
import type { UseQueryResult } from "@tanstack/react-query";
import { Digest } from "@/components/Digest";
import { ErrorAlert } from "@/components/ErrorAlert";
import { Facts } from "@/components/Facts";
import { FindingList } from "@/components/FindingList";
import { Loading } from "@/components/Loading";
import { PlanSteps } from "@/components/PlanSteps";
import { SecretsLabel } from "@/components/SecretsLabel";
import { ShowCommands } from "@/components/ShowCommands";
import type { BuilderView, IsoPlanView } from "@/ipc/bindings";
import { sentence } from "@/lib/format";
import { shown } from "./KickstartPreview";

/** The image builder that would run, and what it is told. */
function Builder({ builder }: { builder: BuilderView }) {
  return (
    <Stack hasGutter data-testid="builder">
      <Facts
        facts={[
          ["Builder", <code key="image">{builder.image}</code>],
          ["Its digest", builder.digest && <Digest digest={builder.digest} />],
        ]}
      />
      <Content component="h3">config.toml</Content>
      <CodeBlock>
        <CodeBlockCode>{builder.config_toml}</CodeBlockCode>
      </CodeBlock>
    </Stack>
  );
}

/** What would be done, before anything is. */
export function ReviewStep({ plan, error }: { plan: UseQueryResult<IsoPlanView>; error: unknown }) {
  if (plan.error) {
    return <ErrorAlert error={plan.error} title="It can't be planned" onRetry={plan.refetch} />;
  }
  if (!plan.data) return <Loading words="Working out the plan" rows={5} />;
  const { title, output, kickstart, builder, problems, warnings, steps } = plan.data;
  return (
    <Stack hasGutter>
      <StackItem>
        <Content component="h2">{title}</Content>
        <Content component="p">
          It is written to <code>{output}</code>. Nothing has been touched yet.
        </Content>
        {kickstart.contains_secrets && <SecretsLabel />}
      </StackItem>
      {problems.map((problem) => (
        <Alert key={problem} isInline variant="danger" title={sentence(problem)} />
      ))}
      {warnings.map((warning) => (
        <Alert key={warning} isInline variant="warning" title={sentence(warning)} />
      ))}
      {kickstart.findings.length > 0 && (
        <StackItem>
          <FindingList label="Findings in the kickstart" findings={kickstart.findings.map(shown)} />
        </StackItem>
      )}
      {builder && (
        <StackItem>
          <Builder builder={builder} />
        </StackItem>
      )}
      {error !== null && <ErrorAlert error={error} title="Nothing was started" />}
      <StackItem>
        <PlanSteps steps={steps} />
        <ShowCommands steps={steps} what="the commands of this build" />
      </StackItem>
    </Stack>
  );
}
