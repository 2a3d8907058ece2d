import type { QueryClient, QueryKey } from "@tanstack/react-query";
import type { FirstLook } from "./bindings";
import { keys } from "./keys";

/** The element that `src-tauri/src/first_look.rs` writes into the page. */
const ELEMENT = "first-look";

function handedOver(): FirstLook | undefined {
  const text = document.getElementById(ELEMENT)?.textContent;
  return text ? JSON.parse(text) : undefined;
}

/**
 * Takes what came with the page, so that the first page is drawn once and waits for no answer.
 * It is a little older than the page: all of it is asked again when `shown` says that the page is
 * on the screen, and changes are listened to.
 */
export function takeFirstLook(client: QueryClient, shown: Promise<void>) {
  const look = handedOver();
  if (!look) return;
  const known: [QueryKey, unknown][] = [
    [keys.desk, look.desk],
    [keys.appInfo, look.app],
    [keys.jobs(null, true), look.running],
  ];
  if (look.overview) known.push([keys.overview, look.overview]);
  if (look.cards) known.push([keys.dpus(look.cards.query), look.cards.page]);
  for (const [key, data] of known) client.setQueryData(key, data);
  void shown.then(() => {
    for (const [queryKey] of known) void client.invalidateQueries({ queryKey, exact: true });
  });
}
