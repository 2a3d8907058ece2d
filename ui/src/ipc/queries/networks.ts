import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ClusterCardName, type ClusterOpen, commands } from "../bindings";
import { call } from "../call";
import { keys } from "../keys";

/** Another Slipway, or a deployment, may set one up or take one back meanwhile. */
const EVERY = 5_000;

/** What setting up the local network of these cards would do. The file may hold secrets: not kept. */
export function useNetworkPlan(open: ClusterOpen, cards: ClusterCardName[]) {
  return useQuery({
    queryKey: keys.networkPlan(open, cards),
    queryFn: () => call(commands.planNetwork(open, cards)),
    gcTime: 0,
    staleTime: 0,
  });
}

type SetUp = { open: ClusterOpen; seen: string; cards: ClusterCardName[] };

/** Sets it up until it is taken back; what was done. */
export function useSetUpNetwork() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ open, seen, cards }: SetUp) => call(commands.setUpNetwork(open, seen, cards)),
    gcTime: 0,
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["network-plan"] });
      return client.invalidateQueries({ queryKey: keys.networkPorts });
    },
  });
}

/** The ports that Slipway has set up, and how each stands. */
export function useNetworkPorts() {
  return useQuery({
    queryKey: keys.networkPorts,
    queryFn: () => call(commands.networkPorts()),
    refetchInterval: EVERY,
  });
}

/** Takes all of a port back; what was done. */
export function useTakeBackNetwork() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (port: string) => call(commands.takeBackNetwork(port)),
    onSettled: () => client.invalidateQueries({ queryKey: keys.networkPorts }),
  });
}
