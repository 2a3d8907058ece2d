import { Label } from "@patternfly/react-core";
import type { CertificateInfo, ProbeTrust } from "@/ipc/bindings";
import type { DiscoveryRow } from "@/ipc/whole";
import { sentence } from "@/lib/format";
import { day } from "@/lib/time";

const TRUST = {
  new: { word: "new", color: "blue" },
  pinned: { word: "accepted before", color: "green" },
  changed: { word: "changed", color: "red" },
} as const;

function Peer({ what, trust }: { what: string; trust: ProbeTrust }) {
  if (trust.trust === "silent") {
    return (
      <>
        <dt>{what}</dt>
        <dd className="slipway-subtle">{sentence(trust.reason)}</dd>
      </>
    );
  }
  const { word, color } = TRUST[trust.trust];
  return (
    <>
      <dt>
        {what}{" "}
        <Label isCompact variant="outline" color={color}>
          {word}
        </Label>
      </dt>
      <dd>
        {trust.trust === "changed" && (
          <div>
            <code>{trust.pinned}</code> <span className="slipway-subtle">accepted before</span>
          </div>
        )}
        <code>{trust.seen}</code>
      </dd>
    </>
  );
}

/** The certificate's own word; only its fingerprint is a fact. */
function own({ subject, issuer, not_after, self_signed, vouched_by_ca }: CertificateInfo): string {
  return [
    subject && `says it is ${subject}`,
    self_signed ? "signed by itself" : issuer && `signed by ${issuer}`,
    not_after && `valid until ${day(not_after)}`,
    vouched_by_ca && "your site's authority vouches for it",
  ]
    .filter(Boolean)
    .join(", ");
}

/** What a machine shows of itself: fingerprints, new, accepted before, or changed. */
export function Shown({ row }: { row: DiscoveryRow }) {
  // Why it showed no certificate is its answer already.
  const certificate = row.certificate?.trust === "silent" ? null : row.certificate;
  const hostKey = certificate || row.host_key?.trust !== "silent" ? row.host_key : null;
  if (!certificate && !hostKey) return null;
  return (
    <dl className="slipway-fingerprints">
      {certificate && <Peer what="TLS" trust={certificate} />}
      {certificate && row.shown && (
        <>
          <dt />
          <dd className="slipway-subtle">{sentence(own(row.shown))}</dd>
        </>
      )}
      {hostKey && <Peer what="SSH" trust={hostKey} />}
    </dl>
  );
}
