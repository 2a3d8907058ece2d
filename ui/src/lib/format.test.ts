import { expect, test } from "vitest";
import {
  bytes,
  bytesOf,
  counted,
  firmwareRelease,
  listed,
  makeAndModel,
  memory,
  percent,
  rate,
  sentence,
  shortDigest,
  shortReference,
} from "./format";

test("sizes read as the backend says them", () => {
  expect([999, 1_250_000, 2_000_000_000].map(bytes)).toEqual(["999 B", "1.2 MB", "2.0 GB"]);
  expect(bytesOf(1_290_000_000, 2_000_000_000)).toBe("1.2 of 2.0 GB");
  expect(bytesOf(0, 412_600_000)).toBe("0.0 of 412.6 MB");
  expect(bytesOf(3, 9)).toBe("3 of 9 B");
});

test("rates are in MB/s", () => {
  expect([1_234_000, 112_400_000].map(rate)).toEqual(["1.2 MB/s", "112 MB/s"]);
});

test("a part is never above 100 %, and of nothing it is 0 %", () => {
  expect([percent(1, 3), percent(4, 3), percent(1, 0)]).toEqual([33, 100, 0]);
});

test("identities are shortened", () => {
  expect(shortDigest(`sha256:${"ab".repeat(32)}`)).toBe("abababababab");
  expect(shortReference("registry.lab:5000/dpu/dpu-os:stable")).toBe("dpu-os:stable");
  expect(firmwareRelease("MEV-HW-B1-ci-ts.release.2.0.0.11126")).toBe("2.0.0");
  expect(firmwareRelease("Default x86-64")).toBe("Default x86-64");
});

test("words for people", () => {
  expect([counted(1, "card"), counted(2_000, "card")]).toEqual(["1 card", "2,000 cards"]);
  expect(listed(["a"])).toBe("a");
  expect(listed(["a", "b", "c"])).toBe("a, b and c");
  expect(listed(["a", "b", "c", "d", "e"])).toBe("a, b, c and 2 more");
  expect(sentence("no answer on TCP port 8443")).toBe("No answer on TCP port 8443.");
  expect(sentence("Really?")).toBe("Really?");
  expect(sentence(" ")).toBe("");
});

test("memory is told in powers of two", () => {
  expect([512 * 2 ** 30, 2.5 * 2 ** 30, 256 * 2 ** 20].map(memory)).toEqual([
    "512 GiB",
    "2.5 GiB",
    "256 MiB",
  ]);
});

test("maker and model are said once, and a web address is no maker", () => {
  expect(makeAndModel("Dell Inc.", "PowerEdge R760")).toBe("Dell Inc. PowerEdge R760");
  expect(makeAndModel("https://www.mellanox.com", "BlueField-3 DPU")).toBe("BlueField-3 DPU");
  expect(makeAndModel("Intel", "Intel IPU E2100")).toBe("Intel IPU E2100");
  expect(makeAndModel(null, null)).toBeNull();
});
