import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import {
  type CredentialForm,
  type CredentialId,
  commands,
  type DpuId,
  type SetCardLogin,
} from "../bindings";
import { call } from "../call";
import { keys } from "../keys";
import { whole } from "../whole";

/** The credential profiles; never their secrets. */
export function useCredentials() {
  return useQuery({
    queryKey: keys.credentials,
    queryFn: () => call(commands.credentials()).then(whole),
  });
}

function useCredentialChange<A, T>(change: (argument: A) => Promise<T>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    // The secret that was sent is not kept in the cache of mutations.
    gcTime: 0,
    onSuccess: () => client.invalidateQueries({ queryKey: keys.credentials }),
  });
}

export const useSaveCredential = () =>
  useCredentialChange((form: CredentialForm) => call(commands.saveCredential(form)));
export const useRemoveCredential = () =>
  useCredentialChange((id: CredentialId) => call(commands.removeCredential(id)));

/** Another login for a card. */
export function useSetCardLogin(dpu: DpuId) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: SetCardLogin) => call(commands.setCardLogin(change)),
    gcTime: 0,
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keys.credentials });
      void client.invalidateQueries({ queryKey: keys.bmc(dpu) });
      return client.invalidateQueries({ queryKey: keys.dpu(dpu) });
    },
  });
}
