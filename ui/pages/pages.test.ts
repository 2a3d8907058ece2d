import { mkdir } from "node:fs/promises";
import type { Server } from "node:http";
import { fileURLToPath } from "node:url";
import { AxeBuilder } from "@axe-core/playwright";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LOOKS, type Look } from "./routes";
import { serve } from "./server";

const BUILT = fileURLToPath(new URL("../dist-mock", import.meta.url));
const SHOTS = fileURLToPath(new URL("../screenshots-out", import.meta.url));
const ONLY = process.env.ONLY?.split(",");

let browser: Browser;
let server: Server;
let url: string;

beforeAll(async () => {
  await mkdir(SHOTS, { recursive: true });
  ({ server, url } = await serve(BUILT));
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
});

afterAll(async () => {
  await browser?.close();
  server?.close();
});

/** Everything that the page complains of, and every request that leaves this machine. */
function listen(context: BrowserContext): string[] {
  const complaints: string[] = [];
  context.on("weberror", (error) => complaints.push(`error: ${error.error().message}`));
  context.on("console", (message) => {
    if (message.type() === "error") complaints.push(`console: ${message.text()}`);
  });
  context.on("request", (request) => {
    if (!request.url().startsWith(url)) complaints.push(`remote: ${request.url()}`);
  });
  return complaints;
}

/** Fonts are there, nothing is hovered, nothing fades in or out. */
async function settle(page: Page) {
  await page.mouse.move(700, 2);
  await page.evaluate(() => document.fonts.ready);
  await page.waitForFunction(() =>
    document
      .getAnimations()
      .every(
        (one) =>
          one.playState !== "running" || one.effect?.getComputedTiming().endTime === Infinity,
      ),
  );
}

async function open(context: BrowserContext, look: Look): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  // As Tauri does (`freezePrototype`).
  await page.addInitScript(() => void Object.freeze(Object.prototype));
  const query = new URLSearchParams();
  if (look.cards !== undefined) query.set("cards", String(look.cards));
  if (look.lock) query.set("lock", look.lock);
  await page.goto(`${url}/?${query}${look.hash}`);
  try {
    await page.getByText(look.shows).first().waitFor();
    await look.act?.(page);
  } catch (error) {
    const text = await page.locator("body").textContent();
    throw new Error(`the page did not come so far; it says:\n${text}`, { cause: error });
  }
  await settle(page);
  return page;
}

/** Violations that keep somebody out, with the elements. */
async function grave(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`);
}

const CHOSEN = LOOKS.filter((look) => !ONLY || ONLY.includes(look.name));

// Each page is loaded once, and turned from light to dark as the desk would turn it.
test.concurrent.each(CHOSEN)("$name, light and dark", async (look) => {
  const context = await browser.newContext({
    viewport: { width: 1400, height: 900 },
    colorScheme: "light",
    reducedMotion: "reduce",
  });
  try {
    const complaints = listen(context);
    const page = await open(context, look);
    const found: Record<string, string[]> = {};
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      const isDark = (dark: boolean) =>
        document.documentElement.classList.contains("pf-v6-theme-dark") === dark;
      await page.waitForFunction(isDark, colorScheme === "dark");
      await settle(page);
      await page.screenshot({ path: `${SHOTS}/${look.name}-${colorScheme}.png` });
      found[colorScheme] = await grave(page);
    }
    expect(found).toEqual({ light: [], dark: [] });
    expect(complaints).toEqual([]);
  } finally {
    await context.close();
  }
});

test("the blank page has nothing on it", async () => {
  const page = await browser.newPage();
  await page.goto(`${url}/#/blank`);
  await page.getByRole("main", { name: "Blank" }).waitFor({ state: "attached" });
  expect(await page.locator("nav").count()).toBe(0);
  await page.close();
});
