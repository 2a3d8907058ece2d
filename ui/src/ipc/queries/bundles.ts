import { useMutation, useQueryClient } from "@tanstack/react-query";
import { commands, type IsoId, type TransferProgress } from "../bindings";
import { call } from "../call";
import { keys } from "../keys";
import { transferChannel } from "./transfers";

type Bundle = { id: IsoId; folder: string; onProgress: (progress: TransferProgress) => void };

/** Writes an ISO and its image into a new folder; the bytes written come back while it runs. */
export function useBundleIso() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, folder, onProgress }: Bundle) =>
      call(commands.bundleIso(id, folder, transferChannel(client, onProgress))),
    onSettled: () => client.invalidateQueries({ queryKey: keys.transfers }),
  });
}

type Taken = { folder: string; onProgress: (progress: TransferProgress) => void };

/** Compares a bundle with its checksums, and takes its ISO into the library. */
export function useImportBundle() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ folder, onProgress }: Taken) =>
      call(commands.importBundle(folder, transferChannel(client, onProgress))),
    onSettled: () => client.invalidateQueries({ queryKey: keys.isos }),
  });
}

/** Writes our CA's certificate into a file. */
export function useExportCa() {
  return useMutation({ mutationFn: (path: string) => call(commands.exportCaCertificate(path)) });
}

/** Writes the reserved-memory file of firmware 1.8. */
export function useExportReservedMemory() {
  return useMutation({
    mutationFn: (path: string) => call(commands.exportReservedMemoryFile(path)),
  });
}
