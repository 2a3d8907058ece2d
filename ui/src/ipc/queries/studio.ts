import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Channel } from "@tauri-apps/api/core";
import {
  type BuilderIsoRequest,
  commands,
  type ImportProgress,
  type IsoBuildRequest,
  type KickstartSource,
} from "../bindings";
import { call } from "../call";
import { keys } from "../keys";

/** An ISO to build, by one of the two methods. */
export type IsoRequest =
  | { method: "kickstart"; request: IsoBuildRequest }
  | { method: "image_builder"; request: BuilderIsoRequest };

/** What the form of an ISO begins with. */
export function useStudioDefaults() {
  return useQuery({
    queryKey: keys.studio,
    queryFn: () => call(commands.studioDefaults()),
  });
}

/** The addresses of this machine that ISOs can be served on. */
export function useMediaAddresses() {
  return useQuery({
    queryKey: keys.mediaAddresses,
    queryFn: () => call(commands.mediaAddresses()),
  });
}

/** A kickstart as it would go into an ISO; `null` asks nothing. It may hold secrets: not kept. */
export function useKickstart(source: KickstartSource | null) {
  return useQuery({
    queryKey: keys.kickstart(source),
    queryFn: () => {
      if (!source) throw new Error("nothing to render");
      return call(commands.lintKickstart(source));
    },
    enabled: source !== null,
    gcTime: 0,
    // A file is edited elsewhere.
    staleTime: 0,
    placeholderData: (before) => before,
  });
}

/** What a build would do; `null` asks nothing. It may hold secrets: not kept. */
export function useIsoPlan(asked: IsoRequest | null) {
  return useQuery({
    queryKey: keys.isoPlan(asked),
    queryFn: () => {
      if (!asked) throw new Error("nothing to plan");
      return asked.method === "kickstart"
        ? call(commands.planIsoBuild(asked.request))
        : call(commands.planBuilderIso(asked.request));
    },
    enabled: asked !== null,
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useBuildIso() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (asked: IsoRequest) =>
      asked.method === "kickstart"
        ? call(commands.buildIso(asked.request))
        : call(commands.buildBuilderIso(asked.request)),
    gcTime: 0,
    onSuccess: () => client.invalidateQueries({ queryKey: ["jobs"] }),
  });
}

type Verify = { path: string; onProgress: (progress: ImportProgress) => void };

/** Reads an ISO as a whole again and says what is good about it. */
export function useVerifyIso() {
  return useMutation({
    mutationFn: ({ path, onProgress }: Verify) => {
      const channel = new Channel<ImportProgress>();
      channel.onmessage = onProgress;
      return call(commands.verifyIso(path, channel));
    },
  });
}

/** The file that firmware 1.8 needs for an ISO of more than 2 GB. */
export function useReservedMemory() {
  return useQuery({
    queryKey: keys.reservedMemory,
    queryFn: () => call(commands.reservedMemoryFile()),
    staleTime: Number.POSITIVE_INFINITY,
  });
}
