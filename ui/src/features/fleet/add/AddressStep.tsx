import { Content, ExpandableSection, Form, FormSection } from "@patternfly/react-core";
import { useState } from "react";
import { TextField } from "@/components/TextField";
import { addressProblem, nameProblem } from "@/lib/fields";
import type { CardDraft } from "./draft";

type Props = { card: CardDraft; onChange: (part: Partial<CardDraft>) => void };

/** Where the card is. */
export function AddressStep({ card, onChange }: Props) {
  const [more, setMore] = useState(Boolean(card.imcSsh || card.acc));
  return (
    <Form isWidthLimited onSubmit={(event) => event.preventDefault()}>
      <Content component="p">
        Slipway finds a card by its IMC, the management complex that serves Redfish and SSH.
      </Content>
      <TextField
        id="name"
        label="Name"
        required
        value={card.name}
        onChange={(name) => onChange({ name })}
        problem={nameProblem(card.name)}
        hint="As people call it, such as dpu-07. It becomes part of the host name."
      />
      <TextField
        id="imc"
        label="Address of the IMC"
        required
        value={card.imc}
        onChange={(imc) => onChange({ imc })}
        problem={addressProblem(card.imc)}
        hint="host or host:port. Redfish is on port 8443 unless you say otherwise."
      />
      <TextField
        id="host"
        label="DPU host"
        value={card.host}
        onChange={(host) => onChange({ host })}
        hint="The server that it is plugged into."
      />
      <TextField
        id="labels"
        label="Labels"
        value={card.labels}
        onChange={(labels) => onChange({ labels })}
        hint="Words to find it by, such as rack-3 canary."
      />
      <ExpandableSection
        toggleText="Other addresses"
        isExpanded={more}
        onToggle={(_event, open) => setMore(open)}
      >
        <FormSection>
          <TextField
            id="imc-ssh"
            label="SSH of the IMC"
            value={card.imcSsh}
            onChange={(imcSsh) => onChange({ imcSsh })}
            problem={addressProblem(card.imcSsh)}
            hint="Empty: the same host, port 22."
          />
          <TextField
            id="acc"
            label="SSH of the ACC"
            value={card.acc}
            onChange={(acc) => onChange({ acc })}
            problem={addressProblem(card.acc)}
            hint="Empty: through the IMC to 192.168.0.2."
          />
        </FormSection>
      </ExpandableSection>
    </Form>
  );
}
