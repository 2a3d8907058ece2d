import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import {
  commands,
  type DeployRequest,
  type IsoId,
  type IsoView,
  type PublishRequest,
  type TransferProgress,
} from "../bindings";
import { call } from "../call";
import { keys } from "../keys";
import { transferChannel } from "./transfers";

const isRead = (isos: IsoView[] | undefined) =>
  isos?.some((view) =>
    view.publications.some((publication) => publication.readers.some((reader) => reader.active)),
  ) ?? false;

export function useIsos() {
  return useQuery({
    queryKey: keys.isos,
    queryFn: () => call(commands.isos()),
    // Readers move without a change event of their own.
    refetchInterval: (query) => (isRead(query.state.data) ? 1_000 : false),
  });
}

type Import = { path: string; onProgress: (progress: TransferProgress) => void };

/** Reads an ISO file into the library; the bytes read come back while it runs. */
export function useImportIso() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ path, onProgress }: Import) =>
      call(commands.importIso(path, transferChannel(client, onProgress))),
    onSettled: () => client.invalidateQueries({ queryKey: keys.isos }),
  });
}

function useIsoChange<A, T>(change: (argument: A) => Promise<T>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () => client.invalidateQueries({ queryKey: keys.isos }),
  });
}

export const useRemoveIso = () => useIsoChange((id: IsoId) => call(commands.removeIso(id)));
export const usePublishIso = () =>
  useIsoChange((request: PublishRequest) => call(commands.publishIso(request)));
export const useUnpublishIso = () => useIsoChange((id: string) => call(commands.unpublishIso(id)));

/** What a deployment would do, card by card; `null` asks nothing. */
export function useDeployPlan(request: DeployRequest | null) {
  return useQuery({
    queryKey: keys.deployPlan(request),
    queryFn: () => {
      if (!request) throw new Error("nothing to plan");
      return call(commands.planDeploy(request));
    },
    enabled: request !== null,
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useDeploy() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: DeployRequest) => call(commands.deploy(request)),
    onSuccess: () => client.invalidateQueries({ queryKey: ["jobs"] }),
  });
}
