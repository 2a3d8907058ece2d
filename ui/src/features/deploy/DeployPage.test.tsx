import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { hex } from "@/ipc/mock/images";
import { show } from "../../../test/show";
import { DeployPage } from "./DeployPage";

const card = (name: string) => hex(`card ${name}`, 32);
const sent = `/deploy?cards=${card("dpu-01")},${card("dpu-17")}`;
const open = (at = sent) => show(<DeployPage />, { at, path: "/deploy" });

const next = () => screen.getByTestId("wizard-next");

test("from cards to running jobs; a card that can't be done is named and left out", async () => {
  const { user, router, backend } = open();
  expect(await screen.findByText("2 cards selected")).toBeInTheDocument();
  await user.click(next());
  await user.click(await screen.findByRole("radio", { name: /dpu-os-1.2.0.iso/ }));
  await user.click(next());
  await user.type(screen.getByRole("textbox", { name: "Domain" }), "lab.example");
  await user.click(screen.getByRole("button", { name: "The IMC's firmware and certificate" }));
  await user.click(screen.getByRole("checkbox", { name: /a certificate of Slipway/ }));
  await user.click(next());
  expect(await screen.findByText(/1 card will be left out: dpu-17/)).toBeInTheDocument();
  const plan = within(screen.getByTestId("plan-dpu-01"));
  expect(plan.getByText("becomes dpu-01.lab.example")).toBeInTheDocument();
  expect(plan.getByText("Insert the ISO")).toBeInTheDocument();
  await user.click(screen.getByTestId("wizard-deploy"));
  await waitFor(() => expect(router.state.location.pathname).toMatch(/^\/jobs\//));
  const started = backend.calls.find((call) => call.command === "deploy");
  expect(started?.args.request).toMatchObject({
    dpus: [card("dpu-01")],
    domain: "lab.example",
    imc_certificate: true,
  });
});

test("a step says why it can't be left", async () => {
  const { user } = open("/deploy");
  expect(await screen.findByText("0 cards selected")).toBeInTheDocument();
  expect(next()).toHaveAttribute("aria-disabled", "true");
  await user.hover(next());
  expect(await screen.findByRole("tooltip")).toHaveTextContent("Tick at least one card");
});

test("what was typed is there again after going elsewhere, and back goes one step back", async () => {
  const first = open();
  await screen.findByText("2 cards selected");
  await first.user.click(next());
  await first.user.click(await screen.findByRole("radio", { name: /dpu-os-1.2.0.iso/ }));
  await first.user.click(next());
  await first.user.type(screen.getByRole("textbox", { name: "Domain" }), "lab.example");
  expect(first.router.state.location.search).toBe("?step=settings");
  first.unmount();

  const again = open("/deploy?step=settings");
  expect(await screen.findByRole("textbox", { name: "Domain" })).toHaveValue("lab.example");
  await again.user.click(screen.getByTestId("wizard-back"));
  expect(await screen.findByRole("radio", { name: /dpu-os-1.2.0.iso/ })).toBeChecked();
  await waitFor(() => expect(again.router.state.location.search).toBe("?step=iso"));
  await again.router.navigate(-1);
  expect(await screen.findByRole("textbox", { name: "Domain" })).toHaveValue("lab.example");
});

test("an address of a step that can't be opened yet opens the first that can", async () => {
  open("/deploy?step=review");
  expect(await screen.findByText("0 cards selected")).toBeInTheDocument();
});

test("several cards are one batch, by the rules that were typed", async () => {
  const { user, router, backend } = open(`/deploy?cards=${card("dpu-01")},${card("dpu-03")}`);
  await screen.findByText("2 cards selected");
  await user.click(next());
  await user.click(await screen.findByRole("radio", { name: /dpu-os-1.2.0.iso/ }));
  await user.click(next());
  expect(screen.getByText("All 2 cards are one wave.")).toBeInTheDocument();
  await user.type(screen.getByRole("textbox", { name: "First waves" }), "0");
  expect(screen.getByText("Numbers of cards, such as 1, 4")).toBeInTheDocument();
  expect(next()).toHaveAttribute("aria-disabled", "true");
  await user.clear(screen.getByRole("textbox", { name: "First waves" }));
  await user.type(screen.getByRole("textbox", { name: "First waves" }), "1");
  expect(screen.getByText(/^1 card, then the last one\./)).toBeInTheDocument();
  await user.click(next());
  await screen.findByTestId("plan-dpu-01");
  await user.click(screen.getByTestId("save-as-file"));
  expect(await screen.findByText(/^Written to .*\.yaml$/)).toBeInTheDocument();
  const saved = backend.calls.find((call) => call.command === "save_cluster");
  expect(saved?.args.request).toMatchObject({ dpus: [card("dpu-01"), card("dpu-03")] });
  await user.click(screen.getByTestId("wizard-deploy"));
  await waitFor(() => expect(router.state.location.pathname).toMatch(/^\/jobs\/batches\//));
  const started = backend.calls.find((call) => call.command === "start_batch");
  expect(started?.args.request).toMatchObject({
    what: { kind: "deploy", request: { dpus: [card("dpu-01"), card("dpu-03")] } },
    rules: { at_once: 8, waves: [1], stop_after: 2 },
  });
});
