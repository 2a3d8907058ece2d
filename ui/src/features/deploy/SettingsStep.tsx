import {
  Content,
  ExpandableSection,
  Form,
  FormGroup,
  FormHelperText,
  HelperText,
  HelperTextItem,
  TextArea,
} from "@patternfly/react-core";
import { useState } from "react";
import { TextField } from "@/components/TextField";
import { domainProblem, keyLines, keysProblem } from "@/lib/fields";
import { counted } from "@/lib/format";
import type { DeployDraft } from "./draft";

type Props = { draft: DeployDraft; onChange: (part: Partial<DeployDraft>) => void };

function KeysField({ draft, onChange }: Props) {
  const problem = keysProblem(draft.keys);
  const keys = keyLines(draft.keys).length;
  return (
    <FormGroup label="More SSH public keys for root" fieldId="keys">
      <TextArea
        id="keys"
        value={draft.keys}
        rows={5}
        resizeOrientation="vertical"
        spellCheck={false}
        placeholder="ssh-ed25519 AAAA… you@desk"
        validated={problem ? "error" : "default"}
        aria-describedby="keys-help"
        onChange={(_event, text) => onChange({ keys: text })}
      />
      <FormHelperText id="keys-help">
        <HelperText>
          <HelperTextItem variant={problem ? "error" : "default"}>
            {problem ??
              `One per line, besides Slipway's own.${keys > 0 ? ` ${counted(keys, "key")}.` : ""}`}
          </HelperTextItem>
        </HelperText>
      </FormHelperText>
    </FormGroup>
  );
}

/** What the installed systems get besides the image. */
export function SettingsStep({ draft, onChange }: Props) {
  const [more, setMore] = useState(draft.allowRelease !== "");
  const domain = draft.domain.trim();
  return (
    <Form isWidthLimited onSubmit={(event) => event.preventDefault()}>
      <Content component="p">
        Root has no password on the installed cards: they are reached with Slipway's key and the
        ones below.
      </Content>
      <TextField
        id="domain"
        label="Domain"
        value={draft.domain}
        onChange={(value) => onChange({ domain: value })}
        problem={domainProblem(draft.domain)}
        placeholder="lab.example"
        hint={
          domain
            ? `A card's name and this make its host name: dpu-07.${domain}`
            : "A card's name and this make its host name. Empty: the name alone."
        }
      />
      <KeysField draft={draft} onChange={onChange} />
      <ExpandableSection
        toggleText="A firmware that is not supported"
        isExpanded={more}
        onToggle={(_event, open) => setMore(open)}
      >
        <TextField
          id="allow-release"
          label="Allow this release"
          value={draft.allowRelease}
          onChange={(allowRelease) => onChange({ allowRelease })}
          placeholder="2.1.0"
          hint="Deployments stop on releases that they were not tried with. What you allow is recorded in the job."
        />
      </ExpandableSection>
    </Form>
  );
}
