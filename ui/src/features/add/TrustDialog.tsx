import { Alert, Content } from "@patternfly/react-core";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import type { DiscoveryId } from "@/ipc/bindings";
import { useTrustDiscovered } from "@/ipc/queries/discovery";
import type { DiscoveryRow } from "@/ipc/whole";
import { counted } from "@/lib/format";
import { isOnlyNew } from "./rows";
import { Shown } from "./Shown";

type Props = { id: DiscoveryId; rows: DiscoveryRow[]; onClose: () => void };

/** A person's word on what machines show, each of which is named here once more. */
export function TrustDialog({ id, rows, onClose }: Props) {
  const trust = useTrustDiscovered(id);
  const [only] = rows;
  const one = rows.length === 1 && only;
  const changed = rows.some((row) => !isOnlyNew(row));
  return (
    <ConfirmDialog
      title={
        one
          ? `Trust what ${one.candidate.address} shows?`
          : `Trust what these ${counted(rows.length, "machine")} show?`
      }
      confirm={changed ? "Trust the new one" : one ? "Trust it" : `Trust all ${rows.length}`}
      variant="medium"
      scrolls
      danger={changed}
      busy={trust.isPending}
      error={trust.error}
      onClose={onClose}
      onConfirm={() =>
        trust.mutate({ id, rows: rows.map((row) => row.index) }, { onSuccess: onClose })
      }
    >
      {changed && (
        <Alert
          isInline
          variant="danger"
          title="It shows another one than was accepted before. Accept it only if you know why."
        />
      )}
      <Content component="p">
        Compare with what the machine's console shows. Slipway remembers it, and refuses to talk if
        it ever changes.
      </Content>
      <ul className="slipway-shown" aria-label="What is trusted">
        {rows.map((row) => (
          <li key={row.index}>
            <strong>{row.redfish ?? row.candidate.address}</strong>
            <Shown row={row} />
          </li>
        ))}
      </ul>
    </ConfirmDialog>
  );
}
