import { Button } from "@patternfly/react-core";
import type { UseMutationResult } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import type { CheckFix, DpuId, FixAction } from "@/ipc/bindings";
import { useInstallReservedMemory, usePrepareImc } from "@/ipc/queries/doctor";
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

type Order = {
  /** What the button and its confirmation say. */
  word: string;
  title: string;
  order: UseMutationResult<string[], Error, void>;
  onDone: () => void;
  children: ReactNode;
};

/** Writes to the IMC: so it says what before, and it does nothing without a word. */
function OnTheImc({ word, title, order, onDone, children }: Order) {
  const [asking, setAsking] = useState(false);
  const start = () =>
    order.mutate(undefined, {
      onSuccess: () => {
        setAsking(false);
        onDone();
      },
    });
  return (
    <>
      <Button variant="secondary" size="sm" onClick={() => setAsking(true)}>
        {word}…
      </Button>
      {asking && (
        <ConfirmDialog
          title={title}
          confirm={word}
          busy={order.isPending}
          error={order.error}
          onClose={() => setAsking(false)}
          onConfirm={start}
        >
          {children}
        </ConfirmDialog>
      )}
    </>
  );
}

type Imc = { dpu: DpuId; onDone: () => void };

function PrepareImc({ dpu, onDone }: Imc) {
  return (
    <OnTheImc
      word="Prepare the IMC"
      title="Prepare the IMC?"
      order={usePrepareImc(dpu)}
      onDone={onDone}
    >
      Over SSH, as a deployment does: its clock is set if it is off, our CA's certificate goes into
      its trust store, and Redfish is started at every boot. Where Redfish has no configuration,
      password or certificate, it is given them; the password is the one that this card logs in by.
      The ACC's boot options are set on the IMC. What was there is copied first, and{" "}
      <code>slipctl bmc prepare CARD --undo</code> brings it back. Nothing on the ACC is touched.
    </OnTheImc>
  );
}

function ReservedMemory({ dpu, onDone }: Imc) {
  return (
    <OnTheImc
      word="Install the reserved-memory file"
      title="Install the reserved-memory file?"
      order={useInstallReservedMemory(dpu)}
      onDone={onDone}
    >
      The IMC of firmware 1.8 divides its memory by it from its next reset on, which a deployment
      brings along: then an ISO of more than 2 GB has room. A copy of what was there is kept on the
      IMC, and <code>slipctl bmc prepare CARD --undo</code> brings it back. It was never tried on a
      real card.
    </OnTheImc>
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
  if (action.action === "reserved_memory_file") return <ReservedMemory dpu={dpu} onDone={onDone} />;
  const place = placeOf(action, dpu);
  if (!place) return null;
  return (
    <LinkButton variant="secondary" size="sm" to={place.to}>
      {place.word}
    </LinkButton>
  );
}
