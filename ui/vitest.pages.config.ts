import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** Every page in a real browser; the page must have been built with `vite build --mode mock`. */
export default defineConfig({
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  test: {
    include: ["pages/**/*.test.ts"],
    environment: "node",
    fileParallelism: false,
    // Pages side by side in the one browser: more are only slower on two cores.
    maxConcurrency: 2,
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
