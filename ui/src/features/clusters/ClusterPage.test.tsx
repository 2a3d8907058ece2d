import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { BROKEN, BUILDS, GOOD } from "@/ipc/mock/clusterFiles";
import { hex } from "@/ipc/mock/images";
import { show } from "../../../test/show";
import { ClusterPage } from "./ClusterPage";

const open = (options = {}) =>
  show(<ClusterPage />, { at: "/deploy/file", path: "/deploy/file", ...options });
const next = () => screen.getByTestId("wizard-next");

type Shown = ReturnType<typeof open>;

async function read({ user }: Shown, file: string) {
  await user.type(await screen.findByRole("textbox", { name: /^Cluster file/ }), file);
  await user.click(next());
  await screen.findByTestId("cluster-sentence");
}

/** Leaves out what can't be done, and goes on to the plan. */
async function toReview({ user }: Shown) {
  await user.click(await screen.findByRole("checkbox", { name: "Leave out rh_subscription" }));
  await user.click(await screen.findByRole("checkbox", { name: "Leave out microshift" }));
  await user.click(screen.getByRole("checkbox", { name: "Select b7-acc-3" }));
  await waitFor(() => expect(next()).not.toHaveAttribute("aria-disabled", "true"));
  await user.click(next());
}

test("every problem is told at once with its place, its line and its fix", async () => {
  const shown = open();
  await read(shown, BROKEN);
  expect(screen.getByTestId("cluster-sentence")).toHaveTextContent("3 errors, 1 warning");
  const typo = within(screen.getByTestId("problem-unknown-key"));
  expect(typo.getByText(/is no key of card/)).toBeInTheDocument();
  expect(typo.getByRole("button", { name: "broken.yaml, line 15, column 7" })).toBeVisible();
  expect(typo.getByText("dpu_hots")).toBeInTheDocument();
  expect(typo.getByText(/Did you mean `dpu_host`/)).toBeInTheDocument();
  expect(next()).toHaveAttribute("aria-disabled", "true");
  const text = within(screen.getByRole("region", { name: "Text of broken.yaml" }));
  expect(text.getAllByText(/bmc_password: …/).length).toBe(2);
  await shown.user.click(typo.getByRole("button", { name: /line 15/ }));
  expect(text.getByText("15").closest("li")).toHaveAttribute("aria-current", "location");
});

test("an error of a step no longer counts once the step is left out", async () => {
  const shown = open();
  await read(shown, BROKEN);
  await shown.user.click(screen.getByRole("checkbox", { name: /Leave the step microshift out/ }));
  await waitFor(() => {
    const last = shown.backend.calls.filter((call) => call.command === "read_cluster").at(-1);
    expect(last?.args.open).toMatchObject({ skip_steps: ["microshift"] });
  });
});

test("missing values are a form, and a secret among them is not kept on the disk", async () => {
  const shown = open();
  await read(shown, GOOD);
  const form = within(await screen.findByTestId("missing-values"));
  expect(form.getByText("2 values for the templates are missing")).toBeInTheDocument();
  await shown.user.type(form.getByLabelText("bmc_hostname(2)"), "imc3.lab");
  const key = form.getByLabelText("activation_key()");
  expect(key).toHaveAttribute("type", "password");
  await shown.user.type(key, "sentinel-key");
  expect(await screen.findByText("Nothing is wrong with it")).toBeInTheDocument();
  // What was typed can still be mended.
  expect(screen.getByLabelText("bmc_hostname(2)")).toHaveValue("imc3.lab");
  expect(sessionStorage.getItem("cluster")).toContain("imc3.lab");
  expect(sessionStorage.getItem("cluster")).not.toContain("sentinel-key");
});

test("cards, refused steps and what is out of scope are all told; then the plan is deployed", async () => {
  const shown = open();
  const { user, router, backend } = shown;
  await read(shown, GOOD);
  await user.type(screen.getByLabelText("bmc_hostname(2)"), "imc3.lab");
  await user.type(screen.getByLabelText("activation_key()"), "sentinel-key");
  await screen.findByText("Nothing is wrong with it");
  expect(screen.getByText(/1 cluster out of scope/)).toBeInTheDocument();
  await user.click(next());
  const unknown = await screen.findByTestId("add-unknown");
  expect(decodeURIComponent(unknown.getAttribute("href") ?? "")).toBe(
    "#/add?list=address,name,host\nimc3.lab,b7-acc-3,b7-srv-3.lab",
  );
  await toReview(shown);
  const plan = async () => within(await screen.findByTestId("plan-b7-acc-1"));
  expect((await plan()).getByText("Insert the ISO")).toBeInTheDocument();
  // Until the plan without the steps has come, the one before is shown, and can't be deployed.
  await waitFor(async () =>
    expect((await plan()).getByText("microshift").closest("li")).toHaveAttribute(
      "data-standing",
      "left_out",
    ),
  );
  await waitFor(() =>
    expect(screen.getByTestId("wizard-deploy")).not.toHaveAttribute("aria-disabled", "true"),
  );
  await user.click(screen.getByTestId("wizard-deploy"));
  await waitFor(() => expect(router.state.location.pathname).toMatch(/^\/jobs\/batches\//));
  const sent = backend.calls.find((call) => call.command === "deploy_cluster");
  expect(sent?.args.deploy).toMatchObject({
    seen: hex(JSON.stringify(GOOD), 64),
    cards: [
      { cluster: "rack-b7", card: "b7-acc-1" },
      { cluster: "rack-b7", card: "b7-acc-2" },
    ],
    open: { skip_steps: ["rh_subscription", "microshift"] },
    rules: { at_once: 8, waves: [], stop_after: 2 },
  });
});

test("a file that makes its ISO lands on the job that builds it and then deploys", async () => {
  const shown = open();
  const { user, router } = shown;
  await read(shown, BUILDS);
  await user.type(screen.getByLabelText("bmc_hostname(2)"), "imc3.lab");
  await user.type(screen.getByLabelText("activation_key()"), "sentinel-key");
  await screen.findByText("Nothing is wrong with it");
  await user.click(next());
  expect(await screen.findByText(/made\.iso is built first, of what iso_builder/)).toBeVisible();
  await toReview(shown);
  expect(
    await screen.findByText(/made\.iso is built first; the deployment then begins by itself/),
  ).toBeVisible();
  await waitFor(() =>
    expect(screen.getByTestId("wizard-deploy")).not.toHaveAttribute("aria-disabled", "true"),
  );
  await user.click(screen.getByTestId("wizard-deploy"));
  await waitFor(() => expect(router.state.location.pathname).toMatch(/^\/jobs\/[0-9a-f]{32}$/));
});

/** Up to the page of the cards, with nothing wrong with the file. */
async function toCards(shown: Shown) {
  await read(shown, GOOD);
  await shown.user.type(screen.getByLabelText("bmc_hostname(2)"), "imc3.lab");
  await shown.user.type(screen.getByLabelText("activation_key()"), "k");
  await screen.findByText("Nothing is wrong with it");
  await shown.user.click(next());
  await shown.user.click(await screen.findByRole("checkbox", { name: "Select b7-acc-3" }));
}

test("a step that was never run on hardware is confirmed by itself, and never by default", async () => {
  const shown = open();
  const { user, backend } = shown;
  await toCards(shown);
  await user.click(next());
  const deploy = () => screen.getByTestId("wizard-deploy");
  const steps = await screen.findByTestId("untried-steps");
  expect(steps).toHaveTextContent("2 steps of the file were not yet run on real hardware");
  expect(steps).toHaveTextContent("its kubeconfig is written on this machine");
  const confirm = (name: string) =>
    within(screen.getByTestId("untried-steps")).getByRole("checkbox", {
      name: `Run ${name}, although it was not yet run on real hardware`,
    });
  expect(confirm("microshift")).not.toBeChecked();
  expect(confirm("rh_subscription")).not.toBeChecked();
  expect(deploy()).toHaveAttribute("aria-disabled", "true");
  expect(
    screen.getAllByText(/steps rh_subscription and microshift were not yet run/i).length,
  ).toBeGreaterThan(0);

  await user.click(confirm("microshift"));
  await screen.findByText(/^B7-acc-1: the step rh_subscription was not yet run/i);
  expect(deploy()).toHaveAttribute("aria-disabled", "true");
  await user.click(confirm("rh_subscription"));
  await waitFor(() => expect(deploy()).not.toHaveAttribute("aria-disabled", "true"));
  expect(sessionStorage.getItem("cluster")).not.toContain("accept");
  await user.click(deploy());
  await waitFor(() =>
    expect(
      backend.calls.find((call) => call.command === "deploy_cluster")?.args.deploy,
    ).toMatchObject({
      open: { accept_untried: ["microshift", "rh_subscription"], skip_steps: [] },
    }),
  );
});

test("a confirmation is for the cards that it was given for", async () => {
  const shown = open();
  const { user } = shown;
  await toCards(shown);
  await user.click(next());
  const box = () => screen.findByRole("checkbox", { name: /^Run microshift/ });
  await user.click(await box());
  await waitFor(async () => expect(await box()).toBeChecked());
  await user.click(screen.getByRole("button", { name: "Back" }));
  await user.click(await screen.findByRole("checkbox", { name: "Select b7-acc-2" }));
  await user.click(next());
  await waitFor(async () => expect(await box()).not.toBeChecked());
});

test("the file's cards are checked with the host that it names, and a tick asks none again", async () => {
  const shown = open();
  const { user, backend } = shown;
  await toCards(shown);
  await user.click(next());
  const asked = () => backend.calls.filter((call) => call.command === "doctor_cluster");
  await user.click(await screen.findByRole("button", { name: "Check 2 cards" }));
  expect(
    await screen.findByText("Nothing stands against it; 2 cards with a warning."),
  ).toBeInTheDocument();
  expect(asked().map((call) => call.args.card)).toEqual([
    { cluster: "rack-b7", card: "b7-acc-1" },
    { cluster: "rack-b7", card: "b7-acc-2" },
  ]);
  await user.click(within(screen.getByTestId("doctor-dpu-01")).getByText("dpu-01"));
  const host = (await screen.findAllByTestId("check-dpu_host"))[0];
  expect(host).toHaveTextContent("b7-srv-1.lab:22 shows a host key that nobody pinned");
  await user.click(screen.getByRole("checkbox", { name: /^Run microshift/ }));
  await screen.findByText(/^b7-acc-1: the step rh_subscription was not yet run/i);
  expect(asked()).toHaveLength(2);
});

test("what the steps need is asked for, and a wrong pull secret is told", async () => {
  const shown = open();
  const { user } = shown;
  await toCards(shown);
  await user.type(screen.getByRole("textbox", { name: /pull secret/ }), "/tmp/c.yaml");
  expect(await screen.findByText("/tmp/c.yaml is no pull secret.")).toBeInTheDocument();
  await user.click(screen.getByRole("checkbox", { name: "Leave out microshift" }));
  await waitFor(() =>
    expect(screen.queryByRole("textbox", { name: /pull secret/ })).not.toBeInTheDocument(),
  );
});

test("the file is written in today's form where the person says", async () => {
  const shown = open();
  await read(shown, GOOD);
  const save = () => screen.getByTestId("save-today");
  expect(save()).toHaveAttribute("aria-disabled", "true");
  await shown.user.type(screen.getByLabelText("bmc_hostname(2)"), "imc3.lab");
  await shown.user.type(screen.getByLabelText("activation_key()"), "k");
  await screen.findByText("Nothing is wrong with it");
  await shown.user.click(save());
  expect(
    await screen.findByText("Written to /home/ada/clusters/rack-b7.today.yaml"),
  ).toBeInTheDocument();
});

test("a file that is not there says so", async () => {
  const shown = open();
  await shown.user.type(await screen.findByRole("textbox", { name: /^Cluster file/ }), "/no/such");
  await shown.user.click(next());
  expect(await screen.findByText("There is no file /no/such.")).toBeInTheDocument();
});
