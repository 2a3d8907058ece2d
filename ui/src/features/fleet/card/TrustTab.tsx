import { Alert, Button, Content, Stack, StackItem } from "@patternfly/react-core";
import { useState } from "react";
import { ChangedPins, TrustNewDialog } from "@/components/ChangedPins";
import { ErrorAlert } from "@/components/ErrorAlert";
import { Facts } from "@/components/Facts";
import { Fingerprints } from "@/components/Fingerprints";
import { PIN_KINDS, PinsTable } from "@/components/PinsTable";
import { RevokePinDialog } from "@/components/RevokePinDialog";
import type { AcceptPin, DpuView, PinView, Probe, ProbeTrust } from "@/ipc/bindings";
import { useProbe } from "@/ipc/queries/dpus";
import { sentence } from "@/lib/format";
import { LoginDialog } from "./LoginDialog";

/** What a person could accept of what the IMC shows now. */
function offers(probe: Probe): { pin: AcceptPin; trust: ProbeTrust }[] {
  return [
    { kind: "tls_certificate" as const, peer: probe.redfish, trust: probe.certificate },
    { kind: "ssh_host_key" as const, peer: probe.ssh, trust: probe.host_key },
  ].flatMap(({ kind, peer, trust }) =>
    trust.trust === "silent" ? [] : [{ pin: { kind, peer, fingerprint: trust.seen }, trust }],
  );
}

type Offer = { pin: AcceptPin; pinned: string | null };

function Shown({ probe, onAccept }: { probe: Probe; onAccept: (offer: Offer) => void }) {
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
      {open.map(({ pin, trust }) => {
        const pinned = trust.trust === "changed" ? trust.pinned : null;
        return (
          <Alert
            key={pin.kind}
            isInline
            variant={pinned ? "danger" : "info"}
            title={`The ${PIN_KINDS[pin.kind]} of ${pin.peer} ${pinned ? "has changed" : "is new"}`}
            actionLinks={
              <Button variant="link" isInline onClick={() => onAccept({ pin, pinned })}>
                Accept it…
              </Button>
            }
          >
            <Fingerprints pinned={pinned} seen={pin.fingerprint} of={pin.peer} />
          </Alert>
        );
      })}
    </>
  );
}

/** The pins of one card, who we are there, and a look at what its IMC shows now. */
export function TrustTab({ view }: { view: DpuView }) {
  const probe = useProbe();
  const [revoking, setRevoking] = useState<PinView | null>(null);
  const [accepting, setAccepting] = useState<Offer | null>(null);
  const [login, setLogin] = useState(false);
  const look = () => probe.mutate({ imc: view.row.imc, imcSsh: view.imc_ssh });
  const { logins } = view;
  return (
    <Stack hasGutter>
      <StackItem>
        <ChangedPins pins={view.pins} />
      </StackItem>
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
          <PinsTable pins={view.pins} label={`Pins of ${view.row.name}`} onRevoke={setRevoking} />
        )}
      </StackItem>
      <StackItem>
        <Facts
          termWidth="10rem"
          facts={[
            ["Redfish is logged in to by", logins.imc.text],
            ["SSH of the IMC by", logins.imc_ssh_text],
            ["SSH of the ACC by", logins.acc?.text ?? "Slipway's fleet key"],
          ]}
        />
        <Button
          variant="secondary"
          size="sm"
          className="slipway-above"
          onClick={() => setLogin(true)}
          data-testid="change-logins"
        >
          Change the logins…
        </Button>
      </StackItem>
      {login && <LoginDialog view={view} onClose={() => setLogin(false)} />}
      {revoking && <RevokePinDialog pin={revoking} onClose={() => setRevoking(null)} />}
      {accepting && (
        <TrustNewDialog
          pin={accepting.pin}
          pinned={accepting.pinned}
          of={view.row.name}
          onClose={() => {
            setAccepting(null);
            look();
          }}
        />
      )}
    </Stack>
  );
}
