import { useCallback, useEffect, useState } from "react";

/**
 * State that outlives the page: what was typed in a wizard is there again after looking elsewhere
 * or a reload, until the window closes. Never for secrets.
 */
export function useDraft<T>(key: string, empty: T) {
  const [draft, setDraft] = useState<T>(() => {
    const kept = sessionStorage.getItem(key);
    if (!kept) return empty;
    try {
      return { ...empty, ...(JSON.parse(kept) as T) };
    } catch {
      return empty;
    }
  });
  useEffect(() => {
    sessionStorage.setItem(key, JSON.stringify(draft));
  }, [key, draft]);
  /** Call it last: after it the page should be left. */
  const forget = useCallback(() => {
    setDraft(empty);
    sessionStorage.removeItem(key);
  }, [key, empty]);
  return { draft, setDraft, forget };
}
