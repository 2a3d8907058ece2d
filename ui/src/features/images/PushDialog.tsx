import { Alert, Form } from "@patternfly/react-core";
import { useState } from "react";
import { useNavigate } from "react-router";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { ErrorAlert } from "@/components/ErrorAlert";
import { PlanSteps } from "@/components/PlanSteps";
import { SelectField } from "@/components/SelectField";
import { ShowCommands } from "@/components/ShowCommands";
import type { ImageBuildRequest, LocalImage } from "@/ipc/bindings";
import { useBuildImage, useImagePlan } from "@/ipc/queries/images";
import { sentence } from "@/lib/format";

type Props = { image: LocalImage; name: string; onClose: () => void };

/** Sends an image that podman has to its registry, as a job. */
export function PushDialog({ image, name, onClose }: Props) {
  const [reference, setReference] = useState(name);
  const navigate = useNavigate();
  const request: ImageBuildRequest = {
    source: { from: "local", reference },
    architecture: image.architecture === "amd64" ? "x86_64" : "aarch64",
    reference,
    push: true,
    auth_file: null,
    target: "ipu",
  };
  const plan = useImagePlan(request);
  const push = useBuildImage();
  const problems = plan.data?.problems ?? [];
  return (
    <ConfirmDialog
      title={`Push ${reference}?`}
      confirm="Push the image"
      variant="medium"
      busy={push.isPending}
      error={push.error}
      whyNot={plan.data && problems.length === 0 ? null : "It can't be pushed (yet)"}
      onClose={onClose}
      onConfirm={() => push.mutate(request, { onSuccess: (job) => navigate(`/jobs/${job}`) })}
    >
      {image.names.length > 1 && (
        <Form onSubmit={(event) => event.preventDefault()}>
          <SelectField
            id="push-name"
            label="Name"
            value={reference}
            options={image.names.map((value) => ({ value, word: value }))}
            onChange={setReference}
          />
        </Form>
      )}
      {plan.error && <ErrorAlert error={plan.error} title="It can't be planned" />}
      {problems.map((problem) => (
        <Alert key={problem} isInline variant="warning" title={sentence(problem)} />
      ))}
      {plan.data && <PlanSteps steps={plan.data.steps} />}
      {plan.data && <ShowCommands steps={plan.data.steps} what="the commands of this push" />}
    </ConfirmDialog>
  );
}
