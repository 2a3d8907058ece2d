import { CodeBlock, CodeBlockAction, CodeBlockCode } from "@patternfly/react-core";
import { CopyButton } from "@/components/CopyButton";
import type { DpuView } from "@/ipc/bindings";

/** Everything that is known of a card, as `slipctl --json` prints it. */
export function RawTab({ view }: { view: DpuView }) {
  const text = JSON.stringify(view, null, 2);
  return (
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
  );
}
