import { useSyncExternalStore } from "react";

/** One clock for all relative times: it only ticks while somebody looks at one. */
function makeClock(every: number) {
  let now = Date.now();
  let timer: ReturnType<typeof setInterval> | undefined;
  const listeners = new Set<() => void>();
  const tick = () => {
    now = Date.now();
    for (const listener of listeners) listener();
  };
  return {
    read: () => now,
    subscribe: (listener: () => void) => {
      if (listeners.size === 0) {
        now = Date.now();
        timer = setInterval(tick, every);
      }
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) clearInterval(timer);
      };
    },
  };
}

const slow = makeClock(15_000);
const fast = makeClock(1_000);

/** The time in milliseconds, moving every 15 seconds; every second where `live`. */
export function useNow(live = false): number {
  const clock = live ? fast : slow;
  return useSyncExternalStore(clock.subscribe, clock.read);
}

/** What is to be said of the time now: whoever shows it is drawn anew only when the words change. */
export function useSaidNow(say: (now: number) => string): string {
  return useSyncExternalStore(slow.subscribe, () => say(slow.read()));
}
