import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { show } from "../../../test/show";
import { FleetPage } from "./FleetPage";
import { readFilter, writeFilter } from "./filter";

const open = (at = "/cards", cards?: number) =>
  show(<FleetPage tryLab={<button type="button">Try the lab</button>} />, {
    at,
    path: "/cards",
    cards,
  });

test("a filter survives the address", () => {
  const filter = readFilter(
    new URLSearchParams("search=rack-1&state=failed&state=drifted&state=nonsense&sort=host&desc=1"),
  );
  expect(filter).toEqual({
    search: "rack-1",
    states: ["failed", "drifted"],
    sort: "host",
    descending: true,
  });
  expect(readFilter(writeFilter(filter))).toEqual(filter);
  expect(writeFilter(readFilter(new URLSearchParams())).toString()).toBe("");
});

test("a chip filters the table and goes into the address", async () => {
  const { user, router } = open();
  await screen.findByTestId("row-dpu-01");
  const chip = screen.getByRole("button", { name: /Failed 1/ });
  await user.click(chip);
  await waitFor(() => expect(screen.queryByTestId("row-dpu-01")).not.toBeInTheDocument());
  expect(screen.getByTestId("row-dpu-05")).toBeInTheDocument();
  expect(router.state.location.search).toBe("?state=failed");
  expect(screen.getByRole("button", { name: /Failed 1/ })).toHaveAttribute("aria-pressed", "true");
});

test("a search goes into the address, and an address is searched", async () => {
  const { user, router } = open("/cards?search=dpu-1");
  await screen.findByTestId("row-dpu-10");
  expect(screen.queryByTestId("row-dpu-01")).not.toBeInTheDocument();
  const box = screen.getByRole("textbox", { name: "Search cards" });
  await user.clear(box);
  await user.type(box, "canary");
  await waitFor(() => expect(router.state.location.search).toBe("?search=canary"));
  await waitFor(() => expect(screen.queryByTestId("row-dpu-10")).not.toBeInTheDocument());
  expect(screen.getByTestId("row-dpu-13")).toBeInTheDocument();
});

test("ticked cards go to the deploy wizard, and nothing can be deployed without one", async () => {
  const { user, router } = open();
  await screen.findByTestId("row-dpu-01");
  expect(screen.getByTestId("action-deploy")).toHaveAttribute("aria-disabled", "true");
  await user.click(screen.getByRole("checkbox", { name: "Select dpu-03" }));
  await user.click(screen.getByTestId("action-deploy"));
  expect(router.state.location.pathname).toBe("/deploy");
  expect(router.state.location.search).toMatch(/^\?cards=[0-9a-f]{32}$/);
});

test("of thousands only the rows in sight exist, and all can be ticked", async () => {
  const { user, backend } = open("/cards", 2_000);
  await screen.findByTestId("row-dpu-0001");
  expect(screen.getAllByTestId(/^row-/).length).toBeLessThan(60);
  expect(screen.getByRole("grid", { name: "Cards" })).toHaveAttribute("aria-rowcount", "2001");
  await user.click(screen.getByRole("checkbox", { name: "Select all cards that match" }));
  await screen.findByText(/2,?000 selected/);
  expect(backend.calls.filter((call) => call.command === "dpus").length).toBeLessThan(12);
});

test("a row opens its card", async () => {
  const { user, router } = open();
  const row = await screen.findByTestId("row-dpu-02");
  await user.click(within(row).getByText("1.2.0"));
  expect(router.state.location.pathname).toMatch(/^\/cards\/[0-9a-f]{32}$/);
});

test("the columns that were chosen are kept", async () => {
  const { user, backend } = open();
  await screen.findByTestId("row-dpu-01");
  await user.click(screen.getByRole("button", { name: "Columns" }));
  await user.click(await screen.findByRole("checkbox", { name: "Last seen" }));
  await user.click(screen.getByRole("button", { name: "Show these columns" }));
  expect(await screen.findByRole("columnheader", { name: "Last seen" })).toBeInTheDocument();
  const kept = backend.calls.find((call) => call.command === "plugin:store|set");
  expect(kept?.args.value).toMatchObject({ columns: expect.arrayContaining(["last_seen"]) });
});

test("an empty fleet offers the two ways to begin", async () => {
  open("/cards", 0);
  expect(await screen.findByText("No cards yet")).toBeInTheDocument();
  expect(screen.getByRole("link", { name: "Add cards" })).toBeInTheDocument();
  expect(screen.getByRole("button", { name: "Try the lab" })).toBeInTheDocument();
});
