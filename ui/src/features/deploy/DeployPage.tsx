import { PageSection, Wizard, WizardStep } from "@patternfly/react-core";
import { useEffect, useRef } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { PageHeader } from "@/components/PageHeader";
import { StepFooter } from "@/components/StepFooter";
import { useStartBatch } from "@/ipc/queries/batches";
import { useDeploy, useDeployPlan } from "@/ipc/queries/isos";
import { useDraft } from "@/lib/draft";
import { counted } from "@/lib/format";
import { useWizardStep } from "@/lib/wizardStep";
import { CardsStep } from "./CardsStep";
import { asBatch, asRequest, type DeployDraft, doable, emptyDraft, problems, STEPS } from "./draft";
import { IsoStep } from "./IsoStep";
import { ReviewStep } from "./ReviewStep";
import { SettingsStep } from "./SettingsStep";

/** Takes over what another page sent along (`?cards=a,b&iso=c`), once: later changes count more. */
function useSentAlong(take: (part: Partial<DeployDraft>) => void) {
  const [params, setParams] = useSearchParams();
  const cards = params.get("cards");
  const iso = params.get("iso");
  const taken = useRef("");
  useEffect(() => {
    const sent = `${cards} ${iso}`;
    if ((!cards && !iso) || taken.current === sent) return;
    taken.current = sent;
    take({ ...(cards && { cards: cards.split(",") }), ...(iso && { iso }) });
    setParams(
      (known) => {
        const next = new URLSearchParams(known);
        next.delete("cards");
        next.delete("iso");
        return next;
      },
      { replace: true },
    );
  }, [cards, iso, take, setParams]);
}

/** Cards → ISO → settings → review → the job, or the batch of several cards. */
export function DeployPage() {
  const { draft, setDraft, forget } = useDraft<DeployDraft>("deploy", emptyDraft);
  const change = (part: Partial<DeployDraft>) => setDraft((known) => ({ ...known, ...part }));
  useSentAlong(change);
  const navigate = useNavigate();
  const problem = problems(draft);
  const noIso = problem.cards !== null;
  const noSettings = noIso || problem.iso !== null;
  const noReview = noSettings || problem.settings !== null;
  const furthest = [noIso, noSettings, noReview].filter((no) => !no).length;
  const { step, startIndex, key, onStep } = useWizardStep(STEPS, furthest);
  const reviewing = step === "review";
  const plan = useDeployPlan(reviewing ? asRequest(draft) : null);
  const deploy = useDeploy();
  const batch = useStartBatch();

  const ready = doable(plan.data);
  const whyNot = (() => {
    if (plan.error) return "It can't be planned";
    if (!plan.data) return "The plan is being worked out";
    return ready.length === 0 ? "None of these cards can be deployed" : null;
  })();
  const start = () => {
    const request = asRequest(draft);
    if (!request) return;
    const leave = (to: string) => {
      forget();
      navigate(to);
    };
    const chosen = { ...request, dpus: ready.map((card) => card.dpu) };
    if (ready.length > 1) {
      batch.mutate(asBatch(chosen, draft), {
        onSuccess: (id) => leave(`/jobs/batches/${id}`),
      });
    } else {
      deploy.mutate(chosen, { onSuccess: (jobs) => leave(`/jobs/${jobs[0]}`) });
    }
  };

  return (
    <>
      <PageHeader title="Deploy" above={[["Cards", "/cards"]]} />
      <PageSection type="wizard" isFilled hasBodyWrapper={false} aria-label="Deploy">
        <Wizard
          key={key}
          className="slipway-wizard"
          startIndex={startIndex}
          navAriaLabel="Steps of a deployment"
          onClose={() => navigate("/cards")}
          onStepChange={(_event, step) => onStep(step.id)}
        >
          <WizardStep id="cards" name="Cards" footer={<StepFooter whyNot={problem.cards} />}>
            <CardsStep chosen={draft.cards} onChange={(cards) => change({ cards })} />
          </WizardStep>
          <WizardStep
            id="iso"
            name="ISO"
            isDisabled={noIso}
            footer={<StepFooter whyNot={problem.iso} />}
          >
            <IsoStep chosen={draft.iso} onChange={(iso) => change({ iso })} />
          </WizardStep>
          <WizardStep
            id="settings"
            name="Settings"
            isDisabled={noSettings}
            footer={<StepFooter next="Review" whyNot={problem.settings} />}
          >
            <SettingsStep draft={draft} onChange={change} />
          </WizardStep>
          <WizardStep
            id="review"
            name="Review"
            isDisabled={noReview}
            footer={
              <StepFooter
                next={ready.length > 0 ? `Deploy to ${counted(ready.length, "card")}` : "Deploy"}
                whyNot={whyNot}
                busy={deploy.isPending || batch.isPending}
                onNext={start}
                testId="wizard-deploy"
              />
            }
          >
            <ReviewStep
              plan={plan}
              request={asRequest(draft)}
              error={batch.error ?? deploy.error}
            />
          </WizardStep>
        </Wizard>
      </PageSection>
    </>
  );
}
