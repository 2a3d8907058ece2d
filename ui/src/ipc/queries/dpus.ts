import {
  keepPreviousData,
  type QueryClient,
  useMutation,
  useQueries,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import {
  type AddDpu,
  type BootChangeRequest,
  commands,
  type DpuId,
  type DpuPage,
  type DpuQuery,
  type DpuRow,
} from "../bindings";
import { call } from "../call";
import { keys } from "../keys";

/** Rows that the fleet table asks for at once. */
export const PAGE_ROWS = 100;
/** The most that the backend gives at once. */
const MOST_ROWS = 500;

export type DpuFilter = Required<Pick<DpuQuery, "search" | "states" | "sort" | "descending">>;

const page = (filter: DpuFilter, index: number) => {
  const query = { ...filter, offset: index * PAGE_ROWS, limit: PAGE_ROWS };
  return { queryKey: keys.dpus(query), queryFn: () => call(commands.dpus(query)) };
};

/** Asks for the first page of the fleet before the table is there to ask. */
export function aheadOfFleet(client: QueryClient, filter: DpuFilter) {
  void client.prefetchQuery(page(filter, 0));
}

/** The first page of the fleet: how many rows there are, the counts, and the first rows. */
export function useDpuCount(filter: DpuFilter) {
  return useQuery({ ...page(filter, 0), placeholderData: keepPreviousData });
}

/**
 * The rows `from` to `to`: only the pages that hold them are asked for. `head` is the first page as
 * it is shown: while another filter is asked, that of the last one.
 */
export function useDpuRows(filter: DpuFilter, from: number, to: number, head: DpuPage) {
  const indexes: number[] = [];
  for (let index = Math.floor(from / PAGE_ROWS); index <= Math.floor(to / PAGE_ROWS); index += 1) {
    if (index > 0) indexes.push(index);
  }
  const pages = useQueries({ queries: indexes.map((index) => page(filter, index)) });
  return (at: number): DpuRow | undefined => {
    const index = Math.floor(at / PAGE_ROWS);
    const found = index === 0 ? head : pages[indexes.indexOf(index)]?.data;
    return found?.rows[at % PAGE_ROWS];
  };
}

/** One short list of cards: for pickers. */
export function useDpus(filter: DpuFilter, limit = MOST_ROWS) {
  const query = { ...filter, offset: 0, limit };
  return useQuery<DpuPage>({
    queryKey: keys.dpus(query),
    queryFn: () => call(commands.dpus(query)),
    placeholderData: keepPreviousData,
  });
}

/** Every card that matches, also those that were never on the screen. */
export async function allDpus(filter: DpuFilter): Promise<DpuRow[]> {
  const rows: DpuRow[] = [];
  for (;;) {
    const query = { ...filter, offset: rows.length, limit: MOST_ROWS };
    const answer = await call(commands.dpus(query));
    rows.push(...answer.rows);
    if (answer.rows.length === 0 || rows.length >= answer.total) return rows;
  }
}

export function useDpu(id: DpuId) {
  return useQuery({
    queryKey: keys.dpu(id),
    queryFn: () => call(commands.dpu(id)),
    refetchInterval: (query) => (query.state.data?.row.job ? 2_000 : false),
  });
}

/** Asks the card's IMC, ACC and registry now. */
export function useRefreshDpu(id: DpuId) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call(commands.refreshDpu(id)),
    onSuccess: (view) => {
      client.setQueryData(keys.dpu(id), view);
      void client.invalidateQueries({ queryKey: keys.dpus() });
      void client.invalidateQueries({ queryKey: keys.overview });
    },
  });
}

export function useRefreshFleet() {
  return useMutation({ mutationFn: () => call(commands.refreshFleet()) });
}

export function useProbe() {
  return useMutation({
    mutationFn: (at: { imc: string; imcSsh: string | null }) =>
      call(commands.probe(at.imc, at.imcSsh)),
  });
}

export function useAddDpu() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (card: AddDpu) => call(commands.addDpu(card)),
    onSuccess: () => client.invalidateQueries(),
  });
}

export function useRemoveDpu(id: DpuId) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call(commands.removeDpu(id)),
    onSuccess: () => {
      client.removeQueries({ queryKey: keys.dpu(id) });
      return client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "dpu" });
    },
  });
}

/** What an upgrade, a switch or a rollback would do; `null` asks nothing. */
export function useBootPlan(request: BootChangeRequest | null) {
  return useQuery({
    queryKey: keys.bootPlan(request),
    queryFn: () => {
      if (!request) throw new Error("nothing to plan");
      return call(commands.planBootChange(request));
    },
    enabled: request !== null,
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useStartBootChange() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: BootChangeRequest) => call(commands.startBootChange(request)),
    onSuccess: () => client.invalidateQueries({ queryKey: ["jobs"] }),
  });
}
