import { render, screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { JobOutcome } from "@/ipc/bindings";
import { makeDesk } from "@/ipc/mock/desk";
import { jobView } from "@/ipc/mock/jobs";
import { JobStepper } from "./JobStepper";

const desk = makeDesk();

function deployment(outcome: JobOutcome) {
  const views = desk.jobs.map((job) => jobView(job, desk.now()));
  const view = views.find((one) => one.row.kind === "Deployment" && one.row.outcome === outcome);
  if (!view) throw new Error(`no deployment is ${outcome}`);
  return view;
}

test("the whole plan is there while the fifth step runs", () => {
  render(<JobStepper view={deployment("running")} />);
  const steps = screen.getAllByRole("listitem");
  expect(steps).toHaveLength(14);
  expect(screen.getByLabelText("Publish the ISO: done")).toBeInTheDocument();
  expect(screen.getByLabelText("Insert the ISO: runs now")).toBeInTheDocument();
  expect(screen.getByLabelText("Reset the IMC: not begun")).toBeInTheDocument();
});

test("a step says when it began and how long it took; one to come says what it does", () => {
  render(<JobStepper view={deployment("running")} />);
  const [first, , , , active, coming] = screen.getAllByRole("listitem");
  if (!first || !active || !coming) throw new Error("steps are missing");
  expect(within(first).getByText(/^\d\d:\d\d:\d\d · 4 s$/)).toBeInTheDocument();
  expect(within(active).getByText(/The IMC downloads the ISO/)).toBeInTheDocument();
  expect(within(coming).getByText("The next boot of the ACC is from the ISO")).toBeInTheDocument();
});

test("the step that failed is named, and those after it were skipped", () => {
  render(<JobStepper view={deployment("failed")} />);
  expect(screen.getByLabelText("Insert the ISO: failed")).toBeInTheDocument();
  expect(screen.getByLabelText("Set the boot override: skipped")).toBeInTheDocument();
});
