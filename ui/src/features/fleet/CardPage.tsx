import { Alert, PageSection } from "@patternfly/react-core";
import { Link, useParams } from "react-router";
import { ErrorAlert } from "@/components/ErrorAlert";
import { HeadlineLabel } from "@/components/HeadlineLabel";
import { JobsTable } from "@/components/JobsTable";
import { Loading } from "@/components/Loading";
import { PageHeader } from "@/components/PageHeader";
import { UrlTabs } from "@/components/UrlTabs";
import type { DpuView } from "@/ipc/bindings";
import { useDpu } from "@/ipc/queries/dpus";
import { sentence } from "@/lib/format";
import { CardActions } from "./card/CardActions";
import { InventoryTab } from "./card/InventoryTab";
import { OverviewTab } from "./card/OverviewTab";
import { RawTab } from "./card/RawTab";
import { TrustTab } from "./card/TrustTab";

function CardTabs({ view }: { view: DpuView }) {
  return (
    <UrlTabs
      label="Parts of the card"
      tabs={[
        { key: "overview", word: "Overview", content: () => <OverviewTab view={view} /> },
        { key: "inventory", word: "Inventory", content: () => <InventoryTab view={view} /> },
        { key: "jobs", word: "Jobs", content: () => <CardJobs view={view} /> },
        { key: "trust", word: "Trust", content: () => <TrustTab view={view} /> },
        { key: "raw", word: "Raw", content: () => <RawTab view={view} /> },
      ]}
    />
  );
}

function CardJobs({ view }: { view: DpuView }) {
  if (view.jobs.length === 0) {
    return <p className="slipway-subtle">No job has run on this card.</p>;
  }
  return <JobsTable jobs={view.jobs} label={`Jobs of ${view.row.name}`} showCard={false} />;
}

/** One card: its state, what can be done, and everything that is known. */
export function CardPage() {
  const { id = "" } = useParams();
  const { data: view, error, refetch } = useDpu(id);
  const row = view?.row;
  const where = row && [row.host && `Host ${row.host}`, `IMC ${row.imc}`, ...row.labels];
  return (
    <>
      <PageHeader
        title={row?.name ?? "Card"}
        above={[["Cards", "/cards"]]}
        badge={row && <HeadlineLabel headline={row.headline} seen={row.last_seen} />}
        lead={where?.filter(Boolean).join(" · ")}
        actions={view && <CardActions key={id} view={view} />}
      >
        {row && row.headline.state !== "current" && row.headline.state !== "update_available" && (
          <Reason view={view} />
        )}
      </PageHeader>
      {error && (
        <PageSection aria-label="Error">
          <ErrorAlert error={error} title="The card could not be read" onRetry={refetch} />
        </PageSection>
      )}
      {view && <CardTabs key={id} view={view} />}
      {!view && !error && (
        <PageSection isFilled aria-label="Loading">
          <Loading words="Reading the card" rows={8} />
        </PageSection>
      )}
    </>
  );
}

const SEVERITY = {
  working: "info",
  failed: "danger",
  unreachable: "danger",
  rolled_back: "warning",
  degraded: "warning",
  drifted: "warning",
  staged: "info",
  update_available: "info",
  not_image_mode: "info",
  unknown: "info",
  current: "success",
} as const;

/** Why the card has its state, and the job behind it. */
function Reason({ view }: { view: DpuView }) {
  const { headline, job } = view.row;
  const last = view.jobs[0];
  const behind = job ?? (headline.state === "failed" ? last?.id : undefined);
  return (
    <Alert
      isInline
      isPlain
      className="slipway-reason"
      variant={SEVERITY[headline.state]}
      title={sentence(headline.reason)}
      actionLinks={behind && <Link to={`/jobs/${behind}`}>Look at the job</Link>}
    />
  );
}
