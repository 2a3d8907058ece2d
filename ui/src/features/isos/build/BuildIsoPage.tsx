import { PageSection, Wizard, WizardStep } from "@patternfly/react-core";
import { useState } from "react";
import { useNavigate } from "react-router";
import { ErrorAlert } from "@/components/ErrorAlert";
import { Loading } from "@/components/Loading";
import { PageHeader } from "@/components/PageHeader";
import { StepFooter } from "@/components/StepFooter";
import { useBuildIso, useIsoPlan, useStudioDefaults } from "@/ipc/queries/studio";
import { useDraft } from "@/lib/draft";
import { useWizardStep } from "@/lib/wizardStep";
import { BuilderKickstartStep } from "./BuilderKickstartStep";
import { ContentsStep } from "./ContentsStep";
import {
  asRequest,
  emptyIso,
  type IsoDraft,
  type IsoSecrets,
  noSecrets,
  problems,
  STEPS,
} from "./draft";
import { KickstartStep } from "./KickstartStep";
import { ReviewStep } from "./ReviewStep";

/** Contents → kickstart → review → the job. */
export function BuildIsoPage() {
  const { draft, setDraft, forget } = useDraft<IsoDraft>("iso", emptyIso);
  const change = (part: Partial<IsoDraft>) => setDraft((known) => ({ ...known, ...part }));
  const [secrets, setSecrets] = useState(noSecrets);
  const navigate = useNavigate();
  const defaults = useStudioDefaults();
  const problem = problems(draft, secrets);
  const noKickstart = problem.contents !== null;
  const noReview = noKickstart || problem.kickstart !== null;
  const furthest = [noKickstart, noReview].filter((no) => !no).length;
  const { step, startIndex, key, onStep } = useWizardStep(STEPS, furthest);
  const request = asRequest(draft, secrets, defaults.data);
  const plan = useIsoPlan(step === "review" ? request : null);
  const build = useBuildIso();

  const whyNot = (() => {
    if (plan.error) return "It can't be planned";
    if (!plan.data) return "The plan is being worked out";
    return plan.data.problems.length > 0 ? "It can't be built yet: see what is wrong" : null;
  })();
  const start = () => {
    if (!request) return;
    build.mutate(request, {
      onSuccess: (job) => {
        forget();
        navigate(`/jobs/${job}`);
      },
    });
  };

  const kickstart = {
    draft,
    secrets,
    onChange: change,
    onSecrets: (part: Partial<IsoSecrets>) => setSecrets((known) => ({ ...known, ...part })),
  };
  return (
    <>
      <PageHeader title="Build an ISO" above={[["ISOs", "/isos"]]} />
      {defaults.error && (
        <PageSection aria-label="Error">
          <ErrorAlert
            error={defaults.error}
            title="The form could not be filled"
            onRetry={defaults.refetch}
          />
        </PageSection>
      )}
      {!defaults.data && !defaults.error && (
        <PageSection isFilled aria-label="Loading">
          <Loading words="Filling in the form" rows={6} />
        </PageSection>
      )}
      {defaults.data && (
        <PageSection type="wizard" isFilled hasBodyWrapper={false} aria-label="Build an ISO">
          <Wizard
            key={key}
            startIndex={startIndex}
            navAriaLabel="Steps of an ISO"
            onClose={() => navigate("/isos")}
            onStepChange={(_event, step) => onStep(step.id)}
          >
            <WizardStep
              id="contents"
              name="Contents"
              footer={<StepFooter whyNot={problem.contents} />}
            >
              <ContentsStep draft={draft} defaults={defaults.data} onChange={change} />
            </WizardStep>
            <WizardStep
              id="kickstart"
              name="Kickstart"
              isDisabled={noKickstart}
              footer={<StepFooter next="Review" whyNot={problem.kickstart} />}
            >
              {draft.method === "image_builder" ? (
                <BuilderKickstartStep {...kickstart} />
              ) : (
                <KickstartStep {...kickstart} defaults={defaults.data} />
              )}
            </WizardStep>
            <WizardStep
              id="review"
              name="Review"
              isDisabled={noReview}
              footer={
                <StepFooter
                  next="Build the ISO"
                  whyNot={whyNot}
                  busy={build.isPending}
                  onNext={start}
                  testId="wizard-build"
                />
              }
            >
              <ReviewStep plan={plan} error={build.error} />
            </WizardStep>
          </Wizard>
        </PageSection>
      )}
    </>
  );
}
