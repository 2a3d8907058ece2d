import type { AddressList, Candidate } from "../whole";

const candidate = (line: number, address: string, part: Partial<Candidate> = {}): Candidate => ({
  line,
  address,
  name: null,
  user: null,
  profile: null,
  host: null,
  labels: [],
  ssh: null,
  acc: null,
  swept: false,
  ...part,
});

function expand(word: string): string[] {
  const range = word.match(/^(.*)\[(\d+)-(\d+)\](.*)$/);
  if (range) {
    const [, before = "", from = "0", to = "0", after = ""] = range;
    return Array.from({ length: Number(to) - Number(from) + 1 }, (_, at) => {
      const number = String(Number(from) + at).padStart(from.length, "0");
      return `${before}${number}${after}`;
    });
  }
  const network = word.match(/^(\d+\.\d+\.\d+)\.\d+\/(2[4-9]|30)$/);
  if (network) {
    const size = 2 ** (32 - Number(network[2]));
    return Array.from({ length: size - 2 }, (_, at) => `${network[1]}.${at + 1}`);
  }
  return [word];
}

/** As much of a list's reading as pages need; the backend's is the real one. */
export function readList(text: string): AddressList {
  const candidates: Candidate[] = [];
  const problems: AddressList["problems"] = [];
  const lines = text.split("\n");
  const header = lines[0]?.toLowerCase().split(",") ?? [];
  const csv = header.includes("address");
  for (const [at, raw] of lines.entries()) {
    const line = raw.trim();
    if (!line || (csv && at === 0)) continue;
    const fields = csv ? line.split(",") : [line];
    const field = (name: string) => fields[header.indexOf(name)]?.trim() || null;
    const address = csv ? (field("address") ?? "") : line;
    if (!/^[\w.[\]:/-]+$/.test(address)) {
      problems.push({
        line: at + 1,
        reason: `\`${address}\` is not an address (host or host:port)`,
      });
      continue;
    }
    for (const one of expand(address)) {
      candidates.push(
        candidate(at + 1, one, csv ? { name: field("name"), host: field("host") } : {}),
      );
    }
  }
  return { candidates, problems };
}
