import { Alert } from "@patternfly/react-core";
import { ImageChange } from "@/components/ImageChange";
import { RelativeTime } from "@/components/RelativeTime";
import type { DpuView, ImageLabel } from "@/ipc/bindings";

/** What Upgrade would change, from the registry's last answer. */
export function UpgradePreview({ view }: { view: DpuView }) {
  const available = view.row.available;
  const booted = view.bootc?.booted;
  if (!available) {
    return (
      <Alert
        isInline
        isPlain
        variant="info"
        title="What Upgrade would change is not known: the registry was not asked yet"
      />
    );
  }
  const asked = (
    <p className="slipway-subtle">
      The registry was asked for <code>{available.reference}</code>{" "}
      <RelativeTime at={available.checked_at} />.
    </p>
  );
  if (booted?.digest === available.digest) {
    return (
      <Alert
        isInline
        isPlain
        variant="success"
        title="Upgrade would change nothing: the newest image is booted"
      >
        {asked}
      </Alert>
    );
  }
  const from: ImageLabel | null = booted?.digest
    ? { version: booted.version, digest: booted.digest }
    : null;
  const staged = view.bootc?.staged?.digest === available.digest;
  return (
    <Alert
      isInline
      isPlain
      variant="info"
      title={staged ? "The newest image is staged already" : "What Upgrade would change"}
    >
      <ImageChange from={from} to={available} />
      {asked}
    </Alert>
  );
}
