import { useMemo, useState } from "react";
import type { DpuId } from "@/ipc/bindings";

/** Which cards are ticked; it survives scrolling and filtering, because it holds ids. */
export function useSelection() {
  const [ids, setIds] = useState<ReadonlySet<DpuId>>(new Set());
  return useMemo(
    () => ({
      ids,
      set: (next: Iterable<DpuId>) => setIds(new Set(next)),
      clear: () => setIds(new Set()),
      toggle: (id: DpuId, on: boolean) =>
        setIds((known) => {
          const next = new Set(known);
          if (on) next.add(id);
          else next.delete(id);
          return next;
        }),
    }),
    [ids],
  );
}

export type Selection = ReturnType<typeof useSelection>;
