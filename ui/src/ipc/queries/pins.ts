import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type AcceptPin, commands, type PinView } from "../bindings";
import { call } from "../call";
import { keys } from "../keys";

export function usePins() {
  return useQuery({ queryKey: keys.pins, queryFn: () => call(commands.pins()) });
}

function usePinChange<A, T>(change: (argument: A) => Promise<T>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["dpu"] });
      void client.invalidateQueries({ queryKey: ["bmc"] });
      return client.invalidateQueries({ queryKey: keys.pins });
    },
  });
}

export const useAcceptPin = () => usePinChange((pin: AcceptPin) => call(commands.acceptPin(pin)));
export const useRemovePin = () =>
  usePinChange((pin: PinView) => call(commands.removePin(pin.kind, pin.peer)));

/** The authorities whose certificates are accepted for Redfish without a person. */
export function useSiteCa() {
  return useQuery({ queryKey: keys.siteCa, queryFn: () => call(commands.siteCa()) });
}

export function useSetSiteCa() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (pem: string | null) => call(commands.setSiteCa(pem)),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.siteCa }),
  });
}
