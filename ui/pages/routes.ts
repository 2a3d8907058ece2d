import type { Page } from "playwright-core";
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

async function typeCard(page: Page) {
  await page.getByLabel("Name", { exact: false }).first().fill("dpu-25");
  await page.getByLabel("Address of the IMC").fill("10.40.7.90");
}

async function toTrust(page: Page) {
  await typeCard(page);
  await next(page);
  await page.getByLabel("Password").first().fill("a secret");
  await next(page);
  await page.getByText("SSH host key of 10.40.7.90:22").waitFor();
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
  { name: "add-address", hash: "#/add", shows: "Address of the IMC", act: typeCard },
  {
    name: "add-credentials",
    hash: "#/add",
    shows: "Address of the IMC",
    act: async (page) => {
      await typeCard(page);
      await next(page);
    },
  },
  { name: "add-trust", hash: "#/add", shows: "Address of the IMC", act: toTrust },
  {
    name: "add-result",
    hash: "#/add",
    shows: "Address of the IMC",
    act: async (page) => {
      await toTrust(page);
      await page.getByLabel("This is the card's TLS certificate").check();
      await page.getByLabel("This is the card's SSH host key").check();
      await page.getByTestId("wizard-add").click();
      await page.getByText("dpu-25 was added").waitFor();
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
  { name: "jobs", hash: "#/jobs", shows: "jobs running" },
  { name: "jobs-empty", hash: "#/jobs", cards: 0, shows: "No jobs yet" },
  { name: "job-running", hash: `#/jobs/${jobId("dpu-06 Deployment")}`, shows: "Step 4 of 13" },
  {
    name: "job-cancel",
    hash: `#/jobs/${jobId("dpu-06 Deployment")}`,
    shows: "Step 4 of 13",
    act: async (page) => page.getByTestId("action-cancel").click(),
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
