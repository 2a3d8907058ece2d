import { useIsMutating, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { commands } from "../bindings";
import { call } from "../call";
import { keys } from "../keys";

/** Whether the data folder is open; without its secrets nothing else answers. */
export function useDesk() {
  return useQuery({ queryKey: keys.desk, queryFn: () => call(commands.deskState()) });
}

export function useUnlock() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (passphrase: string) => call(commands.unlock(passphrase)),
    onSuccess: (desk) => {
      client.setQueryData(keys.desk, desk);
      return client.invalidateQueries();
    },
  });
}

export function useAppInfo() {
  return useQuery({ queryKey: keys.appInfo, queryFn: () => call(commands.appInfo()) });
}

export function useOverview(poll = false) {
  return useQuery({
    queryKey: keys.overview,
    queryFn: () => call(commands.overview()),
    refetchInterval: (query) => (poll ? 700 : query.state.data?.running.length ? 2_000 : false),
  });
}

export function useLab() {
  return useQuery({ queryKey: keys.lab, queryFn: () => call(commands.labStatus()) });
}

const START_LAB = ["start-lab"];

/** Whether the lab is being started, from whichever page. */
export function useLabStarting(): boolean {
  return useIsMutating({ mutationKey: START_LAB }) > 0;
}

/** Starts the built-in lab; cards and the demo ISO come with it. */
export function useStartLab() {
  const client = useQueryClient();
  return useMutation({
    mutationKey: START_LAB,
    mutationFn: (cards: number) => call(commands.startLab(cards)),
    onSettled: () => client.invalidateQueries(),
  });
}

export function useStopLab() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call(commands.stopLab()),
    onSettled: () => client.invalidateQueries(),
  });
}

let told = false;
let onScreen = false;
let shown: () => void;

/** When the first page is on the screen. */
export const firstPageShown = new Promise<void>((resolve) => {
  shown = () => {
    onScreen = true;
    resolve();
  };
});

/** How long a first page is waited for that does not come, in milliseconds. */
const LATEST = 2_000;
setTimeout(() => shown(), LATEST);

/** Whether the first page is on the screen: what nobody needs before comes after it. */
export function useFirstPageShown() {
  const [now, setNow] = useState(onScreen);
  useEffect(() => {
    let here = true;
    firstPageShown.then(() => here && setNow(true));
    return () => {
      here = false;
    };
  }, []);
  return now;
}

/**
 * Tells that the page has its content, once that is on the screen: the first frame after a change
 * begins with painting it, the second says that it was painted. Only the first page counts, and
 * nobody minds if it isn't heard.
 */
export function benchReady(route: string) {
  if (told) return;
  told = true;
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      // What comes after the first page would hold the word up.
      const heard = commands.benchReady(route).catch(() => undefined);
      void heard.then(shown);
    }),
  );
}
