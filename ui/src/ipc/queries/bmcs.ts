import {
  keepPreviousData,
  useMutation,
  useQueries,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { Channel } from "@tauri-apps/api/core";
import {
  type BmcId,
  type BmcOrder,
  type BmcProgress,
  type BmcQuery,
  commands,
  type DpuId,
  type LookPolicy,
  type PairingView,
} from "../bindings";
import { call } from "../call";
import { keys } from "../keys";
import { whole } from "../whole";

/** A page of Redfish services. */
export function useBmcs(query: BmcQuery) {
  return useQuery({
    queryKey: keys.bmcs(query),
    queryFn: () => call(commands.bmcs(query)).then(whole),
    placeholderData: keepPreviousData,
  });
}

/** One Redfish service with its inventory. A card's IMC has the id of its card. */
export function useBmc(id: BmcId) {
  return useQuery({ queryKey: keys.bmc(id), queryFn: () => call(commands.bmc(id)).then(whole) });
}

/** The JSON of the last crawl; asked only where somebody looks. */
export function useRawBmc(id: BmcId) {
  return useQuery({ queryKey: keys.raw(id), queryFn: () => call(commands.rawBmc(id)) });
}

/** Reads all of it now; also how a person says "try again" after a refusal. */
export function useRefreshBmc(id: BmcId) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call(commands.refreshBmc(id)).then(whole),
    onSuccess: (view) => client.setQueryData(keys.bmc(id), view),
    onSettled: () => {
      void client.invalidateQueries({ queryKey: keys.bmcs() });
      void client.invalidateQueries({ queryKey: keys.bmc(id) });
    },
  });
}

type Order = { order: BmcOrder; onProgress: (progress: BmcProgress) => void };

/** Carries out an order; what it led to, as it was read back. */
export function useActOnBmc(id: BmcId) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ order, onProgress }: Order) => {
      const channel = new Channel<BmcProgress>();
      channel.onmessage = onProgress;
      return call(commands.actOnBmc(id, order, channel)).then(whole);
    },
    onSettled: () => {
      void client.invalidateQueries({ queryKey: keys.bmc(id) });
      void client.invalidateQueries({ queryKey: keys.bmcs() });
    },
  });
}

export function useRemoveBmc(id: BmcId) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call(commands.removeBmc(id)),
    onSuccess: () => {
      client.removeQueries({ queryKey: keys.bmc(id) });
      void client.invalidateQueries({ queryKey: keys.pins });
      return client.invalidateQueries({ queryKey: keys.bmcs() });
    },
  });
}

/** Says by hand in which server a card is; `null` takes that back. */
export function usePair(dpu: DpuId) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (host: BmcId | null) => call(commands.pair(dpu, host)),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["bmc"] });
      void client.invalidateQueries({ queryKey: keys.bmcs() });
      return client.invalidateQueries({ queryKey: keys.dpu(dpu) });
    },
  });
}

/** More cards than this are not asked one by one. */
const MOST_PAIRINGS = 60;

/** The servers that cards are in, by the card's id; missing where it is not known (yet). */
export function usePairings(cards: BmcId[]): Map<BmcId, PairingView> {
  const views = useQueries({
    queries: cards
      .slice(0, MOST_PAIRINGS)
      .map((id) => ({ queryKey: keys.bmc(id), queryFn: () => call(commands.bmc(id)).then(whole) })),
  });
  return new Map(
    views.flatMap(({ data }) => (data?.pairing ? [[data.row.id, data.pairing] as const] : [])),
  );
}

/** How often BMCs are looked at. */
export function useLookPolicy() {
  return useQuery({
    queryKey: keys.looks,
    queryFn: () => call(commands.lookPolicy()).then(whole),
  });
}

export function useSetLookPolicy() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (policy: LookPolicy) => call(commands.setLookPolicy(policy)),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.looks }),
  });
}
