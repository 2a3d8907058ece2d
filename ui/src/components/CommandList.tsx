import { CodeBlock, CodeBlockAction, CodeBlockCode } from "@patternfly/react-core";
import { CopyButton } from "./CopyButton";

type Props = { commands: string[]; what?: string };

/** Commands that do the same by hand, to copy. */
export function CommandList({ commands, what = "commands" }: Props) {
  const text = commands.join("\n");
  return (
    <CodeBlock
      actions={
        <CodeBlockAction>
          <CopyButton text={text} what={what} />
        </CodeBlockAction>
      }
    >
      <CodeBlockCode>{text}</CodeBlockCode>
    </CodeBlock>
  );
}
