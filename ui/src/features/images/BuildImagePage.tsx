import { PageSection, Wizard, WizardStep } from "@patternfly/react-core";
import { useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { PageHeader } from "@/components/PageHeader";
import { StepFooter } from "@/components/StepFooter";
import { useBuildImage, useEntitlement, useImagePlan } from "@/ipc/queries/images";
import { useDraft } from "@/lib/draft";
import { useWizardStep } from "@/lib/wizardStep";
import { asRequest, emptyImage, folderProblem, type ImageDraft, STEPS } from "./draft";
import { FolderStep } from "./FolderStep";
import { ImageReview } from "./ImageReview";

/** Folder → review, with the lint → the job. */
export function BuildImagePage() {
  const [params] = useSearchParams();
  // What the template's page sent along.
  const [sent] = useState(params.get("folder"));
  const kept = useDraft<ImageDraft>("image", emptyImage);
  const [typed, setTyped] = useState(false);
  const draft = sent && !typed ? { ...kept.draft, folder: sent } : kept.draft;
  const change = (part: Partial<ImageDraft>) => {
    setTyped(true);
    kept.setDraft({ ...draft, ...part });
  };
  const navigate = useNavigate();
  const entitlement = useEntitlement();
  const problem = folderProblem(draft);
  const { step, startIndex, key, onStep } = useWizardStep(STEPS, problem ? 0 : 1);
  const request = asRequest(draft, entitlement.data ?? (entitlement.error ? [] : undefined));
  const plan = useImagePlan(step === "review" ? request : null);
  const build = useBuildImage();

  const whyNot = (() => {
    if (plan.error) return "It can't be planned";
    if (!plan.data) return "The Containerfile is being looked at";
    return plan.data.problems.length > 0 ? "It can't be built yet: see what is wrong" : null;
  })();
  const start = () => {
    if (!request) return;
    build.mutate(request, {
      onSuccess: (job) => {
        kept.forget();
        navigate(`/jobs/${job}`);
      },
    });
  };

  return (
    <>
      <PageHeader title="Build an image" above={[["Images", "/images"]]} />
      <PageSection type="wizard" isFilled hasBodyWrapper={false} aria-label="Build an image">
        <Wizard
          key={key}
          startIndex={startIndex}
          navAriaLabel="Steps of an image"
          onClose={() => navigate("/images")}
          onStepChange={(_event, step) => onStep(step.id)}
        >
          <WizardStep
            id="folder"
            name="Folder"
            footer={<StepFooter next="Review" whyNot={problem} />}
          >
            <FolderStep draft={draft} found={entitlement.data ?? []} onChange={change} />
          </WizardStep>
          <WizardStep
            id="review"
            name="Review"
            isDisabled={problem !== null}
            footer={
              <StepFooter
                next={draft.push ? "Build and push" : "Build the image"}
                whyNot={whyNot}
                busy={build.isPending}
                onNext={start}
                testId="wizard-build"
              />
            }
          >
            <ImageReview plan={plan} error={build.error} />
          </WizardStep>
        </Wizard>
      </PageSection>
    </>
  );
}
