import { Alert, Button, Flex, FlexItem, Label } from "@patternfly/react-core";
import HistoryIcon from "@patternfly/react-icons/dist/esm/icons/history-icon";
import RedoIcon from "@patternfly/react-icons/dist/esm/icons/redo-icon";
import { ErrorAlert } from "@/components/ErrorAlert";
import { RelativeTime } from "@/components/RelativeTime";
import { useRefreshBmc } from "@/ipc/queries/bmcs";
import type { BmcView } from "@/ipc/whole";
import { sentence } from "@/lib/format";

/** How old the inventory is, what keeps it from being newer, and a way to read it now. */
export function InventoryAge({ view }: { view: BmcView }) {
  const refresh = useRefreshBmc(view.row.id);
  return (
    <>
      <Flex
        alignItems={{ default: "alignItemsCenter" }}
        columnGap={{ default: "columnGapSm" }}
        className="slipway-chips"
      >
        <FlexItem>
          {view.read_at ? (
            <>
              Read <RelativeTime at={view.read_at} />
            </>
          ) : (
            "All of it was never read"
          )}
        </FlexItem>
        {view.stale && (
          <FlexItem>
            <Label color="orange" isCompact icon={<HistoryIcon />}>
              Stale
            </Label>
          </FlexItem>
        )}
        <FlexItem>
          <Button
            size="sm"
            variant="secondary"
            icon={<RedoIcon />}
            isLoading={refresh.isPending}
            onClick={() => refresh.mutate()}
            data-testid="read-inventory"
          >
            {refresh.isPending ? "Reading it…" : "Read it now"}
          </Button>
        </FlexItem>
      </Flex>
      {refresh.error && (
        <ErrorAlert
          error={refresh.error}
          title={`${view.row.name} was not read`}
          onClose={refresh.reset}
        />
      )}
      {view.silent && !refresh.error && (
        <Alert
          isInline
          variant="warning"
          title={
            <>
              It does not answer as it should <RelativeTime at={view.silent.since} style="since" />
            </>
          }
        >
          <p>{sentence(view.silent.reason)}</p>
          {view.next_look && (
            <p>
              It is asked again by itself; <strong>Read it now</strong> does not wait.
            </p>
          )}
        </Alert>
      )}
    </>
  );
}
