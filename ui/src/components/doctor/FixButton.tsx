import { Button } from "@patternfly/react-core";
import { useState } from "react";
import type { CheckFix, DpuId, FixAction } from "@/ipc/bindings";
import { usePrepareImc } from "@/ipc/queries/doctor";
import { useAcceptPin } from "@/ipc/queries/pins";
import { ConfirmDialog } from "../ConfirmDialog";
import { LinkButton } from "../LinkButton";

type Pin = Extract<FixAction, { action: "accept_pin" }>;

function AcceptPin({ pin, onDone }: { pin: Pin; onDone: () => void }) {
  const [asking, setAsking] = useState(false);
  const accept = useAcceptPin();
  const what = pin.kind === "tls_certificate" ? "certificate" : "host key";
  const { kind, peer, fingerprint } = pin;
  const save = () =>
    accept.mutate(
      { kind, peer, fingerprint },
      {
        onSuccess: () => {
          setAsking(false);
          onDone();
        },
      },
    );
  return (
    <>
      <Button variant="secondary" size="sm" onClick={() => setAsking(true)}>
        Accept the {what}…
      </Button>
      {asking && (
        <ConfirmDialog
          title={`Accept the ${what} of ${peer}?`}
          confirm={`Accept the ${what}`}
          busy={accept.isPending}
          error={accept.error}
          onClose={() => setAsking(false)}
          onConfirm={save}
        >
          Compare it with what the machine's console shows: <code>{fingerprint}</code>. From then on
          logins are sent to whoever shows it.
        </ConfirmDialog>
      )}
    </>
  );
}

/** Writes to the IMC: so it says what before, and what it did after. */
function PrepareImc({ dpu, onDone }: { dpu: DpuId; onDone: () => void }) {
  const [asking, setAsking] = useState(false);
  const prepare = usePrepareImc(dpu);
  const start = () =>
    prepare.mutate(undefined, {
      onSuccess: () => {
        setAsking(false);
        onDone();
      },
    });
  return (
    <>
      <Button variant="secondary" size="sm" onClick={() => setAsking(true)}>
        Prepare the IMC…
      </Button>
      {asking && (
        <ConfirmDialog
          title="Prepare the IMC?"
          confirm="Prepare the IMC"
          busy={prepare.isPending}
          error={prepare.error}
          onClose={() => setAsking(false)}
          onConfirm={start}
        >
          Its clock is set if it is off, and our CA's certificate is installed in its trust store,
          over SSH, as a deployment does. Nothing on the ACC is touched.
        </ConfirmDialog>
      )}
    </>
  );
}

/** Where in the window the fix is made; `null`: it is made elsewhere, by the command. */
function placeOf(action: FixAction, dpu: DpuId): { to: string; word: string } | null {
  switch (action.action) {
    case "enter_password":
      return { to: `/cards/${dpu}?tab=trust`, word: "Enter the password" };
    case "choose_login":
      return { to: `/cards/${dpu}?tab=trust`, word: "Choose the login" };
    case "eject_media":
      return { to: `/cards/${dpu}?tab=inventory`, word: "Eject the medium" };
    case "show_job":
      return { to: `/jobs/${action.job}`, word: "Look at the job" };
    case "accept_pin":
    case "prepare_imc":
    case "reserved_memory_file":
      return null;
  }
}

type Props = { fix: CheckFix; dpu: DpuId; onDone: () => void };

/** A fix that the window can make, as a button; none where it can't. */
export function FixButton({ fix, dpu, onDone }: Props) {
  const { action } = fix;
  if (!action) return null;
  if (action.action === "accept_pin") return <AcceptPin pin={action} onDone={onDone} />;
  if (action.action === "prepare_imc") return <PrepareImc dpu={dpu} onDone={onDone} />;
  const place = placeOf(action, dpu);
  if (!place) return null;
  return (
    <LinkButton variant="secondary" size="sm" to={place.to}>
      {place.word}
    </LinkButton>
  );
}
