import { type QueryClient, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Channel } from "@tauri-apps/api/core";
import { commands, type TransferId, type TransferProgress } from "../bindings";
import { call } from "../call";
import { keys } from "../keys";

/** What is copied or read right now, whichever page began it. */
export function useTransfers() {
  return useQuery({
    queryKey: keys.transfers,
    queryFn: () => call(commands.transfers()),
    // Bytes move without a change event of their own.
    refetchInterval: (query) => (query.state.data?.length ? 500 : false),
  });
}

/** Wants one to stop; what began it answers when nothing of it is left. */
export function useCancelTransfer() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: TransferId) => call(commands.cancelTransfer(id)),
    onSettled: () => client.invalidateQueries({ queryKey: keys.transfers }),
  });
}

/** How far one is that begins now; with its first word it is listed. */
export function transferChannel(
  client: QueryClient,
  onProgress: (progress: TransferProgress) => void,
): Channel<TransferProgress> {
  const channel = new Channel<TransferProgress>();
  let listed = false;
  channel.onmessage = (progress) => {
    if (!listed) void client.invalidateQueries({ queryKey: keys.transfers });
    listed = true;
    onProgress(progress);
  };
  return channel;
}
