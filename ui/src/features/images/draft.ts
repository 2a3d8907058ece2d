import type {
  Architecture,
  BuildSecret,
  EntitlementFile,
  ImageBuildRequest,
  LintTarget,
} from "@/ipc/bindings";
import { orNull } from "@/lib/fields";

/** What was typed for an image. Kept while the window is open: secrets are named, never read. */
export type ImageDraft = {
  folder: string;
  containerfile: string;
  architecture: Architecture;
  reference: string;
  /** `NAME=value`, one per line. */
  args: string;
  /** The entitlement files that were found. */
  entitled: boolean;
  /** `id=path`, one per line. */
  secrets: string;
  selinuxUnconfined: boolean;
  pullNewer: boolean;
  push: boolean;
  authFile: string;
  target: LintTarget;
};

export const emptyImage: ImageDraft = {
  folder: "",
  containerfile: "Containerfile",
  architecture: "aarch64",
  reference: "",
  args: "",
  entitled: true,
  secrets: "",
  selinuxUnconfined: false,
  pullNewer: true,
  push: false,
  authFile: "",
  target: "ipu",
};

export const STEPS = ["folder", "review"] as const;

/** `a=b` lines as pairs; blank lines don't count. */
export function pairs(text: string): [string, string][] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean)
    .map((line) => {
      const [name = "", ...rest] = line.split("=");
      return [name.trim(), rest.join("=")];
    });
}

/** The first line that is no pair. */
export function pairsProblem(text: string, shape: string): string | null {
  const wrong = pairs(text).find(([name, value]) => !name || !value);
  return wrong ? `Each line is ${shape}` : null;
}

/** Why the form can't be left. */
export function folderProblem(draft: ImageDraft): string | null {
  if (!draft.folder.trim()) return "Give the folder";
  if (!draft.reference.trim()) return "Give the image a reference";
  return pairsProblem(draft.args, "NAME=value") ?? pairsProblem(draft.secrets, "id=path");
}

/** What was found, and what was named; a name that is given twice is the person's. */
function buildSecrets(draft: ImageDraft, found: EntitlementFile[]): BuildSecret[] {
  const own = pairs(draft.secrets).map(([id, path]) => ({ id, path }));
  const theirs = found.flatMap(({ id, path }) => (path === null ? [] : [{ id, path }]));
  const ids = new Set(own.map(({ id }) => id));
  return [...(draft.entitled ? theirs.filter(({ id }) => !ids.has(id)) : []), ...own];
}

/** The request; `null` while something is missing. */
export function asRequest(
  draft: ImageDraft,
  found: EntitlementFile[] | undefined,
): ImageBuildRequest | null {
  if (folderProblem(draft) || !found) return null;
  return {
    source: {
      from: "folder",
      folder: draft.folder.trim(),
      containerfile: draft.containerfile.trim() || "Containerfile",
      args: pairs(draft.args).map(([name, value]) => ({ name, value })),
      secrets: buildSecrets(draft, found),
      selinux_unconfined: draft.selinuxUnconfined,
      pull_newer: draft.pullNewer,
    },
    architecture: draft.architecture,
    reference: draft.reference.trim(),
    push: draft.push,
    auth_file: orNull(draft.authFile),
    target: draft.target,
  };
}
