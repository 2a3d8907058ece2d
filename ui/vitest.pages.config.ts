import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** Every page in a real browser; the page must have been built with `vite build --mode mock`. */
export default defineConfig({
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  test: {
    include: ["pages/**/*.test.ts"],
    environment: "node",
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
