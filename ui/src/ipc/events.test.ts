import { expect, test } from "vitest";
import { staleKeys } from "./events";

test("a change makes exactly the caches stale that show it", () => {
  expect(staleKeys({ tag: "dpu", id: "a", seq: 1 })).toEqual([
    ["dpu", "a"],
    ["dpus"],
    ["overview"],
  ]);
  expect(staleKeys({ tag: "job", id: null, seq: 2 })).toEqual([
    ["job"],
    ["jobs"],
    ["dpu"],
    ["overview"],
  ]);
  // A cluster file names ISOs.
  expect(staleKeys({ tag: "iso", id: null, seq: 3 })).toEqual([["isos"], ["cluster"]]);
  expect(staleKeys({ tag: "batch", id: "b", seq: 5 })).toEqual([
    ["batch", "b"],
    ["batches"],
    ["jobs"],
  ]);
  expect(staleKeys({ tag: "all", id: null, seq: 4 })).toEqual([[]]);
});
