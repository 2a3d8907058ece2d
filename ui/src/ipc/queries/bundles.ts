import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Channel } from "@tauri-apps/api/core";
import { commands, type ImportProgress, type IsoId } from "../bindings";
import { call } from "../call";
import { keys } from "../keys";

type Bundle = { id: IsoId; folder: string; onProgress: (progress: ImportProgress) => void };

/** Writes an ISO and its image into a new folder; the bytes written come back while it runs. */
export function useBundleIso() {
  return useMutation({
    mutationFn: ({ id, folder, onProgress }: Bundle) => {
      const channel = new Channel<ImportProgress>();
      channel.onmessage = onProgress;
      return call(commands.bundleIso(id, folder, channel));
    },
  });
}

type Taken = { folder: string; onProgress: (progress: ImportProgress) => void };

/** Compares a bundle with its checksums, and takes its ISO into the library. */
export function useImportBundle() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ folder, onProgress }: Taken) => {
      const channel = new Channel<ImportProgress>();
      channel.onmessage = onProgress;
      return call(commands.importBundle(folder, channel));
    },
    onSuccess: () => client.invalidateQueries({ queryKey: keys.isos }),
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
