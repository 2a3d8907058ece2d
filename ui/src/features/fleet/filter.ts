import { useMemo } from "react";
import { useSearchParams } from "react-router";
import type { DpuSort, HeadlineState } from "@/ipc/bindings";
import type { DpuFilter } from "@/ipc/queries/dpus";
import { isState } from "@/lib/states";

const SORTS: DpuSort[] = ["name", "state", "host", "version", "last_seen"];

/** What the address says: `?search=&state=…&state=…&sort=…&desc=1`. */
export function readFilter(params: URLSearchParams): DpuFilter {
  const sort = SORTS.find((known) => known === params.get("sort"));
  return {
    search: params.get("search") || null,
    states: params.getAll("state").filter(isState),
    sort: sort ?? "name",
    descending: params.get("desc") === "1",
  };
}

/** The address for a filter; what is usual is left out. */
export function writeFilter(filter: DpuFilter): URLSearchParams {
  const params = new URLSearchParams();
  if (filter.search) params.set("search", filter.search);
  for (const state of filter.states) params.append("state", state);
  if (filter.sort !== "name") params.set("sort", filter.sort);
  if (filter.descending) params.set("desc", "1");
  return params;
}

/** The fleet table's filter. It lives in the address, so that back, reload and links keep it. */
export function useFleetFilter() {
  const [params, setParams] = useSearchParams();
  const text = params.toString();
  const filter = useMemo(() => readFilter(new URLSearchParams(text)), [text]);
  const change = (part: Partial<DpuFilter>, replace = false) =>
    setParams(writeFilter({ ...filter, ...part }), { replace });
  const toggle = (state: HeadlineState) => {
    const states = filter.states.includes(state)
      ? filter.states.filter((other) => other !== state)
      : [...filter.states, state];
    change({ states });
  };
  return { filter, change, toggle };
}
