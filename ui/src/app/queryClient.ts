import { QueryClient } from "@tanstack/react-query";

/** Data is fresh until a change event says otherwise; asking again by itself would hide errors. */
export function makeQueryClient() {
  return new QueryClient({
    defaultOptions: {
      queries: { retry: false, staleTime: 30_000, networkMode: "always" },
      mutations: { retry: false, networkMode: "always" },
    },
  });
}
