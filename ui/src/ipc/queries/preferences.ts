import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import {
  loadPreferences,
  type Preferences,
  savePreferences,
  usualPreferences,
} from "../preferences";

const KEY = ["preferences"];

/** What this person chose, and a way to change it. A change counts at once and is then stored. */
export function usePreferences() {
  const client = useQueryClient();
  const { data } = useQuery({
    queryKey: KEY,
    queryFn: loadPreferences,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  });
  const save = useMutation({ mutationFn: savePreferences });
  const preferences = data ?? usualPreferences;
  const change = (part: Partial<Preferences>) => {
    const next = { ...preferences, ...part };
    client.setQueryData(KEY, next);
    save.mutate(next);
  };
  return { preferences, loaded: data !== undefined, change, saveError: save.error };
}
