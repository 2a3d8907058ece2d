/** First looks at what was typed, before anything crosses. The backend has the last word. */

/** `host` or `host:port`. */
export function addressProblem(text: string): string | null {
  const trimmed = text.trim();
  if (!trimmed) return "It is needed";
  if (/^[a-z]+:\/\//i.test(trimmed)) return "An address, not a URL: host or host:port";
  if (/[\s/]/.test(trimmed)) return "host or host:port";
  const port = trimmed.match(/^[^[\]:]+:([^:]*)$/)?.[1];
  if (port !== undefined && !(Number(port) > 0 && Number(port) < 65536)) {
    return "The port is a number from 1 to 65535";
  }
  return null;
}

/** A card's name becomes part of its host name. */
export function nameProblem(text: string): string | null {
  if (!text.trim()) return "It is needed";
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(text.trim())) {
    return "Letters, digits and hyphens: it becomes part of the host name";
  }
  return null;
}

/** `lab.example`; none is fine. */
export function domainProblem(text: string): string | null {
  const trimmed = text.trim();
  if (!trimmed) return null;
  return /^[a-z0-9-]+(\.[a-z0-9-]+)*$/i.test(trimmed) ? null : "A domain, such as lab.example";
}

const KEY = /^(ssh-(ed25519|rsa)|ecdsa-sha2-\S+|sk-\S+) [A-Za-z0-9+/=]+( .*)?$/;

/** Lines of public keys; blank lines don't count. */
export function keyLines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
}

/** The first line that is no public key. */
export function keysProblem(text: string): string | null {
  if (/PRIVATE KEY/.test(text)) return "This is a private key. Give the public one (.pub)";
  const wrong = keyLines(text).findIndex((line) => !KEY.test(line));
  return wrong < 0 ? null : `Line ${wrong + 1} is not a public key, such as ssh-ed25519 AAAA…`;
}

/** `a, b c` → `["a", "b", "c"]`. */
export function words(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}

/** What was typed, or `null` for nothing. */
export function orNull(text: string): string | null {
  return text.trim() || null;
}
