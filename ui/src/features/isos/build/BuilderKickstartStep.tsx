import { Content, Form } from "@patternfly/react-core";
import { SelectField } from "@/components/SelectField";
import { BroughtKickstart } from "./BroughtKickstart";
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
export function BuilderKickstartStep(props: Props) {
  const { draft, onChange } = props;
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
      {draft.builderKickstart !== "none" && (
        <BroughtKickstart
          from={draft.builderKickstart}
          hint="Read when the build is planned."
          {...props}
        />
      )}
    </Form>
  );
}
