import {
  Card,
  CardBody,
  Flex,
  FlexItem,
  PageSection,
  Stack,
  StackItem,
} from "@patternfly/react-core";
import { ByteProgress } from "@/components/ByteProgress";
import type { TransferKind, TransferView } from "@/ipc/bindings";
import { useTransfers } from "@/ipc/queries/transfers";
import { CancelTransfer } from "./CancelTransfer";

const DOING: Record<TransferKind, string> = {
  import_iso: "Reading",
  import_bundle: "Comparing and copying the bundle",
  write_bundle: "Writing the bundle",
};

const CANCEL: Record<TransferKind, string> = {
  import_iso: "Cancel the import",
  import_bundle: "Cancel the import",
  write_bundle: "Cancel the bundle",
};

function Running({ transfer }: { transfer: TransferView }) {
  const doing = `${DOING[transfer.kind]} ${transfer.path}`;
  return (
    <Flex alignItems={{ default: "alignItemsCenter" }} data-testid="transfer">
      <FlexItem grow={{ default: "grow" }}>
        {transfer.total > 0 ? (
          <ByteProgress done={transfer.read} total={transfer.total} label={doing} title={doing} />
        ) : (
          <p role="status">{doing}…</p>
        )}
      </FlexItem>
      <FlexItem>
        <CancelTransfer
          transfer={transfer.id}
          word={CANCEL[transfer.kind]}
          cancelling={transfer.cancelling}
        />
      </FlexItem>
    </Flex>
  );
}

/** What is copied or read right now, also where its dialog was closed. */
export function Transfers() {
  const { data: transfers } = useTransfers();
  if (!transfers?.length) return null;
  return (
    <PageSection aria-label="Under way">
      <Card isCompact>
        <CardBody>
          <Stack hasGutter>
            {transfers.map((transfer) => (
              <StackItem key={transfer.id}>
                <Running transfer={transfer} />
              </StackItem>
            ))}
          </Stack>
        </CardBody>
      </Card>
    </PageSection>
  );
}
