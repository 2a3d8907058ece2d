import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { show } from "../../../test/show";
import { SettingsPage } from "./SettingsPage";

const open = (tab: string) =>
  show(<SettingsPage lab={null} />, { at: `/settings/${tab}`, path: "/settings/:tab" });

test("a changed certificate stands on top, old and new, and is trusted only after a question", async () => {
  const { user, backend } = open("trust");
  const changed = within(await screen.findByTestId("changed-10.40.20.19:443"));
  expect(changed.getByText("Accepted before")).toBeInTheDocument();
  expect(changed.getAllByText(/^SHA256:/)).toHaveLength(2);
  await user.click(changed.getByRole("button", { name: "Trust the new one…" }));
  expect(backend.calls.some((call) => call.command === "accept_pin")).toBe(false);
  await user.click(await screen.findByTestId("confirm"));
  await waitFor(() =>
    expect(screen.queryByTestId("changed-10.40.20.19:443")).not.toBeInTheDocument(),
  );
});

test("a pin says whose it is and why it was accepted, and can be revoked", async () => {
  const { user } = open("trust");
  const pin = within(await screen.findByTestId("pin-10.40.7.10:8443"));
  expect(pin.getByRole("link", { name: "IMC of dpu-01" })).toBeInTheDocument();
  expect(pin.getByText("Accepted when it was shown.")).toBeInTheDocument();
  await user.click(pin.getByRole("button", { name: "Revoke…" }));
  await user.click(await screen.findByTestId("confirm"));
  await waitFor(() => expect(screen.queryByTestId("pin-10.40.7.10:8443")).not.toBeInTheDocument());
});

test("a host's key is that of its card, and one that nobody knows says so", async () => {
  const { backend } = open("trust");
  const [first] = backend.desk.cards;
  const host = within(await screen.findByTestId(`pin-${first?.host}:22`));
  expect(host.getByRole("link", { name: "DPU host of dpu-01" })).toHaveAttribute(
    "href",
    `/cards/${first?.id}`,
  );
  const other = within(screen.getByTestId("pin-old-host.lab:22"));
  expect(other.getByText("No card, BMC or deployment here names it")).toBeInTheDocument();
});

test("the site's authorities are given as PEM", async () => {
  const { user } = open("trust");
  await user.click(await screen.findByRole("button", { name: "Give a bundle…" }));
  const dialog = within(await screen.findByRole("dialog"));
  await user.type(dialog.getByRole("textbox", { name: "CA bundle" }), "nonsense");
  expect(dialog.getByTestId("confirm")).toHaveAttribute("aria-disabled", "true");
  await user.clear(dialog.getByRole("textbox", { name: "CA bundle" }));
  await user.click(dialog.getByRole("textbox", { name: "CA bundle" }));
  await user.paste("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
  await user.click(dialog.getByTestId("confirm"));
  expect(await screen.findByText(/Lab Infrastructure CA/)).toBeInTheDocument();
});

test("a profile in use can't be removed and says by whom; one that is not used can", async () => {
  const { user } = open("credentials");
  const used = within(await screen.findByTestId("profile-lab-imcs"));
  const remove = used.getByRole("button", { name: "Remove lab-imcs" });
  expect(remove).toHaveAttribute("aria-disabled", "true");
  await user.hover(remove);
  expect(await screen.findByRole("tooltip")).toHaveTextContent("dpu-01, dpu-02, dpu-03");
  await user.click(screen.getByRole("button", { name: "Remove acc-key" }));
  await user.click(await screen.findByTestId("confirm"));
  await waitFor(() => expect(screen.queryByTestId("profile-acc-key")).not.toBeInTheDocument());
});

test("changing a profile keeps the secret that is stored, unless another is typed", async () => {
  const { user, backend } = open("credentials");
  await user.click(await screen.findByRole("button", { name: "Change lab-imcs" }));
  const dialog = within(await screen.findByRole("dialog"));
  expect(dialog.getByLabelText("Password")).toHaveValue("");
  const scope = dialog.getByRole("textbox", { name: "For these labels" });
  await user.type(scope, "rack-9");
  await user.click(dialog.getByTestId("confirm"));
  await waitFor(() =>
    expect(
      backend.calls.find((call) => call.command === "save_credential")?.args.form,
    ).toMatchObject({ secret: null, scope: { labels: ["rack-9"] } }),
  );
});

test("how often BMCs are looked at can be changed, but not into nonsense", async () => {
  const { user, backend } = open("preferences");
  const every = await screen.findByRole("combobox", { name: "A short look at each BMC every" });
  const keep = () => screen.getByRole("button", { name: "Look like this" });
  expect(keep()).toHaveAttribute("aria-disabled", "true");
  await user.selectOptions(every, "15 min");
  await user.hover(keep());
  expect(await screen.findByRole("tooltip")).toHaveTextContent("stale before the next look");
  await user.selectOptions(every, "5 min");
  await user.click(keep());
  await waitFor(() =>
    expect(
      backend.calls.find((call) => call.command === "set_look_policy")?.args.policy,
    ).toMatchObject({ every_seconds: 300, crawl_seconds: 3_600 }),
  );
});

test("notifications on the desktop are on, and stay off once switched off", async () => {
  const { user, backend } = open("preferences");
  const tell = await screen.findByRole("switch", { name: "Tell what has ended" });
  expect(tell).toBeChecked();
  await user.click(tell);
  expect(tell).not.toBeChecked();
  await waitFor(() => {
    const kept = backend.calls.filter((call) => call.command === "plugin:store|set").at(-1);
    expect(kept?.args).toMatchObject({
      key: "preferences",
      value: { notifications: false, theme: "system" },
    });
  });
});

test("a port says for whom it is set up, and is taken back after a question", async () => {
  const { user, backend } = open("network");
  const port = within(await screen.findByTestId("port-ens7f1"));
  expect(port.getByText("The DHCP server does not run.")).toBeInTheDocument();
  expect(port.getByText("By hand, until it is taken back")).toBeInTheDocument();
  await user.click(port.getByRole("button", { name: "Take back ens7f1" }));
  expect(backend.calls.some((call) => call.command === "take_back_network")).toBe(false);
  expect(await screen.findByText(/b9-acc-1 gets no address there any more/)).toBeInTheDocument();
  await user.click(screen.getByTestId("confirm"));
  expect(await screen.findByText("ens7f1 was taken back")).toBeInTheDocument();
  expect(screen.getByText(/removed 10\.9\.0\.1\/24 from ens7f1/i)).toBeInTheDocument();
  await waitFor(() => expect(screen.queryByTestId("port-ens7f1")).not.toBeInTheDocument());
});

test("a port that a deployment needs is not taken back, and says why", async () => {
  const { user, backend } = open("network");
  const port = within(await screen.findByTestId("port-eno2"));
  expect(port.getByRole("link", { name: "A deployment" })).toBeInTheDocument();
  const take = port.getByRole("button", { name: "Take back eno2" });
  expect(take).toHaveAttribute("aria-disabled", "true");
  await user.hover(take);
  expect(await screen.findByRole("tooltip")).toHaveTextContent("The deployment of dpu-");
  // Another Slipway's deployment took it meanwhile: the refusal is shown, and the port stays.
  const other = backend.desk.ports.find(({ port }) => port === "ens7f1");
  await user.click(screen.getByRole("button", { name: "Take back ens7f1" }));
  if (other) other.why_not_down = "the deployment of b9-acc-2 needs ens7f1";
  await user.click(await screen.findByTestId("confirm"));
  const dialog = within(screen.getByRole("dialog"));
  expect(await dialog.findByText("It was not taken back")).toBeInTheDocument();
  expect(dialog.getByText("The deployment of b9-acc-2 needs ens7f1.")).toBeInTheDocument();
});
