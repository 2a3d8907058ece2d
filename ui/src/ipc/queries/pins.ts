import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type AcceptPin, commands, type Pin } from "../bindings";
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
      return client.invalidateQueries({ queryKey: keys.pins });
    },
  });
}

export const useAcceptPin = () => usePinChange((pin: AcceptPin) => call(commands.acceptPin(pin)));
export const useRemovePin = () =>
  usePinChange((pin: Pin) => call(commands.removePin(pin.kind, pin.peer)));
