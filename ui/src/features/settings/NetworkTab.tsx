import {
  Alert,
  AlertActionCloseButton,
  Card,
  CardBody,
  CardHeader,
  CardTitle,
  Content,
  EmptyState,
  EmptyStateBody,
  Label,
  Stack,
  StackItem,
} from "@patternfly/react-core";
import CheckCircleIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import ExclamationTriangleIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon";
import NetworkWiredIcon from "@patternfly/react-icons/dist/esm/icons/network-wired-icon";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useState } from "react";
import { Link } from "react-router";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { ErrorAlert } from "@/components/ErrorAlert";
import { Facts } from "@/components/Facts";
import { Loading } from "@/components/Loading";
import { ReasonedButton } from "@/components/ReasonedButton";
import type { PortHolderView, PortView } from "@/ipc/bindings";
import { useNetworkPorts, useTakeBackNetwork } from "@/ipc/queries/networks";
import { listed, sentence } from "@/lib/format";

/** What was taken back, for the person who asked for it. */
type Done = { port: string; done: string[] };

function For({ holder }: { holder: PortHolderView }) {
  if (holder.job === null) return "By hand, until it is taken back";
  return (
    <>
      <Link to={`/jobs/${holder.job}`}>A deployment</Link>
      {holder.running ? ", until it ends" : " that has ended"}
    </>
  );
}

function Holders({ port }: { port: PortView }) {
  return (
    <Table aria-label={`Cards that ${port.port} is set up for`} variant="compact">
      <Thead>
        <Tr>
          <Th>Card</Th>
          <Th>Address</Th>
          <Th>MAC</Th>
          <Th>For</Th>
        </Tr>
      </Thead>
      <Tbody>
        {port.holders.map((holder) => (
          <Tr key={`${holder.job} ${holder.card} ${holder.ip}`}>
            <Td dataLabel="Card">{holder.card}</Td>
            <Td dataLabel="Address">
              <code>{holder.ip}</code>
            </Td>
            <Td dataLabel="MAC">
              <code>{holder.macs.join(", ")}</code>
            </Td>
            <Td dataLabel="For">
              <For holder={holder} />
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}

function Port({ port, onTakeBack }: { port: PortView; onTakeBack: () => void }) {
  return (
    <Card data-testid={`port-${port.port}`}>
      <CardHeader
        actions={{
          actions: (
            <ReasonedButton
              variant="secondary"
              whyNot={port.why_not_down && sentence(port.why_not_down)}
              onClick={onTakeBack}
              aria-label={`Take back ${port.port}`}
            >
              Take back…
            </ReasonedButton>
          ),
        }}
      >
        <CardTitle component="h3">
          <code>{port.port}</code>{" "}
          {port.whole ? (
            <Label color="green" icon={<CheckCircleIcon />} isCompact>
              Stands
            </Label>
          ) : (
            <Label color="orange" icon={<ExclamationTriangleIcon />} isCompact>
              Not whole
            </Label>
          )}
        </CardTitle>
      </CardHeader>
      <CardBody>
        <Stack hasGutter>
          {port.missing.length > 0 && (
            <Alert isInline variant="warning" title="It does not stand as it was set up">
              <ul className="slipway-evidence">
                {port.missing.map((missing) => (
                  <li key={missing}>{sentence(missing)}</li>
                ))}
              </ul>
              <p>
                <strong>Next:</strong> A deployment that needs it mends it, and so does setting it
                up again; or take it back.
              </p>
            </Alert>
          )}
          <Facts
            termWidth="12rem"
            facts={[
              ["This machine's address", <code key="addresses">{port.addresses.join(", ")}</code>],
              ["DHCP server", port.server === null ? "does not run" : `process ${port.server}`],
              ["Taken by cards", port.given.length > 0 ? port.given.join("; ") : "none yet"],
            ]}
          />
          <Holders port={port} />
        </Stack>
      </CardBody>
    </Card>
  );
}

type Taking = { port: PortView; onDone: (done: Done) => void; onClose: () => void };

function TakeBackDialog({ port, onDone, onClose }: Taking) {
  const take = useTakeBackNetwork();
  const cards = [...new Set(port.holders.map(({ card }) => card))];
  return (
    <ConfirmDialog
      title={`Take back ${port.port}?`}
      confirm={`Take back ${port.port}`}
      danger
      busy={take.isPending}
      error={take.error}
      failed="It was not taken back"
      onClose={onClose}
      onConfirm={() =>
        take.mutate(port.port, {
          onSuccess: (done) => {
            onDone({ port: port.port, done });
            onClose();
          },
        })
      }
    >
      {listed(cards)} {cards.length === 1 ? "gets" : "get"} no address there any more. The DHCP
      server ends; the address is removed and the port set down, where Slipway had done that.
    </ConfirmDialog>
  );
}

/** This machine's ports that Slipway has set up: for whom, how they stand, and taking them back. */
export function NetworkTab() {
  const { data: ports, error, refetch } = useNetworkPorts();
  const [taking, setTaking] = useState<PortView | null>(null);
  const [done, setDone] = useState<Done | null>(null);
  return (
    <Stack hasGutter>
      <StackItem>
        <Content component="h2">Ports to cards</Content>
        <Content component="p">
          Ports of this machine on which Slipway gives cards their addresses, because a cluster file
          asked for it and somebody said so. No file of the system is changed by it.
        </Content>
      </StackItem>
      {done && (
        <Alert
          isInline
          variant="success"
          title={`${done.port} was taken back`}
          actionClose={<AlertActionCloseButton onClose={() => setDone(null)} />}
        >
          <ul className="slipway-evidence">
            {done.done.map((line) => (
              <li key={line}>{sentence(line)}</li>
            ))}
          </ul>
        </Alert>
      )}
      {error && (
        <ErrorAlert error={error} title="The ports could not be looked at" onRetry={refetch} />
      )}
      {!ports && !error && <Loading words="Looking at the ports" rows={3} />}
      {ports?.length === 0 && (
        <EmptyState
          variant="sm"
          headingLevel="h3"
          titleText="Slipway has set up no port"
          icon={NetworkWiredIcon}
        >
          <EmptyStateBody>
            The review of a cluster file offers it, where the file names a port, and a card's
            address and MAC.
          </EmptyStateBody>
        </EmptyState>
      )}
      {ports?.map((port) => (
        <StackItem key={port.port}>
          <Port port={port} onTakeBack={() => setTaking(port)} />
        </StackItem>
      ))}
      {taking && <TakeBackDialog port={taking} onDone={setDone} onClose={() => setTaking(null)} />}
    </Stack>
  );
}
