import { Alert, Form } from "@patternfly/react-core";
import { useState } from "react";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { SelectField } from "@/components/SelectField";
import type { DpuView } from "@/ipc/bindings";
import { useBmcs, usePair } from "@/ipc/queries/bmcs";

const NONE = "";

type Props = { view: DpuView; onClose: () => void };

/** Says by hand in which server a card is. */
export function PairDialog({ view, onClose }: Props) {
  const { row, pairing } = view;
  const [host, setHost] = useState<string>(pairing?.host ?? NONE);
  const hosts = useBmcs({ search: null, with_imcs: false, offset: 0, limit: 500 });
  const pair = usePair(row.id);
  const options = [
    { value: NONE, word: "None: Slipway finds it out, where it can" },
    ...(hosts.data?.rows ?? []).map((one) => ({
      value: one.id,
      word: [one.name, one.model].filter(Boolean).join(" · "),
    })),
  ];
  return (
    <ConfirmDialog
      title={`Which server is ${row.name} in?`}
      confirm="Keep this"
      busy={pair.isPending}
      error={pair.error ?? hosts.error}
      onClose={onClose}
      onConfirm={() => pair.mutate(host || null, { onSuccess: onClose })}
    >
      {hosts.data?.total === 0 && (
        <Alert
          isInline
          variant="info"
          title="No server is known yet: add the address of its BMC first."
        />
      )}
      <Form onSubmit={(event) => event.preventDefault()}>
        <SelectField
          id="pair-host"
          label="Server"
          value={host}
          options={options}
          onChange={setHost}
          hint="What is said by hand counts more than what is found."
        />
      </Form>
    </ConfirmDialog>
  );
}
