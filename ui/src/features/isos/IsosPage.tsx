import {
  Button,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  Gallery,
  GalleryItem,
  PageSection,
} from "@patternfly/react-core";
import CompactDiscIcon from "@patternfly/react-icons/dist/esm/icons/compact-disc-icon";
import { useState } from "react";
import { ErrorAlert } from "@/components/ErrorAlert";
import { LinkButton } from "@/components/LinkButton";
import { Loading } from "@/components/Loading";
import { PageHeader } from "@/components/PageHeader";
import { useIsos } from "@/ipc/queries/isos";
import { counted } from "@/lib/format";
import { CaDialog } from "./CaDialog";
import { ImportDialog } from "./ImportDialog";
import { IsoCard } from "./IsoCard";
import { Transfers } from "./Transfers";

function NoIsos({ onImport }: { onImport: () => void }) {
  return (
    <EmptyState headingLevel="h2" titleText="No ISOs yet" icon={CompactDiscIcon}>
      <EmptyStateBody>
        An installer ISO carries an image of RHEL image mode to a card. Slipway reads what is
        inside, serves it over HTTPS and shows who reads it. The file stays where it is.
      </EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          <LinkButton to="/isos/build">Build an ISO…</LinkButton>
        </EmptyStateActions>
        <EmptyStateActions>
          <Button variant="link" onClick={onImport}>
            Import an ISO
          </Button>
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  );
}

/** The library: what is inside each ISO, where it is served, who reads it. */
export function IsosPage() {
  const { data: isos, error, refetch } = useIsos();
  const [importing, setImporting] = useState(false);
  const [exporting, setExporting] = useState(false);
  return (
    <>
      <PageHeader
        title="ISOs"
        lead={isos && counted(isos.length, "installer ISO")}
        actions={
          isos &&
          isos.length > 0 && (
            <>
              <LinkButton to="/isos/build" testId="build-iso">
                Build an ISO…
              </LinkButton>
              <Button
                variant="secondary"
                onClick={() => setImporting(true)}
                data-testid="import-iso"
              >
                Import an ISO
              </Button>
              <Button variant="secondary" onClick={() => setExporting(true)} data-testid="ca">
                CA certificate…
              </Button>
            </>
          )
        }
      />
      <Transfers />
      <PageSection isFilled aria-label="Library">
        {error && <ErrorAlert error={error} title="The ISOs could not be read" onRetry={refetch} />}
        {!isos && !error && <Loading words="Reading the library" rows={6} />}
        {isos?.length === 0 && <NoIsos onImport={() => setImporting(true)} />}
        {isos && isos.length > 0 && (
          <Gallery hasGutter minWidths={{ default: "100%", lg: "440px" }}>
            {isos.map((view) => (
              <GalleryItem key={view.iso.id}>
                <IsoCard view={view} />
              </GalleryItem>
            ))}
          </Gallery>
        )}
      </PageSection>
      {importing && <ImportDialog onClose={() => setImporting(false)} />}
      {exporting && <CaDialog onClose={() => setExporting(false)} />}
    </>
  );
}
