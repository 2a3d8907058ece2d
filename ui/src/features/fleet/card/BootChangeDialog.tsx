import {
  Alert,
  Content,
  Form,
  FormGroup,
  FormHelperText,
  HelperText,
  HelperTextItem,
  Stack,
  StackItem,
  TextInput,
} from "@patternfly/react-core";
import { useState } from "react";
import { useNavigate } from "react-router";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { ErrorAlert } from "@/components/ErrorAlert";
import { ImageChange } from "@/components/ImageChange";
import { Loading } from "@/components/Loading";
import { PlanSteps } from "@/components/PlanSteps";
import { ShowCommands } from "@/components/ShowCommands";
import type { BootChange, CardPlan, DpuView } from "@/ipc/bindings";
import { useBootPlan, useStartBootChange } from "@/ipc/queries/dpus";
import { sentence } from "@/lib/format";
import { useSettled } from "@/lib/settled";

type Kind = BootChange["change"];

const WORDS: Record<Kind, { title: (name: string) => string; confirm: string; does: string }> = {
  upgrade: {
    title: (name) => `Upgrade ${name}?`,
    confirm: "Upgrade and reboot",
    does: "pulls the newest image of its reference, stages it and reboots into it.",
  },
  switch: {
    title: (name) => `Switch ${name} to another image?`,
    confirm: "Switch and reboot",
    does: "pulls the other image, reboots into it and follows its reference from then on.",
  },
  rollback: {
    title: (name) => `Roll ${name} back?`,
    confirm: "Roll back and reboot",
    does: "reboots into its older boot entry; an image that is staged is discarded.",
  },
};

function asChange(kind: Kind, reference: string): BootChange | null {
  if (kind !== "switch") return { change: kind };
  return reference.includes("/") ? { change: "switch", to: reference } : null;
}

function PlanOfCard({ plan }: { plan: CardPlan }) {
  return (
    <Stack hasGutter>
      <StackItem>
        <ImageChange from={plan.from} to={plan.to} />
      </StackItem>
      {plan.problems.map((problem) => (
        <Alert key={problem} isInline variant="warning" title={sentence(problem)} />
      ))}
      {plan.warnings.map((warning) => (
        <Alert key={warning} isInline variant="info" title={sentence(warning)} />
      ))}
      <StackItem>
        <PlanSteps steps={plan.steps} />
      </StackItem>
      <StackItem>
        <ShowCommands steps={plan.steps} what={`commands for ${plan.name}`} />
      </StackItem>
    </Stack>
  );
}

type Props = { view: DpuView; kind: Kind; onClose: () => void };

/** Upgrade, switch or roll back: what it touches, from what to what, and how by hand. */
export function BootChangeDialog({ view, kind, onClose }: Props) {
  const { id, name } = view.row;
  const words = WORDS[kind];
  const [reference, setReference] = useState(view.bootc?.booted?.reference ?? "");
  const settled = useSettled(reference.trim(), 400);
  const change = asChange(kind, settled);
  // What was booted when this opened: if that changes under the eyes, the job refuses.
  const [expected] = useState(view.bootc?.booted?.digest ?? null);
  const request = change && { dpu: id, change, expected_booted: expected };
  const plan = useBootPlan(request);
  const start = useStartBootChange();
  const navigate = useNavigate();
  const card = plan.data?.cards[0];

  const typing = kind === "switch" && settled !== reference.trim();
  const whyNot = (() => {
    if (!request) return "Type the reference of an image: registry/repository:tag";
    if (typing || plan.isPending) return "Looking what would change";
    if (plan.error) return "It can't be planned";
    return card?.problems[0] ?? null;
  })();

  return (
    <ConfirmDialog
      variant="medium"
      title={words.title(name)}
      confirm={words.confirm}
      busy={start.isPending}
      whyNot={whyNot}
      error={start.error}
      onClose={onClose}
      onConfirm={() => {
        if (request) start.mutate(request, { onSuccess: (job) => navigate(`/jobs/${job}`) });
      }}
    >
      <Stack hasGutter>
        <StackItem>
          <Content component="p">
            <strong>{name}</strong> {words.does} What runs on the card is away for minutes.
          </Content>
        </StackItem>
        {kind === "switch" && (
          <StackItem>
            <Form onSubmit={(event) => event.preventDefault()}>
              <FormGroup label="Image reference" fieldId="switch-reference" isRequired>
                <TextInput
                  id="switch-reference"
                  value={reference}
                  onChange={(_event, text) => setReference(text)}
                  spellCheck={false}
                  isRequired
                />
                <FormHelperText>
                  <HelperText>
                    <HelperTextItem>registry/repository:tag, or with @sha256:…</HelperTextItem>
                  </HelperText>
                </FormHelperText>
              </FormGroup>
            </Form>
          </StackItem>
        )}
        {request && plan.isPending && <Loading words="Looking what would change" rows={3} />}
        {plan.error && <ErrorAlert error={plan.error} title="It can't be planned" />}
        {plan.data?.warnings.map((warning) => (
          <Alert key={warning} isInline variant="info" title={sentence(warning)} />
        ))}
        {card && <PlanOfCard plan={card} />}
      </Stack>
    </ConfirmDialog>
  );
}
