import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { show } from "../../../test/show";
import { bundleProblem } from "./BundleDialog";
import { IsosPage } from "./IsosPage";

const open = () => show(<IsosPage />, { at: "/isos", path: "/isos" });
const card = async (name: string) => within(await screen.findByTestId(`iso-row-${name}`));

test("an ISO becomes a bundle in a folder of one's choice", async () => {
  const { user, backend } = open();
  const old = await card("dpu-os-1.1.0.iso");
  await user.click(old.getByRole("button", { name: "Bundle…" }));
  const dialog = within(screen.getByRole("dialog"));
  expect(dialog.getByText(/whoever has the bundle can read them/)).toBeInTheDocument();
  expect(dialog.getByTestId("write-bundle")).toHaveAttribute("aria-disabled", "true");
  await user.type(dialog.getByRole("textbox", { name: "Where" }), "/media/ada/stick/");
  expect(dialog.getByText("It is written to /media/ada/stick/dpu-os-1.1.0")).toBeInTheDocument();
  await user.click(dialog.getByTestId("write-bundle"));
  expect(await dialog.findByText("Writing the bundle")).toBeInTheDocument();
  const done = within(await dialog.findByTestId("bundled"));
  expect(done.getByText(/74 files/)).toBeInTheDocument();
  expect(done.getByText(/skopeo copy --preserve-digests oci:\/media/)).toBeInTheDocument();
  const asked = backend.calls.find((call) => call.command === "bundle_iso");
  expect(asked?.args.folder).toBe("/media/ada/stick/dpu-os-1.1.0");
});

test("a bundle without room on the disk is told, and can be tried elsewhere", async () => {
  const { user } = open();
  const iso = await card("dpu-os-1.2.0.iso");
  await user.click(iso.getByRole("button", { name: "Bundle…" }));
  const dialog = within(screen.getByRole("dialog"));
  await user.type(dialog.getByRole("textbox", { name: "Where" }), "/full");
  await user.click(dialog.getByTestId("write-bundle"));
  expect(await dialog.findByText("There is no bundle")).toBeInTheDocument();
  expect(dialog.getByText(/the disk is full/i)).toBeInTheDocument();
  expect(dialog.getByTestId("write-bundle")).not.toHaveAttribute("aria-disabled", "true");
});

test("a bundle of another desk is imported; a torn one is named and adds nothing", async () => {
  const { user } = open();
  await user.click(await screen.findByTestId("import-iso"));
  const dialog = within(screen.getByRole("dialog"));
  await user.selectOptions(dialog.getByRole("combobox", { name: "What" }), "bundle");
  const path = dialog.getByRole("textbox", { name: "Folder of the bundle" });
  await user.type(path, "/media/ada/torn");
  await user.click(dialog.getByTestId("import"));
  expect(await dialog.findByText("The bundle was not imported")).toBeInTheDocument();
  expect(dialog.getByText(/is not what SHA256SUMS says/)).toBeInTheDocument();
  await user.clear(path);
  await user.type(path, "/media/ada/dpu-os-9");
  await user.click(dialog.getByTestId("import"));
  const taken = within(await dialog.findByTestId("bundle-taken"));
  expect(taken.getByText(/is in the library, made by eva@other-desk/)).toBeInTheDocument();
  await user.click(dialog.getAllByRole("button", { name: "Close" }).at(-1) as HTMLElement);
  const added = await card("dpu-os-9.iso");
  expect(added.getByText("From a bundle")).toBeInTheDocument();
});

test("a bundle that is cancelled says so, and can be written again", async () => {
  const { user } = open();
  const old = await card("dpu-os-1.1.0.iso");
  await user.click(old.getByRole("button", { name: "Bundle…" }));
  const dialog = within(screen.getByRole("dialog"));
  await user.type(dialog.getByRole("textbox", { name: "Where" }), "/media/ada/stick");
  await user.click(dialog.getByTestId("write-bundle"));
  await user.click(await dialog.findByRole("button", { name: "Cancel the bundle" }));
  expect(await dialog.findByText(/The bundle was cancelled/)).toBeInTheDocument();
  expect(dialog.getByText(/nothing of it is left/i)).toBeInTheDocument();
  await waitFor(() => expect(screen.queryByTestId("transfer")).not.toBeInTheDocument());
  await user.click(dialog.getByTestId("write-bundle"));
  expect(await dialog.findByTestId("bundled")).toBeInTheDocument();
});

test("an import whose dialog was closed is shown on the page, and is cancelled there", async () => {
  const { user } = open();
  await user.click(await screen.findByTestId("import-iso"));
  const dialog = within(screen.getByRole("dialog"));
  await user.type(dialog.getByRole("textbox", { name: "ISO file" }), "/srv/isos/late.iso");
  await user.click(dialog.getByTestId("import"));
  await user.click(await dialog.findByRole("button", { name: "Close, and go on reading" }));
  const shown = within(await screen.findByTestId("transfer"));
  expect(shown.getByText(/Reading \/srv\/isos\/late.iso/)).toBeInTheDocument();
  await user.click(shown.getByRole("button", { name: "Cancel the import" }));
  await waitFor(() => expect(screen.queryByTestId("transfer")).not.toBeInTheDocument());
  expect(screen.queryByTestId("iso-row-late.iso")).not.toBeInTheDocument();
});

test("the CA's certificate is saved where the person says", async () => {
  const { user, backend } = open();
  await user.click(await screen.findByTestId("ca"));
  const dialog = within(screen.getByRole("dialog"));
  await user.type(dialog.getByRole("textbox", { name: "File" }), "/home/ada/ca.pem");
  await user.click(dialog.getByTestId("save"));
  expect(await dialog.findByText("Saved to /home/ada/ca.pem")).toBeInTheDocument();
  const asked = backend.calls.find((call) => call.command === "export_ca_certificate");
  expect(asked?.args).toEqual({ path: "/home/ada/ca.pem" });
});

test("the reserved-memory file is offered where an ISO needs it, and only there", async () => {
  const { user } = open();
  const small = await card("rhel-10.1-aarch64-boot.iso");
  expect(small.queryByRole("button", { name: "Reserved memory…" })).not.toBeInTheDocument();
  const large = await card("dpu-os-1.2.0.iso");
  await user.click(large.getByRole("button", { name: "Reserved memory…" }));
  const dialog = within(screen.getByRole("dialog"));
  expect(await dialog.findByText(/bmd_content_version/)).toBeInTheDocument();
  await user.type(dialog.getByRole("textbox", { name: "File" }), "memory.json");
  await user.click(dialog.getByTestId("save"));
  expect(await dialog.findByText("It was not saved")).toBeInTheDocument();
  await waitFor(() => expect(dialog.getByText(/can't be written/)).toBeInTheDocument());
});

test("a bundle's name is a folder's", () => {
  expect(bundleProblem("/media", "dpu-os")).toBeNull();
  expect(bundleProblem("", "dpu-os")).toBe("Choose where the bundle goes");
  for (const name of ["../x", "a/b", ".hidden"]) expect(bundleProblem("/m", name)).not.toBeNull();
});
