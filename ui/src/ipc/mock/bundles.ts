import type { Channel } from "@tauri-apps/api/core";
import type { BundleView, IsoView, TransferProgress } from "../bindings";
import { refuse } from "./answers";
import type { Desk } from "./desk";
import { hex } from "./images";
import { makeIsos } from "./isos";
import { transfer } from "./transfers";

type Progress = Channel<TransferProgress>;

function bundle({ iso }: IsoView, folder: string): BundleView {
  const { facts } = iso;
  return {
    folder,
    iso: iso.name,
    size: facts.size * 1.7,
    files: 74,
    image: facts.image_digest,
    contains_secrets: facts.contains_secrets ?? false,
    made_by: "ada@desk",
    commands: facts.image_digest
      ? [
          `skopeo copy --preserve-digests oci:${folder}/image:latest docker://REGISTRY/dpu/dpu-os:stable`,
        ]
      : [],
  };
}

/** Bundles, and the files that are given out. */
export function bundleHandlers(desk: Desk, changed: (tag: string) => void) {
  const exported = ({ path }: { path: string }) => {
    if (!path.startsWith("/")) throw refuse("other", `${path} can't be written`);
  };
  return {
    export_ca_certificate: exported,
    export_reserved_memory_file: exported,
    bundle_iso: async (args: { id: string; folder: string; onProgress: Progress }) => {
      const view = desk.isos.find((one) => one.iso.id === args.id);
      if (!view) throw refuse("not_found", "there is no such ISO");
      if (args.folder.startsWith("/full/")) throw refuse("other", "the disk is full");
      await transfer(desk, "write_bundle", args.folder, args.onProgress, view.iso.facts.size * 1.7);
      return bundle(view, args.folder);
    },
    import_bundle: async ({ folder, onProgress }: { folder: string; onProgress: Progress }) => {
      if (folder.endsWith("torn")) {
        throw {
          ...refuse("invalid", "the bundle is not whole", "make the bundle again"),
          causes: ["image/index.json is not what SHA256SUMS says"],
        };
      }
      const [view] = makeIsos(desk.now(), undefined);
      if (!view) return null;
      await transfer(desk, "import_bundle", folder, onProgress, view.iso.facts.size);
      const name = `${folder.split("/").at(-1)}.iso`;
      const made = { how: "bundle" as const, by: "ada@desk", from: "eva@other-desk" };
      const iso = { ...view.iso, id: hex(folder, 32), name, made };
      desk.isos.push({ ...view, iso });
      changed("iso");
      return { ...bundle({ ...view, iso }, folder), made_by: made.from };
    },
  };
}
