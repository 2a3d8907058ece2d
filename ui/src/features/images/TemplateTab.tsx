import { Alert, Checkbox, Content, Form, Stack, StackItem } from "@patternfly/react-core";
import { useState } from "react";
import { ErrorAlert } from "@/components/ErrorAlert";
import { LinkButton } from "@/components/LinkButton";
import { Loading } from "@/components/Loading";
import { PathField } from "@/components/PathField";
import { ReasonedButton } from "@/components/ReasonedButton";
import { TextBox } from "@/components/TextBox";
import { TextField } from "@/components/TextField";
import type { Template } from "@/ipc/bindings";
import { pickFolder } from "@/ipc/dialog";
import { useDefaultTemplate, useWriteTemplate } from "@/ipc/queries/images";
import { orNull } from "@/lib/fields";
import { pairs, pairsProblem } from "./draft";
import { TemplatePreview } from "./TemplatePreview";

type FieldsProps = { template: Template; onChange: (part: Partial<Template>) => void };

function TemplateFields({ template, onChange }: FieldsProps) {
  return (
    <>
      <TextField
        id="template-base"
        label="Base image"
        value={template.base ?? ""}
        onChange={(base) => onChange({ base })}
      />
      <TextField
        id="template-version"
        label="Version"
        value={template.version ?? ""}
        onChange={(version) => onChange({ version })}
        hint="A label of the image, and what cards show."
      />
      <TextBox
        id="template-kargs"
        label="Kernel arguments"
        value={(template.kernel_arguments ?? []).join("\n")}
        onChange={(text) => onChange({ kernel_arguments: text.split("\n") })}
        hint="One per line, of the installed system."
      />
      <TextField
        id="template-microshift"
        label="MicroShift"
        value={template.microshift ?? ""}
        placeholder="4.20"
        onChange={(release) => onChange({ microshift: orNull(release) })}
        hint="Its release. Empty: without MicroShift."
      />
      <Checkbox
        id="template-greenboot"
        label="greenboot: an unhealthy system falls back"
        isChecked={template.greenboot ?? false}
        onChange={(_event, greenboot) => onChange({ greenboot })}
      />
      <Checkbox
        id="template-rhc"
        label="Connect to Red Hat's console at the first boot"
        isChecked={template.rhc ?? false}
        onChange={(_event, rhc) => onChange({ rhc })}
      />
      <Checkbox
        id="template-entitled"
        label="Use this machine's entitlement while building"
        isChecked={template.entitled ?? false}
        onChange={(_event, entitled) => onChange({ entitled })}
      />
    </>
  );
}

function TemplateForm({ defaults }: { defaults: Template }) {
  const [typed, setTyped] = useState(defaults);
  const [containers, setContainers] = useState("");
  const [folder, setFolder] = useState("");
  const write = useWriteTemplate();
  const problem = pairsProblem(containers, "name=image");
  const template: Template = {
    ...typed,
    kernel_arguments: (typed.kernel_arguments ?? []).map((line) => line.trim()).filter(Boolean),
    containers: problem ? [] : pairs(containers).map(([name, image]) => ({ name, image })),
  };
  const start = () => write.mutate({ template, folder: folder.trim() });
  return (
    <Stack hasGutter>
      <StackItem>
        <Content component="p">
          A Containerfile and its files that an IPU boots, as a start of your own. A file that is
          there already is not overwritten.
        </Content>
      </StackItem>
      <StackItem>
        <Form isWidthLimited onSubmit={(event) => event.preventDefault()}>
          <TemplateFields
            template={typed}
            onChange={(part) => setTyped((known) => ({ ...known, ...part }))}
          />
          <TextBox
            id="template-containers"
            label="Containers that come with the image"
            rows={3}
            value={containers}
            placeholder="agent=quay.io/lab/agent:2"
            problem={problem}
            onChange={setContainers}
            hint="name=image, one per line: bootc fetches them with every upgrade."
          />
          <PathField
            id="template-folder"
            label="Folder"
            path={folder}
            required
            word="Choose a folder…"
            placeholder="/home/ada/dpu-os"
            pick={() => pickFolder("Choose the folder for the template")}
            onPath={setFolder}
            hint="It is made where it is not there yet."
          />
          <div>
            <ReasonedButton
              whyNot={problem ?? (folder.trim() ? null : "Give a folder")}
              isLoading={write.isPending}
              onClick={start}
              testId="write-template"
            >
              Write the template
            </ReasonedButton>
          </div>
        </Form>
      </StackItem>
      <StackItem>
        <TemplatePreview template={template} />
      </StackItem>
      {write.error && <ErrorAlert error={write.error} title="Nothing was written" />}
      {write.data && (
        <Alert
          isInline
          variant="success"
          title={`Written to ${write.data.folder}`}
          actionLinks={
            <LinkButton
              variant="link"
              isInline
              to={`/images/build?folder=${encodeURIComponent(write.data.folder)}`}
            >
              Build it…
            </LinkButton>
          }
        >
          {write.data.files.join(", ")}
        </Alert>
      )}
    </Stack>
  );
}

/** A Containerfile to begin with. */
export function TemplateTab() {
  const { data, error, refetch } = useDefaultTemplate();
  if (error) {
    return <ErrorAlert error={error} title="The template could not be read" onRetry={refetch} />;
  }
  return data ? <TemplateForm defaults={data} /> : <Loading words="Reading the template" />;
}
