import { open } from "@tauri-apps/plugin-dialog";

/** Lets the person pick an ISO file of this machine; `null`: none. */
export async function pickIsoFile(): Promise<string | null> {
  return await open({
    title: "Choose an installer ISO",
    multiple: false,
    directory: false,
    filters: [{ name: "ISO images", extensions: ["iso"] }],
  });
}
