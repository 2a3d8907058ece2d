import type { Channel } from "@tauri-apps/api/core";
import type { TransferKind, TransferProgress, TransferView } from "../bindings";
import { refuse } from "./answers";
import type { Desk } from "./desk";
import { hex } from "./images";

type Progress = Channel<TransferProgress>;

const PARTS = 8;

/** One that takes a second, unless somebody cancels it. */
export async function transfer(
  desk: Desk,
  kind: TransferKind,
  path: string,
  onProgress: Progress,
  total: number,
) {
  const id = hex(`transfer ${path} ${desk.now()}`, 32);
  const view: TransferView = { id, kind, path, read: 0, total: 0, cancelling: false };
  desk.transfers.push(view);
  onProgress.onmessage({ id, read: 0, total: 0 });
  for (let part = 1; part <= PARTS && !view.cancelling; part += 1) {
    await new Promise((done) => setTimeout(done, 120));
    Object.assign(view, { read: (total / PARTS) * part, total });
    onProgress.onmessage({ id, read: view.read, total });
  }
  desk.transfers = desk.transfers.filter((one) => one !== view);
  if (view.cancelling) {
    const what = kind === "write_bundle" ? "the bundle was cancelled" : "the import was cancelled";
    throw refuse("cancelled", what, "nothing of it is left; start it again when you like");
  }
}

export function transferHandlers(desk: Desk, changed: (tag: string) => void) {
  return {
    transfers: () => desk.transfers,
    cancel_transfer: ({ id }: { id: string }) => {
      const view = desk.transfers.find((one) => one.id === id);
      if (!view) throw refuse("not_found", "this copy is over");
      view.cancelling = true;
      changed("iso");
    },
  };
}
