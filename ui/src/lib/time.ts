/** Times and spans as people read them. Pure: "now" is passed in. */

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `now`, `12 s`, `5 min`, `3 h`, `9 d`: the size of an age, rounded down. */
export function age(from: string, now: number): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(from)) / 1000));
  if (seconds < 5) return "now";
  if (seconds < MINUTE) return `${seconds} s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h`;
  return `${Math.floor(seconds / DAY)} d`;
}

/** `just now`, `5 min ago`. */
export function ago(from: string, now: number): string {
  const words = age(from, now);
  return words === "now" ? "just now" : `${words} ago`;
}

/** How long something has lasted: `for 5 min`; `just now` where it has only begun. */
export function lasting(from: string, now: number): string {
  const words = age(from, now);
  return words === "now" ? "just now" : `for ${words}`;
}

const absoluteFormat = new Intl.DateTimeFormat("en-GB", {
  dateStyle: "medium",
  timeStyle: "long",
});
const clockFormat = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const dayFormat = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium" });

/** `23 Nov 2026, 08:41:07 CET`. */
export const absolute = (at: string): string => absoluteFormat.format(new Date(at));
/** `08:41:07`. */
export const clock = (at: string): string => clockFormat.format(new Date(at));
/** `23 Nov 2026`. */
export const day = (at: string): string => dayFormat.format(new Date(at));

/** A span: `8 s`, `2 min 10 s`, `1 h 05 min`. */
export function span(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < MINUTE) return `${seconds} s`;
  if (seconds < HOUR) {
    const rest = seconds % MINUTE;
    const minutes = `${Math.floor(seconds / MINUTE)} min`;
    return rest === 0 ? minutes : `${minutes} ${String(rest).padStart(2, "0")} s`;
  }
  const minutes = Math.floor((seconds % HOUR) / MINUTE);
  const hours = `${Math.floor(seconds / HOUR)} h`;
  return minutes === 0 ? hours : `${hours} ${String(minutes).padStart(2, "0")} min`;
}

/** Between two moments, in milliseconds; never negative. */
export function between(from: string, to: string | number): number {
  const end = typeof to === "number" ? to : Date.parse(to);
  return Math.max(0, end - Date.parse(from));
}
