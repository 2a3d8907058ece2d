import { fileURLToPath } from "node:url";
import { build } from "vite";
import { beforeAll, expect, test, vi } from "vitest";

type File = { name: string; text: string };
let files: File[] = [];

beforeAll(async () => {
  // vitest's "test" would make it a dev build.
  vi.stubEnv("NODE_ENV", "production");
  const root = fileURLToPath(new URL("..", import.meta.url));
  const built = await build({ root, logLevel: "error", build: { write: false } });
  const outputs = Array.isArray(built) ? built : [built];
  files = outputs.flatMap((output) => {
    if (!("output" in output)) return [];
    return output.output.map((file) => ({
      name: file.fileName,
      text: file.type === "chunk" ? file.code : String(file.source),
    }));
  });
});

const having = (text: string | RegExp) =>
  files.filter((file) => file.text.match(text) !== null).map((file) => file.name);

test("the mock backend is not in a production bundle", () => {
  expect(files.length).toBeGreaterThan(10);
  expect(having("bench_ready")).not.toEqual([]);
  expect(having("registry.lab.example")).toEqual([]);
  expect(having("shouldMockEvents")).toEqual([]);
});

test("the page has no inline script and asks nobody else", () => {
  const html = files.find((file) => file.name === "index.html")?.text ?? "";
  expect(html).toMatch(/<script [^>]*src="\.\/assets\//);
  expect(html).not.toMatch(/<script(?![^>]*\ssrc=)/);
  expect(html).not.toMatch(/(src|href)="https?:/);
  const css = files.filter((file) => file.name.endsWith(".css")).map((file) => file.text);
  expect(css.join("")).not.toMatch(/url\(["']?https?:/);
});
