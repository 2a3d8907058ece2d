import { CodeBlock, CodeBlockCode, Content, ExpandableSection } from "@patternfly/react-core";
import { useState } from "react";
import { ErrorAlert } from "@/components/ErrorAlert";
import type { Template } from "@/ipc/bindings";
import { useTemplateFiles } from "@/ipc/queries/images";
import { useSettled } from "@/lib/settled";

/** The files as they would be written. */
export function TemplatePreview({ template }: { template: Template }) {
  const [open, setOpen] = useState(false);
  const settled = useSettled(JSON.stringify(template));
  const { data, error } = useTemplateFiles(JSON.parse(settled) as Template);
  return (
    <>
      {error && <ErrorAlert error={error} title="This can't stand in a Containerfile" />}
      {data && (
        <ExpandableSection
          toggleText={open ? "Hide the files" : `Show the files: ${data.length}`}
          isExpanded={open}
          onToggle={(_event, expanded) => setOpen(expanded)}
        >
          {data.map((file) => (
            <div key={file.path}>
              <Content component="h3">{file.path}</Content>
              <CodeBlock>
                <CodeBlockCode>{file.text}</CodeBlockCode>
              </CodeBlock>
            </div>
          ))}
        </ExpandableSection>
      )}
    </>
  );
}
