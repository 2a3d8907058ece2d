import { Content, Form } from "@patternfly/react-core";
import { PathField } from "@/components/PathField";
import { SelectField } from "@/components/SelectField";
import { TextBox } from "@/components/TextBox";
import { pickKickstart } from "@/ipc/dialog";
import type { IsoDraft, IsoSecrets } from "./draft";

const SOURCES = [
  { value: "none", word: "The builder's own" },
  { value: "text", word: "Pasted" },
  { value: "file", word: "A file of this machine" },
] as const;

type Props = {
  draft: IsoDraft;
  secrets: IsoSecrets;
  onChange: (part: Partial<IsoDraft>) => void;
  onSecrets: (part: Partial<IsoSecrets>) => void;
};

/** A kickstart for the image builder: brought, or none. */
export function BuilderKickstartStep({ draft, secrets, onChange, onSecrets }: Props) {
  return (
    <Form isWidthLimited onSubmit={(event) => event.preventDefault()}>
      <Content component="p">
        The builder adds <code>ostreecontainer</code> and a <code>bootc switch</code> itself: a
        kickstart of yours must hold neither. It goes into <code>config.toml</code>, which the
        review shows.
      </Content>
      <SelectField
        id="builder-kickstart"
        label="Kickstart"
        value={draft.builderKickstart}
        options={SOURCES}
        onChange={(builderKickstart) => onChange({ builderKickstart })}
        hint="With one of yours, the kernel arguments are those of the installer only."
      />
      {draft.builderKickstart === "text" && (
        <TextBox
          id="kickstart-text"
          label="Text of the kickstart"
          rows={16}
          value={secrets.text}
          onChange={(text) => onSecrets({ text })}
        />
      )}
      {draft.builderKickstart === "file" && (
        <PathField
          id="kickstart-path"
          label="Path of the kickstart"
          required
          path={draft.kickstartPath}
          placeholder="/home/ada/dpu.ks"
          pick={pickKickstart}
          onPath={(kickstartPath) => onChange({ kickstartPath })}
          hint="Read when the build is planned."
        />
      )}
    </Form>
  );
}
