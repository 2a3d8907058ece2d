import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { FIRMWARE, OPERATOR } from "@/ipc/mock/clusterFiles";
import { show } from "../../../test/show";
import { ClusterPage } from "./ClusterPage";

const open = (options = {}) =>
  show(<ClusterPage />, { at: "/deploy/file", path: "/deploy/file", ...options });
const next = () => screen.getByTestId("wizard-next");

type Shown = ReturnType<typeof open>;

/** Up to the cards of the file, those that are known. */
async function toCards({ user }: Shown, file = OPERATOR) {
  await user.type(await screen.findByRole("textbox", { name: /^Cluster file/ }), file);
  await user.click(next());
  await screen.findByText("Nothing is wrong with it");
  await user.click(next());
  await user.click(await screen.findByRole("checkbox", { name: "Select b7-acc-3" }));
}

async function toReview(shown: Shown) {
  await toCards(shown);
  await shown.user.click(next());
  return within(await screen.findByTestId("local-network"));
}

const asked = ({ backend }: Shown, command: string) =>
  backend.calls.filter((call) => call.command === command);

test("the operator's registry is asked for with its certificate, and half of it is told", async () => {
  const shown = open();
  const { user } = shown;
  await toCards(shown);
  const registry = () => screen.getByRole("textbox", { name: "The operator's registry" });
  await user.type(registry(), "../etc");
  expect(await screen.findByText("`../etc` is no registry.")).toBeInTheDocument();
  await user.clear(registry());
  await user.type(registry(), "registry.hub.lab:5000");
  expect(
    await screen.findByText(/is named without its authority's certificate/),
  ).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Choose a certificate…" }));
  expect(screen.getByRole("textbox", { name: "Certificate of its authority" })).toHaveValue(
    "/home/ada/hub-ca.pem",
  );
  await waitFor(() =>
    expect(screen.queryByText(/without its authority's certificate/)).not.toBeInTheDocument(),
  );
  expect(asked(shown, "read_cluster").at(-1)?.args.open).toMatchObject({
    operator_registry: "registry.hub.lab:5000",
    operator_registry_ca: "/home/ada/hub-ca.pem",
  });
  // Nothing else of the file needs anything.
  expect(screen.queryByRole("textbox", { name: /pull secret/ })).not.toBeInTheDocument();
  await user.click(screen.getByRole("checkbox", { name: "Leave out dpu_operator_dpu" }));
  await waitFor(() => expect(registryField()).toBeNull());
});

const registryField = () => screen.queryByRole("textbox", { name: "The operator's registry" });

test("P4 components are asked for with their hash", async () => {
  const shown = open();
  const { user } = shown;
  await toCards(shown);
  await user.type(
    screen.getByRole("textbox", { name: "P4 components" }),
    "https://files.lab/p4.tgz",
  );
  expect(await screen.findByText(/are named without their SHA-256/)).toBeInTheDocument();
  await user.type(screen.getByRole("textbox", { name: /^SHA-256/ }), "ab".repeat(32));
  await waitFor(() =>
    expect(asked(shown, "read_cluster").at(-1)?.args.open).toMatchObject({
      p4_components: "https://files.lab/p4.tgz",
      p4_sha256: "ab".repeat(32),
    }),
  );
});

test("a card is flashed only with an image by its digest, and a word that was given for just that", async () => {
  const shown = open();
  const { user } = shown;
  await toCards(shown, FIRMWARE);
  const image = () => screen.getByRole("textbox", { name: "Image of the flashing tool" });
  const confirm = () => screen.findByRole("checkbox", { name: /^Run dpu_firmware/ });
  // Without one it is only looked at, and a word for that is none for a flash.
  await user.click(next());
  expect(await screen.findByText(/its firmware is only looked at/)).toBeInTheDocument();
  await user.click(await confirm());
  await waitFor(() =>
    expect(screen.getByTestId("wizard-deploy")).not.toHaveAttribute("aria-disabled", "true"),
  );
  await user.click(screen.getByTestId("wizard-back"));
  await user.type(image(), "quay.io/lab/flasher:latest");
  expect(
    await screen.findByText("`quay.io/lab/flasher:latest` names no digest."),
  ).toBeInTheDocument();
  await user.clear(image());
  const flasher = `quay.io/lab/flasher@sha256:${"f".repeat(64)}`;
  await user.type(image(), flasher);
  await waitFor(() =>
    expect(asked(shown, "read_cluster").at(-1)?.args.open).toMatchObject({
      firmware_image: flasher,
    }),
  );
  await user.click(next());
  expect(await screen.findByText(/where it fails the card can be lost/)).toBeInTheDocument();
  expect(await confirm()).not.toBeChecked();
  expect(screen.getByTestId("wizard-deploy")).toHaveAttribute("aria-disabled", "true");
  await user.click(await confirm());
  await waitFor(() =>
    expect(screen.getByTestId("wizard-deploy")).not.toHaveAttribute("aria-disabled", "true"),
  );
  await user.click(screen.getByTestId("wizard-deploy"));
  await waitFor(() =>
    expect(asked(shown, "deploy_cluster")[0]?.args.deploy).toMatchObject({
      open: { accept_untried: ["dpu_firmware"], firmware_image: flasher },
    }),
  );
});

test("the local network is shown with its effect, and is left out until a person asks for it", async () => {
  const shown = open();
  const { user } = shown;
  const network = await toReview(shown);
  const choice = () =>
    screen.getByRole("checkbox", { name: /^Set it up while the cards are deployed/ });
  expect(choice()).not.toBeChecked();
  const port = within(await network.findByTestId("network-eno12409"));
  expect(port.getByText(/gives 192\.168\.3\.20 to b7-acc-1/)).toBeInTheDocument();
  expect(port.getByText(/192\.168\.3\.1\/24 is free to be added/)).toBeInTheDocument();
  await user.click(port.getByRole("button", { name: "Show the commands for b7-acc-1" }));
  expect(port.getByText(/ip address add 192\.168\.3\.1\/24 dev eno12409/)).toBeInTheDocument();
  // Only the cards that the file gives an address.
  expect(asked(shown, "plan_network").at(-1)?.args.cards).toEqual([
    { cluster: "rack-b7", card: "b7-acc-1" },
  ]);
  const step = async () => {
    const plan = within(await screen.findByTestId("plan-b7-acc-1"));
    return plan.getByText("local_network").closest("li");
  };
  expect(await step()).toHaveAttribute("data-standing", "left_out");

  await user.click(choice());
  await waitFor(async () => expect(await step()).toHaveAttribute("data-standing", "planned"));
  await user.click(screen.getByRole("checkbox", { name: /^Run dpu_operator_dpu/ }));
  const deploy = () => screen.getByTestId("wizard-deploy");
  await waitFor(() => expect(deploy()).not.toHaveAttribute("aria-disabled", "true"));
  await user.click(deploy());
  await waitFor(() =>
    expect(asked(shown, "deploy_cluster")[0]?.args.deploy).toMatchObject({
      open: { accept_untried: ["local_network", "dpu_operator_dpu"] },
    }),
  );
  expect(asked(shown, "set_up_network")).toEqual([]);
});

test("what stands against the local network is told, and keeps it from being set up by hand", async () => {
  const problem = {
    code: "precondition",
    message: "setting up a local network needs rights that this Slipway does not have",
    causes: ["it lacks CAP_NET_ADMIN"],
    hint: "run it as root",
    retryable: false,
  };
  const row = { cluster: "rack-b7", card: "b7-acc-1", port: "eno12409", effect: "", commands: [] };
  const shown = open({ answers: { plan_network: () => [{ ...row, seen: [], problem }] } });
  const network = await toReview(shown);
  expect(await network.findByText("Slipway can't set up eno12409 now")).toBeInTheDocument();
  expect(network.getByText("it lacks CAP_NET_ADMIN")).toBeInTheDocument();
  expect(network.getByTestId("network-by-hand")).toHaveAttribute("aria-disabled", "true");
  await shown.user.click(network.getByRole("checkbox"));
  expect(await network.findByText(/is refused before anything is done to a card/)).toBeVisible();
});

test("the local network can be set up by hand, for longer than a deployment", async () => {
  const shown = open();
  const { user } = shown;
  const network = await toReview(shown);
  await network.findByTestId("network-eno12409");
  await user.click(network.getByTestId("network-by-hand"));
  const dialog = within(await screen.findByRole("dialog"));
  expect(dialog.getByText(/gives 192\.168\.3\.20 to b7-acc-1/)).toBeInTheDocument();
  expect(asked(shown, "set_up_network")).toEqual([]);
  await user.click(dialog.getByRole("button", { name: "Set up eno12409" }));
  const done = within(await screen.findByRole("dialog", { name: "eno12409 is set up" }));
  expect(done.getByText("put 192.168.3.1/24 on eno12409.", { exact: false })).toBeInTheDocument();
  expect(asked(shown, "set_up_network")[0]?.args).toMatchObject({
    cards: [{ cluster: "rack-b7", card: "b7-acc-1" }],
  });
  await user.click(done.getByRole("button", { name: "Show it in the settings" }));
  await waitFor(() => expect(shown.router.state.location.pathname).toBe("/settings/network"));
});
