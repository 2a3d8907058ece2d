import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import {
  type Architecture,
  commands,
  type ImageBuildRequest,
  type JobId,
  type LintTarget,
  type Template,
} from "../bindings";
import { call } from "../call";
import { keys } from "../keys";

/** podman and this machine change without telling: whoever comes back to the page sees what is. */
const AT_ONCE = 0;

/** The checklist: what building needs, and what is there. */
export function usePrerequisites(architecture: Architecture) {
  return useQuery({
    queryKey: keys.prerequisites(architecture),
    queryFn: () => call(commands.imagePrerequisites(architecture)),
    staleTime: AT_ONCE,
  });
}

/** The build secrets that this machine has. */
export function useEntitlement() {
  return useQuery({
    queryKey: keys.entitlement,
    queryFn: () => call(commands.entitlement()),
    staleTime: AT_ONCE,
  });
}

/** The images that podman has. */
export function useLocalImages() {
  return useQuery({
    queryKey: keys.images,
    queryFn: () => call(commands.localImages()),
    staleTime: AT_ONCE,
  });
}

export function useImage(image: string) {
  return useQuery({
    queryKey: keys.image(image),
    queryFn: () => call(commands.inspectImage(image)),
  });
}

export function useTagImage() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ image, reference }: { image: string; reference: string }) =>
      call(commands.tagImage(image, reference)),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.images }),
  });
}

/** What a build or a push would do; `null` asks nothing. */
export function useImagePlan(request: ImageBuildRequest | null) {
  return useQuery({
    queryKey: keys.imagePlan(request),
    queryFn: () => {
      if (!request) throw new Error("nothing to plan");
      return call(commands.planImageBuild(request));
    },
    enabled: request !== null,
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useBuildImage() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: ImageBuildRequest) => call(commands.buildImage(request)),
    onSuccess: () => client.invalidateQueries({ queryKey: ["jobs"] }),
  });
}

type Log = { text: string; next: number; ended: boolean };

/** podman's own words so far; asks for what is new while the build runs. */
export function useBuildLog(job: JobId, live: boolean) {
  const client = useQueryClient();
  const queryKey = keys.buildLog(job);
  return useQuery({
    queryKey,
    queryFn: async (): Promise<Log> => {
      const before = client.getQueryData<Log>(queryKey) ?? { text: "", next: 0, ended: false };
      const part = await call(commands.imageBuildLog(job, before.next));
      return { ...part, text: before.text + part.text };
    },
    refetchInterval: ({ state }) => (live && !state.data?.ended ? 1_000 : false),
  });
}

/** What the lint says of a built image; its layers are read, which takes a while. */
export function useImageLint(image: string, target: LintTarget) {
  return useQuery({
    queryKey: keys.imageLint(image, target),
    queryFn: () => call(commands.lintImage(image, target)),
    // An image by its id never changes.
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** What a template's form begins with. */
export function useDefaultTemplate() {
  return useQuery({
    queryKey: keys.template,
    queryFn: () => call(commands.defaultImageTemplate()),
  });
}

/** The files that a template would write. */
export function useTemplateFiles(template: Template) {
  return useQuery({
    queryKey: keys.templateFiles(template),
    queryFn: () => call(commands.imageTemplate(template)),
    gcTime: 0,
    placeholderData: (before) => before,
  });
}

export function useWriteTemplate() {
  return useMutation({
    mutationFn: ({ template, folder }: { template: Template; folder: string }) =>
      call(commands.writeImageTemplate(template, folder)),
  });
}
