import {
  Alert,
  Card,
  CardBody,
  CardTitle,
  EmptyState,
  EmptyStateBody,
  PageSection,
  Stack,
  StackItem,
} from "@patternfly/react-core";
import { useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { ChangedPins } from "@/components/ChangedPins";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { ErrorAlert } from "@/components/ErrorAlert";
import { BmcActions } from "@/components/inventory/BmcActions";
import { BmcStateLabel } from "@/components/inventory/BmcStateLabel";
import { Identity } from "@/components/inventory/Identity";
import { InventoryAge } from "@/components/inventory/InventoryAge";
import { InventoryParts } from "@/components/inventory/InventoryParts";
import { pairedBy } from "@/components/inventory/pairing";
import { RawCrawl } from "@/components/inventory/RawCrawl";
import { Loading } from "@/components/Loading";
import { PageHeader } from "@/components/PageHeader";
import { PinsTable } from "@/components/PinsTable";
import { ReasonedButton } from "@/components/ReasonedButton";
import { RelativeTime } from "@/components/RelativeTime";
import { RevokePinDialog } from "@/components/RevokePinDialog";
import { UrlTabs } from "@/components/UrlTabs";
import type { PairedCard, PinView } from "@/ipc/bindings";
import { useBmc, useRemoveBmc } from "@/ipc/queries/bmcs";
import type { BmcView } from "@/ipc/whole";
import { sentence } from "@/lib/format";

function CardsInIt({ cards }: { cards: PairedCard[] }) {
  return (
    <Card>
      <CardTitle component="h2">Cards in it</CardTitle>
      <CardBody>
        {cards.length === 0 ? (
          <p className="slipway-subtle">
            No card is known to be in it: none shares a serial number or a MAC address. A card's
            page can say so by hand.
          </p>
        ) : (
          <ul>
            {cards.map((card) => (
              <li key={card.dpu}>
                <Link to={`/cards/${card.dpu}`}>{card.name}</Link>{" "}
                <span className="slipway-subtle">{pairedBy(card.by)}</span>
              </li>
            ))}
          </ul>
        )}
      </CardBody>
    </Card>
  );
}

function OverviewTab({ view }: { view: BmcView }) {
  return (
    <Stack hasGutter>
      <StackItem>
        <InventoryAge view={view} />
      </StackItem>
      {view.inventory && (
        <StackItem>
          <Identity view={view} inventory={view.inventory} />
        </StackItem>
      )}
      <StackItem>
        <CardsInIt cards={view.row.cards} />
      </StackItem>
      <StackItem>
        <BmcActions view={view} />
      </StackItem>
    </Stack>
  );
}

function InventoryTab({ view }: { view: BmcView }) {
  return (
    <>
      <InventoryAge view={view} />
      {view.inventory ? (
        <InventoryParts inventory={view.inventory} />
      ) : (
        <EmptyState variant="sm" headingLevel="h2" titleText="Nothing was read yet">
          <EmptyStateBody>Read it now, or wait for the next look.</EmptyStateBody>
        </EmptyState>
      )}
    </>
  );
}

function TrustTab({ view }: { view: BmcView }) {
  const [revoking, setRevoking] = useState<PinView | null>(null);
  return (
    <Stack hasGutter>
      <StackItem>
        <ChangedPins pins={view.pins} />
      </StackItem>
      <StackItem>
        <PinsTable pins={view.pins} label={`Pins of ${view.row.name}`} onRevoke={setRevoking} />
      </StackItem>
      <StackItem>
        <p>
          Logged in to by {view.login}. <Link to="/settings/credentials">Credential profiles</Link>
        </p>
      </StackItem>
      {revoking && <RevokePinDialog pin={revoking} onClose={() => setRevoking(null)} />}
    </Stack>
  );
}

function RemoveDialog({ view, onClose }: { view: BmcView; onClose: () => void }) {
  const remove = useRemoveBmc(view.row.id);
  const navigate = useNavigate();
  return (
    <ConfirmDialog
      title={`Remove ${view.row.name}?`}
      confirm="Remove the host"
      danger
      busy={remove.isPending}
      error={remove.error}
      onClose={onClose}
      onConfirm={() => remove.mutate(undefined, { onSuccess: () => navigate("/hosts") })}
    >
      Slipway forgets {view.row.name}, its own credential and its pin. The machine is not touched,
      and its cards stay.
    </ConfirmDialog>
  );
}

/** One server or BlueField: who it is, how it is, what is in it, what can be done. */
export function HostPage() {
  const { id = "" } = useParams();
  const { data: view, error, refetch } = useBmc(id);
  const [removing, setRemoving] = useState(false);
  const row = view?.row;
  const where = row && [row.kind_text, row.model, row.address, ...row.labels];
  return (
    <>
      <PageHeader
        title={row?.name ?? "Host"}
        above={[["Hosts", "/hosts"]]}
        badge={
          row && (
            <>
              <BmcStateLabel state={row.state} reason={row.reason} />
              {row.seen && (
                <span className="slipway-subtle">
                  <RelativeTime at={row.seen} />
                </span>
              )}
            </>
          )
        }
        lead={where?.filter(Boolean).join(" · ")}
        actions={
          view && (
            <ReasonedButton
              variant="link"
              isDanger
              whyNot={view.why_not_remove && sentence(view.why_not_remove)}
              onClick={() => setRemoving(true)}
              testId="remove-host"
            >
              Remove…
            </ReasonedButton>
          )
        }
      >
        {row && row.state !== "healthy" && (
          <Alert
            isInline
            isPlain
            variant={row.state === "unknown" ? "info" : "warning"}
            title={sentence(row.reason)}
          />
        )}
      </PageHeader>
      {error && !view && (
        <PageSection aria-label="Error">
          <ErrorAlert error={error} title="The host could not be read" onRetry={refetch} />
        </PageSection>
      )}
      {!view && !error && (
        <PageSection isFilled aria-label="Loading">
          <Loading words="Reading the host" rows={8} />
        </PageSection>
      )}
      {view && (
        <UrlTabs
          key={id}
          label="Parts of the host"
          tabs={[
            { key: "overview", word: "Overview", content: () => <OverviewTab view={view} /> },
            { key: "inventory", word: "Inventory", content: () => <InventoryTab view={view} /> },
            { key: "trust", word: "Trust", content: () => <TrustTab view={view} /> },
            { key: "raw", word: "Raw", content: () => <RawCrawl id={id} /> },
          ]}
        />
      )}
      {removing && view && <RemoveDialog view={view} onClose={() => setRemoving(false)} />}
    </>
  );
}
