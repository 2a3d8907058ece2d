import {
  Button,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  PageSection,
  Wizard,
  WizardStep,
} from "@patternfly/react-core";
import CheckCircleIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import { useState } from "react";
import { useNavigate } from "react-router";
import { LinkButton } from "@/components/LinkButton";
import { PageHeader } from "@/components/PageHeader";
import { StepFooter } from "@/components/StepFooter";
import { useAddDpu, useProbe } from "@/ipc/queries/dpus";
import { useDraft } from "@/lib/draft";
import { orNull } from "@/lib/fields";
import { AddressStep } from "./AddressStep";
import { CredentialsStep } from "./CredentialsStep";
import {
  addressStepProblem,
  asAddDpu,
  type CardDraft,
  credentialsStepProblem,
  emptyCard,
  emptyPasswords,
} from "./draft";
import { type Accepted, silent, TrustStep } from "./TrustStep";

const NOTHING_ACCEPTED: Accepted = { certificate: false, hostKey: false };

type ResultProps = { id: string; name: string; onAnother: () => void };

function Result({ id, name, onAnother }: ResultProps) {
  return (
    <PageSection isFilled aria-label="Result">
      <EmptyState
        headingLevel="h2"
        titleText={`${name} was added`}
        icon={CheckCircleIcon}
        status="success"
      >
        <EmptyStateBody>Slipway asks it now what it is and what it runs.</EmptyStateBody>
        <EmptyStateFooter>
          <EmptyStateActions>
            <LinkButton to={`/cards/${id}`}>Open the card</LinkButton>
            <Button variant="secondary" onClick={onAnother}>
              Add another card
            </Button>
          </EmptyStateActions>
          <EmptyStateActions>
            <LinkButton variant="link" to={`/deploy?cards=${id}`}>
              Deploy to it…
            </LinkButton>
          </EmptyStateActions>
        </EmptyStateFooter>
      </EmptyState>
    </PageSection>
  );
}

/** Address → credentials → trust → result. */
export function AddCardPage() {
  const { draft: card, setDraft } = useDraft<CardDraft>("add-card", emptyCard);
  const [passwords, setPasswords] = useState(emptyPasswords);
  const [accepted, setAccepted] = useState(NOTHING_ACCEPTED);
  const probe = useProbe();
  const add = useAddDpu();
  const navigate = useNavigate();
  const change = (part: Partial<CardDraft>) => setDraft((known) => ({ ...known, ...part }));

  const look = () => {
    setAccepted(NOTHING_ACCEPTED);
    add.reset();
    probe.mutate({ imc: card.imc.trim(), imcSsh: orNull(card.imcSsh) });
  };
  const save = () => {
    const { certificate, host_key } = probe.data ?? {};
    if (!certificate || certificate.trust === "silent") return;
    if (!host_key || host_key.trust === "silent") return;
    add.mutate(asAddDpu(card, passwords, certificate.seen, host_key.seen));
  };
  const again = () => {
    // The next card of the same rack differs in name and address only.
    change({ name: "", imc: "", imcSsh: "", acc: "" });
    setAccepted(NOTHING_ACCEPTED);
    probe.reset();
    add.reset();
  };

  const header = <PageHeader title="Add a card" above={[["Cards", "/cards"]]} />;
  if (add.data) {
    return (
      <>
        {header}
        <Result id={add.data} name={add.variables.name} onAnother={again} />
      </>
    );
  }

  const addressProblem = addressStepProblem(card);
  const credentialsProblem = credentialsStepProblem(card, passwords);
  const trustProblem = (() => {
    if (!probe.data) return "The IMC has not answered yet";
    if (silent(probe.data)) return "The IMC has not shown everything";
    if (!accepted.certificate || !accepted.hostKey) return "Tick both fingerprints";
    return null;
  })();
  return (
    <>
      {header}
      <PageSection type="wizard" isFilled hasBodyWrapper={false} aria-label="Add a card">
        <Wizard
          navAriaLabel="Steps of adding a card"
          onClose={() => navigate("/cards")}
          onStepChange={(_event, step) => {
            if (step.id === "trust") look();
          }}
        >
          <WizardStep id="address" name="Address" footer={<StepFooter whyNot={addressProblem} />}>
            <AddressStep card={card} onChange={change} />
          </WizardStep>
          <WizardStep
            id="credentials"
            name="Credentials"
            isDisabled={addressProblem !== null}
            footer={<StepFooter next="Ask the card" whyNot={credentialsProblem} />}
          >
            <CredentialsStep
              card={card}
              passwords={passwords}
              onChange={change}
              onPasswords={(part) => setPasswords({ ...passwords, ...part })}
            />
          </WizardStep>
          <WizardStep
            id="trust"
            name="Trust"
            isDisabled={addressProblem !== null || credentialsProblem !== null}
            footer={
              <StepFooter
                next={add.isPending ? "Adding the card…" : "Add the card"}
                whyNot={trustProblem}
                busy={add.isPending}
                onNext={save}
                testId="wizard-add"
              />
            }
          >
            <TrustStep
              probe={probe}
              accepted={accepted}
              onAccept={(part) => setAccepted({ ...accepted, ...part })}
              onLook={look}
              error={add.error}
            />
          </WizardStep>
        </Wizard>
      </PageSection>
    </>
  );
}
