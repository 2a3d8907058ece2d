import {
  Card,
  CardBody,
  CardTitle,
  CodeBlock,
  CodeBlockAction,
  CodeBlockCode,
  Stack,
  StackItem,
} from "@patternfly/react-core";
import { CopyButton } from "@/components/CopyButton";
import { RawCrawl } from "@/components/inventory/RawCrawl";
import type { DpuView } from "@/ipc/bindings";

/** Everything that is known of a card, as `slipctl --json` prints it, and what its IMC wrote. */
export function RawTab({ view }: { view: DpuView }) {
  const text = JSON.stringify(view, null, 2);
  return (
    <Stack hasGutter>
      <StackItem>
        <Card>
          <CardTitle component="h2">What the IMC wrote</CardTitle>
          <CardBody>
            <RawCrawl id={view.row.id} />
          </CardBody>
        </Card>
      </StackItem>
      <StackItem>
        <CodeBlock
          actions={
            <CodeBlockAction>
              <CopyButton text={text} what="the JSON" variant="link">
                Copy
              </CopyButton>
            </CodeBlockAction>
          }
        >
          <CodeBlockCode>{text}</CodeBlockCode>
        </CodeBlock>
      </StackItem>
    </Stack>
  );
}
