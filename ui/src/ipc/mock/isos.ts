import type { IsoView } from "../bindings";
import { hex, image, NEWEST, OLDER, REFERENCE } from "./images";
import type { MockJob } from "./jobs";

const KARGS = [
  "ip=192.168.0.2:::255.255.255.0::enp0s1f0:off",
  "netroot=iscsi:192.168.0.1::::iqn.e2000:acc",
  "acpi=force",
];

function makeIso(name: string, version: string, ago: number, now: number): IsoView {
  const label = image(version);
  const sha256 = hex(`iso ${name}`, 64);
  return {
    iso: {
      id: hex(`iso id ${name}`, 32),
      name,
      path: `/srv/isos/${name}`,
      facts: {
        volume_id: "RHEL-10-1-BaseOS-aarch64",
        size: 2_134_900_736,
        sha256,
        architecture: "aarch64",
        image_digest: label.digest,
        image_reference: REFERENCE,
        image_version: version,
        area: { offset: 1_048_576, length: 65_536 },
        kargs: KARGS,
        bootable: true,
        kickstart: "/slipway.ks",
        contains_secrets: false,
      },
      imported_at: new Date(now - ago).toISOString(),
      made: { how: "imported", by: "lab@desk" },
    },
    publications: [],
    why_not_deployable: null,
    warnings: [],
    needs_reserved_memory: false,
  };
}

export const publishedUrl = (token: string, fileName: string) =>
  `https://10.40.0.2:8444/m/${token}/${fileName}`;

/** Two ISOs of ours, one of them read right now, and a stock one that can't be deployed. */
export function makeIsos(now: number, deployment: MockJob | undefined): IsoView[] {
  const day = 86_400_000;
  const newest = makeIso("dpu-os-1.2.0.iso", NEWEST.version ?? "", 3 * day, now);
  const older = makeIso("dpu-os-1.1.0.iso", OLDER.version ?? "", 40 * day, now);
  older.warnings = ["1.1.0 is not the newest image of its reference: 1.2.0 is"];
  newest.needs_reserved_memory = true;
  newest.warnings = ["over 2 GB: firmware 1.8 needs its reserved-memory file for it"];
  const stock = makeIso("rhel-10.1-aarch64-boot.iso", "", 12 * day, now);
  stock.iso.facts = {
    ...stock.iso.facts,
    size: 906_430_464,
    image_digest: null,
    image_reference: null,
    image_version: null,
    area: null,
    kargs: [],
    kickstart: null,
  };
  stock.why_not_deployable = "there is no image inside: it is a stock installer ISO";
  older.iso.facts.contains_secrets = true;
  older.iso.made = { how: "built", by: "ada@desk", job: hex("job ISO build dpu-os-1.1.0", 32) };
  if (deployment) {
    const file = `dpu-os-1.2.0-${newest.iso.facts.sha256.slice(0, 12)}-${hex("overlay", 8)}.iso`;
    newest.publications = [
      {
        id: "",
        url: publishedUrl("…", file),
        file_name: file,
        job: deployment.id,
        elsewhere: false,
        expires_at: null,
        readers: [],
      },
    ];
  }
  return [newest, older, stock];
}
