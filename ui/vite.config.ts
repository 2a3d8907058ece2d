import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** `--mode mock` builds the same page with the mock backend inside, for the page tests. */
export default defineConfig(({ mode }) => ({
  plugins: [react()],
  base: "./",
  clearScreen: false,
  server: { host: "localhost", port: 1420, strictPort: true },
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    outDir: mode === "mock" ? "dist-mock" : "dist",
    target: ["es2022", "safari16"],
    // The CSP allows files of ours and nothing inline.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200,
    reportCompressedSize: false,
  },
}));
