import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { show } from "../../../../test/show";
import { BuildIsoPage } from "./BuildIsoPage";

const open = () => show(<BuildIsoPage />, { at: "/isos/build", path: "/isos/build" });
const next = () => screen.getByTestId("wizard-next");
const field = (name: RegExp | string) => screen.getByRole("textbox", { name });

async function toKickstart(user: ReturnType<typeof open>["user"]) {
  await user.type(await screen.findByRole("textbox", { name: "Name" }), "dpu-os-1.3.0");
  await user.type(field("Path of the base ISO"), "/srv/isos/boot.iso");
  await user.type(field("Image reference"), "quay.io/lab/dpu-os:1.3.0");
  await user.click(next());
}

test("from a form to a running build; the secret is neither shown nor kept", async () => {
  const { user, router, backend } = open();
  await toKickstart(user);
  await user.type(await screen.findByRole("textbox", { name: "RHC organization" }), "1234");
  expect(next()).toHaveAttribute("aria-disabled", "true");
  await user.type(screen.getByLabelText("RHC activation key"), "key-of-the-lab");
  expect(
    await screen.findByText(/--organization=1234 --activation-key=••••••/),
  ).toBeInTheDocument();
  expect(screen.getByText("Contains secrets")).toBeInTheDocument();
  expect(screen.getByText(/no SSH key is given/)).toBeInTheDocument();
  await user.click(next());
  const steps = within(await screen.findByRole("list", { name: "Steps" }));
  expect(steps.getByText("Write the ISO")).toBeInTheDocument();
  expect(document.body).not.toHaveTextContent("key-of-the-lab");
  expect(JSON.stringify(sessionStorage)).not.toContain("key-of-the-lab");
  await user.click(screen.getByTestId("wizard-build"));
  await waitFor(() => expect(router.state.location.pathname).toMatch(/^\/jobs\//));
  const built = backend.calls.find((call) => call.command === "build_iso")?.args.request;
  expect(built).toMatchObject({
    base: { from: "file", path: "/srv/isos/boot.iso" },
    image: { from: "registry", reference: "quay.io/lab/dpu-os:1.3.0" },
    kargs: expect.arrayContaining(["acpi=force"]),
    kickstart: { from: "form", form: { origin: "quay.io/lab/dpu-os:1.3.0" } },
  });
});

test("a pasted kickstart with a password in it is not built", async () => {
  const { user } = open();
  await toKickstart(user);
  await user.selectOptions(await screen.findByRole("combobox", { name: "Kickstart" }), "text");
  await user.type(field("Text of the kickstart"), "rootpw hunter22");
  expect(await screen.findByText(/Line 1: a password stands in the kickstart/)).toBeInTheDocument();
  await user.click(next());
  expect(await screen.findByText(/The kickstart has errors/)).toBeInTheDocument();
  expect(screen.getByTestId("wizard-build")).toHaveAttribute("aria-disabled", "true");
});

test("by image builder: its config.toml and digest are shown, and the same job is started", async () => {
  const { user, router, backend } = open();
  await user.type(await screen.findByRole("textbox", { name: "Name" }), "made");
  await user.selectOptions(screen.getByRole("combobox", { name: "Made by" }), "image_builder");
  expect(screen.queryByRole("textbox", { name: "Path of the base ISO" })).not.toBeInTheDocument();
  await user.type(field("Image reference"), "quay.io/lab/dpu-os:1.3.0");
  await user.selectOptions(screen.getByRole("combobox", { name: "Type" }), "bootc_installer");
  expect(next()).toHaveAttribute("aria-disabled", "true");
  await user.type(field("Installer image"), "quay.io/lab/installer:1");
  await user.selectOptions(screen.getByRole("combobox", { name: "Type" }), "anaconda_iso");
  await user.click(next());
  await user.selectOptions(await screen.findByRole("combobox", { name: "Kickstart" }), "text");
  await user.type(field("Text of the kickstart"), "ostreecontainer --url=/x");
  await user.click(next());
  expect(await screen.findByText(/adds `ostreecontainer` itself/)).toBeInTheDocument();
  expect(screen.getByTestId("wizard-build")).toHaveAttribute("aria-disabled", "true");
  await user.click(screen.getByTestId("wizard-back"));
  await user.clear(field("Text of the kickstart"));
  await user.type(field("Text of the kickstart"), "rootpw hunter22");
  await user.click(next());
  const builder = within(await screen.findByTestId("builder"));
  expect(builder.getByText(/append = "ip=192.168.0.2/)).toBeInTheDocument();
  expect(builder.getByText(/bootc-image-builder@sha256:/)).toBeInTheDocument();
  expect(document.body).not.toHaveTextContent("hunter22");
  expect(screen.getByText(/Anaconda-iso is deprecated/)).toBeInTheDocument();
  await user.click(screen.getByTestId("wizard-build"));
  await waitFor(() => expect(router.state.location.pathname).toMatch(/^\/jobs\//));
  const built = backend.calls.find((call) => call.command === "build_builder_iso");
  expect(built?.args.request).toMatchObject({
    name: "made",
    iso_type: "anaconda_iso",
    installer: null,
    builder: null,
    image: "quay.io/lab/dpu-os:1.3.0",
    architecture: "aarch64",
    kargs: expect.arrayContaining(["acpi=force"]),
    kickstart: { from: "text", text: "rootpw hunter22" },
  });
  expect(JSON.stringify(sessionStorage)).not.toContain("hunter22");
});
