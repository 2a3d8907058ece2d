import type { Pin } from "@/ipc/bindings";
import { useRemovePin } from "@/ipc/queries/pins";
import { ConfirmDialog } from "./ConfirmDialog";
import { PIN_KINDS } from "./PinsTable";

type Props = { pin: Pin; onClose: () => void };

/** Forgets a pin; the peer is then new again. */
export function ForgetPinDialog({ pin, onClose }: Props) {
  const remove = useRemovePin();
  const what = PIN_KINDS[pin.kind];
  return (
    <ConfirmDialog
      title={`Forget the ${what} of ${pin.peer}?`}
      confirm="Forget it"
      danger
      busy={remove.isPending}
      error={remove.error}
      onClose={onClose}
      onConfirm={() => remove.mutate(pin, { onSuccess: onClose })}
    >
      Slipway does not talk to {pin.peer} again until somebody has accepted what it shows.
    </ConfirmDialog>
  );
}
