import { Content, Form } from "@patternfly/react-core";
import { PathField } from "@/components/PathField";
import { pickClusterFile, pickVariablesFile } from "@/ipc/dialog";
import type { ClusterDraft } from "./draft";

type Props = { draft: ClusterDraft; onChange: (part: Partial<ClusterDraft>) => void };

/** Which file, and where the values of its templates are. */
export function FileStep({ draft, onChange }: Props) {
  return (
    <Form isWidthLimited onSubmit={(event) => event.preventDefault()}>
      <Content component="p">
        A cluster.yaml as it was written for CDA, of any of its years. It is read and checked as a
        whole; no card hears of it before you press Deploy.
      </Content>
      <PathField
        id="cluster-file"
        label="Cluster file"
        path={draft.file}
        required
        placeholder="/home/ada/clusters/rack-b7.yaml"
        pick={pickClusterFile}
        choose="Choose a cluster file…"
        onPath={(file) => onChange({ file, unticked: [], skipSteps: [] })}
        hint="The whole path on this machine. The file is read, and never changed."
      />
      <PathField
        id="variables-file"
        label="Variables file"
        path={draft.variables}
        placeholder="/home/ada/clusters/lab.yaml"
        pick={pickVariablesFile}
        choose="Choose a variables file…"
        onPath={(variables) => onChange({ variables })}
        hint="Values for the templates in it, such as {{ bmc_hostname(0) }}. Without one, what is missing is asked for on the next page."
      />
    </Form>
  );
}
