import { Alert, Button, Stack, StackItem } from "@patternfly/react-core";
import { useState } from "react";
import type { AcceptPin, PinView } from "@/ipc/bindings";
import { useAcceptPin } from "@/ipc/queries/pins";
import { ConfirmDialog } from "./ConfirmDialog";
import { Fingerprints } from "./Fingerprints";
import { PIN_KINDS } from "./PinsTable";
import { RelativeTime } from "./RelativeTime";

type TrustProps = { pin: AcceptPin; pinned: string | null; of: string; onClose: () => void };

/** Asks once more before another certificate or host key is trusted. */
export function TrustNewDialog({ pin, pinned, of, onClose }: TrustProps) {
  const accept = useAcceptPin();
  const what = PIN_KINDS[pin.kind];
  return (
    <ConfirmDialog
      title={`Trust the new ${what} of ${of}?`}
      confirm="Trust the new one"
      variant="medium"
      danger
      busy={accept.isPending}
      error={accept.error}
      onClose={onClose}
      onConfirm={() => accept.mutate(pin, { onSuccess: onClose })}
    >
      <p>
        From now on {pin.peer} is trusted by the new fingerprint. Accept it only if you know why it
        is another one: a new firmware, a replaced card, a renewed certificate.
      </p>
      <Fingerprints pinned={pinned} seen={pin.fingerprint} of={of} />
    </ConfirmDialog>
  );
}

/** Peers that show another one than was accepted: blocked until a person decides. */
export function ChangedPins({ pins }: { pins: PinView[] }) {
  const [trusting, setTrusting] = useState<Omit<TrustProps, "onClose"> | null>(null);
  const changed = pins.flatMap((pin) => (pin.refused ? [{ pin, refused: pin.refused }] : []));
  if (changed.length === 0) return null;
  return (
    <Stack hasGutter>
      {changed.map(({ pin, refused }) => {
        const of = pin.of ?? pin.peer;
        const what = PIN_KINDS[pin.kind];
        return (
          <StackItem key={`${pin.kind} ${pin.peer}`} data-testid={`changed-${pin.peer}`}>
            <Alert
              isInline
              variant="danger"
              title={
                pin.fingerprint
                  ? `The ${what} of ${of} has changed`
                  : `The ${what} of ${of} is not trusted`
              }
              actionLinks={
                <Button
                  variant="link"
                  isInline
                  onClick={() =>
                    setTrusting({
                      pin: { kind: pin.kind, peer: pin.peer, fingerprint: refused.seen },
                      pinned: pin.fingerprint,
                      of,
                    })
                  }
                >
                  Trust the new one…
                </Button>
              }
            >
              <p>
                <code>{pin.peer}</code> showed it <RelativeTime at={refused.at} />. Nothing is sent
                to it until somebody decides.
              </p>
              <Fingerprints pinned={pin.fingerprint} seen={refused.seen} of={of} />
            </Alert>
          </StackItem>
        );
      })}
      {trusting && <TrustNewDialog {...trusting} onClose={() => setTrusting(null)} />}
    </Stack>
  );
}
