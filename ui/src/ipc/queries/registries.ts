import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { commands, type Fingerprint, type RegistryLogin, type RegistrySettings } from "../bindings";
import { call } from "../call";
import { keys } from "../keys";

/** How registries are asked, and the logins that there are; never their secrets. */
export function useRegistrySettings() {
  return useQuery({
    queryKey: keys.registries,
    queryFn: () => call(commands.registrySettings()),
    // `podman login` changes them without telling.
    staleTime: 0,
  });
}

function useRegistryChange<A, T>(change: (argument: A) => Promise<T>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    // The password that was sent is not kept in the cache of mutations.
    gcTime: 0,
    onSuccess: () => {
      // What a registry said, it said to somebody else.
      client.removeQueries({ queryKey: ["tags"] });
      client.removeQueries({ queryKey: ["tag"] });
      return client.invalidateQueries({ queryKey: keys.registries });
    },
  });
}

export const useSetRegistrySettings = () =>
  useRegistryChange((settings: RegistrySettings) => call(commands.setRegistrySettings(settings)));
export const useRegistryLogin = () =>
  useRegistryChange((login: RegistryLogin) => call(commands.registryLogin(login)));
export const useRegistryLogout = () =>
  useRegistryChange((registry: string) => call(commands.registryLogout(registry)));

export const useTrustRegistry = () =>
  useRegistryChange(({ registry, fingerprint }: { registry: string; fingerprint: Fingerprint }) =>
    call(commands.trustRegistry(registry, fingerprint)),
  );
export const useDistrustRegistry = () =>
  useRegistryChange((registry: string) => call(commands.distrustRegistry(registry)));

/** What a registry shows to a stranger; accepts nothing. */
export function useRegistryCertificate() {
  return useMutation({
    mutationFn: (registry: string) => call(commands.registryCertificate(registry)),
  });
}

/** The tags of a repository, page by page; `null` asks nothing. */
export function useImageTags(reference: string | null) {
  return useInfiniteQuery({
    queryKey: keys.imageTags(reference),
    queryFn: ({ pageParam }) => {
      if (!reference) throw new Error("nothing to look up");
      return call(commands.imageTags(reference, pageParam));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    enabled: reference !== null,
  });
}

/** What a tag stands for, per architecture. */
export function useImageTag(reference: string) {
  return useQuery({
    queryKey: keys.imageTag(reference),
    queryFn: () => call(commands.imageTag(reference)),
  });
}
