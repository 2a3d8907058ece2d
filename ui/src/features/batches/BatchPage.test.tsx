import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { batchId } from "@/ipc/mock/batchSamples";
import { show } from "../../../test/show";
import { BatchPage } from "./BatchPage";

const open = (word: string) =>
  show(<BatchPage />, { at: `/jobs/batches/${batchId(word)}`, path: "/jobs/batches/:id" });

test("a running batch shows its progress, its waves and where each card is", async () => {
  open("running");
  expect(await screen.findByTestId("batch-headline")).toHaveTextContent("2 of 10 cards done");
  expect(screen.getByRole("progressbar", { name: /^Cards of Deploy/ })).toHaveAttribute(
    "aria-valuetext",
    "1 succeeded, 1 failed, 2 running, 6 waiting",
  );
  const second = within(screen.getByTestId("wave-2"));
  const card = within(second.getByTestId("batch-card-dpu-04"));
  expect(card.getByText("Step 5 of 14: Insert the ISO")).toBeInTheDocument();
  expect(card.getByText(/^\d.* of 2.1 GB$/)).toBeInTheDocument();
  expect(
    within(screen.getByTestId("batch-card-dpu-07")).getByText("Waits for wave 2."),
  ).toBeInTheDocument();
});

test("who failed and why is told once per cause, and the cards are links to their jobs", async () => {
  open("stopped");
  const failures = within(await screen.findByTestId("failures"));
  expect(failures.getByText(/2 of 8 cards failed/)).toBeInTheDocument();
  expect(failures.getAllByText(/does not trust the server's certificate/)).toHaveLength(1);
  expect(failures.getByRole("link", { name: "dpu-14" })).toBeInTheDocument();
  expect(failures.getByRole("link", { name: "dpu-15" })).toBeInTheDocument();
  expect(screen.getByTestId("halted")).toHaveTextContent("It stopped by itself: 2 cards failed");
  expect(screen.getByTestId("halted")).toHaveTextContent("4 cards wait and are not touched");
  expect(screen.getByTestId("batch-residue")).toHaveTextContent(
    "dpu-15: Virtual media still inserted.",
  );
});

test("pause and go on are asked of the backend, and the page follows", async () => {
  const { user } = open("running");
  await user.click(await screen.findByTestId("batch-pause"));
  expect(await screen.findByTestId("batch-resume")).toBeInTheDocument();
  expect(screen.getByTestId("batch-state")).toHaveAttribute("data-state", "paused");
  await user.click(screen.getByTestId("batch-resume"));
  expect(await screen.findByTestId("batch-pause")).toBeInTheDocument();
});

test("what failed is tried again, and the earlier job is still to be found", async () => {
  const { user } = open("stopped");
  await user.click(await screen.findByTestId("batch-retry"));
  const card = within(await screen.findByTestId("batch-card-dpu-14"));
  expect(await card.findByText(/tried 1 time before/)).toBeInTheDocument();
});

test("cancelling names what it does to the cards before it is done", async () => {
  const { user, backend } = open("running");
  await user.click(await screen.findByTestId("batch-cancel"));
  expect(screen.getByRole("dialog")).toHaveTextContent("2 jobs stop after the step that runs now");
  expect(screen.getByRole("dialog")).toHaveTextContent("6 cards that wait are not touched");
  expect(backend.calls.some((call) => call.command === "cancel_batch")).toBe(false);
  await user.click(screen.getByTestId("confirm"));
  await waitFor(() =>
    expect(screen.getByTestId("batch-state")).toHaveAttribute("data-state", "cancelling"),
  );
});

test("a batch that is over offers nothing that can't be done", async () => {
  open("ended");
  expect(await screen.findByTestId("batch-state")).toHaveAttribute("data-state", "ended");
  expect(screen.queryByTestId("batch-pause")).not.toBeInTheDocument();
  expect(screen.queryByTestId("batch-cancel")).not.toBeInTheDocument();
});
