import { emit } from "@tauri-apps/api/event";
import { act, render, screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { expect, test } from "vitest";
import { App } from "@/app/App";
import { installMock } from "@/ipc/mock";
import { jobId } from "@/ipc/mock/desk";

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

test("a notification that is pressed on the desktop opens its job, from any page", async () => {
  installMock();
  location.hash = "#/isos";
  render(<App />);
  await screen.findByRole("heading", { name: "ISOs" }, { timeout: 10_000 });
  const id = jobId("dpu-05 Deployment");
  await act(() => emit("pressed-event", { of: { kind: "job", id } }));
  expect(await screen.findByTestId("job-outcome", {}, { timeout: 10_000 })).toHaveTextContent(
    "Failed",
  );
  expect(location.hash).toBe(`#/jobs/${id}`);
});
