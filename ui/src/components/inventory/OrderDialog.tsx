import { Alert, Content, Form, Stack, StackItem } from "@patternfly/react-core";
import { useState } from "react";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { SelectField } from "@/components/SelectField";
import { TextField } from "@/components/TextField";
import type { BmcActionView } from "@/ipc/bindings";
import { useActOnBmc } from "@/ipc/queries/bmcs";
import type { BmcOutcome, BmcRow } from "@/ipc/whole";
import { sentence } from "@/lib/format";
import { asOrder, emptyOrder, imageProblem, type OrderDraft, orderProblem } from "./orders";

const MODES = {
  Once: "For the next boot only",
  Continuous: "For every boot from now on",
  Disabled: "No override: boot as usual",
} as const;

const options = (words: readonly string[]) => words.map((word) => ({ value: word, word }));

type FieldsProps = {
  action: BmcActionView;
  draft: OrderDraft;
  onChange: (part: Partial<OrderDraft>) => void;
};

function Fields({ action, draft, onChange }: FieldsProps) {
  switch (action.action) {
    case "eject":
      return null;
    case "insert":
      return (
        <TextField
          id="order-image"
          label="URL of the image"
          required
          value={draft.image}
          onChange={(image) => onChange({ image })}
          problem={imageProblem(draft.image)}
          placeholder="https://host/path.iso"
          hint="The BMC fetches it by itself: it must reach this address and trust its certificate."
        />
      );
    case "reset":
      return (
        <SelectField
          id="order-reset"
          label="How"
          value={draft.choice}
          options={options(action.choices)}
          onChange={(choice) => onChange({ choice })}
          hint="As the service names its kinds of reset."
        />
      );
    case "set_boot":
      return (
        <>
          <SelectField
            id="order-mode"
            label="When"
            value={draft.mode}
            options={action.modes.map((mode) => ({ value: mode, word: MODES[mode] }))}
            onChange={(mode) => onChange({ mode })}
          />
          {draft.mode !== "Disabled" && (
            <SelectField
              id="order-target"
              label="What is booted"
              value={draft.choice}
              options={options(action.choices)}
              onChange={(choice) => onChange({ choice })}
            />
          )}
        </>
      );
  }
}

type Props = {
  bmc: BmcRow;
  action: BmcActionView;
  onClose: () => void;
  onDone: (outcome: BmcOutcome) => void;
};

/** Asks before something is done to a Redfish service, then tells how far it is. */
export function OrderDialog({ bmc, action, onClose, onDone }: Props) {
  const [draft, setDraft] = useState(() => emptyOrder(action));
  const [progress, setProgress] = useState<string | null>(null);
  const act = useActOnBmc(bmc.id);
  const what = action.target_name ? `${action.target_name} of ${bmc.name}` : bmc.name;
  return (
    <ConfirmDialog
      title={`${action.label}: ${what}?`}
      confirm={action.label}
      danger={action.interrupts !== null}
      busy={act.isPending}
      whyNot={orderProblem(action, draft)}
      error={act.error}
      onClose={onClose}
      onConfirm={() =>
        act.mutate(
          {
            order: asOrder(action, draft),
            onProgress: (told) => setProgress(told.sentence),
          },
          { onSuccess: onDone },
        )
      }
    >
      <Stack hasGutter>
        <StackItem>
          <Content component="p">
            This touches <strong>{what}</strong> at <code>{bmc.address}</code>
            {bmc.cards.length > 0 &&
              `, the server of ${bmc.cards.map((card) => card.name).join(", ")}`}
            .
          </Content>
        </StackItem>
        {action.interrupts && (
          <Alert isInline variant="warning" title={sentence(action.interrupts)} />
        )}
        <StackItem>
          <Form onSubmit={(event) => event.preventDefault()}>
            <Fields
              action={action}
              draft={draft}
              onChange={(part) => setDraft({ ...draft, ...part })}
            />
          </Form>
        </StackItem>
        <StackItem>
          <span role="status" className="slipway-subtle">
            {act.isPending && (progress ? sentence(progress) : "Asking the BMC…")}
          </span>
        </StackItem>
      </Stack>
    </ConfirmDialog>
  );
}
