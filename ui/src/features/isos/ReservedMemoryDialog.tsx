import { CodeBlock, CodeBlockAction, CodeBlockCode, Content } from "@patternfly/react-core";
import { CopyButton } from "@/components/CopyButton";
import { ErrorAlert } from "@/components/ErrorAlert";
import { Loading } from "@/components/Loading";
import { SaveDialog } from "@/components/SaveDialog";
import { useExportReservedMemory } from "@/ipc/queries/bundles";
import { useReservedMemory } from "@/ipc/queries/studio";

/** The file without which an IMC of firmware 1.8 can't hold the ISO. */
export function ReservedMemoryDialog({ name, onClose }: { name: string; onClose: () => void }) {
  const save = useExportReservedMemory();
  const { data, error, refetch } = useReservedMemory();
  return (
    <SaveDialog
      title="Reserved memory of firmware 1.8"
      name="reserved-memory.json"
      save={save}
      onClose={onClose}
    >
      <Content component="p">
        {name} has more than 2 GB. An IMC of firmware 1.8 holds it only with this file; from 2.0 on
        it writes the file itself.
      </Content>
      {error && <ErrorAlert error={error} title="It could not be read" onRetry={refetch} />}
      {!data && !error && <Loading words="Reading the file" rows={4} />}
      {data && (
        <CodeBlock
          actions={
            <CodeBlockAction>
              <CopyButton text={data} what="the reserved-memory file" />
            </CodeBlockAction>
          }
        >
          <CodeBlockCode>{data}</CodeBlockCode>
        </CodeBlock>
      )}
    </SaveDialog>
  );
}
