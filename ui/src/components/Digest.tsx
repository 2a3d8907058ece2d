import { shortDigest } from "@/lib/format";
import { CopyButton } from "./CopyButton";

type Props = { digest: string; copy?: boolean };

/** Twelve digits of a digest; the whole on hover and on copy. */
export function Digest({ digest, copy = true }: Props) {
  const short = shortDigest(digest);
  return (
    <span className="slipway-digest">
      <code title={digest}>{short}</code>
      {copy && <CopyButton text={digest} what={`digest ${short}`} />}
    </span>
  );
}
