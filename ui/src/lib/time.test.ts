import { expect, test } from "vitest";
import { age, ago, between, lasting, span } from "./time";

const now = Date.parse("2026-11-23T12:00:00Z");
const before = (seconds: number) => new Date(now - seconds * 1_000).toISOString();

test("ages are rounded down to one unit", () => {
  expect([2, 59, 61, 3_599, 7_300, 200_000].map((s) => age(before(s), now))).toEqual([
    "now",
    "59 s",
    "1 min",
    "59 min",
    "2 h",
    "2 d",
  ]);
  expect(ago(before(1), now)).toBe("just now");
  expect(ago(before(61), now)).toBe("1 min ago");
});

test('what has only begun lasts no "now"', () => {
  expect(lasting(before(1), now)).toBe("just now");
  expect(lasting(before(130), now)).toBe("for 2 min");
});

test("a clock that is behind gives no negative age", () => {
  expect(ago(before(-30), now)).toBe("just now");
  expect(between(before(0), now - 5_000)).toBe(0);
});

test("spans have two units", () => {
  expect([8, 60, 130, 3_600, 3_900].map((s) => span(s * 1_000))).toEqual([
    "8 s",
    "1 min",
    "2 min 10 s",
    "1 h",
    "1 h 05 min",
  ]);
});
