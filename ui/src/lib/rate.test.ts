import { expect, test } from "vitest";
import { rateOf, type Sample, withSample } from "./rate";

const add = (samples: Sample[], ...next: Sample[]) => next.reduce(withSample, samples);

test("the rate is that of the last seconds", () => {
  const samples = add(
    [],
    { at: 0, done: 0 },
    { at: 20_000, done: 10_000_000 },
    { at: 21_000, done: 60_000_000 },
  );
  expect(rateOf(samples)).toBe(50_000_000);
});

test("one sample, or none that moved, gives no rate", () => {
  expect(rateOf([])).toBeNull();
  expect(rateOf([{ at: 0, done: 5 }])).toBeNull();
  expect(rateOf(add([], { at: 0, done: 5 }, { at: 2_000, done: 5 }))).toBeNull();
});

test("a count that falls starts again: it is another try", () => {
  expect(add([], { at: 0, done: 90 }, { at: 1_000, done: 10 })).toEqual([{ at: 1_000, done: 10 }]);
});
