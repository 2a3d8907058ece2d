import { type QueryClient, type QueryKey, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { type Begun, type ChangedEvent, events } from "./bindings";
import { keys } from "./keys";

/** The caches that a change makes stale. */
export function staleKeys(change: ChangedEvent): QueryKey[] {
  switch (change.tag) {
    case "dpu":
      return [change.id ? keys.dpu(change.id) : ["dpu"], keys.dpus(), keys.overview];
    case "job":
      // A card's page lists its jobs, and its headline is "Working" while one runs.
      return [change.id ? keys.job(change.id) : ["job"], ["jobs"], ["dpu"], keys.overview];
    case "batch":
      return [change.id ? keys.batch(change.id) : ["batch"], keys.batches, ["jobs"]];
    case "iso":
      return [keys.isos, ["cluster"]];
    case "pin":
      return [keys.pins, ["dpu"], ["bmc"]];
    case "bmc":
      // A card's IMC has the id of its card; a host's page names its cards, and the other way.
      return [change.id ? keys.bmc(change.id) : ["bmc"], keys.bmcs(), ["dpu"]];
    case "credential":
      return [keys.credentials, ["bmc"], ["dpu"]];
    case "discovery":
      return [change.id ? keys.discovery(change.id) : ["discovery"]];
    case "all":
      return [[]];
  }
}

function invalidate(client: QueryClient, change: ChangedEvent) {
  for (const queryKey of staleKeys(change)) {
    // A plan that somebody reads must not change under the eyes.
    void client.invalidateQueries({
      queryKey,
      predicate: (query) => query.queryKey[0] !== "plan",
    });
  }
}

/** Listens until what is given back is called. */
function listening(begin: Promise<() => void>): () => void {
  let closed = false;
  let unlisten: (() => void) | undefined;
  begin
    .then((stop) => {
      if (closed) stop();
      else unlisten = stop;
    })
    // Without events the pages still poll while something runs.
    .catch(() => undefined);
  return () => {
    closed = true;
    unlisten?.();
  };
}

/** Listens to the backend's one change event for as long as the window lives. */
export function useChangeEvents() {
  const client = useQueryClient();
  useEffect(
    () => listening(events.changedEvent.listen((event) => invalidate(client, event.payload))),
    [client],
  );
}

/** Tells what ended, when a person presses its notification on the desktop. */
export function usePressed(open: (ended: Begun) => void) {
  useEffect(() => listening(events.pressedEvent.listen(({ payload }) => open(payload.of))), [open]);
}
