import {
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  PageSection,
  Pagination,
  SearchInput,
} from "@patternfly/react-core";
import SearchIcon from "@patternfly/react-icons/dist/esm/icons/search-icon";
import ServerIcon from "@patternfly/react-icons/dist/esm/icons/server-icon";
import { useDeferredValue, useState } from "react";
import { useSearchParams } from "react-router";
import { ErrorAlert } from "@/components/ErrorAlert";
import { LinkButton } from "@/components/LinkButton";
import { PageHeader } from "@/components/PageHeader";
import { TableSkeleton } from "@/components/TableSkeleton";
import { useBmcs } from "@/ipc/queries/bmcs";
import { counted } from "@/lib/format";
import { HOST_COLUMNS, HostsTable } from "./HostsTable";

const PAGE_ROWS = 100;

function NoHosts() {
  return (
    <EmptyState headingLevel="h2" titleText="No hosts yet" icon={ServerIcon}>
      <EmptyStateBody>
        A host is a server or a BlueField card that Slipway knows by its BMC. Add their addresses,
        and the cards in them are found by serial number or MAC address.
      </EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          <LinkButton to="/add">Add by address</LinkButton>
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  );
}

/** Servers and BlueFields, known by their BMCs. */
export function HostsPage() {
  const [params, setParams] = useSearchParams();
  const [text, setText] = useState(params.get("search") ?? "");
  const search = useDeferredValue(text.trim()) || null;
  const page = Math.max(1, Number(params.get("page")) || 1);
  const { data, error, refetch } = useBmcs({
    search,
    with_imcs: false,
    offset: (page - 1) * PAGE_ROWS,
    limit: PAGE_ROWS,
  });
  const change = (next: { search?: string; page?: number }) => {
    const made = new URLSearchParams();
    const wanted = next.search ?? text;
    if (wanted) made.set("search", wanted);
    if (next.page && next.page > 1) made.set("page", String(next.page));
    setParams(made, { replace: true });
  };
  const type = (value: string) => {
    setText(value);
    change({ search: value });
  };
  return (
    <>
      <PageHeader
        title="Hosts"
        lead={data && counted(data.total, "server and BlueField", "servers and BlueFields")}
        actions={<LinkButton to="/add">Add by address</LinkButton>}
      />
      <PageSection isFilled aria-label="All hosts">
        {error && <ErrorAlert error={error} title="They could not be read" onRetry={refetch} />}
        {!data && !error && <TableSkeleton label="Reading the hosts" columns={HOST_COLUMNS} />}
        {data?.total === 0 && !search && <NoHosts />}
        {data && (data.total > 0 || search) && (
          <>
            <div className="slipway-toolbar-row">
              <div className="slipway-search">
                <SearchInput
                  aria-label="Search hosts"
                  placeholder="Name, address, kind, model, serial number"
                  value={text}
                  onChange={(_event, value) => type(value)}
                  onClear={() => type("")}
                />
              </div>
              {data.total > PAGE_ROWS && (
                <Pagination
                  className="slipway-push"
                  isCompact
                  itemCount={data.total}
                  perPage={PAGE_ROWS}
                  perPageOptions={[]}
                  page={page}
                  onSetPage={(_event, next) => change({ page: next })}
                />
              )}
            </div>
            {data.rows.length > 0 ? (
              <HostsTable rows={data.rows} />
            ) : (
              <EmptyState
                variant="sm"
                headingLevel="h2"
                titleText="No host matches"
                icon={SearchIcon}
              />
            )}
          </>
        )}
      </PageSection>
    </>
  );
}
