import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/**
 * Tauri's `freezePrototype` freezes `Object.prototype` before any script runs. d3, which draws
 * PatternFly's charts, then can't assign `constructor` and `toString` on its own prototypes: an
 * inherited read-only property refuses assignment. Making them own properties first is enough.
 */
function d3WithFrozenPrototype(): Plugin {
  const own = (object: string, property: string) =>
    `Object.defineProperty(${object}, "${property}", { writable: true, configurable: true });\n`;
  const patches: [file: RegExp, before: string, owned: string][] = [
    [
      /d3-color\/dist\/d3-color\.mjs$/,
      "constructor.prototype = factory.prototype",
      own("prototype", "constructor"),
    ],
    [
      /d3-format\/dist\/d3-format\.mjs$/,
      "FormatSpecifier.prototype.toString =",
      own("FormatSpecifier.prototype", "toString"),
    ],
  ];
  return {
    name: "slipway:d3-with-frozen-prototype",
    transform(code, id) {
      const patch = patches.find(([file]) => file.test(id));
      if (!patch) return null;
      const [, before, owned] = patch;
      if (!code.includes(before)) this.error(`${id} is not as it was: look at this plugin again`);
      return { code: code.replace(before, owned + before), map: null };
    },
  };
}

/** `--mode mock` builds the same page with the mock backend inside, for the page tests. */
export default defineConfig(({ mode }) => ({
  plugins: [react(), d3WithFrozenPrototype()],
  base: "./",
  clearScreen: false,
  server: { host: "localhost", port: 1420, strictPort: true },
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  // In dev, too, the plugin must see them.
  optimizeDeps: { exclude: ["d3-color", "d3-format"] },
  build: {
    outDir: mode === "mock" ? "dist-mock" : "dist",
    target: ["es2022", "safari16"],
    // The CSP allows files of ours and nothing inline.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200,
    reportCompressedSize: false,
  },
}));
