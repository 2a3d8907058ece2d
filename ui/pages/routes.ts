import type { Page } from "playwright-core";
import { batchId } from "@/ipc/mock/batchSamples";
import { bmcId } from "@/ipc/mock/bmcs";
import { BROKEN, GOOD, OPERATOR } from "@/ipc/mock/clusterFiles";
import { jobId } from "@/ipc/mock/desk";
import { hex } from "@/ipc/mock/images";

const card = (name: string) => hex(`card ${name}`, 32);
const iso = (name: string) => hex(`iso id ${name}`, 32);

/** A page to look at: its address, what must be on it, and what to do before looking. */
export type Look = {
  name: string;
  hash: string;
  /** Cards in the mock fleet; 24 unless told. */
  cards?: number;
  lock?: "file" | "new";
  /** Text that shows that the content has come. */
  shows: string | RegExp;
  act?: (page: Page) => Promise<void>;
};

const press = (name: string | RegExp) => async (page: Page) => {
  await page.getByRole("button", { name }).first().click();
};

const next = async (page: Page) => page.getByTestId("wizard-next").click();

const deploySent = `#/deploy?cards=${card("dpu-01")},${card("dpu-03")},${card("dpu-17")}&iso=${iso("dpu-os-1.2.0.iso")}`;

/** Up to what a cluster file says. */
async function toSays(page: Page, file: string) {
  await page.locator("#cluster-file").fill(file);
  await next(page);
  await page.getByTestId("cluster-sentence").waitFor();
}

/** Up to the cards of the good file, with the values that its templates want. */
async function toClusterCards(page: Page) {
  await toSays(page, GOOD);
  await page.getByLabel("bmc_hostname(2)").fill("10.40.7.40");
  await page.getByLabel("activation_key()").fill("a key");
  await page.getByText("Nothing is wrong with it").waitFor();
  await next(page);
  await page.getByTestId("add-unknown").waitFor();
}

async function toOperatorCards(page: Page) {
  await toSays(page, OPERATOR);
  await next(page);
  await page.getByLabel("Select b7-acc-3").uncheck();
}

/** Up to the review of a file that asks for a local network. */
async function toNetwork(page: Page) {
  await toOperatorCards(page);
  await next(page);
  await page.getByTestId("network-eno12409").waitFor();
}

/** Up to the answers of a list in which every kind of answer is. */
async function toAnswers(page: Page) {
  await page.locator("#address-list").fill("imc[001-012].lab");
  await page.getByText("12 addresses").waitFor();
  await next(page);
  await page.getByLabel("lab-imcs").check();
  await next(page);
  await page.getByTestId("trust-all").waitFor();
}

/** Up to the kickstart's form, with a preview. */
async function toKickstart(page: Page) {
  await page.locator("#iso-name").fill("dpu-os-1.3.0");
  await page.locator("#base").fill("/srv/isos/rhel-10.1-aarch64-boot.iso");
  await page.locator("#image").fill("quay.io/lab/dpu-os:1.3.0");
  await next(page);
  await page.getByText("ostreecontainer").waitFor();
}

/** Up to the lint of a Containerfile. */
async function toImageReview(page: Page) {
  await page.locator("#image-folder").fill("/home/ada/dpu-os");
  await page.locator("#image-reference").fill("quay.io/lab/dpu-os:1.3.0");
  await next(page);
  await page.getByText("hangs in its initqueue").waitFor();
}

/** Up to the review of an ISO that the image builder makes. */
async function toBuilderReview(page: Page) {
  await page.locator("#iso-name").fill("dpu-os-1.3.0");
  await page.locator("#method").selectOption("image_builder");
  await page.locator("#image").fill("quay.io/lab/dpu-os:1.3.0");
  await next(page);
  await page.locator("#builder-kickstart").selectOption("text");
  await page.locator("#kickstart-text").fill("lang en_US.UTF-8\nreboot");
  await next(page);
  await page.getByTestId("builder").waitFor();
}

async function toTrusted(page: Page) {
  await toAnswers(page);
  await page.getByTestId("trust-all").click();
  await page.getByTestId("confirm").click();
  await page.getByText("Server BMC").waitFor();
}

export const LOOKS: Look[] = [
  { name: "overview", hash: "#/overview", shows: "Needs attention" },
  { name: "overview-empty", hash: "#/overview", cards: 0, shows: "Welcome to Slipway" },
  { name: "cards", hash: "#/cards", shows: "dpu-09" },
  { name: "cards-filtered", hash: "#/cards?state=failed&state=rolled_back", shows: "dpu-13" },
  { name: "cards-3000", hash: "#/cards", cards: 3_000, shows: "3,000 cards" },
  { name: "cards-empty", hash: "#/cards", cards: 0, shows: "No cards yet" },
  { name: "cards-none", hash: "#/cards?search=nothing", shows: "No card matches" },
  {
    name: "cards-selected",
    hash: "#/cards",
    shows: "dpu-09",
    act: async (page) => {
      await page.getByLabel("Select dpu-01").check();
      await page.getByLabel("Select dpu-03").check();
    },
  },
  { name: "cards-columns", hash: "#/cards", shows: "dpu-09", act: press("Columns") },
  { name: "card-current", hash: `#/cards/${card("dpu-01")}`, shows: "Runs now" },
  { name: "card-update", hash: `#/cards/${card("dpu-03")}`, shows: "What Upgrade would change" },
  { name: "card-staged", hash: `#/cards/${card("dpu-08")}`, shows: "Boots next" },
  { name: "card-rolled-back", hash: `#/cards/${card("dpu-13")}`, shows: "fell back" },
  { name: "card-working", hash: `#/cards/${card("dpu-06")}`, shows: "Look at the job" },
  { name: "card-unreachable", hash: `#/cards/${card("dpu-20")}`, shows: "Silent" },
  { name: "card-not-image-mode", hash: `#/cards/${card("dpu-22")}`, shows: "Not image mode" },
  { name: "card-unknown", hash: `#/cards/${card("dpu-24")}`, shows: "Not known yet" },
  { name: "card-jobs", hash: `#/cards/${card("dpu-05")}?tab=jobs`, shows: "Deployment" },
  {
    name: "card-trust",
    hash: `#/cards/${card("dpu-05")}?tab=trust`,
    shows: "SSH host key",
    act: async (page) => {
      await press("Compare with what it shows now")(page);
      await page.getByText("The IMC shows what is pinned").waitFor();
    },
  },
  { name: "card-raw", hash: `#/cards/${card("dpu-05")}?tab=raw`, shows: "greenboot" },
  { name: "card-missing", hash: "#/cards/none", shows: "could not be read" },
  {
    name: "card-upgrade-dialog",
    hash: `#/cards/${card("dpu-03")}`,
    shows: "Runs now",
    act: async (page) => {
      await page.getByTestId("action-upgrade").click();
      await press("Show commands")(page);
    },
  },
  {
    name: "card-switch-dialog",
    hash: `#/cards/${card("dpu-03")}`,
    shows: "Runs now",
    act: async (page) => {
      await page.getByTestId("action-switch").click();
      await page.getByLabel("Image reference").fill("quay.io/dpu/dpu-os:1.3.0-rc1");
      await page.getByText("1.3.0-rc1", { exact: true }).waitFor();
    },
  },
  {
    name: "add-addresses",
    hash: "#/add",
    shows: "Open a list",
    act: async (page) => {
      await page.locator("#address-list").fill("imc[001-120].lab\nwhat is this?\n10.40.9.1");
      await page.getByText("121 addresses").waitFor();
    },
  },
  {
    name: "add-credentials",
    hash: "#/add",
    shows: "Open a list",
    act: async (page) => {
      await page.locator("#address-list").fill("imc[001-012].lab");
      await page.getByText("12 addresses").waitFor();
      await next(page);
      await page.getByLabel("lab-imcs").check();
    },
  },
  { name: "add-answers", hash: "#/add", shows: "Open a list", act: toAnswers },
  {
    name: "add-trust",
    hash: "#/add",
    shows: "Open a list",
    act: async (page) => {
      await toAnswers(page);
      await page.getByTestId("trust-all").click();
      await page.getByRole("dialog").waitFor();
    },
  },
  { name: "add-trusted", hash: "#/add", shows: "Open a list", act: toTrusted },
  {
    name: "add-result",
    hash: "#/add",
    shows: "Open a list",
    act: async (page) => {
      await toTrusted(page);
      await page.getByLabel("Name of imc001.lab").fill("dpu-01");
      await page.getByTestId("wizard-add").click();
      await page.getByTestId("added").waitFor();
    },
  },
  { name: "hosts", hash: "#/hosts", shows: "r01-srv-03" },
  { name: "hosts-empty", hash: "#/hosts", cards: 0, shows: "No hosts yet" },
  { name: "host-degraded", hash: `#/hosts/${bmcId("r01-srv-03")}`, shows: "Fan 6 runs at 0 rpm" },
  {
    name: "host-untrusted",
    hash: `#/hosts/${bmcId("r02-srv-01")}?tab=trust`,
    shows: "has changed",
  },
  { name: "host-bluefield", hash: `#/hosts/${bmcId("bf3-01")}`, shows: "no virtual media" },
  {
    name: "host-inventory",
    hash: `#/hosts/${bmcId("r01-srv-03")}?tab=inventory`,
    shows: "Network adapters",
  },
  {
    name: "host-raw",
    hash: `#/hosts/${bmcId("r01-srv-03")}?tab=raw`,
    shows: "/redfish/v1/Chassis/1",
    act: async (page) => {
      await page.getByLabel("Search the resources").fill("Chassis");
      await page.getByText('"@odata.id": "/redfish/v1/Chassis/1"').waitFor();
    },
  },
  {
    name: "host-reset",
    hash: `#/hosts/${bmcId("r01-srv-01")}`,
    shows: "What can be done",
    act: async (page) => page.getByTestId("bmc-reset").first().click(),
  },
  {
    name: "card-inventory",
    hash: `#/cards/${card("dpu-01")}?tab=inventory`,
    shows: "Virtual removable media",
  },
  {
    name: "card-pair",
    hash: `#/cards/${card("dpu-01")}?tab=inventory`,
    shows: "Virtual removable media",
    act: async (page) => page.getByTestId("pair").click(),
  },
  {
    name: "find",
    hash: "#/cards",
    shows: "dpu-09",
    act: async (page) => {
      await page.getByLabel("Find a card").fill("dpu-1");
      await page.getByText("10 cards in the table of cards").waitFor();
    },
  },
  {
    name: "notifications",
    hash: "#/cards",
    shows: "dpu-09",
    act: async (page) => {
      await page.getByTestId("notifications").click();
      await page.getByText("Deployment of dpu-05: failed").waitFor();
    },
  },
  { name: "images", hash: "#/images", shows: "On this machine" },
  { name: "images-empty", hash: "#/images", cards: 0, shows: "No images on this machine" },
  {
    name: "images-inspect",
    hash: "#/images",
    shows: "quay.io",
    act: async (page) => {
      await press("Inspect")(page);
      await page.getByText("RUN dnf -y install microshift").waitFor();
    },
  },
  {
    name: "images-push",
    hash: "#/images",
    shows: "quay.io",
    act: async (page) => {
      await press("Push…")(page);
      await page.getByText("podman sends it").waitFor();
    },
  },
  {
    name: "images-check",
    hash: "#/images",
    shows: "quay.io",
    act: async (page) => {
      await page.getByTestId("image-1.1.0").getByRole("button", { name: "Check" }).click();
      await page.getByText("an entitlement's key lies in a layer").waitFor();
    },
  },
  { name: "images-logins", hash: "#/images?tab=logins", shows: "Kept by" },
  {
    name: "images-login",
    hash: "#/images?tab=logins",
    shows: "Kept by",
    act: async (page) => {
      await page.getByTestId("add-login").click();
      await page.locator("#login-registry").fill("mirror.lab:5000");
      await page.locator("#login-user").fill("robot");
      await page.locator("#login-password").fill("wrong");
      await page.getByTestId("confirm").click();
      await page.getByText("refuses the login").waitFor();
    },
  },
  { name: "images-needed", hash: "#/images?tab=needed", shows: "qemu-user-static" },
  {
    name: "images-registry",
    hash: "#/images?tab=registry",
    shows: "Look up its tags",
    act: async (page) => {
      await page.locator("#repository").fill("quay.io/dpu/dpu-os");
      await press("Look up its tags")(page);
      await page.getByText("arm64").waitFor();
    },
  },
  {
    name: "images-template",
    hash: "#/images?tab=template",
    shows: "Write the template",
    act: async (page) => {
      await page.locator("#template-folder").fill("/home/ada/dpu-os");
      await page.getByTestId("write-template").click();
      await page.getByText("Written to").waitFor();
    },
  },
  { name: "image-build", hash: "#/images/build", shows: "Build arguments" },
  {
    name: "image-build-review",
    hash: "#/images/build",
    shows: "Build arguments",
    act: toImageReview,
  },
  {
    name: "job-image-build",
    hash: "#/images/build",
    shows: "Build arguments",
    act: async (page) => {
      await toImageReview(page);
      await page.getByTestId("wizard-build").click();
      await page.getByText("STEP 3/40").waitFor();
    },
  },
  { name: "isos", hash: "#/isos", shows: "is reading" },
  { name: "isos-empty", hash: "#/isos", cards: 0, shows: "No ISOs yet" },
  {
    name: "isos-import",
    hash: "#/isos",
    shows: "dpu-os-1.2.0.iso",
    act: async (page) => {
      await press("Import an ISO")(page);
      await page.getByLabel("ISO file").fill("/srv/isos/dpu-os-1.3.0.iso");
      await page.getByTestId("import").click();
      await page.getByText("Reading the ISO").waitFor();
    },
  },
  {
    name: "isos-serve",
    hash: "#/isos",
    shows: "dpu-os-1.1.0.iso",
    act: async (page) => {
      await page
        .getByTestId("iso-row-dpu-os-1.1.0.iso")
        .getByRole("button", { name: "Serve" })
        .click();
      await page.getByText("It contains secrets").waitFor();
    },
  },
  {
    name: "isos-verify",
    hash: "#/isos",
    shows: "dpu-os-1.2.0.iso",
    act: async (page) => {
      await press("Verify")(page);
      await page.getByText("Nothing is wrong with it").waitFor();
    },
  },
  {
    name: "isos-bundle",
    hash: "#/isos",
    shows: "dpu-os-1.1.0.iso",
    act: async (page) => {
      const card = page.getByTestId("iso-row-dpu-os-1.1.0.iso");
      await card.getByRole("button", { name: "Bundle" }).click();
      await page.locator("#bundle-parent").fill("/media/ada/stick");
      await page.getByTestId("write-bundle").click();
      await page.getByTestId("bundled").waitFor();
    },
  },
  {
    name: "isos-import-bundle",
    hash: "#/isos",
    shows: "dpu-os-1.1.0.iso",
    act: async (page) => {
      await press("Import an ISO")(page);
      await page.locator("#import-kind").selectOption("bundle");
      await page.locator("#bundle-path").fill("/media/ada/torn");
      await page.getByTestId("import").click();
      await page.getByText("The bundle was not imported").waitFor();
    },
  },
  {
    name: "isos-bundle-taken",
    hash: "#/isos",
    shows: "dpu-os-1.1.0.iso",
    act: async (page) => {
      await press("Import an ISO")(page);
      await page.locator("#import-kind").selectOption("bundle");
      await page.locator("#bundle-path").fill("/media/ada/dpu-os-9");
      await page.getByTestId("import").click();
      await page.getByTestId("bundle-taken").waitFor();
    },
  },
  {
    name: "isos-ca",
    hash: "#/isos",
    shows: "dpu-os-1.1.0.iso",
    act: async (page) => {
      await page.getByTestId("ca").click();
      await page.getByText("curl --cacert").waitFor();
    },
  },
  {
    name: "isos-reserved-memory",
    hash: "#/isos",
    shows: "dpu-os-1.1.0.iso",
    act: async (page) => {
      await press("Reserved memory")(page);
      await page.getByText("bmd_content_version").waitFor();
    },
  },
  {
    name: "iso-build-builder",
    hash: "#/isos/build",
    shows: "Kernel arguments of the installer",
    act: async (page) => {
      await page.locator("#method").selectOption("image_builder");
      await page.locator("#builder-type").selectOption("bootc_installer");
      await page.getByText("Installer image").waitFor();
    },
  },
  {
    name: "iso-build-builder-review",
    hash: "#/isos/build",
    shows: "Kernel arguments of the installer",
    act: toBuilderReview,
  },
  { name: "iso-build", hash: "#/isos/build", shows: "Kernel arguments of the installer" },
  {
    name: "iso-build-kickstart",
    hash: "#/isos/build",
    shows: "Kernel arguments of the installer",
    act: toKickstart,
  },
  {
    name: "iso-build-review",
    hash: "#/isos/build",
    shows: "Kernel arguments of the installer",
    act: async (page) => {
      await toKickstart(page);
      await next(page);
      await page.getByText("Write the ISO", { exact: true }).waitFor();
      await press("Show commands")(page);
    },
  },
  {
    name: "job-iso-build",
    hash: "#/isos/build",
    shows: "Kernel arguments of the installer",
    act: async (page) => {
      await toKickstart(page);
      await next(page);
      await page.getByText("Write the ISO", { exact: true }).waitFor();
      await page.getByTestId("wizard-build").click();
      await page.getByTestId("job-headline").waitFor();
    },
  },
  { name: "deploy-cards", hash: deploySent, shows: "3 cards selected" },
  {
    name: "deploy-iso",
    hash: deploySent,
    shows: "3 cards selected",
    act: async (page) => {
      await next(page);
      await page.getByText("rhel-10.1-aarch64-boot.iso").waitFor();
    },
  },
  {
    name: "deploy-settings",
    hash: deploySent,
    shows: "3 cards selected",
    act: async (page) => {
      await next(page);
      await next(page);
      await page.getByLabel("Domain").fill("lab.example");
      await page.getByRole("button", { name: "The IMC's firmware and certificate" }).click();
      await page.getByLabel("Give its Redfish a certificate of Slipway").check();
    },
  },
  {
    name: "deploy-review",
    hash: deploySent,
    shows: "3 cards selected",
    act: async (page) => {
      for (let step = 0; step < 3; step += 1) await next(page);
      await page.getByText("1 card will be left out").waitFor();
    },
  },
  {
    name: "deploy-batch",
    hash: deploySent,
    shows: "3 cards selected",
    act: async (page) => {
      await next(page);
      await next(page);
      await page.getByLabel("First waves").fill("1");
      await page.getByLabel("First waves").scrollIntoViewIfNeeded();
    },
  },
  {
    name: "deploy-checked",
    hash: `#/deploy?cards=${card("dpu-01")},${card("dpu-05")},${card("dpu-06")}&iso=${iso("dpu-os-1.2.0.iso")}`,
    shows: "3 cards selected",
    act: async (page) => {
      for (let step = 0; step < 3; step += 1) await next(page);
      await page.getByTestId("check-first").click();
      await page.getByText("A deployment would fail on").waitFor();
    },
  },
  {
    name: "card-checked",
    hash: `#/cards/${card("dpu-05")}`,
    shows: "Check first",
    act: async (page) => {
      await page.getByTestId("check-first").click();
      await page.getByText("A deployment would fail on").waitFor();
      await page.getByTestId("check-imc_host_key").scrollIntoViewIfNeeded();
    },
  },
  { name: "cluster-file", hash: "#/deploy/file", shows: "Cluster file" },
  {
    name: "cluster-problems",
    hash: "#/deploy/file",
    shows: "Cluster file",
    act: async (page) => {
      await toSays(page, BROKEN);
      await page.getByRole("button", { name: "broken.yaml, line 15, column 7" }).click();
    },
  },
  {
    name: "cluster-missing",
    hash: "#/deploy/file",
    shows: "Cluster file",
    act: (page) => toSays(page, GOOD),
  },
  {
    name: "cluster-cards",
    hash: "#/deploy/file",
    shows: "Cluster file",
    act: toClusterCards,
  },
  {
    name: "cluster-review",
    hash: "#/deploy/file",
    shows: "Cluster file",
    act: async (page) => {
      await toClusterCards(page);
      await page.getByLabel("Leave out rh_subscription").check();
      await page.getByLabel("Leave out microshift").check();
      await page.getByLabel("Select b7-acc-3").uncheck();
      await next(page);
      await page.getByText("Deploy 2 cards of").waitFor();
    },
  },
  {
    name: "cluster-untried",
    hash: "#/deploy/file",
    shows: "Cluster file",
    act: async (page) => {
      await toClusterCards(page);
      await page.getByLabel("Select b7-acc-3").uncheck();
      await next(page);
      await page.getByTestId("untried-steps").waitFor();
      await page.getByLabel("Run microshift").check();
      await page.getByText("Confirmed, not yet run").first().waitFor();
    },
  },
  {
    name: "cluster-operator",
    hash: "#/deploy/file",
    shows: "Cluster file",
    act: async (page) => {
      await toOperatorCards(page);
      await page.getByLabel("The operator's registry").fill("registry.hub.lab:5000");
      await page.getByText("without its authority's certificate").waitFor();
    },
  },
  {
    name: "cluster-network",
    hash: "#/deploy/file",
    shows: "Cluster file",
    act: async (page) => {
      await toNetwork(page);
      await page.getByLabel("Set it up while the cards are deployed").check();
      await page.getByRole("button", { name: "Show the commands for b7-acc-1" }).click();
      await page.getByTestId("local-network").scrollIntoViewIfNeeded();
    },
  },
  {
    name: "cluster-network-by-hand",
    hash: "#/deploy/file",
    shows: "Cluster file",
    act: async (page) => {
      await toNetwork(page);
      await page.getByTestId("network-by-hand").click();
      await page.getByRole("dialog").waitFor();
    },
  },
  { name: "batch-running", hash: `#/jobs/batches/${batchId("running")}`, shows: "Wave 2 of 3" },
  {
    name: "batch-stopped",
    hash: `#/jobs/batches/${batchId("stopped")}`,
    shows: "It stopped by itself",
  },
  { name: "batch-ended", hash: `#/jobs/batches/${batchId("ended")}`, shows: "6 of 6 cards done" },
  { name: "batch-missing", hash: "#/jobs/batches/none", shows: "could not be read" },
  { name: "jobs", hash: "#/jobs", shows: "jobs running" },
  { name: "jobs-empty", hash: "#/jobs", cards: 0, shows: "No jobs yet" },
  { name: "job-running", hash: `#/jobs/${jobId("dpu-06 Deployment")}`, shows: "Step 5 of 14" },
  {
    name: "job-cancel",
    hash: `#/jobs/${jobId("dpu-06 Deployment")}`,
    shows: "Step 5 of 14",
    act: async (page) => page.getByTestId("action-cancel").click(),
  },
  {
    name: "job-retry-from",
    hash: `#/jobs/${jobId("dpu-05 Deployment")}`,
    shows: "What happened",
    act: press("Retry from a step…"),
  },
  {
    name: "job-again",
    hash: `#/jobs/${jobId("dpu-05 Deployment")}`,
    shows: "What happened",
    act: async (page) => {
      await page.getByTestId("action-again").click();
      await page.getByText("a nonce of its own").waitFor();
    },
  },
  { name: "job-failed", hash: `#/jobs/${jobId("dpu-05 Deployment")}`, shows: "What happened" },
  {
    name: "job-succeeded",
    hash: `#/jobs/${jobId("dpu-01 Upgrade")}`,
    shows: "booted and verified",
  },
  {
    name: "job-cancelled",
    hash: `#/jobs/${jobId("dpu-18 Deployment")}`,
    shows: "Cancelled in step",
  },
  { name: "settings-trust", hash: "#/settings/trust", shows: "What we trust of others" },
  { name: "settings-credentials", hash: "#/settings/credentials", shows: "desk-agent" },
  {
    name: "settings-new-profile",
    hash: "#/settings/credentials",
    shows: "desk-agent",
    act: async (page) => page.getByTestId("new-profile").click(),
  },
  { name: "settings-network", hash: "#/settings/network", shows: "ens7f1" },
  {
    name: "settings-network-take-back",
    hash: "#/settings/network",
    shows: "ens7f1",
    act: press("Take back ens7f1"),
  },
  {
    name: "settings-network-none",
    hash: "#/settings/network",
    cards: 0,
    shows: "Slipway has set up no port",
  },
  { name: "settings-preferences", hash: "#/settings/preferences", shows: "Stop the lab" },
  { name: "settings-about", hash: "#/settings/about", shows: "Slipway 0.1.0" },
  { name: "locked", hash: "#/overview", lock: "file", shows: "Slipway is locked" },
  {
    name: "locked-new",
    hash: "#/overview",
    lock: "new",
    shows: "Choose a passphrase",
    act: async (page) => page.locator("#passphrase").fill("open sesame"),
  },
  { name: "not-found", hash: "#/nowhere", shows: "There is no such page" },
];
