import { render, screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { expect, test } from "vitest";
import { App } from "@/app/App";
import { installMock } from "@/ipc/mock";

test("the empty app says what it is, and the lab fills it", async () => {
  installMock({ cards: 0 });
  location.hash = "#/overview";
  render(<App />);
  expect(await screen.findByText("Welcome to Slipway", {}, { timeout: 10_000 })).toBeVisible();
  await userEvent.click(screen.getByTestId("try-lab"));
  expect(await screen.findByText(/Starting 24 simulated cards/)).toBeVisible();
  const sentence = await screen.findByTestId("overview-sentence", {}, { timeout: 10_000 });
  expect(sentence).toHaveTextContent("10 of 24 cards current, 6 need you.");
  expect(screen.getByTestId("lab-badge")).toBeVisible();
});

test("locked secrets ask for their passphrase first", async () => {
  const user = userEvent.setup();
  installMock({ lock: "file" });
  location.hash = "#/jobs";
  render(<App />);
  await user.type(await screen.findByLabelText(/Passphrase/), "wrong");
  await user.click(screen.getByTestId("unlock"));
  expect(await screen.findByText("This is not the passphrase.")).toBeVisible();
  await user.clear(screen.getByLabelText(/Passphrase/));
  await user.type(screen.getByLabelText(/Passphrase/), "open sesame");
  await user.click(screen.getByTestId("unlock"));
  expect(await screen.findByRole("heading", { name: "Jobs" }, { timeout: 10_000 })).toBeVisible();
});
