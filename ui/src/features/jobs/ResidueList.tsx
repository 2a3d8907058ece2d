import { Alert } from "@patternfly/react-core";
import type { Residue } from "@/ipc/bindings";
import { sentence } from "@/lib/format";

/** What the job left behind on the card. Never silent. */
export function ResidueList({ residue }: { residue: Residue[] }) {
  return (
    <Alert isInline variant="warning" title="Left behind on the card">
      <ul className="slipway-evidence" aria-label="Left behind">
        {residue.map(({ what, why }) => (
          <li key={what}>
            <strong>{sentence(what)}</strong> {sentence(why)}
          </li>
        ))}
      </ul>
    </Alert>
  );
}
