import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { show } from "../../../test/show";
import { ImagesPage } from "./ImagesPage";
import { registryProblem } from "./LoginDialog";

const open = (tab: string) => show(<ImagesPage />, { at: `/images?tab=${tab}`, path: "/images" });

test("a login is tried before it is kept, and its password is kept nowhere in the window", async () => {
  const { user, backend } = open("logins");
  await user.click(await screen.findByTestId("add-login"));
  const dialog = within(screen.getByRole("dialog"));
  await user.type(dialog.getByRole("textbox", { name: "Registry" }), "https://quay.io");
  expect(dialog.getByText(/Without https/)).toBeInTheDocument();
  await user.clear(dialog.getByRole("textbox", { name: "Registry" }));
  await user.type(dialog.getByRole("textbox", { name: "Registry" }), "mirror.lab:5000");
  await user.type(dialog.getByRole("textbox", { name: "User name" }), "robot");
  const password = dialog.getByLabelText(/Password or token/);
  await user.type(password, "wrong");
  await user.click(dialog.getByTestId("confirm"));
  expect(await dialog.findByText(/refuses the login of robot/i)).toBeInTheDocument();
  await user.clear(password);
  await user.type(password, "sentinel-of-a-registry");
  await user.click(dialog.getByTestId("confirm"));
  const row = within(await screen.findByTestId("login-mirror.lab:5000"));
  expect(row.getByText("robot")).toBeInTheDocument();
  const asked = backend.calls.filter((call) => call.command === "registry_login").at(-1);
  expect(asked?.args.login).toEqual({
    registry: "mirror.lab:5000",
    user: "robot",
    password: "sentinel-of-a-registry",
  });
  expect(document.body).not.toHaveTextContent("sentinel-of-a-registry");
  expect(JSON.stringify({ ...sessionStorage, ...localStorage })).not.toContain("sentinel");
});

test("a login of Slipway's is forgotten; podman's own can't be, and say who keeps them", async () => {
  const { user } = open("logins");
  const own = within(await screen.findByTestId("login-registry.lab.example:5000"));
  expect(own.getByText("Slipway")).toBeInTheDocument();
  const theirs = screen.getByRole("button", { name: "Forget the login of quay.io" });
  expect(theirs).toHaveAttribute("aria-disabled", "true");
  expect(screen.getByText(/only the helper docker-credential-pass knows it/)).toBeInTheDocument();
  await user.click(own.getByRole("button"));
  await user.click(screen.getByTestId("confirm"));
  await waitFor(() =>
    expect(screen.queryByTestId("login-registry.lab.example:5000")).not.toBeInTheDocument(),
  );
  expect(screen.getByTestId("login-quay.io")).toBeInTheDocument();
});

test("how registries are asked is changed, and a folder that is none is refused", async () => {
  const { user, backend } = open("logins");
  const folder = await screen.findByRole("textbox", { name: "Folder of certificates" });
  expect(screen.getByTestId("save-registries")).toHaveAttribute("aria-disabled", "true");
  await user.type(folder, "nowhere");
  await user.click(screen.getByTestId("save-registries"));
  expect(await screen.findByText(/there is no folder nowhere/i)).toBeInTheDocument();
  await user.clear(folder);
  await user.type(folder, "/srv/certs.d");
  await user.click(screen.getByTestId("save-registries"));
  await waitFor(() =>
    expect(
      backend.calls.filter((call) => call.command === "set_registry_settings").at(-1)?.args,
    ).toEqual({ settings: { auth_file: null, certs_dir: "/srv/certs.d" } }),
  );
});

test("the tags of a reference come page by page, each with what it stands for", async () => {
  const { user } = open("registry");
  await user.type(screen.getByRole("textbox", { name: "Image reference" }), "quay.io/lab/dpu-os");
  await user.click(screen.getByRole("button", { name: "Look up its tags" }));
  const tags = await screen.findByRole("combobox", { name: "Tag" });
  expect(tags).toHaveValue("stable");
  expect(await screen.findByText("arm64")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Ask for more tags" }));
  expect(await within(tags).findByRole("option", { name: "testing" })).toBeInTheDocument();
  expect(screen.queryByRole("button", { name: "Ask for more tags" })).not.toBeInTheDocument();
  await user.selectOptions(tags, "1.1.0");
  expect(
    await screen.findByRole("grid", { name: "Images of quay.io/lab/dpu-os:1.1.0" }),
  ).toBeInTheDocument();
});

test("a built image is checked for what it is to run on", async () => {
  const { user, backend } = open("local");
  const row = within(await screen.findByTestId("image-1.1.0"));
  await user.click(row.getByRole("button", { name: "Check" }));
  const dialog = within(screen.getByRole("dialog"));
  expect(await dialog.findByText(/layer 3: an entitlement's key/)).toBeInTheDocument();
  expect(dialog.getByText(/Give it with `--secret`/)).toBeInTheDocument();
  expect(dialog.getByText(/no kargs.d has netroot=iscsi/)).toBeInTheDocument();
  await user.selectOptions(dialog.getByRole("combobox", { name: "For" }), "other");
  await waitFor(() =>
    expect(dialog.queryByText(/no kargs.d has netroot=iscsi/)).not.toBeInTheDocument(),
  );
  expect(await dialog.findByText(/an entitlement's key/)).toBeInTheDocument();
  expect(backend.calls.filter((call) => call.command === "lint_image").length).toBe(2);
});

test("a registry is a host, not a URL", () => {
  expect(registryProblem("quay.io")).toBeNull();
  expect(registryProblem("127.0.0.1:5000")).toBeNull();
  expect(registryProblem("https://quay.io")).toMatch(/Without https/);
  expect(registryProblem(" ")).toBe("Give the registry");
});

test("a registry's certificate is shown before it is accepted, and can be forgotten", async () => {
  const { user, backend } = open("logins");
  await user.click(await screen.findByTestId("accept-certificate"));
  const dialog = within(screen.getByRole("dialog"));
  await user.type(dialog.getByRole("textbox", { name: "Registry" }), "mirror.lab:5000");
  await user.click(dialog.getByRole("button", { name: "Look at its certificate" }));
  const shown = (await dialog.findByText(/^SHA256:/)).textContent;
  expect(backend.calls.some((call) => call.command === "trust_registry")).toBe(false);
  await user.click(dialog.getByRole("button", { name: "Accept the certificate" }));
  const row = within(await screen.findByTestId("accepted-mirror.lab:5000"));
  expect(row.getByText(shown ?? "")).toBeInTheDocument();
  await user.click(row.getByRole("button", { name: /Forget the certificate/ }));
  await user.click(screen.getByTestId("confirm"));
  await waitFor(() =>
    expect(screen.queryByTestId("accepted-mirror.lab:5000")).not.toBeInTheDocument(),
  );
});

test("a registry that is trusted as it is needs nobody's word", async () => {
  const { user } = open("logins");
  await user.click(await screen.findByTestId("accept-certificate"));
  const dialog = within(screen.getByRole("dialog"));
  await user.type(dialog.getByRole("textbox", { name: "Registry" }), "quay.io");
  await user.click(dialog.getByTestId("confirm"));
  expect(await dialog.findByText("It is trusted as it is")).toBeInTheDocument();
  expect(dialog.getByTestId("confirm")).toHaveAttribute("aria-disabled", "true");
});
