import { expect, test } from "vitest";
import { asRules, batchWords, rulesProblem, usualRules, wavesOf, wavesSentence } from "./batches";

test("waves are numbers of cards; the rest goes without saying", () => {
  expect(wavesOf("1, 4")).toEqual([1, 4]);
  expect(wavesOf("1,4,rest")).toEqual([1, 4]);
  expect(wavesOf("")).toEqual([]);
  expect(wavesOf("0")).toBeNull();
  expect(wavesOf("one")).toBeNull();
});

test("the sentence says what the waves are for these cards", () => {
  expect(wavesSentence("1, 4", 8)).toMatch(/^1 card, then 4 cards, then the other 3\./);
  expect(wavesSentence("1, 4", 3)).toMatch(/^1 card, then 2 cards\./);
  expect(wavesSentence("", 3)).toBe("All 3 cards are one wave.");
});

test("rules that can't be meant are named", () => {
  expect(rulesProblem(usualRules)).toBeNull();
  expect(rulesProblem({ ...usualRules, atOnce: "0" })).toMatch(/At least 1/);
  expect(rulesProblem({ ...usualRules, stopAfter: "" })).toMatch(/1 failure/);
  expect(asRules({ atOnce: "4", waves: "1", stopAfter: "3" })).toEqual({
    at_once: 4,
    waves: [1],
    stop_after: 3,
  });
});

test("a batch that ended is green only where every card succeeded", () => {
  const counts = { cards: 3, waiting: 0, running: 0, failed: 0, cancelled: 0, not_started: 0 };
  expect(batchWords({ name: "ended" }, { ...counts, succeeded: 3 }).tone).toBe("green");
  expect(batchWords({ name: "ended" }, { ...counts, succeeded: 2, failed: 1 }).tone).toBe("orange");
  expect(batchWords({ name: "ended" }, { ...counts, succeeded: 0, failed: 3 }).tone).toBe("red");
});
