import {
  Checkbox,
  ExpandableSection,
  FormGroup,
  FormHelperText,
  HelperText,
  HelperTextItem,
  Stack,
  StackItem,
  TextArea,
} from "@patternfly/react-core";
import { useState } from "react";
import { domainProblem, keyLines, keysProblem } from "@/lib/fields";
import { counted } from "@/lib/format";
import { TextField } from "./TextField";

/** What installed systems get besides the image. */
export type DeploySettingsDraft = {
  domain: string;
  keys: string;
  allowRelease: string;
  imcCertificate: boolean;
};

type Props = {
  draft: DeploySettingsDraft;
  onChange: (part: Partial<DeploySettingsDraft>) => void;
};

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

/** Domain, keys, and what is done to an IMC on purpose only: the fields of every deployment. */
export function DeploySettings({ draft, onChange }: Props) {
  const [more, setMore] = useState(draft.allowRelease !== "" || draft.imcCertificate);
  const domain = draft.domain.trim();
  return (
    <>
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
        toggleText="The IMC's firmware and certificate"
        isExpanded={more}
        onToggle={(_event, open) => setMore(open)}
      >
        <Stack hasGutter>
          <StackItem>
            <TextField
              id="allow-release"
              label="Allow this release"
              value={draft.allowRelease}
              onChange={(allowRelease) => onChange({ allowRelease })}
              placeholder="2.1.0"
              hint="Deployments stop on releases that they were not tried with. What you allow is recorded in the job."
            />
          </StackItem>
          <StackItem>
            <Checkbox
              id="imc-certificate"
              label="Give its Redfish a certificate of Slipway"
              description="Also in place of one that is there; without this, only where there is none. The pin moves to it, and other desks see a changed certificate."
              isChecked={draft.imcCertificate}
              onChange={(_event, imcCertificate) => onChange({ imcCertificate })}
            />
          </StackItem>
        </Stack>
      </ExpandableSection>
    </>
  );
}
