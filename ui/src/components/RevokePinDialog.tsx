import type { PinView } from "@/ipc/bindings";
import { useRemovePin } from "@/ipc/queries/pins";
import { ConfirmDialog } from "./ConfirmDialog";
import { PIN_KINDS } from "./PinsTable";

type Props = { pin: PinView; onClose: () => void };

/** Takes a trust back; the peer is then new again. */
export function RevokePinDialog({ pin, onClose }: Props) {
  const remove = useRemovePin();
  const what = PIN_KINDS[pin.kind];
  return (
    <ConfirmDialog
      title={`Revoke the ${what} of ${pin.peer}?`}
      confirm="Revoke it"
      danger
      busy={remove.isPending}
      error={remove.error}
      onClose={onClose}
      onConfirm={() => remove.mutate(pin, { onSuccess: onClose })}
    >
      Slipway does not talk to {pin.of ?? pin.peer} again until somebody has accepted what it shows.
    </ConfirmDialog>
  );
}
