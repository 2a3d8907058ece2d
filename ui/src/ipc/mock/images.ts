import type { AvailableImage, BootEntry, ImageLabel } from "../bindings";

/** Stable hexadecimal digits out of a word: the same word gives the same digest in every run. */
export function hex(word: string, digits: number): string {
  let state = 2166136261;
  const mix = (value: number) => {
    state = Math.imul(state ^ value, 16777619) >>> 0;
    state ^= state >>> 15;
  };
  for (const letter of word) mix(letter.charCodeAt(0));
  let text = "";
  for (let at = 0; text.length < digits; at += 1) {
    mix(at);
    state >>>= 0;
    text += state.toString(16).padStart(8, "0");
  }
  return text.slice(0, digits);
}

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** As `ssh-keygen -l` prints one. */
export function fingerprint(word: string): string {
  const digits = hex(word, 86);
  let text = "";
  for (let at = 0; at < 43; at += 1) {
    text += BASE64[Number.parseInt(digits.slice(at * 2, at * 2 + 2), 16) % 64];
  }
  return `SHA256:${text}`;
}

export const REFERENCE = "registry.lab.example:5000/dpu/dpu-os:stable";

export const image = (version: string): ImageLabel => ({
  version,
  digest: `sha256:${hex(`dpu-os ${version}`, 64)}`,
});

export const NEWEST = image("1.2.0");
export const OLDER = image("1.1.0");
export const OLDEST = image("1.0.4");
export const FOREIGN = image("1.3.0-rc1");

export function entry(label: ImageLabel, part: Partial<BootEntry> = {}): BootEntry {
  const built: Record<string, string> = {
    "1.2.0": "2026-11-19T04:12:09Z",
    "1.1.0": "2026-10-02T04:10:51Z",
    "1.0.4": "2026-08-21T04:11:30Z",
  };
  return {
    reference: REFERENCE,
    transport: "registry",
    digest: label.digest,
    version: label.version,
    built: built[label.version ?? ""] ?? "2026-11-22T16:40:00Z",
    architecture: "arm64",
    cached_update: null,
    incompatible: false,
    pinned: false,
    download_only: false,
    soft_reboot_capable: false,
    checksum: hex(`ostree ${label.version}`, 64),
    ...part,
  };
}

export const available = (checkedAt: string, label = NEWEST): AvailableImage => ({
  reference: REFERENCE,
  digest: label.digest,
  version: label.version,
  checked_at: checkedAt,
});
