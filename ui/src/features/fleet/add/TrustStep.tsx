import { Alert, Button, Checkbox, Content, Stack, StackItem } from "@patternfly/react-core";
import { ErrorAlert } from "@/components/ErrorAlert";
import { Loading } from "@/components/Loading";
import type { Probe, ProbeTrust } from "@/ipc/bindings";
import type { useProbe } from "@/ipc/queries/dpus";
import { sentence } from "@/lib/format";

export type Accepted = { certificate: boolean; hostKey: boolean };

type PeerProps = {
  id: string;
  what: string;
  peer: string;
  trust: ProbeTrust;
  accepted: boolean;
  onAccept: (accepted: boolean) => void;
};

const SAYS = {
  new: "Never seen before. Compare it with what the card's console shows.",
  pinned: "The same that was accepted before.",
  changed: "Another one than was accepted before. Accept it only if you know why.",
} as const;

function PeerTrust({ id, what, peer, trust, accepted, onAccept }: PeerProps) {
  if (trust.trust === "silent") {
    return (
      <Alert isInline variant="danger" title={`No ${what} from ${peer}`}>
        <p>{sentence(trust.reason)}</p>
      </Alert>
    );
  }
  return (
    <Alert
      isInline
      variant={trust.trust === "changed" ? "danger" : trust.trust === "new" ? "info" : "success"}
      title={`${what} of ${peer}`}
    >
      <Stack hasGutter>
        <StackItem>{SAYS[trust.trust]}</StackItem>
        {trust.trust === "changed" && (
          <StackItem>
            Accepted before: <code>{trust.pinned}</code>
          </StackItem>
        )}
        <StackItem>
          <code>{trust.seen}</code>
        </StackItem>
        <StackItem>
          <Checkbox
            id={id}
            label={`This is the card's ${what}`}
            isChecked={accepted}
            onChange={(_event, on) => onAccept(on)}
          />
        </StackItem>
      </Stack>
    </Alert>
  );
}

type Props = {
  probe: ReturnType<typeof useProbe>;
  accepted: Accepted;
  onAccept: (part: Partial<Accepted>) => void;
  onLook: () => void;
  error: unknown;
};

/** What the card shows of itself, to be accepted once by a person. */
export function TrustStep({ probe, accepted, onAccept, onLook, error }: Props) {
  return (
    <Stack hasGutter>
      <StackItem>
        <Content component="p">
          Slipway remembers what the card shows now and refuses to talk if it ever changes.
        </Content>
      </StackItem>
      {probe.isPending && <Loading words="Asking the IMC what it shows" rows={3} />}
      {probe.error && (
        <ErrorAlert error={probe.error} title="The IMC could not be asked" onRetry={onLook} />
      )}
      {probe.data && <Peers probe={probe.data} accepted={accepted} onAccept={onAccept} />}
      {probe.data && silent(probe.data) && (
        <StackItem>
          <Button variant="secondary" onClick={onLook}>
            Ask again
          </Button>
        </StackItem>
      )}
      {error !== null && <ErrorAlert error={error} title="The card was not added" />}
    </Stack>
  );
}

export const silent = (probe: Probe) =>
  probe.certificate.trust === "silent" || probe.host_key.trust === "silent";

type PeersProps = { probe: Probe } & Pick<Props, "accepted" | "onAccept">;

function Peers({ probe, accepted, onAccept }: PeersProps) {
  return (
    <>
      <PeerTrust
        id="trust-certificate"
        what="TLS certificate"
        peer={probe.redfish}
        trust={probe.certificate}
        accepted={accepted.certificate}
        onAccept={(certificate) => onAccept({ certificate })}
      />
      <PeerTrust
        id="trust-host-key"
        what="SSH host key"
        peer={probe.ssh}
        trust={probe.host_key}
        accepted={accepted.hostKey}
        onAccept={(hostKey) => onAccept({ hostKey })}
      />
    </>
  );
}
