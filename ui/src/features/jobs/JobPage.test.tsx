import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import { jobId, makeClusterDeployment, makeDeployment, makeDesk } from "@/ipc/mock/desk";
import { jobView } from "@/ipc/mock/jobs";
import { show } from "../../../test/show";
import { JobPage } from "./JobPage";

const open = (word: string) => show(<JobPage />, { at: `/jobs/${jobId(word)}`, path: "/jobs/:id" });

describe("a failed job", () => {
  test("says what happened, the evidence and the next action", async () => {
    open("dpu-05 Deployment");
    expect(await screen.findByTestId("job-outcome")).toHaveTextContent("Failed");
    const panel = within(await screen.findByTestId("failure"));
    expect(panel.getByText(/does not trust the server's certificate\.$/)).toBeInTheDocument();
    const evidence = within(panel.getByRole("list", { name: "Evidence" }));
    expect(evidence.getAllByRole("listitem")).toHaveLength(3);
    expect(panel.getByText(/Set the IMC's clock.*Then press Retry\./)).toBeInTheDocument();
    expect(screen.getByRole("list", { name: "Left behind" })).toHaveTextContent("CA certificate");
  });

  test("is marked as seen, and can be started again", async () => {
    const { backend, user, router } = open("dpu-05 Deployment");
    await screen.findByTestId("failure");
    await waitFor(() => expect(backend.calls.map((c) => c.command)).toContain("mark_job_seen"));
    await user.click(screen.getByRole("button", { name: "Retry" }));
    await waitFor(() =>
      expect(router.state.location.pathname).not.toContain(jobId("dpu-05 Deployment")),
    );
    await waitFor(() => expect(screen.getByTestId("job-outcome")).toHaveTextContent("Running"));
  });
});

test("a deployment whose post step failed goes on from there, and the rest says why not", async () => {
  const [card] = makeDesk({}).cards;
  if (!card) throw new Error("the mock has cards");
  const job = makeDeployment(card, {
    startedAt: Date.now() - 3_600_000,
    failsIn: 12,
    failure: {
      kind: "refused",
      step: "Run post steps",
      message: "the card can't be registered at Red Hat",
      causes: [],
      retry: { when: "now" },
    },
  });
  const failed = jobView(job, Date.now());
  const { user, backend, router } = show(<JobPage />, {
    at: `/jobs/${job.id}`,
    path: "/jobs/:id",
    answers: { job: () => failed, retry_job_from: () => "next-job" },
  });
  await user.click(await screen.findByTestId("action-retry-from"));
  const dialog = within(await screen.findByRole("dialog"));
  expect(dialog.getByRole("radio", { name: "Run post steps" })).toBeChecked();
  const insert = dialog.getByRole("radio", { name: "Insert the ISO" });
  expect(insert).toBeDisabled();
  expect(insert).toHaveAccessibleDescription(/taken off the server and ejected/);
  await user.click(dialog.getByRole("radio", { name: "Verify the image" }));
  expect(backend.calls.some((call) => call.command === "retry_job_from")).toBe(false);
  await user.click(dialog.getByTestId("confirm"));
  await waitFor(() => expect(router.state.location.pathname).toBe("/jobs/next-job"));
  const sent = backend.calls.find((call) => call.command === "retry_job_from");
  expect(sent?.args).toEqual({ id: job.id, step: "Verify the image" });
});

test("a deployment is made anew only after its plan and its price were shown", async () => {
  const { user, backend, router } = open("dpu-05 Deployment");
  await user.click(await screen.findByTestId("action-again"));
  const dialog = within(await screen.findByRole("dialog"));
  expect(await dialog.findByText(/Everything on the card's disk is lost/)).toBeInTheDocument();
  expect(dialog.getByText("dpu-05.lab.example")).toBeInTheDocument();
  expect(dialog.getByRole("list", { name: "Steps" })).toHaveTextContent("Insert the ISO");
  expect(backend.calls.some((call) => call.command === "deploy_again")).toBe(false);
  await user.click(dialog.getByTestId("confirm"));
  await waitFor(() =>
    expect(router.state.location.pathname).not.toContain(jobId("dpu-05 Deployment")),
  );
  expect(backend.calls.some((call) => call.command === "deploy_again")).toBe(true);
});

test("all that is known of a job is saved where the person says, and the file is named", async () => {
  const path = "/home/lab/slipway-support.json";
  const { user, backend } = show(<JobPage />, {
    at: `/jobs/${jobId("dpu-05 Deployment")}`,
    path: "/jobs/:id",
    answers: { "plugin:dialog|save": () => path },
  });
  await user.click(await screen.findByTestId("support-bundle"));
  await user.click(await screen.findByRole("button", { name: "Choose where…" }));
  await waitFor(() => expect(screen.getByRole("textbox", { name: "File" })).toHaveValue(path));
  await user.click(screen.getByTestId("save"));
  expect(await screen.findByText(`Saved to ${path}`)).toBeInTheDocument();
  expect(screen.getByText(/Secrets were taken out in 3 places/)).toBeInTheDocument();
  const saved = backend.calls.find((call) => call.command === "save_support_bundle");
  expect(saved?.args).toEqual({ id: jobId("dpu-05 Deployment"), path });
});

test("a cluster file's job links to the build that it waits for, and to what it has begun", async () => {
  const job = makeClusterDeployment({ startedAt: Date.now() - 10_000 });
  const at = (ms: number) => () => jobView(job, job.startedAt + ms);
  const options = { at: `/jobs/${job.id}`, path: "/jobs/:id" };
  const { unmount } = show(<JobPage />, { ...options, answers: { job: at(10_000) } });
  const links = within(await screen.findByTestId("job-links"));
  const build = jobId("made.iso");
  expect(links.getByRole("link", { name: `job ${build.slice(-8)}` })).toHaveAttribute(
    "href",
    `/jobs/${build}`,
  );
  expect(links.getByText("Begins by itself when the ISO is there")).toBeInTheDocument();
  unmount();

  show(<JobPage />, { ...options, answers: { job: at(600_000) } });
  const begun = within(await screen.findByTestId("job-links"));
  expect(begun.getByRole("link", { name: /^batch / })).toHaveAttribute(
    "href",
    expect.stringMatching(/^\/jobs\/batches\/[0-9a-f]{32}$/),
  );
  expect(screen.getByTestId("job-headline")).toHaveTextContent(
    "Succeeded: the deployment has begun",
  );
});

describe("a running job", () => {
  test("shows step, bytes and time against the deadline", async () => {
    open("dpu-06 Deployment");
    expect(await screen.findByTestId("job-headline")).toHaveTextContent(
      "Step 5 of 14: Insert the ISO",
    );
    expect(screen.getByTestId("job-waiting")).toHaveTextContent(
      /downloading the ISO, .* of 2\.1 GB/,
    );
    expect(screen.getByRole("progressbar")).toHaveAttribute("aria-valuenow");
    expect(screen.getByText(/of at most 1 h$/)).toBeInTheDocument();
  });

  test("is cancelled only after asking", async () => {
    const { user, backend } = open("dpu-06 Deployment");
    await user.click(await screen.findByTestId("action-cancel"));
    const dialog = within(await screen.findByRole("dialog"));
    expect(dialog.getByText(/reports what is left on dpu-06/)).toBeInTheDocument();
    expect(backend.calls.some((call) => call.command === "cancel_job")).toBe(false);
    await user.click(dialog.getByTestId("confirm"));
    await waitFor(() => expect(screen.getByTestId("job-outcome")).toHaveTextContent("Cancelling"));
  });

  test("has a log that can be searched", async () => {
    const { user } = open("dpu-06 Deployment");
    const log = within(await screen.findByRole("region", { name: "Log" }));
    const all = log.getAllByRole("listitem").length;
    await user.type(screen.getByRole("textbox", { name: "Search the log" }), "trust store");
    const found = log.getAllByRole("listitem");
    expect(found.length).toBeLessThan(all);
    expect(found[0]?.querySelector("mark")).toHaveTextContent("trust store");
  });
});
