import { Link } from "react-router";
import { CopyButton } from "@/components/CopyButton";
import { Digest } from "@/components/Digest";
import { Facts } from "@/components/Facts";
import { RelativeTime } from "@/components/RelativeTime";
import type { Iso } from "@/ipc/bindings";
import { bytes } from "@/lib/format";

const MADE: Record<Iso["made"]["how"], string> = {
  built: "Built",
  imported: "Imported",
  bundle: "From a bundle",
};

/** What reading the file told. */
export function IsoFactsList({ iso }: { iso: Iso }) {
  const { facts } = iso;
  return (
    <Facts
      columns={{ default: "2Col" }}
      facts={[
        ["Version", facts.image_version],
        ["Image digest", facts.image_digest && <Digest digest={facts.image_digest} />],
        ["Followed afterwards", facts.image_reference && <code>{facts.image_reference}</code>],
        ["Size", `${bytes(facts.size)}${facts.architecture ? `, ${facts.architecture}` : ""}`],
        ["Boots by itself", facts.bootable ? "Yes" : "No"],
        [
          "Kickstart area",
          facts.area ? `${bytes(facts.area.length)}, one kickstart per card` : "None",
        ],
        [
          "Kernel arguments",
          facts.kargs.length > 0 ? <code key="kargs">{facts.kargs.join(" ")}</code> : "None",
        ],
        [
          "File",
          <span key="file">
            <code>{iso.path}</code> <CopyButton text={iso.path} what="the path" />
          </span>,
        ],
        ["Volume", <code key="volume">{facts.volume_id}</code>],
        ["Kickstart", facts.kickstart ? <code key="kickstart">{facts.kickstart}</code> : "None"],
        [
          MADE[iso.made.how],
          <span key="imported">
            <RelativeTime at={iso.imported_at} />
            {iso.made.by && ` by ${iso.made.by}`}
            {iso.made.how === "bundle" && `, made by ${iso.made.from}`}
            {iso.made.how === "built" && (
              <>
                {" · "}
                <Link to={`/jobs/${iso.made.job}`}>its job</Link>
              </>
            )}
          </span>,
        ],
      ]}
    />
  );
}
