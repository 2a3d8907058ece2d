import { Checkbox, Form } from "@patternfly/react-core";
import { PathField } from "@/components/PathField";
import { SelectField } from "@/components/SelectField";
import { TextBox } from "@/components/TextBox";
import { TextField } from "@/components/TextField";
import type { EntitlementFile } from "@/ipc/bindings";
import { pickFolder } from "@/ipc/dialog";
import { listed } from "@/lib/format";
import { type ImageDraft, pairsProblem } from "./draft";
import { TargetField } from "./TargetField";

type Change = (part: Partial<ImageDraft>) => void;
type Props = { draft: ImageDraft; found: EntitlementFile[]; onChange: Change };

const ARCHITECTURES = [
  { value: "aarch64", word: "aarch64 (a card)" },
  { value: "x86_64", word: "x86_64" },
] as const;

function SecretFields({ draft, found, onChange }: Props) {
  const there = found.filter((file) => file.path !== null);
  return (
    <>
      <Checkbox
        id="entitled"
        label="Give the build this machine's entitlement"
        description={
          there.length > 0
            ? `Found: ${listed(there.map((file) => file.what))}`
            : "Nothing was found on this machine"
        }
        isChecked={draft.entitled && there.length > 0}
        isDisabled={there.length === 0}
        onChange={(_event, entitled) => onChange({ entitled })}
      />
      <TextBox
        id="build-secrets"
        label="More build secrets"
        rows={3}
        value={draft.secrets}
        placeholder="pull-secret=/home/ada/pull-secret.json"
        problem={pairsProblem(draft.secrets, "id=path")}
        onChange={(secrets) => onChange({ secrets })}
        hint="id=path, one per line. podman reads the files; they enter no layer."
      />
    </>
  );
}

function Options({ draft, onChange }: Omit<Props, "found">) {
  return (
    <>
      <Checkbox
        id="pull-newer"
        label="Fetch the base image again where the registry has a newer one"
        isChecked={draft.pullNewer}
        onChange={(_event, pullNewer) => onChange({ pullNewer })}
      />
      <Checkbox
        id="selinux"
        label="Without SELinux confinement, where it gets in the way of building for a card"
        isChecked={draft.selinuxUnconfined}
        onChange={(_event, selinuxUnconfined) => onChange({ selinuxUnconfined })}
      />
      <Checkbox
        id="push"
        label="Push it to its registry afterwards"
        isChecked={draft.push}
        onChange={(_event, push) => onChange({ push })}
      />
      <TextField
        id="image-auth"
        label="Login of the registry"
        value={draft.authFile}
        placeholder="/home/ada/.config/containers/auth.json"
        onChange={(authFile) => onChange({ authFile })}
        hint="The path of an auth.json or pull secret. Empty: podman's usual places."
      />
    </>
  );
}

/** What is built, for what, with what. */
export function FolderStep({ draft, found, onChange }: Props) {
  return (
    <Form isWidthLimited onSubmit={(event) => event.preventDefault()}>
      <PathField
        id="image-folder"
        label="Folder"
        path={draft.folder}
        required
        word="Choose a folder…"
        placeholder="/home/ada/dpu-os"
        pick={() => pickFolder("Choose the folder with the Containerfile")}
        onPath={(folder) => onChange({ folder })}
        hint="With the Containerfile and the files that it copies."
      />
      <TextField
        id="containerfile"
        label="Containerfile"
        value={draft.containerfile}
        onChange={(containerfile) => onChange({ containerfile })}
      />
      <TextField
        id="image-reference"
        label="Image reference"
        value={draft.reference}
        required
        placeholder="quay.io/lab/dpu-os:1.3.0"
        onChange={(reference) => onChange({ reference })}
        hint="What it is called, and where it is pushed."
      />
      <SelectField
        id="image-architecture"
        label="Architecture"
        value={draft.architecture}
        options={ARCHITECTURES}
        onChange={(architecture) => onChange({ architecture })}
      />
      <TargetField
        target={draft.target}
        onChange={(target) => onChange({ target })}
        hint="What the Containerfile is checked for before anybody waits."
      />
      <TextBox
        id="build-args"
        label="Build arguments"
        rows={3}
        value={draft.args}
        placeholder="DPU_FLAVOR=ipu"
        problem={pairsProblem(draft.args, "NAME=value")}
        onChange={(args) => onChange({ args })}
        hint="NAME=value, one per line. They stay readable in the image: no secrets."
      />
      <SecretFields draft={draft} found={found} onChange={onChange} />
      <Options draft={draft} onChange={onChange} />
    </Form>
  );
}
