import { Button, Card, CardBody, CardTitle, Stack, StackItem } from "@patternfly/react-core";
import { useState } from "react";
import { Link } from "react-router";
import { ErrorAlert } from "@/components/ErrorAlert";
import { BmcActions } from "@/components/inventory/BmcActions";
import { Identity } from "@/components/inventory/Identity";
import { InventoryAge } from "@/components/inventory/InventoryAge";
import { InventoryParts } from "@/components/inventory/InventoryParts";
import { Loading } from "@/components/Loading";
import { RelativeTime } from "@/components/RelativeTime";
import type { DpuView } from "@/ipc/bindings";
import { useBmc } from "@/ipc/queries/bmcs";
import { sentence } from "@/lib/format";
import { PairDialog } from "./PairDialog";

/** The server that the card is in, and how that is known. */
function Host({ view }: { view: DpuView }) {
  const [asking, setAsking] = useState(false);
  const { pairing } = view;
  return (
    <Card>
      <CardTitle component="h2">Server</CardTitle>
      <CardBody>
        <span className="slipway-numbers-row">
          {pairing ? (
            <span>
              In <Link to={`/hosts/${pairing.host}`}>{pairing.host_name}</Link>:{" "}
              {sentence(pairing.because)}{" "}
              <span className="slipway-subtle">
                Known <RelativeTime at={pairing.since} style="since" />
              </span>
            </span>
          ) : (
            <span>
              Not known: no server's BMC lists the card's serial number or MAC address.
              {view.row.host && ` It was said to be in ${view.row.host}.`}
            </span>
          )}
          <Button variant="link" isInline onClick={() => setAsking(true)} data-testid="pair">
            Say it by hand…
          </Button>
        </span>
      </CardBody>
      {asking && <PairDialog view={view} onClose={() => setAsking(false)} />}
    </Card>
  );
}

/** What the card's IMC tells of itself and of the card. */
export function InventoryTab({ view }: { view: DpuView }) {
  // A card's IMC has the id of its card.
  const { data: bmc, error, refetch } = useBmc(view.row.id);
  return (
    <Stack hasGutter>
      {error && <ErrorAlert error={error} title="It could not be read" onRetry={refetch} />}
      {!bmc && !error && <Loading words="Reading the inventory" rows={8} />}
      {bmc && (
        <StackItem>
          <InventoryAge view={bmc} />
        </StackItem>
      )}
      {bmc?.inventory && (
        <StackItem>
          <Identity view={bmc} inventory={bmc.inventory} />
        </StackItem>
      )}
      <StackItem>
        <Host view={view} />
      </StackItem>
      {bmc && (
        <StackItem>
          <BmcActions view={bmc} />
        </StackItem>
      )}
      {bmc?.inventory && (
        <StackItem>
          <InventoryParts inventory={bmc.inventory} />
        </StackItem>
      )}
    </Stack>
  );
}
