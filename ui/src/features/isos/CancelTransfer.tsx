import { ReasonedButton } from "@/components/ReasonedButton";
import type { TransferId } from "@/ipc/bindings";
import { useCancelTransfer } from "@/ipc/queries/transfers";

type Props = {
  /** Not known in the first moment. */
  transfer: TransferId | undefined;
  word: string;
  /** Somebody wants it to stop already. */
  cancelling?: boolean;
};

/** Stops a copy; what began it tells when nothing of it is left. */
export function CancelTransfer({ transfer, word, cancelling = false }: Props) {
  const cancel = useCancelTransfer();
  const asked = cancelling || cancel.isPending || cancel.isSuccess;
  const whyNot = transfer ? (asked ? "It is being stopped" : null) : "It has not begun yet";
  return (
    <ReasonedButton
      variant="secondary"
      whyNot={whyNot}
      onClick={() => transfer && cancel.mutate(transfer)}
      testId="cancel-transfer"
    >
      {asked ? "Cancelling…" : word}
    </ReasonedButton>
  );
}
