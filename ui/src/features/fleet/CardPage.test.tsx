import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { MockOptions } from "@/ipc/mock";
import { hex } from "@/ipc/mock/images";
import { show } from "../../../test/show";
import { CardPage } from "./CardPage";

const open = (name: string, query = "", answers: MockOptions["answers"] = {}) =>
  show(<CardPage />, {
    at: `/cards/${hex(`card ${name}`, 32)}${query}`,
    path: "/cards/:id",
    answers,
  });

test("an action that is not possible says why", async () => {
  const { user } = open("dpu-01");
  const upgrade = await screen.findByTestId("action-upgrade");
  expect(upgrade).toHaveAttribute("aria-disabled", "true");
  await user.hover(upgrade);
  expect(await screen.findByRole("tooltip")).toHaveTextContent("the newest image of its reference");
});

test("an upgrade names the card, from and to, and what it does, before it is started", async () => {
  const { user, router, backend } = open("dpu-03");
  await user.click(await screen.findByRole("button", { name: "Upgrade to 1.2.0 and reboot" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Upgrade dpu-03?" }));
  await dialog.findByText("1.2.0");
  expect(dialog.getByText("1.1.0")).toBeInTheDocument();
  await user.click(dialog.getByRole("button", { name: "Show commands" }));
  expect(dialog.getByText(/bootc upgrade --quiet/)).toBeInTheDocument();
  await user.click(dialog.getByRole("button", { name: "Upgrade and reboot" }));
  await waitFor(() => expect(router.state.location.pathname).toMatch(/^\/jobs\//));
  const started = backend.calls.find((call) => call.command === "start_boot_change");
  expect(started?.args.request).toMatchObject({
    change: { change: "upgrade" },
    expected_booted: expect.stringMatching(/^sha256:/),
  });
});

test("the last deployment is made again from the card, and what stands against it is told", async () => {
  const problem = "dpu-os-1.2.0.iso is not in the library any more";
  const { user, backend } = open("dpu-05", "", {
    plan_again: () => ({
      title: "Deploy dpu-os-1.2.0.iso to dpu-05 again",
      hostname: "dpu-05",
      steps: [],
      warnings: [],
      problems: [problem],
    }),
  });
  await user.click(await screen.findByTestId("action-deploy_again"));
  const dialog = within(await screen.findByRole("dialog"));
  expect(await dialog.findByText(/is not in the library any more\.$/)).toBeInTheDocument();
  expect(dialog.getByTestId("confirm")).toHaveAttribute("aria-disabled", "true");
  expect(backend.calls.some((call) => call.command === "deploy_again")).toBe(false);
});

test("a switch asks for a reference first", async () => {
  const { user } = open("dpu-03");
  await user.click(await screen.findByTestId("action-switch"));
  const dialog = within(await screen.findByRole("dialog"));
  const field = dialog.getByRole("textbox", { name: "Image reference" });
  await user.clear(field);
  await waitFor(() =>
    expect(dialog.getByTestId("confirm")).toHaveAttribute("aria-disabled", "true"),
  );
  await user.type(field, "quay.io/dpu/dpu-os:1.3.0-rc1");
  expect(await dialog.findByText("1.3.0-rc1")).toBeInTheDocument();
  await waitFor(() =>
    expect(dialog.getByTestId("confirm")).not.toHaveAttribute("aria-disabled", "true"),
  );
});

test("an error of refreshing stays until it is closed", async () => {
  const answer = {
    code: "unreachable",
    message: "dpu-01 does not answer",
    causes: ["no answer on TCP port 8443"],
    hint: "look at the cable",
    retryable: true,
  };
  const { user } = open("dpu-01", "", { refresh_dpu: () => Promise.reject(answer) });
  await user.click(await screen.findByRole("button", { name: "Refresh dpu-01" }));
  expect(await screen.findByText("no answer on TCP port 8443")).toBeVisible();
  await user.click(screen.getByRole("button", { name: /^Close/ }));
  expect(screen.queryByText(/Look at the cable/)).not.toBeInTheDocument();
});

test("the tab is in the address", async () => {
  const { user, router } = open("dpu-05");
  await user.click(await screen.findByRole("tab", { name: "Trust" }));
  expect(router.state.location.search).toBe("?tab=trust");
  expect(await screen.findByText("TLS certificate")).toBeInTheDocument();
});

test("another login is tried before it is kept, and a refusal stays in sight", async () => {
  const { user, backend } = open("dpu-05", "?tab=trust");
  await user.click(await screen.findByTestId("change-logins"));
  const dialog = within(await screen.findByRole("dialog", { name: "Logins of dpu-05" }));
  expect(dialog.getByTestId("confirm")).toHaveAttribute("aria-disabled", "true");
  const redfish = await dialog.findByRole("combobox", { name: "Redfish of the IMC" });
  // A key is no login for Redfish.
  expect(within(redfish).queryByRole("option", { name: /acc-key/ })).not.toBeInTheDocument();
  await user.selectOptions(redfish, await within(redfish).findByRole("option", { name: /idracs/ }));
  await user.click(dialog.getByTestId("confirm"));
  expect(await dialog.findByText(/refuses the user or the password; tried once/)).toBeVisible();
  const sent = backend.calls.find((call) => call.command === "set_card_login");
  expect(sent?.args.change).toMatchObject({ imc: { login: "profile" }, imc_ssh: null, acc: null });
});
