import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type BatchAction, type BatchId, type BatchRequest, commands } from "../bindings";
import { call } from "../call";
import { keys } from "../keys";
import { whole } from "../whole";

/** All batches, those that are not over first. */
export function useBatches() {
  return useQuery({
    queryKey: keys.batches,
    queryFn: () => call(commands.batches()),
    refetchInterval: (query) =>
      query.state.data?.some((batch) => batch.ended_at === null) ? 2_000 : false,
  });
}

/** One batch with its cards. Polls while something moves: bytes have no event of their own. */
export function useBatch(id: BatchId) {
  return useQuery({
    queryKey: keys.batch(id),
    queryFn: () => call(commands.batch(id)).then(whole),
    refetchInterval: (query) => (query.state.data?.at_rest ? false : 1_000),
  });
}

export function useStartBatch() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: BatchRequest) => call(commands.startBatch(request)),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keys.batches });
      void client.invalidateQueries({ queryKey: ["jobs"] });
    },
  });
}

const ASK: Record<BatchAction, (id: BatchId) => ReturnType<typeof commands.pauseBatch>> = {
  pause: commands.pauseBatch,
  resume: commands.resumeBatch,
  cancel: commands.cancelBatch,
  retry: commands.retryBatch,
};

/** Pause, go on, cancel, try again what did not succeed. */
export function useAskBatch(id: BatchId) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (action: BatchAction) => call(ASK[action](id)),
    onSettled: () => {
      void client.invalidateQueries({ queryKey: keys.batch(id) });
      void client.invalidateQueries({ queryKey: keys.batches });
      void client.invalidateQueries({ queryKey: ["jobs"] });
    },
  });
}
