import { QueryClient } from "@tanstack/react-query";
import { afterEach, expect, test, vi } from "vitest";
import { takeFirstLook } from "./firstLook";
import { keys } from "./keys";

afterEach(() => {
  document.head.replaceChildren();
});

/** Only what the test reads: the rest is whatever the backend writes. */
function handOver(look: object) {
  const element = document.createElement("script");
  element.type = "application/json";
  element.id = "first-look";
  element.textContent = JSON.stringify(look);
  document.head.append(element);
}

test("what came with the page is not asked for, until the page is on the screen", async () => {
  const query = {
    search: null,
    states: [],
    sort: "name",
    descending: false,
    offset: 0,
    limit: 100,
  };
  const cards = { rows: [], total: 7, counts: [] };
  handOver({
    desk: { open: true },
    app: {},
    overview: null,
    running: [],
    cards: { query, page: cards },
  });
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: 30_000 } } });
  let show = () => {};
  const shown = new Promise<void>((resolve) => {
    show = resolve;
  });
  takeFirstLook(client, shown);

  const ask = vi.fn(async () => cards);
  // As the table of cards asks, whatever the order of the fields.
  const asked = {
    limit: 100,
    offset: 0,
    descending: false,
    sort: "name",
    states: [],
    search: null,
  };
  const options = { queryKey: keys.dpus(asked as never), queryFn: ask };
  expect(await client.fetchQuery(options)).toEqual(cards);
  expect(ask).not.toHaveBeenCalled();

  show();
  await shown;
  await client.fetchQuery(options);
  expect(ask).toHaveBeenCalledOnce();
});

test("a page without it asks", () => {
  const client = new QueryClient();
  takeFirstLook(client, Promise.resolve());
  expect(client.getQueryData(keys.desk)).toBeUndefined();
});
