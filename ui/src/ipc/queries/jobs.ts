import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { commands, type DpuId, type JobId } from "../bindings";
import { call } from "../call";
import { keys } from "../keys";

export function useJobs(dpu: DpuId | null = null, activeOnly = false) {
  return useQuery({
    queryKey: keys.jobs(dpu, activeOnly),
    queryFn: () => call(commands.jobs(dpu, activeOnly)),
    refetchInterval: (query) =>
      query.state.data?.some((job) => job.outcome === "running") ? 2_000 : false,
  });
}

/** One job with its whole history. Polls while it runs, in case an event is lost. */
export function useJob(id: JobId) {
  return useQuery({
    queryKey: keys.job(id),
    queryFn: () => call(commands.job(id)),
    refetchInterval: (query) =>
      query.state.data && query.state.data.row.outcome !== "running" ? false : 1_000,
  });
}

/** What the same deployment would do, made anew. Another look each time it is asked for. */
export function useAgainPlan(job: JobId) {
  return useQuery({
    queryKey: keys.againPlan(job),
    queryFn: () => call(commands.planAgain(job)),
    gcTime: 0,
  });
}

function useJobChange<T>(change: (id: JobId) => Promise<T>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["job"] });
      void client.invalidateQueries({ queryKey: ["jobs"] });
      void client.invalidateQueries({ queryKey: keys.overview });
      void client.invalidateQueries({ queryKey: ["dpu"] });
      void client.invalidateQueries({ queryKey: keys.dpus() });
    },
  });
}

export const useCancelJob = () => useJobChange((id) => call(commands.cancelJob(id)));
export const useRetryJob = () => useJobChange((id) => call(commands.retryJob(id)));
/** Goes on from a step of a failed job; the answer is the new job. */
export const useRetryJobFrom = (id: JobId) =>
  useJobChange((step: string) => call(commands.retryJobFrom(id, step)));
/** The same deployment anew; the answer is the new job. */
export const useDeployAgain = () => useJobChange((id) => call(commands.deployAgain(id)));
/** Somebody looked at a failed job: its card is no longer "Failed". */
export const useMarkJobSeen = () => useJobChange((id) => call(commands.markJobSeen(id)));

/** Everything about a job in a file, without secrets. */
export const useSaveSupportBundle = (id: JobId) =>
  useMutation({ mutationFn: (path: string) => call(commands.saveSupportBundle(id, path)) });
