import {
  Card,
  CardBody,
  CardTitle,
  Content,
  EmptyState,
  EmptyStateBody,
  Stack,
  StackItem,
} from "@patternfly/react-core";
import KeyIcon from "@patternfly/react-icons/dist/esm/icons/key-icon";
import { useState } from "react";
import { ChangedPins } from "@/components/ChangedPins";
import { CopyButton } from "@/components/CopyButton";
import { ErrorAlert } from "@/components/ErrorAlert";
import { Facts } from "@/components/Facts";
import { PinsTable } from "@/components/PinsTable";
import { RevokePinDialog } from "@/components/RevokePinDialog";
import { TableSkeleton } from "@/components/TableSkeleton";
import type { PinView } from "@/ipc/bindings";
import { useAppInfo } from "@/ipc/queries/app";
import { usePins } from "@/ipc/queries/pins";
import { SiteCa } from "./SiteCa";

function Ours() {
  const { data: app, error, refetch } = useAppInfo();
  if (error) return <ErrorAlert error={error} title="It could not be read" onRetry={refetch} />;
  if (!app) return null;
  return (
    <Facts
      termWidth="9rem"
      facts={[
        [
          "Certificate authority",
          <span key="ca">
            <code>{app.ca_fingerprint}</code>{" "}
            <CopyButton text={app.ca_fingerprint} what="the fingerprint of our authority" />
            <div className="slipway-subtle">
              Signs the certificate under which ISOs are served. A deployment puts it into the IMC's
              trust store.
            </div>
          </span>,
        ],
        [
          "Fleet key",
          <span key="key">
            <code>{app.fleet_key}</code> <CopyButton text={app.fleet_key} what="the fleet key" />
            <div className="slipway-subtle">
              The public SSH key by which Slipway reaches the ACCs that it installed.
            </div>
          </span>,
        ],
      ]}
    />
  );
}

/** Every peer that was accepted once, and what the peers are asked to accept of us. */
export function TrustTab() {
  const { data: pins, error, refetch } = usePins();
  const [revoking, setRevoking] = useState<PinView | null>(null);
  return (
    <Stack hasGutter>
      {pins?.some((pin) => pin.refused) && (
        <StackItem>
          <ChangedPins pins={pins} />
        </StackItem>
      )}
      <StackItem>
        <Card>
          <CardTitle component="h2">What we trust of others</CardTitle>
          <CardBody>
            <Content component="p">
              Certificates and host keys that were accepted once. A peer that shows another one is
              refused.
            </Content>
            {error && (
              <ErrorAlert error={error} title="The pins could not be read" onRetry={refetch} />
            )}
            {!pins && !error && (
              <TableSkeleton
                label="Reading the pins"
                columns={["Peer", "What", "Fingerprint", "Accepted", "Last seen"]}
              />
            )}
            {pins?.length === 0 && (
              <EmptyState
                variant="sm"
                headingLevel="h3"
                titleText="Nothing is pinned yet"
                icon={KeyIcon}
              >
                <EmptyStateBody>Adding a card pins what its IMC shows.</EmptyStateBody>
              </EmptyState>
            )}
            {pins && pins.length > 0 && (
              <PinsTable pins={pins} label="Pins" onRevoke={setRevoking} />
            )}
          </CardBody>
        </Card>
      </StackItem>
      <StackItem>
        <SiteCa />
      </StackItem>
      <StackItem>
        <Card>
          <CardTitle component="h2">What others trust of us</CardTitle>
          <CardBody>
            <Ours />
          </CardBody>
        </Card>
      </StackItem>
      {revoking && <RevokePinDialog pin={revoking} onClose={() => setRevoking(null)} />}
    </Stack>
  );
}
