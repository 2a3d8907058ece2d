import { useMutation, useQueries } from "@tanstack/react-query";
import {
  type ClusterCardName,
  type ClusterOpen,
  commands,
  type DpuId,
  type IsoId,
} from "../bindings";
import { call } from "../call";
import { keys } from "../keys";

/** What a deployment could stumble over, card by card. Nothing is asked before somebody wants it. */
export function useDoctor(dpus: DpuId[], iso: IsoId | null, wanted: boolean) {
  return useQueries({
    queries: dpus.map((dpu) => ({
      queryKey: keys.doctor(dpu, iso),
      queryFn: () => call(commands.doctor(dpu, iso)),
      enabled: wanted,
      // It is a look at this moment; another one is asked for by a person.
      staleTime: Number.POSITIVE_INFINITY,
    })),
  });
}

/** The same for cards of a cluster file. What was opened may hold secrets: not kept. */
export function useClusterDoctor(open: ClusterOpen, cards: ClusterCardName[], wanted: boolean) {
  return useQueries({
    queries: cards.map((card) => ({
      queryKey: keys.clusterDoctor(open, card),
      queryFn: () => call(commands.doctorCluster(open, card)),
      enabled: wanted,
      gcTime: 0,
      staleTime: Number.POSITIVE_INFINITY,
    })),
  });
}

/** Sets the IMC's clock and installs our CA's certificate, as a deployment does; what was done. */
export function usePrepareImc(dpu: DpuId) {
  return useMutation({ mutationFn: () => call(commands.prepareImc(dpu)) });
}

/** Installs firmware 1.8's file for an ISO of more than 2 GB; what was done. */
export function useInstallReservedMemory(dpu: DpuId) {
  return useMutation({ mutationFn: () => call(commands.installReservedMemory(dpu)) });
}
