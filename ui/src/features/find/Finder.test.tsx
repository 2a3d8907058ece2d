import { screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { show } from "../../../test/show";
import { Finder } from "./Finder";

test("a card is found by a part of its name and opened by keyboard alone", async () => {
  const { user, router } = show(<Finder />, { path: "/", at: "/" });
  await user.keyboard("{Control>}k{/Control}");
  expect(screen.getByRole("textbox", { name: "Find a card" })).toHaveFocus();
  await user.keyboard("dpu-13");
  expect(await screen.findByRole("menuitem", { name: /dpu-13/ })).toBeVisible();
  await user.keyboard("{ArrowDown}{Enter}");
  expect(router.state.location.pathname).toMatch(/^\/cards\/[0-9a-f]{32}$/);
});

test("what matches more than a few is one step from the table", async () => {
  const { user, router } = show(<Finder />, { path: "/", at: "/" });
  await user.type(screen.getByRole("textbox", { name: "Find a card" }), "dpu-");
  await user.click(await screen.findByRole("menuitem", { name: "24 cards in the table of cards" }));
  expect(router.state.location.pathname + router.state.location.search).toBe("/cards?search=dpu-");
});

test("what nobody has says so", async () => {
  const { user } = show(<Finder />);
  await user.type(screen.getByRole("textbox", { name: "Find a card" }), "zebra");
  expect(await screen.findByText("No card has “zebra”")).toBeVisible();
  await user.keyboard("{Escape}");
  expect(screen.queryByText("No card has “zebra”")).not.toBeInTheDocument();
});
