import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { bmcId } from "@/ipc/mock/bmcs";
import { show } from "../../../test/show";
import { HostPage } from "./HostPage";
import { HostsPage } from "./HostsPage";

const openHost = (name: string, query = "") =>
  show(<HostPage />, { at: `/hosts/${bmcId(name)}${query}`, path: "/hosts/:id" });

test("each host has its state, its age, its health and its cards; a search goes into the address", async () => {
  const { user, router } = show(<HostsPage />, { at: "/hosts", path: "/hosts" });
  const row = within(await screen.findByTestId("host-r01-srv-03"));
  expect(row.getByText("Degraded")).toBeInTheDocument();
  expect(row.getByText("Warning")).toBeInTheDocument();
  expect(row.getByRole("link", { name: "dpu-03" })).toBeInTheDocument();
  expect(within(screen.getByTestId("host-r01-srv-07")).getByText("Stale")).toBeInTheDocument();
  await user.type(screen.getByRole("textbox", { name: "Search hosts" }), "bf3");
  await waitFor(() => expect(screen.queryByTestId("host-r01-srv-03")).not.toBeInTheDocument());
  expect(router.state.location.search).toBe("?search=bf3");
});

test("an unwell host says why, and how its card was found", async () => {
  openHost("r01-srv-03");
  expect(await screen.findByText("Fan 6 runs at 0 rpm")).toBeInTheDocument();
  expect(screen.getByText(/by serial number MEV/)).toBeInTheDocument();
});

test("what the BMC does not offer is disabled with the reason beside it", async () => {
  openHost("bf3-01");
  const insert = await screen.findByTestId("bmc-insert");
  expect(insert).toHaveAttribute("aria-disabled", "true");
  expect(screen.getByText(/A BlueField has no virtual media/)).toBeInTheDocument();
});

test("a reset names what it touches and what it interrupts, before it is ordered", async () => {
  const { user, backend } = openHost("r01-srv-01");
  const [system] = await screen.findAllByTestId("bmc-reset");
  if (!system) throw new Error("no reset");
  await user.click(system);
  const dialog = within(
    await screen.findByRole("dialog", { name: /Reset the system: System of r01-srv-01\?/ }),
  );
  expect(dialog.getByText(/what runs on this system is interrupted/i)).toBeInTheDocument();
  expect(dialog.getByText(/the server of dpu-01/)).toBeInTheDocument();
  await user.selectOptions(dialog.getByRole("combobox", { name: "How" }), "ForceRestart");
  await user.click(dialog.getByTestId("confirm"));
  expect(await screen.findByText("It took the reset ForceRestart.")).toBeInTheDocument();
  const order = backend.calls.find((call) => call.command === "act_on_bmc")?.args.order;
  expect(order).toMatchObject({ action: "reset", reset_type: "ForceRestart" });
});

test("a medium needs a URL without a password, and what was read back is shown", async () => {
  const { user } = openHost("r01-srv-01");
  const [insert] = await screen.findAllByTestId("bmc-insert");
  if (!insert) throw new Error("no slot");
  await user.click(insert);
  const dialog = within(await screen.findByRole("dialog"));
  const url = dialog.getByRole("textbox", { name: /URL of the image/ });
  await user.type(url, "https://u:p@files.lab/a.iso");
  expect(dialog.getByTestId("confirm")).toHaveAttribute("aria-disabled", "true");
  await user.clear(url);
  await user.type(url, "https://files.lab/a.iso");
  await user.click(dialog.getByTestId("confirm"));
  expect(await screen.findByText("Virtual CD holds https://files.lab/a.iso.")).toBeInTheDocument();
});

test("the inventory has every part once, and what could not be read", async () => {
  openHost("r01-srv-03", "?tab=inventory");
  const drives = within(await screen.findByRole("grid", { name: "Drives" }));
  expect(drives.getAllByText("960.0 GB")).toHaveLength(2);
  expect(screen.getByRole("grid", { name: "PCIe devices" })).toHaveTextContent("IPU E2100");
  expect(screen.getByText(/1 resource could not be read/)).toBeInTheDocument();
});

test("the raw crawl is searched by property and value", async () => {
  const { user } = openHost("r01-srv-01", "?tab=raw");
  await screen.findByText("/redfish/v1/Chassis/1");
  await user.type(screen.getByRole("textbox", { name: "Search the resources" }), "Chassis");
  await waitFor(() => expect(screen.queryByText("/redfish/v1/Systems/1")).not.toBeInTheDocument());
  expect(screen.getByText(/"@odata.id": "\/redfish\/v1\/Chassis\/1"/)).toBeInTheDocument();
});
