import {
  Alert,
  CodeBlock,
  CodeBlockCode,
  Content,
  Flex,
  FlexItem,
  Stack,
  StackItem,
} from "@patternfly/react-core";
import { ErrorAlert } from "@/components/ErrorAlert";
import { FindingList } from "@/components/FindingList";
import { Loading } from "@/components/Loading";
import { SecretsLabel } from "@/components/SecretsLabel";
import type { Finding, KickstartSource, KickstartView } from "@/ipc/bindings";
import { useKickstart } from "@/ipc/queries/studio";
import { sentence } from "@/lib/format";
import { useSettled } from "@/lib/settled";

/** As the list of findings shows them. */
export const shown = (finding: Finding) => ({
  ...finding,
  where: finding.line === null ? null : `line ${finding.line}`,
});

function Found({ view }: { view: KickstartView }) {
  if (view.invalid) {
    return (
      <Alert
        isInline
        variant="warning"
        title={`The field ${view.invalid.field}: ${view.invalid.reason}`}
      />
    );
  }
  if (view.findings.length > 0) {
    return <FindingList label="Findings" findings={view.findings.map(shown)} />;
  }
  return <Alert isInline isPlain variant="success" title="Nothing to complain about" />;
}

/** The kickstart as it would go into the ISO, secrets masked, and what the lint says of it. */
export function KickstartPreview({ source }: { source: KickstartSource | null }) {
  const settled = useSettled(JSON.stringify(source));
  const { data, error, refetch } = useKickstart(JSON.parse(settled) as KickstartSource | null);
  return (
    <Stack hasGutter>
      <StackItem>
        <Flex columnGap={{ default: "columnGapMd" }} alignItems={{ default: "alignItemsCenter" }}>
          <FlexItem>
            <Content component="h3">Preview</Content>
          </FlexItem>
          {source && data?.contains_secrets && <SecretsLabel />}
        </Flex>
      </StackItem>
      {error && (
        <ErrorAlert error={error} title="The kickstart could not be looked at" onRetry={refetch} />
      )}
      {!source && <p className="slipway-subtle">There is no kickstart yet.</p>}
      {source && !data && !error && <Loading words="Looking at the kickstart" rows={6} />}
      {source && data && !error && (
        <>
          <StackItem>
            <Found view={data} />
          </StackItem>
          {data.text && (
            <StackItem>
              <CodeBlock>
                <CodeBlockCode>{data.text}</CodeBlockCode>
              </CodeBlock>
            </StackItem>
          )}
          <StackItem className="slipway-subtle">
            Secrets are masked here.{" "}
            {data.validated
              ? "ksvalidator has read it too."
              : "ksvalidator is not installed here: only Slipway's own rules were applied."}
            {data.area && ` ${sentence(data.area)}`}
          </StackItem>
        </>
      )}
    </Stack>
  );
}
