import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, test } from "vitest";

const SRC = join(import.meta.dirname, "../src");
const GENERATED = join("ipc", "bindings.ts");

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.tsx?$/.test(name) && name !== GENERATED)
  .map((name) => ({ name, text: readFileSync(join(SRC, name), "utf8") }));

/** What a file imports, as a path under `src` or a package's name. */
function imports({ name, text }: { name: string; text: string }): string[] {
  const found = [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(
    (match) => match[1] ?? "",
  );
  return found.map((target) => {
    if (target.startsWith("@/")) return target.slice(2);
    return target.startsWith(".") ? relative(SRC, join(SRC, name, "..", target)) : target;
  });
}

const offenders = (isWrong: (from: string, to: string) => boolean) =>
  files.flatMap((file) =>
    imports(file)
      .filter((target) => isWrong(file.name, target))
      .map((target) => `${file.name} imports ${target}`),
  );

test("only ipc talks to Tauri", () => {
  expect(offenders((from, to) => !from.startsWith("ipc/") && to.startsWith("@tauri-apps"))).toEqual(
    [],
  );
});

test("features do not import features, and only the app imports features", () => {
  const feature = (path: string) => path.match(/^features\/([^/]+)/)?.[1];
  expect(
    offenders((from, to) => {
      const target = feature(to);
      return target !== undefined && !from.startsWith("app/") && feature(from) !== target;
    }),
  ).toEqual([]);
});

test("what is below does not know what is above", () => {
  const above = /^(app|features)\//;
  expect(offenders((from, to) => /^(components|lib|ipc)\//.test(from) && above.test(to))).toEqual(
    [],
  );
});

test("no page imports the mock backend, but for main's guarded import", () => {
  const isTest = (name: string) => name.includes(".test.");
  const found = offenders(
    (from, to) => to.startsWith("ipc/mock") && !from.startsWith("ipc/mock") && !isTest(from),
  );
  expect(found).toEqual(["app/main.tsx imports ipc/mock"]);
});

test("a file is read in one sitting", () => {
  const long = files.filter(({ text }) => text.split("\n").length > 300).map(({ name }) => name);
  expect(long).toEqual([]);
});
