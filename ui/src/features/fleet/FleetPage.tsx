import {
  Button,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  PageSection,
} from "@patternfly/react-core";
import MicrochipIcon from "@patternfly/react-icons/dist/esm/icons/microchip-icon";
import RedoIcon from "@patternfly/react-icons/dist/esm/icons/redo-icon";
import SearchIcon from "@patternfly/react-icons/dist/esm/icons/search-icon";
import { type ReactNode, useCallback, useEffect, useMemo, useState } from "react";
import { useNavigate } from "react-router";
import { AfterAWhile } from "@/components/AfterAWhile";
import { ErrorAlert } from "@/components/ErrorAlert";
import { LinkButton } from "@/components/LinkButton";
import { PageHeader } from "@/components/PageHeader";
import { TableSkeleton } from "@/components/TableSkeleton";
import { benchReady } from "@/ipc/queries/app";
import { allDpus, useDpuCount, useRefreshFleet } from "@/ipc/queries/dpus";
import { usePreferences } from "@/ipc/queries/preferences";
import { counted } from "@/lib/format";
import { ColumnsDialog } from "./ColumnsDialog";
import { chosenColumns } from "./columns";
import { FleetTable } from "./FleetTable";
import { FleetToolbar } from "./FleetToolbar";
import { useFleetFilter } from "./filter";
import { StateChips } from "./StateChips";
import { useSelection } from "./selection";

function NoCards({ tryLab }: { tryLab: ReactNode }) {
  return (
    <EmptyState headingLevel="h2" titleText="No cards yet" icon={MicrochipIcon}>
      <EmptyStateBody>
        Add a card by the address of its IMC, or try everything on simulated cards first.
      </EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          <LinkButton to="/add">Add cards</LinkButton>
          {tryLab}
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  );
}

function NoMatch({ onClear }: { onClear: () => void }) {
  return (
    <EmptyState headingLevel="h2" titleText="No card matches" icon={SearchIcon} variant="sm">
      <EmptyStateBody>Nothing has this text and this state.</EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          <Button variant="link" onClick={onClear}>
            Clear search and filters
          </Button>
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  );
}

/** All cards: search, filter, tick, open. */
export function FleetPage({ tryLab }: { tryLab: ReactNode }) {
  const { filter, change, toggle } = useFleetFilter();
  const { data, error, refetch } = useDpuCount(filter);
  const refresh = useRefreshFleet();
  const selection = useSelection();
  const { preferences, change: prefer } = usePreferences();
  const [choosing, setChoosing] = useState(false);
  const [selectError, setSelectError] = useState<unknown>(null);
  const navigate = useNavigate();
  const columns = useMemo(() => chosenColumns(preferences.columns), [preferences.columns]);

  // The latest filter counts: `change` is made anew with every address.
  // biome-ignore lint/correctness/useExhaustiveDependencies: change follows filter
  const search = useCallback((text: string | null) => change({ search: text }, true), [filter]);
  const selectAll = async (on: boolean) => {
    if (!on) return selection.clear();
    try {
      const rows = await allDpus(filter);
      selection.set(rows.map((row) => row.id));
    } catch (problem) {
      setSelectError(problem);
    }
  };

  const total = data?.total ?? 0;
  const filtered = filter.search !== null || filter.states.length > 0;
  const empty = data !== undefined && total === 0;
  // The table tells it of itself.
  const withoutTable = empty || error !== null;
  useEffect(() => {
    if (withoutTable) benchReady("/cards");
  }, [withoutTable]);
  const all = data?.counts.reduce((sum, entry) => sum + entry.count, 0) ?? 0;
  return (
    <>
      <PageHeader
        title="Cards"
        lead={
          data && (
            <span role="status">
              {total === all ? counted(total, "card") : `${total} of ${counted(all, "card")}`}
              {selection.ids.size > 0 && `, ${selection.ids.size} selected`}
            </span>
          )
        }
        actions={
          !(empty && !filtered) && (
            <>
              <Button
                variant="secondary"
                icon={<RedoIcon />}
                isLoading={refresh.isPending}
                onClick={() => refresh.mutate()}
              >
                Refresh all
              </Button>
              <LinkButton variant="secondary" to="/deploy/file" testId="open-cluster">
                Deploy a cluster file
              </LinkButton>
              <LinkButton to="/add" testId="add-cards">
                Add cards
              </LinkButton>
            </>
          )
        }
      />
      <PageSection isFilled hasBodyWrapper={false} className="slipway-fill" aria-label="All cards">
        {error && (
          <ErrorAlert error={error} title="The cards could not be read" onRetry={refetch} />
        )}
        {refresh.error && (
          <ErrorAlert
            error={refresh.error}
            title="The cards were not asked"
            onClose={refresh.reset}
          />
        )}
        {selectError !== null && (
          <ErrorAlert
            error={selectError}
            title="Not all cards could be selected"
            onClose={() => setSelectError(null)}
          />
        )}
        {empty && !filtered ? (
          <NoCards tryLab={tryLab} />
        ) : (
          <>
            <FleetToolbar
              search={filter.search}
              onSearch={search}
              selected={selection.ids.size}
              onClear={selection.clear}
              onDeploy={() => navigate(`/deploy?cards=${[...selection.ids].join(",")}`)}
              onColumns={() => setChoosing(true)}
            />
            <div className="slipway-chips">
              <StateChips counts={data?.counts ?? []} chosen={filter.states} onToggle={toggle} />
            </div>
            {!data && !error && (
              <AfterAWhile>
                <TableSkeleton
                  label="Reading the cards"
                  columns={["Name", "State", ...columns.map((column) => column.word)]}
                  rows={10}
                />
              </AfterAWhile>
            )}
            {empty && <NoMatch onClear={() => change({ search: null, states: [] })} />}
            {data && total > 0 && (
              <FleetTable
                {...{ filter, columns, selection }}
                first={data}
                onSelectAll={selectAll}
                onSort={(sort, descending) => change({ sort, descending })}
              />
            )}
          </>
        )}
      </PageSection>
      {choosing && (
        <ColumnsDialog
          chosen={columns.map((column) => column.id)}
          onClose={() => setChoosing(false)}
          onSave={(ids) => {
            prefer({ columns: ids });
            setChoosing(false);
          }}
        />
      )}
    </>
  );
}
