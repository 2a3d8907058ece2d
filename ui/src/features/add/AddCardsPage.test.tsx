import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { DiscoveryRequest } from "@/ipc/bindings";
import { show } from "../../../test/show";
import { AddCardsPage } from "./AddCardsPage";

const open = () => show(<AddCardsPage />, { at: "/add", path: "/add" });
const list = () => screen.getByRole("textbox", { name: /Addresses/ });
const next = () => screen.getByTestId("wizard-next");
const ready = (element: () => HTMLElement) =>
  waitFor(() => expect(element()).not.toHaveAttribute("aria-disabled", "true"));

async function ask(text: string) {
  const view = open();
  // Brackets are keys to user-event; a list is pasted anyway.
  await view.user.click(await screen.findByRole("textbox", { name: /Addresses/ }));
  await view.user.paste(text);
  await ready(next);
  await view.user.click(next());
  await view.user.click(await screen.findByRole("checkbox", { name: "lab-imcs" }));
  await view.user.click(next());
  await screen.findByText(/wait for your trust/);
  await waitFor(() => expect(screen.queryByText("Stop asking")).not.toBeInTheDocument(), {
    timeout: 10_000,
  });
  return view;
}

test("addresses are counted while they are typed, and bad lines are told by number", async () => {
  const { user } = open();
  expect(await screen.findByTestId("address-count")).toHaveTextContent("0 addresses");
  await user.click(list());
  await user.paste("imc[001-120].lab\nnot an address!\n10.40.9.1");
  await waitFor(() =>
    expect(screen.getByTestId("address-count")).toHaveTextContent("121 addresses"),
  );
  const bad = within(screen.getByRole("list", { name: "Lines with a problem" }));
  expect(bad.getByRole("listitem")).toHaveTextContent(/^Line 2: /);
  expect(next()).not.toHaveAttribute("aria-disabled", "true");
});

test("a list can be opened from a file", async () => {
  const { user } = open();
  const file = new File(["address,name\n10.40.9.1,dpu-91\n10.40.9.2,dpu-92\n"], "cards.csv");
  await user.upload(await screen.findByTestId("list-file"), file);
  await waitFor(() => expect(screen.getByTestId("address-count")).toHaveTextContent("2 addresses"));
});

test("nothing is trusted by itself: each answer has its word, and all shown are accepted at once", async () => {
  const { user, backend } = await ask("imc[001-010].lab");
  const request = backend.calls.find((call) => call.command === "start_discovery")?.args
    .request as DiscoveryRequest;
  expect(request.trust_on_first_use).toBe(false);
  expect(screen.getByTestId("wizard-add")).toHaveAttribute("aria-disabled", "true");
  const row = (address: string) => within(screen.getByTestId(`found-${address}`));
  expect(row("imc001.lab").getByText("New certificate")).toBeInTheDocument();
  expect(row("imc007.lab").getByText("Unreachable: TCP")).toBeInTheDocument();
  expect(row("imc008.lab").getByText("Unreachable: NAME")).toBeInTheDocument();
  expect(row("imc009.lab").getByText("No Redfish")).toBeInTheDocument();
  expect(row("imc010.lab").getByText("Changed certificate")).toBeInTheDocument();
  expect(row("imc010.lab").getAllByText(/^SHA256:/)).toHaveLength(2);

  await user.click(screen.getByTestId("trust-all"));
  const dialog = within(await screen.findByRole("dialog"));
  const named = within(dialog.getByRole("list", { name: "What is trusted" }));
  expect(named.getAllByRole("listitem")).toHaveLength(6);
  await user.click(dialog.getByTestId("confirm"));
  expect(await row("imc001.lab").findByText("Intel IPU")).toBeInTheDocument();
  expect(row("imc005.lab").getByText("Server BMC")).toBeInTheDocument();
  expect(row("imc006.lab").getByText("BlueField")).toBeInTheDocument();
  expect(row("imc004.lab").getByText("Wrong credentials")).toBeInTheDocument();
  // The changed one was not among them.
  expect(row("imc010.lab").getByText("Changed certificate")).toBeInTheDocument();
});

test("an IMC whose Redfish is off is known by its SSH, and what to do next is said", async () => {
  const { user } = await ask("imc001.lab\nimc-off.lab");
  const row = within(screen.getByTestId("found-imc-off.lab"));
  expect(row.getByText("Unreachable: TCP")).toBeInTheDocument();
  expect(row.getByText(/accept its host key to see what it is/)).toBeInTheDocument();
  await user.click(row.getByRole("button", { name: "Trust what imc-off.lab shows" }));
  await user.click(await screen.findByTestId("confirm"));
  expect(await row.findByText("IMC without Redfish")).toBeInTheDocument();
  expect(row.getByText(/its preparation, or a deployment, sets Redfish up/)).toBeInTheDocument();
  expect(row.getByRole("checkbox")).toBeEnabled();
});

test("chosen ones are added under the names that were given, and a failure says what to do", async () => {
  const { user, backend } = await ask("imc[001-003].lab");
  await user.click(screen.getByTestId("trust-all"));
  await user.click(await screen.findByTestId("confirm"));
  const name = await screen.findByRole("textbox", { name: "Name of imc001.lab" });
  await user.clear(name);
  await user.type(name, "dpu-01");
  await user.click(screen.getByRole("checkbox", { name: "Add imc003.lab" }));
  await user.click(screen.getByTestId("wizard-add"));
  expect(await screen.findByText(/1 machine added, 1 not/)).toBeInTheDocument();
  expect(screen.getByTestId("added-dpu-01")).toHaveTextContent(
    /There is a card named dpu-01\..*Next: Give it another name/,
  );
  expect(within(screen.getByTestId("added-imc002")).getByRole("link")).toHaveAttribute(
    "href",
    expect.stringMatching(/\/cards\/[0-9a-f]{32}$/),
  );
  const added = backend.calls.find((call) => call.command === "add_discovered");
  expect(added?.args.rows).toMatchObject([{ row: 0, name: "dpu-01" }, { row: 1 }]);
});

test("what was typed and asked is there again after looking elsewhere", async () => {
  const first = await ask("imc[001-002].lab");
  first.unmount();
  show(<AddCardsPage />, { at: "/add", path: "/add" });
  expect(list()).toHaveValue("imc[001-002].lab");
});

test("a profile is made on the spot, and its secret is typed and never shown", async () => {
  const { user, backend } = open();
  await user.click(list());
  await user.paste("imc001.lab");
  await ready(next);
  await user.click(next());
  await user.click(await screen.findByTestId("new-profile"));
  const dialog = within(await screen.findByRole("dialog", { name: "New credential profile" }));
  await user.type(dialog.getByRole("textbox", { name: /^Name/ }), "new-rack");
  const secret = dialog.getByLabelText(/Password/);
  expect(secret).toHaveAttribute("type", "password");
  await user.type(secret, "a-long-enough-secret");
  await user.click(dialog.getByTestId("confirm"));
  expect(await screen.findByRole("checkbox", { name: "new-rack" })).toBeChecked();
  expect(screen.queryByText("a-long-enough-secret")).not.toBeInTheDocument();
  expect(JSON.stringify({ ...sessionStorage })).not.toContain("a-long-enough-secret");
  const saved = backend.calls.find((call) => call.command === "save_credential");
  expect(saved?.args.form).toMatchObject({ name: "new-rack", kind: "password", id: null });
});
