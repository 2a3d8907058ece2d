import { Button } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import type { Pin, PinKind } from "@/ipc/bindings";
import { sentence } from "@/lib/format";
import { CopyButton } from "./CopyButton";
import { RelativeTime } from "./RelativeTime";

export const PIN_KINDS: Record<PinKind, string> = {
  tls_certificate: "TLS certificate",
  ssh_host_key: "SSH host key",
};

type Props = { pins: Pin[]; label: string; onForget: (pin: Pin) => void };

/** What was accepted once, of whom, and why. */
export function PinsTable({ pins, label, onForget }: Props) {
  return (
    <Table aria-label={label} variant="compact">
      <Thead>
        <Tr>
          <Th width={20}>Peer</Th>
          <Th width={10}>What</Th>
          <Th>Fingerprint</Th>
          <Th width={15}>Accepted</Th>
          <Th width={10}>Last seen</Th>
          <Th screenReaderText="Actions" />
        </Tr>
      </Thead>
      <Tbody>
        {pins.map((pin) => (
          <Tr key={`${pin.kind} ${pin.peer}`}>
            <Td dataLabel="Peer">
              <code>{pin.peer}</code>
            </Td>
            <Td dataLabel="What" modifier="nowrap">
              {PIN_KINDS[pin.kind]}
            </Td>
            <Td dataLabel="Fingerprint">
              <code>{pin.fingerprint}</code>{" "}
              <CopyButton text={pin.fingerprint} what={`the fingerprint of ${pin.peer}`} />
            </Td>
            <Td dataLabel="Accepted">
              <RelativeTime at={pin.first_seen} />
              <div className="slipway-subtle">{sentence(pin.accepted_because)}</div>
            </Td>
            <Td dataLabel="Last seen">
              <RelativeTime at={pin.last_seen} />
            </Td>
            <Td isActionCell>
              <Button variant="link" isInline isDanger onClick={() => onForget(pin)}>
                Forget…
              </Button>
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
