import { Alert, Button, Content, Stack, StackItem } from "@patternfly/react-core";
import { useState } from "react";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { ErrorAlert } from "@/components/ErrorAlert";
import { ForgetPinDialog } from "@/components/ForgetPinDialog";
import { PIN_KINDS, PinsTable } from "@/components/PinsTable";
import type { AcceptPin, DpuView, Pin, Probe, ProbeTrust } from "@/ipc/bindings";
import { useProbe } from "@/ipc/queries/dpus";
import { useAcceptPin } from "@/ipc/queries/pins";
import { sentence } from "@/lib/format";

/** What a person could accept of what the IMC shows now. */
function offers(probe: Probe): { pin: AcceptPin; trust: ProbeTrust }[] {
  return [
    { kind: "tls_certificate" as const, peer: probe.redfish, trust: probe.certificate },
    { kind: "ssh_host_key" as const, peer: probe.ssh, trust: probe.host_key },
  ].flatMap(({ kind, peer, trust }) =>
    trust.trust === "silent" ? [] : [{ pin: { kind, peer, fingerprint: trust.seen }, trust }],
  );
}

function Shown({ probe, onAccept }: { probe: Probe; onAccept: (pin: AcceptPin) => void }) {
  const silent = [probe.certificate, probe.host_key].filter((trust) => trust.trust === "silent");
  const open = offers(probe).filter(({ trust }) => trust.trust !== "pinned");
  if (silent.length === 0 && open.length === 0) {
    return <Alert isInline variant="success" title="The IMC shows what is pinned" />;
  }
  return (
    <>
      {silent.map((trust) => (
        <Alert
          key={trust.reason}
          isInline
          variant="warning"
          title={`The IMC did not answer: ${trust.reason}`}
        />
      ))}
      {open.map(({ pin, trust }) => (
        <Alert
          key={pin.kind}
          isInline
          variant={trust.trust === "changed" ? "danger" : "info"}
          title={`The ${PIN_KINDS[pin.kind]} of ${pin.peer} ${trust.trust === "changed" ? "has changed" : "is new"}`}
          actionLinks={
            <Button variant="link" isInline onClick={() => onAccept(pin)}>
              Accept it…
            </Button>
          }
        >
          {trust.trust === "changed" && (
            <p>
              Pinned: <code>{trust.pinned}</code>
            </p>
          )}
          <p>
            Shown now: <code>{pin.fingerprint}</code>
          </p>
        </Alert>
      ))}
    </>
  );
}

type AcceptProps = { pin: AcceptPin; onClose: () => void; onDone: () => void };

function AcceptDialog({ pin, onClose, onDone }: AcceptProps) {
  const accept = useAcceptPin();
  return (
    <ConfirmDialog
      title={`Accept this ${PIN_KINDS[pin.kind]}?`}
      confirm="Accept it"
      danger
      busy={accept.isPending}
      error={accept.error}
      onClose={onClose}
      onConfirm={() => accept.mutate(pin, { onSuccess: onDone })}
    >
      <Content component="p">
        From now on {pin.peer} is trusted by this fingerprint. Accept it only if you know why it is
        another one: a new firmware, a replaced card.
      </Content>
      <code>{pin.fingerprint}</code>
    </ConfirmDialog>
  );
}

/** The pins of one card, and a look at what its IMC shows now. */
export function TrustTab({ view }: { view: DpuView }) {
  const probe = useProbe();
  const [forgetting, setForgetting] = useState<Pin | null>(null);
  const [accepting, setAccepting] = useState<AcceptPin | null>(null);
  const look = () => probe.mutate({ imc: view.row.imc, imcSsh: view.imc_ssh });
  return (
    <Stack hasGutter>
      <StackItem>
        <Content component="p">
          Slipway talks to this card only while it shows what was accepted once. A change blocks.
        </Content>
        <Button variant="secondary" onClick={look} isLoading={probe.isPending}>
          {probe.isPending ? "Looking at what it shows…" : "Compare with what it shows now"}
        </Button>
      </StackItem>
      {probe.error && <ErrorAlert error={probe.error} title="The IMC could not be asked" />}
      {probe.data && <Shown probe={probe.data} onAccept={setAccepting} />}
      <StackItem>
        {view.pins.length === 0 ? (
          <p className="slipway-subtle">{sentence("nothing is pinned for this card")}</p>
        ) : (
          <PinsTable pins={view.pins} label={`Pins of ${view.row.name}`} onForget={setForgetting} />
        )}
      </StackItem>
      {forgetting && <ForgetPinDialog pin={forgetting} onClose={() => setForgetting(null)} />}
      {accepting && (
        <AcceptDialog
          pin={accepting}
          onClose={() => setAccepting(null)}
          onDone={() => {
            setAccepting(null);
            look();
          }}
        />
      )}
    </Stack>
  );
}
