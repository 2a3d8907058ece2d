import { Content, ExpandableSection, Form, FormSection } from "@patternfly/react-core";
import { useState } from "react";
import { TextField } from "@/components/TextField";
import { useAppInfo } from "@/ipc/queries/app";
import type { CardDraft, Passwords } from "./draft";

type Props = {
  card: CardDraft;
  passwords: Passwords;
  onChange: (part: Partial<CardDraft>) => void;
  onPasswords: (part: Partial<Passwords>) => void;
};

/** Who Slipway is on the card. */
export function CredentialsStep({ card, passwords, onChange, onPasswords }: Props) {
  const { data: app } = useAppInfo();
  const [more, setMore] = useState(Boolean(card.accUser));
  return (
    <Form isWidthLimited onSubmit={(event) => event.preventDefault()}>
      <Content component="p">
        For the IMC's Redfish and SSH. The password is kept in the {app?.secrets ?? "secret store"},
        never in the database, a log or a command line.
      </Content>
      <TextField
        id="user"
        label="User name"
        required
        value={card.user}
        onChange={(user) => onChange({ user })}
      />
      <TextField
        id="password"
        label="Password"
        type="password"
        required
        value={passwords.imc}
        onChange={(imc) => onPasswords({ imc })}
      />
      <ExpandableSection
        toggleText="The ACC does not know Slipway's key yet"
        isExpanded={more}
        onToggle={(_event, open) => setMore(open)}
      >
        <FormSection>
          <Content component="p">
            Cards that Slipway installed know its key. For any other, give a login of the ACC.
          </Content>
          <TextField
            id="acc-user"
            label="User name on the ACC"
            value={card.accUser}
            onChange={(accUser) => onChange({ accUser })}
          />
          <TextField
            id="acc-password"
            label="Password on the ACC"
            type="password"
            value={passwords.acc}
            onChange={(acc) => onPasswords({ acc })}
          />
        </FormSection>
      </ExpandableSection>
    </Form>
  );
}
