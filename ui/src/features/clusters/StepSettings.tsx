import { Alert, FormFieldGroup, FormFieldGroupHeader } from "@patternfly/react-core";
import { PathField } from "@/components/PathField";
import { TextField } from "@/components/TextField";
import type { ClusterCard, ClusterView } from "@/ipc/bindings";
import { pickCertificate, pickFolder, pickPullSecret } from "@/ipc/dialog";
import { sentence } from "@/lib/format";
import { type ClusterDraft, hasStep, untriedSteps } from "./draft";

type Props = {
  view: ClusterView;
  chosen: ClusterCard[];
  draft: ClusterDraft;
  onChange: (part: Partial<ClusterDraft>) => void;
};

/** What the file's own steps need besides; nothing where it has none that needs anything. */
export function StepSettings({ view, chosen, draft, onChange }: Props) {
  const steps = untriedSteps(view, chosen).map(({ name }) => name);
  const microshift = steps.includes("microshift");
  const operator = steps.includes("dpu_operator_dpu");
  const marvell = chosen.some(({ kind }) => kind === "marvell");
  const firmware = hasStep(view, chosen, "dpu_firmware");
  if (!microshift && !operator && !marvell && !firmware) return null;
  return (
    <FormFieldGroup
      header={
        <FormFieldGroupHeader
          titleText={{ text: "What the file's own steps need", id: "cluster-step-settings" }}
          titleDescription="They are confirmed one by one in the review."
        />
      }
    >
      {microshift && (
        <>
          <PathField
            id="pull-secret"
            label="MicroShift's pull secret"
            path={draft.pullSecret}
            placeholder="/home/ada/pull-secret.json"
            pick={pickPullSecret}
            choose="Choose a pull secret…"
            onPath={(pullSecret) => onChange({ pullSecret })}
            hint="Kept in the secret store until the cards are done, and put on each card for root alone. Without one the image's own is used."
          />
          <PathField
            id="kubeconfigs"
            label="Folder for kubeconfigs"
            path={draft.kubeconfigs}
            placeholder="Beside the cluster file"
            pick={() => pickFolder("Choose a folder for kubeconfigs")}
            word="Choose a folder…"
            onPath={(kubeconfigs) => onChange({ kubeconfigs })}
            hint="Each card's comes there as CARD.kubeconfig, readable only by you."
          />
        </>
      )}
      {operator && (
        <>
          <TextField
            id="operator-registry"
            label="The operator's registry"
            value={draft.operatorRegistry}
            onChange={(operatorRegistry) => onChange({ operatorRegistry })}
            placeholder="registry.hub.lab:5000"
            hint="The registry of the DPU operator's cluster, as image references begin: the cards are to trust it. Empty: they are not told of one."
          />
          <PathField
            id="operator-registry-ca"
            label="Certificate of its authority"
            path={draft.operatorRegistryCa}
            placeholder="/home/ada/hub-ca.pem"
            pick={pickCertificate}
            choose="Choose a certificate…"
            onPath={(operatorRegistryCa) => onChange({ operatorRegistryCa })}
            hint="In PEM, without a key. It counts on the cards for this registry alone."
          />
          <TextField
            id="p4-components"
            label="P4 components"
            value={draft.p4Components}
            onChange={(p4Components) => onChange({ p4Components })}
            placeholder="https://files.lab/intel-ipu-acc-components.tar.gz"
            hint="Intel's archive, as the cards reach it: it replaces /opt/p4 on each of them. Empty: none are installed."
          />
          <TextField
            id="p4-sha256"
            label="SHA-256 of the P4 components"
            value={draft.p4Sha256}
            onChange={(p4Sha256) => onChange({ p4Sha256 })}
            hint="Another archive than this one is not unpacked."
          />
        </>
      )}
      {firmware && (
        <TextField
          id="firmware-image"
          label="Image of the flashing tool"
          value={draft.firmwareImage}
          onChange={(firmwareImage) => onChange({ firmwareImage })}
          placeholder="quay.io/lab/flasher@sha256:…"
          hint="By its digest. With it a card that has another firmware is flashed, about 40 minutes, and its server cold-booted. Empty: the firmware is only looked at, and another one ends the deployment before it begins."
        />
      )}
      {marvell && (
        <TextField
          id="marvell-tools"
          label="Image of marvell-tools"
          required
          value={draft.marvellTools}
          onChange={(marvellTools) => onChange({ marvellTools })}
          placeholder="quay.io/lab/marvell-tools@sha256:…"
          hint="The container that the card's host runs, with its digest."
        />
      )}
      {view.wrong_settings.map((wrong) => (
        <Alert key={wrong} isInline variant="danger" title={sentence(wrong)} />
      ))}
    </FormFieldGroup>
  );
}
