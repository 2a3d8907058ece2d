import { CodeBlock, CodeBlockCode, ExpandableSection, SearchInput } from "@patternfly/react-core";
import { useState } from "react";
import { CopyButton } from "@/components/CopyButton";
import { ErrorAlert } from "@/components/ErrorAlert";
import { Loading } from "@/components/Loading";
import { RelativeTime } from "@/components/RelativeTime";
import type { BmcId, RawText } from "@/ipc/bindings";
import { useRawBmc } from "@/ipc/queries/bmcs";
import { counted } from "@/lib/format";

function Resource({ resource, open: first }: { resource: RawText; open: boolean }) {
  const [open, setOpen] = useState(first);
  return (
    <ExpandableSection
      toggleText={resource.path}
      isExpanded={open}
      onToggle={(_event, expanded) => setOpen(expanded)}
    >
      {open && (
        <CodeBlock
          actions={<CopyButton text={resource.body} what={`the JSON of ${resource.path}`} />}
        >
          <CodeBlockCode>{resource.body}</CodeBlockCode>
        </CodeBlock>
      )}
    </ExpandableSection>
  );
}

/** The JSON of the last crawl, resource by resource: what the service itself wrote. */
export function RawCrawl({ id }: { id: BmcId }) {
  const { data, error, refetch } = useRawBmc(id);
  const [search, setSearch] = useState("");
  if (error) return <ErrorAlert error={error} title="There is no crawl" onRetry={refetch} />;
  if (!data) return <Loading words="Reading the last crawl" />;
  const wanted = search.trim().toLowerCase();
  const found = data.resources.filter(({ path, body }) =>
    `${path}\n${body}`.toLowerCase().includes(wanted),
  );
  const all = data.resources.map(({ path, body }) => `// ${path}\n${body}`).join("\n\n");
  return (
    <>
      <div className="slipway-toolbar-row">
        <div className="slipway-search">
          <SearchInput
            aria-label="Search the resources"
            placeholder="Path, property or value"
            value={search}
            resultsCount={wanted ? found.length : undefined}
            onChange={(_event, text) => setSearch(text)}
            onClear={() => setSearch("")}
          />
        </div>
        <span className="slipway-subtle">
          {counted(data.resources.length, "resource")}, read <RelativeTime at={data.read_at} />
        </span>
        <span className="slipway-push">
          <CopyButton text={all} what="all resources" variant="link">
            Copy all
          </CopyButton>
        </span>
      </div>
      {found.length === 0 && <p className="slipway-subtle">No resource has this text.</p>}
      {found.map((resource) => (
        <Resource
          key={`${resource.path} ${wanted}`}
          resource={resource}
          open={wanted !== "" && found.length <= 3}
        />
      ))}
    </>
  );
}
