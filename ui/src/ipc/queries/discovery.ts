import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import {
  type AddDiscovered,
  commands,
  type DiscoveryId,
  type DiscoveryRequest,
  type RetryDiscovered,
  type TrustDiscovered,
} from "../bindings";
import { call } from "../call";
import { keys } from "../keys";
import { whole } from "../whole";

/** What a list of addresses says: the addresses, and the lines that can't be meant. */
export function useList(text: string) {
  return useQuery({
    queryKey: keys.list(text),
    queryFn: () => call(commands.previewDiscovery(text)).then(whole),
    enabled: text.trim() !== "",
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
}

/** How far a discovery is, row by row. Polls while it runs, in case an event is lost. */
export function useDiscovery(id: DiscoveryId | null) {
  return useQuery({
    queryKey: keys.discovery(id),
    queryFn: () => {
      if (!id) throw new Error("no discovery");
      return call(commands.discovery(id)).then(whole);
    },
    enabled: id !== null,
    refetchInterval: (query) => (query.state.data?.stage === "running" ? 800 : false),
  });
}

export function useStartDiscovery() {
  return useMutation({
    mutationFn: (request: DiscoveryRequest) => call(commands.startDiscovery(request)),
  });
}

function useDiscoveryChange<A, T>(id: DiscoveryId | null, change: (argument: A) => Promise<T>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => client.invalidateQueries({ queryKey: keys.discovery(id) }),
  });
}

export const useCancelDiscovery = (id: DiscoveryId | null) =>
  useDiscoveryChange(id, (which: DiscoveryId) => call(commands.cancelDiscovery(which)));
export const useTrustDiscovered = (id: DiscoveryId | null) =>
  useDiscoveryChange(id, (trust: TrustDiscovered) => call(commands.trustDiscovered(trust)));
export const useRetryDiscovered = (id: DiscoveryId | null) =>
  useDiscoveryChange(id, (retry: RetryDiscovered) => call(commands.retryDiscovered(retry)));

type Add = { id: DiscoveryId; rows: AddDiscovered[] };

/** Adds the chosen rows: cards, where they are IMCs, else other BMCs. */
export function useAddDiscovered() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, rows }: Add) => call(commands.addDiscovered(id, rows)),
    onSettled: () => client.invalidateQueries(),
  });
}
