import { PageSection, Wizard, WizardStep } from "@patternfly/react-core";
import { useEffect, useState } from "react";
import { useNavigate } from "react-router";
import { PageHeader } from "@/components/PageHeader";
import { StepFooter } from "@/components/StepFooter";
import type { ClusterOpen, ClusterProgress } from "@/ipc/bindings";
import { useCluster, useDeployCluster } from "@/ipc/queries/clusters";
import { asRules } from "@/lib/batches";
import { useDraft } from "@/lib/draft";
import { counted } from "@/lib/format";
import { pageOf } from "@/lib/jobs";
import { useSettled } from "@/lib/settled";
import { useWizardStep } from "@/lib/wizardStep";
import { CardsStep } from "./CardsStep";
import {
  asNames,
  asOpen,
  type ClusterDraft,
  type ClusterSecrets,
  type Consent,
  chosenCards,
  emptyCluster,
  noConsent,
  STEPS,
  scopeOf,
  settingsProblem,
  whyNotDeploy,
} from "./draft";
import { FileStep } from "./FileStep";
import { ReviewStep } from "./ReviewStep";
import { SaysStep } from "./SaysStep";

/** A cluster file: what it says → which cards → the plan → the job, or the batch. */
export function ClusterPage() {
  const { draft, setDraft, forget } = useDraft<ClusterDraft>("cluster", emptyCluster);
  const change = (part: Partial<ClusterDraft>) => setDraft((known) => ({ ...known, ...part }));
  const [secrets, setSecrets] = useState<ClusterSecrets>({});
  const [consent, setConsent] = useState<Consent>(noConsent);
  const [progress, setProgress] = useState<ClusterProgress | null>(null);
  const navigate = useNavigate();

  const noFile = draft.file.trim() === "" ? "Choose a cluster file" : null;
  const furthest = noFile === null ? 3 : 0;
  const { step, startIndex, key, onStep } = useWizardStep(STEPS, furthest);
  // What is being typed is asked once it pauses.
  const asked = JSON.stringify(asOpen(draft, secrets, consent));
  const settled = useSettled(asked);
  const open = JSON.parse(settled) as ClusterOpen | null;
  const query = useCluster(step === "file" ? null : open);
  const deploy = useDeployCluster();

  const view = query.error ? undefined : query.data;
  const chosen = view ? chosenCards(draft, view.plan.cards) : [];
  const scope = view ? scopeOf(view, chosen, draft) : null;
  const outOfDate = consent.steps.length > 0 && scope !== null && consent.scope !== scope;
  useEffect(() => {
    if (outOfDate) setConsent(noConsent);
  }, [outOfDate]);
  const reading = view
    ? null
    : query.error
      ? "The file could not be read"
      : "The file is being read";
  const blocked =
    reading ?? (view?.blocked ? "Mend the errors first, or leave their steps out" : null);
  const noCards =
    blocked ?? (chosen.length === 0 ? "Tick at least one card" : settingsProblem(draft, chosen));
  const stale = query.isPlaceholderData || settled !== asked || outOfDate;
  const whyNot =
    noCards ?? (view && !stale ? whyNotDeploy(view, chosen) : "The plan is being worked out");

  const start = () => {
    if (!open || !view) return;
    setProgress(null);
    deploy.mutate(
      {
        deploy: { open, seen: view.seen, cards: asNames(chosen), rules: asRules(draft.rules) },
        onProgress: setProgress,
      },
      {
        onSuccess: (begun) => {
          forget();
          navigate(pageOf(begun));
        },
      },
    );
  };

  return (
    <>
      <PageHeader title="Deploy a cluster file" above={[["Cards", "/cards"]]} />
      <PageSection type="wizard" isFilled hasBodyWrapper={false} aria-label="Deploy a cluster file">
        <Wizard
          key={key}
          className="slipway-wizard"
          startIndex={startIndex}
          navAriaLabel="Steps of a cluster file"
          onClose={() => navigate("/cards")}
          onStepChange={(_event, next) => onStep(next.id)}
        >
          <WizardStep
            id="file"
            name="File"
            footer={<StepFooter next="Read the file" whyNot={noFile} />}
          >
            <FileStep draft={draft} onChange={change} />
          </WizardStep>
          <WizardStep
            id="says"
            name="What it says"
            isDisabled={noFile !== null}
            footer={<StepFooter whyNot={blocked} />}
          >
            <SaysStep
              query={query}
              open={open}
              draft={draft}
              secrets={secrets}
              onChange={change}
              onSecrets={(part) => setSecrets((known) => ({ ...known, ...part }))}
            />
          </WizardStep>
          <WizardStep
            id="cards"
            name="Cards"
            isDisabled={noFile !== null}
            footer={<StepFooter next="Review" whyNot={noCards} />}
          >
            <CardsStep view={view} error={query.error} draft={draft} onChange={change} />
          </WizardStep>
          <WizardStep
            id="review"
            name="Review"
            isDisabled={noFile !== null}
            footer={
              <StepFooter
                next={
                  deploy.isPending
                    ? "Starting…"
                    : chosen.length > 0
                      ? `Deploy ${counted(chosen.length, "card")}`
                      : "Deploy"
                }
                whyNot={whyNot}
                busy={deploy.isPending}
                onNext={start}
                testId="wizard-deploy"
              />
            }
          >
            <ReviewStep
              view={view}
              readError={query.error}
              open={open}
              draft={draft}
              confirmed={consent.steps}
              onConfirm={(steps) => setConsent({ scope: scope ?? "", steps })}
              error={deploy.error}
              progress={deploy.isPending ? progress : null}
            />
          </WizardStep>
        </Wizard>
      </PageSection>
    </>
  );
}
