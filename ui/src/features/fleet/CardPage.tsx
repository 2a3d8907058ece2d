import { Alert, PageSection, Tab, Tabs, TabTitleText } from "@patternfly/react-core";
import { Link, useParams, useSearchParams } from "react-router";
import { ErrorAlert } from "@/components/ErrorAlert";
import { HeadlineLabel } from "@/components/HeadlineLabel";
import { JobsTable } from "@/components/JobsTable";
import { Loading } from "@/components/Loading";
import { PageHeader } from "@/components/PageHeader";
import type { DpuView } from "@/ipc/bindings";
import { useDpu } from "@/ipc/queries/dpus";
import { sentence } from "@/lib/format";
import { CardActions } from "./card/CardActions";
import { OverviewTab } from "./card/OverviewTab";
import { RawTab } from "./card/RawTab";
import { TrustTab } from "./card/TrustTab";

const TABS = ["overview", "jobs", "trust", "raw"] as const;
type TabName = (typeof TABS)[number];

function CardTabs({ view }: { view: DpuView }) {
  const [params, setParams] = useSearchParams();
  const open: TabName = TABS.find((tab) => tab === params.get("tab")) ?? "overview";
  return (
    <>
      <PageSection type="tabs" aria-label="Parts of the card">
        <Tabs
          activeKey={open}
          onSelect={(_event, key) =>
            setParams(key === "overview" ? {} : { tab: String(key) }, { replace: true })
          }
          usePageInsets
          aria-label="Parts of the card"
        >
          <Tab
            eventKey="overview"
            title={<TabTitleText>Overview</TabTitleText>}
            tabContentId="card-tab"
          />
          <Tab eventKey="jobs" title={<TabTitleText>Jobs</TabTitleText>} tabContentId="card-tab" />
          <Tab
            eventKey="trust"
            title={<TabTitleText>Trust</TabTitleText>}
            tabContentId="card-tab"
          />
          <Tab eventKey="raw" title={<TabTitleText>Raw</TabTitleText>} tabContentId="card-tab" />
        </Tabs>
      </PageSection>
      <PageSection isFilled id="card-tab" role="tabpanel" aria-label={open}>
        {open === "overview" && <OverviewTab view={view} />}
        {open === "jobs" && <CardJobs view={view} />}
        {open === "trust" && <TrustTab view={view} />}
        {open === "raw" && <RawTab view={view} />}
      </PageSection>
    </>
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
