import type { Fingerprint } from "@/ipc/bindings";
import { CopyButton } from "./CopyButton";

type Props = {
  /** What was accepted before; `null`: nothing. */
  pinned: Fingerprint | null;
  seen: Fingerprint;
  of: string;
};

/** Old and new side by side, or rather one above the other, where digits can be compared. */
export function Fingerprints({ pinned, seen, of }: Props) {
  return (
    <dl className="slipway-fingerprints">
      {pinned && (
        <>
          <dt>Accepted before</dt>
          <dd className="slipway-fingerprint">
            <code>{pinned}</code>
            <CopyButton text={pinned} what={`the accepted fingerprint of ${of}`} />
          </dd>
        </>
      )}
      <dt>{pinned ? "Shown now" : "Shown"}</dt>
      <dd className="slipway-fingerprint">
        <code>{seen}</code>
        <CopyButton text={seen} what={`the shown fingerprint of ${of}`} />
      </dd>
    </dl>
  );
}
