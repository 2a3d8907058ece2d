import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Channel } from "@tauri-apps/api/core";
import {
  type ClusterDeploy,
  type ClusterOpen,
  type ClusterProgress,
  commands,
  type DeployRequest,
} from "../bindings";
import { call } from "../call";
import { keys } from "../keys";

/** What a cluster file says and would do; `null` asks nothing. It may hold secrets: not kept. */
export function useCluster(open: ClusterOpen | null) {
  return useQuery({
    queryKey: keys.cluster(open),
    queryFn: () => {
      if (!open) throw new Error("nothing to read");
      return call(commands.readCluster(open));
    },
    enabled: open !== null,
    gcTime: 0,
    // A file is edited elsewhere, and cards are added on another page.
    staleTime: 0,
    placeholderData: (before) => before,
  });
}

type Deploy = { deploy: ClusterDeploy; onProgress: (progress: ClusterProgress) => void };

/** Imports the ISOs that the file names, then starts the deployments. */
export function useDeployCluster() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ deploy, onProgress }: Deploy) => {
      const channel = new Channel<ClusterProgress>();
      channel.onmessage = onProgress;
      return call(commands.deployCluster(deploy, channel));
    },
    gcTime: 0,
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["jobs"] });
      void client.invalidateQueries({ queryKey: keys.isos });
    },
  });
}

type Write = { open: ClusterOpen; path: string };

export function useWriteCluster() {
  return useMutation({
    mutationFn: ({ open, path }: Write) => call(commands.writeCluster(open, path)),
    gcTime: 0,
  });
}

type Save = { request: DeployRequest; path: string };

/** Writes a deployment that was made without a file as a cluster file. */
export function useSaveCluster() {
  return useMutation({
    mutationFn: ({ request, path }: Save) => call(commands.saveCluster(request, path)),
  });
}
