import { Button } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { Link } from "react-router";
import type { PinKind, PinView } from "@/ipc/bindings";
import { sentence } from "@/lib/format";
import { CopyButton } from "./CopyButton";
import { RelativeTime } from "./RelativeTime";

export const PIN_KINDS: Record<PinKind, string> = {
  tls_certificate: "TLS certificate",
  ssh_host_key: "SSH host key",
};

type Props = { pins: PinView[]; label: string; onRevoke: (pin: PinView) => void };

/** Whose it is, as a link to it; or that nobody here knows. */
function Owner({ pin }: { pin: PinView }) {
  if (!pin.of) return "No card, BMC or deployment here names it";
  if (pin.dpu) return <Link to={`/cards/${pin.dpu}`}>{pin.of}</Link>;
  if (pin.bmc) return <Link to={`/hosts/${pin.bmc}`}>{pin.of}</Link>;
  return pin.of;
}

/** What was accepted once, of whom, and why. */
export function PinsTable({ pins, label, onRevoke }: Props) {
  const pinned = pins.flatMap((pin) =>
    pin.fingerprint === null ? [] : [{ ...pin, fingerprint: pin.fingerprint }],
  );
  return (
    <Table aria-label={label} variant="compact">
      <Thead>
        <Tr>
          <Th modifier="fitContent">Peer</Th>
          <Th modifier="fitContent">What</Th>
          <Th>Fingerprint</Th>
          <Th width={20}>Accepted</Th>
          <Th modifier="fitContent">Last seen</Th>
          <Th screenReaderText="Actions" />
        </Tr>
      </Thead>
      <Tbody>
        {pinned.map((pin) => (
          <Tr key={`${pin.kind} ${pin.peer}`} data-testid={`pin-${pin.peer}`}>
            <Td dataLabel="Peer" modifier="nowrap">
              <code>{pin.peer}</code>
              <div className="slipway-subtle">
                <Owner pin={pin} />
              </div>
            </Td>
            <Td dataLabel="What" modifier="nowrap">
              {PIN_KINDS[pin.kind]}
            </Td>
            <Td dataLabel="Fingerprint">
              <span className="slipway-fingerprint">
                <code>{pin.fingerprint}</code>
                <CopyButton text={pin.fingerprint} what={`the fingerprint of ${pin.peer}`} />
              </span>
            </Td>
            <Td dataLabel="Accepted">
              {pin.first_seen ? <RelativeTime at={pin.first_seen} /> : "–"}
              <div className="slipway-subtle">{sentence(pin.accepted_because)}</div>
            </Td>
            <Td dataLabel="Last seen" modifier="nowrap">
              {pin.last_seen ? <RelativeTime at={pin.last_seen} /> : "–"}
            </Td>
            <Td isActionCell>
              <Button variant="link" isInline isDanger onClick={() => onRevoke(pin)}>
                Revoke…
              </Button>
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
