import { useEffect, useState } from "react";

/** How far something was, and when (milliseconds). */
export type Sample = { at: number; done: number };

/** Samples older than this say nothing about now. */
const WINDOW_MS = 15_000;

/** The samples with a new one; starts again where the count fell (another try of the same step). */
export function withSample(samples: Sample[], next: Sample): Sample[] {
  const last = samples.at(-1);
  if (last && next.done < last.done) return [next];
  if (last && next.done === last.done && next.at - last.at < 1_000) return samples;
  return [...samples.filter((sample) => next.at - sample.at <= WINDOW_MS), next];
}

/** Bytes per second over the samples; `null` while it can't be known. */
export function rateOf(samples: Sample[]): number | null {
  const first = samples[0];
  const last = samples.at(-1);
  if (!first || !last || last.at - first.at < 900 || last.done <= first.done) return null;
  return ((last.done - first.done) * 1000) / (last.at - first.at);
}

/** The rate at which `done` grows, from what this page has seen. */
export function useRate(done: number | null): number | null {
  const [samples, setSamples] = useState<Sample[]>([]);
  useEffect(() => {
    if (done === null) setSamples([]);
    else setSamples((known) => withSample(known, { at: Date.now(), done }));
  }, [done]);
  return rateOf(samples);
}
