/** Numbers and identities as people read them. Pure. */

const UNITS: [number, string][] = [
  [1e9, "GB"],
  [1e6, "MB"],
  [1e3, "kB"],
];

/** Decimal units with one digit: `1.2 GB`. The same words as the backend's `ByteCount`. */
export function bytes(count: number): string {
  for (const [size, unit] of UNITS) {
    if (count >= size) return `${(Math.floor(count / (size / 10)) / 10).toFixed(1)} ${unit}`;
  }
  return `${Math.floor(count)} B`;
}

/** Memory comes in powers of two: `64 GiB`. */
export function memory(count: number): string {
  const gib = count / 2 ** 30;
  return gib >= 1 ? `${Math.round(gib * 10) / 10} GiB` : `${Math.round(count / 2 ** 20)} MiB`;
}

/** Maker and model in one; some services write a web address as the maker. */
export function makeAndModel(maker: string | null, model: string | null): string | null {
  const shown = maker !== null && /^https?:/.test(maker) ? null : maker;
  if (shown !== null && model?.startsWith(shown)) return model;
  return [shown, model].filter(Boolean).join(" ") || null;
}

/** `1.2 of 2.0 GB`, in the unit of the total. */
export function bytesOf(done: number, total: number): string {
  const unit = UNITS.find(([size]) => total >= size);
  if (!unit) return `${Math.floor(done)} of ${Math.floor(total)} B`;
  const [size, word] = unit;
  const shown = (count: number) => (Math.floor(count / (size / 10)) / 10).toFixed(1);
  return `${shown(done)} of ${shown(total)} ${word}`;
}

/** `112 MB/s`; one digit under ten. */
export function rate(bytesPerSecond: number): string {
  const mega = bytesPerSecond / 1e6;
  return `${mega < 10 ? mega.toFixed(1) : Math.round(mega)} MB/s`;
}

/** 0 to 100, whole. */
export function percent(done: number, total: number): number {
  if (total <= 0) return 0;
  return Math.max(0, Math.min(100, Math.floor((done / total) * 100)));
}

/** The twelve digits by which people tell digests apart. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, "").slice(0, 12);
}

/** The last part of a reference: `dpu-os:stable`. */
export function shortReference(reference: string): string {
  return reference.split("/").at(-1) ?? reference;
}

/** `1 card`, `24 cards`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

/** `dpu-01, dpu-02 and 5 more`. */
export function listed(names: string[], most = 3): string {
  if (names.length <= 1) return names[0] ?? "";
  if (names.length <= most) return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
  return `${names.slice(0, most).join(", ")} and ${names.length - most} more`;
}

/** `2.0.0` out of `MEV-HW-B1-ci-ts.release.2.0.0.11126`; the whole text where it has none. */
export function firmwareRelease(firmware: string): string {
  return firmware.match(/release\.(\d+\.\d+\.\d+)/)?.[1] ?? firmware;
}

/** A sentence begins with a capital, where it is no name such as `dpu-07`, and ends with a stop. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  if (!trimmed) return "";
  const stop = /[.!?…]$/.test(trimmed) ? "" : ".";
  const isName = /^\S*[\d_]/.test(trimmed);
  return (isName ? trimmed : trimmed.charAt(0).toUpperCase() + trimmed.slice(1)) + stop;
}
