import { Button, Checkbox, Content, Flex, Form, FormSection } from "@patternfly/react-core";
import { FindingList } from "@/components/FindingList";
import { PathField } from "@/components/PathField";
import { SelectField } from "@/components/SelectField";
import { TextBox } from "@/components/TextBox";
import { TextField } from "@/components/TextField";
import type { StudioDefaults } from "@/ipc/bindings";
import { pickIsoFile } from "@/ipc/dialog";
import { BuilderFields } from "./BuilderFields";
import {
  type ImageFrom,
  type IsoDraft,
  isoNameProblem,
  isReference,
  kargsText,
  type Method,
  sha256Problem,
} from "./draft";

type Change = (part: Partial<IsoDraft>) => void;
type PartProps = { draft: IsoDraft; onChange: Change };

const METHODS: readonly { value: Method; word: string }[] = [
  { value: "kickstart", word: "A stock ISO and a kickstart: for cards" },
  { value: "image_builder", word: "osbuild's image builder" },
];

const BASES = [
  { value: "file", word: "A file of this machine" },
  { value: "url", word: "A URL, fetched once" },
] as const;

const IMAGES: readonly { value: ImageFrom; word: string }[] = [
  { value: "registry", word: "A registry" },
  { value: "local_storage", word: "podman on this machine" },
  { value: "oci_dir", word: "An OCI directory" },
  { value: "oci_archive", word: "An OCI archive" },
];

const ARCHITECTURES = [
  { value: "aarch64", word: "aarch64 (a card)" },
  { value: "x86_64", word: "x86_64" },
] as const;

function BaseFields({ draft, onChange }: PartProps) {
  const isUrl = draft.baseFrom === "url";
  return (
    <FormSection title="Installer" titleElement="h2">
      <SelectField
        id="base-from"
        label="Base ISO"
        value={draft.baseFrom}
        options={BASES}
        onChange={(baseFrom) => onChange({ baseFrom })}
        hint="The stock Anaconda boot ISO of the image's release and architecture."
      />
      {isUrl ? (
        <TextField
          id="base"
          label="URL of the base ISO"
          value={draft.base}
          required
          placeholder="https://files.lab/rhel-10.1-boot.iso"
          onChange={(base) => onChange({ base })}
        />
      ) : (
        <PathField
          id="base"
          label="Path of the base ISO"
          path={draft.base}
          required
          placeholder="/srv/isos/rhel-10.1-aarch64-boot.iso"
          pick={pickIsoFile}
          onPath={(base) => onChange({ base })}
          hint="It is read, and stays as it is."
        />
      )}
      {isUrl && (
        <TextField
          id="sha256"
          label="SHA-256 of the base ISO"
          value={draft.sha256}
          required
          problem={sha256Problem(draft.sha256)}
          onChange={(sha256) => onChange({ sha256 })}
          hint="As its publisher says. What comes with another one is refused."
        />
      )}
    </FormSection>
  );
}

function ImageFields({ draft, onChange }: PartProps) {
  const byBuilder = draft.method === "image_builder";
  const from = byBuilder ? "registry" : draft.imageFrom;
  const named = isReference(from);
  return (
    <FormSection title="Image" titleElement="h2">
      {!byBuilder && (
        <SelectField
          id="image-from"
          label="Image from"
          value={draft.imageFrom}
          options={IMAGES}
          onChange={(imageFrom) => onChange({ imageFrom })}
        />
      )}
      <TextField
        id="image"
        label={named ? "Image reference" : "Path of the image"}
        value={draft.image}
        required
        placeholder={named ? "quay.io/lab/dpu-os:1.2.0" : "/srv/images/dpu-os"}
        onChange={(image) => onChange({ image })}
        hint={byBuilder ? "In a registry: cards follow it there afterwards." : undefined}
      />
      <SelectField
        id="architecture"
        label="Architecture"
        value={draft.architecture === "x86_64" ? "x86_64" : "aarch64"}
        options={ARCHITECTURES}
        onChange={(architecture) => onChange({ architecture })}
      />
      {!byBuilder && (
        <TextField
          id="reference"
          label="Followed afterwards"
          value={draft.reference}
          placeholder="quay.io/lab/dpu-os:stable"
          onChange={(reference) => onChange({ reference })}
          hint="Where a card gets its upgrades from. Empty: the image's own reference."
        />
      )}
      {from === "registry" && (
        <TextField
          id="auth-file"
          label="Login of the registry"
          value={draft.authFile}
          placeholder="/home/ada/.config/containers/auth.json"
          onChange={(authFile) => onChange({ authFile })}
          hint="The path of an auth.json or pull secret. Empty: the logins of the Images page."
        />
      )}
    </FormSection>
  );
}

type Props = PartProps & { defaults: StudioDefaults };

function KargsFields({ draft, defaults, onChange }: Props) {
  return (
    <FormSection title="Boot entries" titleElement="h2">
      <TextBox
        id="kargs"
        label="Kernel arguments of the installer"
        value={kargsText(draft, defaults)}
        onChange={(kargs) => onChange({ kargs })}
        hint="Added to every boot entry. An IPU's installer finds network and disk by them."
      />
      <Flex>
        <Button variant="link" isInline onClick={() => onChange({ kargs: null })}>
          What an IPU needs
        </Button>
        <Button variant="link" isInline onClick={() => onChange({ kargs: "" })}>
          None
        </Button>
      </Flex>
      {draft.method === "kickstart" && (
        <TextField
          id="removed-kargs"
          label="Taken out of every boot entry"
          value={draft.removedKargs}
          placeholder="quiet rhgb"
          onChange={(removedKargs) => onChange({ removedKargs })}
        />
      )}
    </FormSection>
  );
}

/** What the ISO is made of, and how its installer boots. */
export function ContentsStep({ draft, defaults, onChange }: Props) {
  const name = draft.name.trim();
  return (
    <Form isWidthLimited onSubmit={(event) => event.preventDefault()}>
      <Content component="p">
        An image becomes an installer ISO. Made of a stock ISO and a kickstart, one ISO serves many
        cards: each gets its own name and keys when it is deployed.
      </Content>
      {defaults.missing.length > 0 && (
        <FindingList
          label="Missing on this machine"
          findings={defaults.missing.map((finding) => ({ ...finding, where: null }))}
        />
      )}
      <TextField
        id="iso-name"
        label="Name"
        value={draft.name}
        required
        problem={isoNameProblem(draft.name)}
        placeholder="dpu-os-1.2.0"
        onChange={(value) => onChange({ name: value })}
        hint={`It is written to ${defaults.folder}/${name || "NAME"}.iso`}
      />
      <Checkbox
        id="overwrite"
        label="Replace an ISO of this name"
        isChecked={draft.overwrite}
        onChange={(_event, overwrite) => onChange({ overwrite })}
      />
      <SelectField
        id="method"
        label="Made by"
        value={draft.method}
        options={METHODS}
        onChange={(method) => onChange({ method })}
      />
      {draft.method === "kickstart" ? (
        <BaseFields draft={draft} onChange={onChange} />
      ) : (
        <BuilderFields draft={draft} onChange={onChange} />
      )}
      <ImageFields draft={draft} onChange={onChange} />
      <KargsFields draft={draft} defaults={defaults} onChange={onChange} />
    </Form>
  );
}
