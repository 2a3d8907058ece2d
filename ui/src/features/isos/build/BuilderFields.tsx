import { Alert, FormSection } from "@patternfly/react-core";
import { SelectField } from "@/components/SelectField";
import { TextField } from "@/components/TextField";
import type { IsoDraft } from "./draft";

const TYPES = [
  { value: "anaconda_iso", word: "anaconda-iso: the builder makes the installer" },
  { value: "bootc_installer", word: "bootc-installer: the installer is an image of yours" },
] as const;

type Props = { draft: IsoDraft; onChange: (part: Partial<IsoDraft>) => void };

/** What osbuild's image builder is asked for, besides image and kernel arguments. */
export function BuilderFields({ draft, onChange }: Props) {
  return (
    <FormSection title="Image builder" titleElement="h2">
      <Alert isInline variant="info" title="It is a privileged container, run by podman as root">
        Such an ISO has no kickstart area: it is served, and Slipway can't deploy it to cards.
      </Alert>
      <SelectField
        id="builder-type"
        label="Type"
        value={draft.builderType}
        options={TYPES}
        onChange={(builderType) => onChange({ builderType })}
        hint="anaconda-iso needs no more than the image, and is deprecated."
      />
      {draft.builderType === "bootc_installer" && (
        <TextField
          id="installer"
          label="Installer image"
          value={draft.installer}
          required
          placeholder="quay.io/lab/installer:1"
          onChange={(installer) => onChange({ installer })}
          hint="A bootc image with Anaconda in it."
        />
      )}
      <TextField
        id="builder-image"
        label="Builder"
        value={draft.builderImage}
        placeholder="quay.io/centos-bootc/bootc-image-builder:latest"
        onChange={(builderImage) => onChange({ builderImage })}
        hint="A mirror of it. Empty: the published one, by the digest of its first use."
      />
    </FormSection>
  );
}
