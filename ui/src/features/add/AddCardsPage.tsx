import { PageSection, Wizard, WizardStep } from "@patternfly/react-core";
import { useEffect, useRef } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { PageHeader } from "@/components/PageHeader";
import { StepFooter } from "@/components/StepFooter";
import {
  useAddDiscovered,
  useDiscovery,
  useList,
  useStartDiscovery,
} from "@/ipc/queries/discovery";
import { useDraft } from "@/lib/draft";
import { counted } from "@/lib/format";
import { useSettled } from "@/lib/settled";
import { useWizardStep } from "@/lib/wizardStep";
import { AddressesStep } from "./AddressesStep";
import { CheckStep } from "./CheckStep";
import {
  type AddDraft,
  asAdditions,
  asRequest,
  chosenRows,
  emptyAdd,
  namesProblem,
  questionOf,
  STEPS,
} from "./draft";
import { ProfilesStep } from "./ProfilesStep";
import { ResultStep } from "./ResultStep";

/** Asks the addresses once this step is open and they were not asked like this before. */
function useAsked(draft: AddDraft, open: boolean, change: (part: Partial<AddDraft>) => void) {
  const start = useStartDiscovery();
  const question = questionOf(draft);
  const asking = useRef("");
  const ask = () => {
    asking.current = question;
    start.mutate(asRequest(draft), {
      onSuccess: (discovery) => change({ discovery, asked: question, unticked: [], names: {} }),
    });
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: once per question
  useEffect(() => {
    if (open && draft.asked !== question && asking.current !== question) ask();
  }, [open, question]);
  const view = useDiscovery(draft.asked === question ? draft.discovery : null);
  return { view: view.data, error: start.error ?? view.error, ask };
}

/** Takes over a list that another page sent along (`?list=`), once, as a list of its own. */
function useSentList(take: (text: string) => void) {
  const [params, setParams] = useSearchParams();
  const list = params.get("list");
  const taken = useRef<string | null>(null);
  useEffect(() => {
    if (!list || taken.current === list) return;
    taken.current = list;
    take(list);
    setParams(
      (known) => {
        const next = new URLSearchParams(known);
        next.delete("list");
        return next;
      },
      { replace: true },
    );
  }, [list, take, setParams]);
}

/** Addresses → credentials → what they are and trust → result. */
export function AddCardsPage() {
  const { draft, setDraft } = useDraft<AddDraft>("add", emptyAdd);
  const change = (part: Partial<AddDraft>) => setDraft((known) => ({ ...known, ...part }));
  useSentList((text) => setDraft({ ...emptyAdd, profiles: draft.profiles, text }));
  const navigate = useNavigate();
  const list = useList(useSettled(draft.text));
  const add = useAddDiscovered();

  const noAddress = (() => {
    if (!draft.text.trim()) return "Type or paste the addresses";
    if (!list.data) return "The list is being read";
    return list.data.candidates.length === 0 ? "No line is an address" : null;
  })();
  // A draft that was left is opened at its step before its list was read again.
  const furthest = add.data ? 3 : draft.text.trim() ? 2 : 0;
  const { step, startIndex, key, onStep } = useWizardStep(STEPS, furthest);
  const { view, error, ask } = useAsked(draft, step === "check", change);

  const chosen = chosenRows(draft, view?.rows ?? []);
  const whyNotAdd = (() => {
    if (!view) return "The addresses have not answered yet";
    if (chosen.length === 0) return "None of them can be added yet";
    return namesProblem(draft, chosen);
  })();
  const save = () => {
    if (!draft.discovery) return;
    add.mutate(
      { id: draft.discovery, rows: asAdditions(draft, chosen) },
      { onSuccess: () => onStep("result", true) },
    );
  };
  const more = () => {
    setDraft({ ...emptyAdd, profiles: draft.profiles });
    add.reset();
    onStep("addresses", true);
  };

  return (
    <>
      <PageHeader title="Add cards" above={[["Cards", "/cards"]]} />
      <PageSection type="wizard" isFilled hasBodyWrapper={false} aria-label="Add cards">
        <Wizard
          key={key}
          className="slipway-wizard"
          startIndex={startIndex}
          navAriaLabel="Steps of adding cards"
          onClose={() => navigate("/cards")}
          onStepChange={(_event, next) => onStep(next.id)}
        >
          <WizardStep
            id="addresses"
            name="Addresses"
            isDisabled={add.data !== undefined}
            footer={<StepFooter whyNot={noAddress} />}
          >
            <AddressesStep text={draft.text} list={list} onText={(text) => change({ text })} />
          </WizardStep>
          <WizardStep
            id="credentials"
            name="Credentials"
            isDisabled={furthest < 1 || add.data !== undefined}
            footer={
              <StepFooter
                next={
                  list.data
                    ? `Ask ${counted(list.data.candidates.length, "address", "addresses")}`
                    : "Ask the addresses"
                }
                whyNot={noAddress}
              />
            }
          >
            <ProfilesStep
              chosen={draft.profiles}
              labels={draft.labels}
              onChoose={(profiles) => change({ profiles })}
              onLabels={(labels) => change({ labels })}
            />
          </WizardStep>
          <WizardStep
            id="check"
            name="Trust"
            isDisabled={furthest < 2 || add.data !== undefined}
            footer={
              <StepFooter
                next={
                  add.isPending
                    ? "Adding them…"
                    : chosen.length > 0
                      ? `Add ${counted(chosen.length, "machine")}`
                      : "Add"
                }
                whyNot={whyNotAdd}
                busy={add.isPending}
                onNext={save}
                testId="wizard-add"
              />
            }
          >
            <CheckStep
              view={view}
              error={error}
              draft={draft}
              onChange={change}
              onAgain={ask}
              addError={add.error}
            />
          </WizardStep>
          <WizardStep id="result" name="Result" isDisabled={!add.data} footer={<span />}>
            {add.data && <ResultStep added={add.data} rows={view?.rows ?? []} onMore={more} />}
          </WizardStep>
        </Wizard>
      </PageSection>
    </>
  );
}
