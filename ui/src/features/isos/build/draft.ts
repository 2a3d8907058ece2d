import type {
  Architecture,
  BuilderIsoRequest,
  BuilderType,
  IsoBase,
  IsoBuildRequest,
  IsoImage,
  KickstartForm,
  KickstartSource,
  StudioDefaults,
} from "@/ipc/bindings";
import type { IsoRequest } from "@/ipc/queries/studio";
import { keyLines, keysProblem, orNull } from "@/lib/fields";

export type ImageFrom = IsoImage["from"];
export type Method = IsoRequest["method"];

/** What was chosen and typed for an ISO. Kept while the window is open: no secret is in it. */
export type IsoDraft = {
  name: string;
  /** An ISO of this name is replaced. */
  overwrite: boolean;
  method: Method;
  builderType: BuilderType;
  /** The image with Anaconda, for `bootc_installer`. */
  installer: string;
  /** Another builder than the published one. */
  builderImage: string;
  /** A kickstart of one's own for the builder, or its own defaults. */
  builderKickstart: "none" | "text" | "file";
  baseFrom: IsoBase["from"];
  /** A path, or a URL. */
  base: string;
  sha256: string;
  imageFrom: ImageFrom;
  /** A reference, or a path. */
  image: string;
  /** Where a card follows the image afterwards. */
  reference: string;
  architecture: string;
  authFile: string;
  /** One line each; `null`: what an IPU needs. */
  kargs: string | null;
  /** What is taken out of every boot entry. */
  removedKargs: string;
  kickstart: KickstartSource["from"];
  kickstartPath: string;
  hostname: string;
  disk: string;
  networkDevice: string;
  timezone: string;
  language: string;
  keyboard: string;
  /** Of the installed system. */
  systemKargs: string;
  keys: string;
  root: "locked" | "crypted";
  organization: string;
  postStep: string;
};

/** What is never kept: gone with the page. */
export type IsoSecrets = {
  hash: string;
  activationKey: string;
  pullSecret: string;
  registryAuth: string;
  /** A kickstart that was pasted. */
  text: string;
};

export const noSecrets: IsoSecrets = {
  hash: "",
  activationKey: "",
  pullSecret: "",
  registryAuth: "",
  text: "",
};

export const emptyIso: IsoDraft = {
  name: "",
  overwrite: false,
  method: "kickstart",
  builderType: "anaconda_iso",
  installer: "",
  builderImage: "",
  builderKickstart: "none",
  baseFrom: "file",
  base: "",
  sha256: "",
  imageFrom: "registry",
  image: "",
  reference: "",
  architecture: "aarch64",
  authFile: "",
  kargs: null,
  removedKargs: "",
  kickstart: "form",
  kickstartPath: "",
  hostname: "",
  disk: "",
  networkDevice: "",
  timezone: "",
  language: "",
  keyboard: "",
  systemKargs: "",
  keys: "",
  root: "locked",
  organization: "",
  postStep: "",
};

export const STEPS = ["contents", "kickstart", "review"] as const;

export const isReference = (from: ImageFrom) => from === "registry" || from === "local_storage";

/** A name that is a file's name too. */
export function isoNameProblem(text: string): string | null {
  if (!text.trim()) return "Give the ISO a name";
  if (text.trim().endsWith(".iso")) return "Without .iso: it is added";
  return /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(text.trim())
    ? null
    : "Letters, digits, dots, hyphens and underscores: it becomes a file's name";
}

export function sha256Problem(text: string): string | null {
  return /^[0-9a-f]{64}$/i.test(text.trim()) ? null : "64 hexadecimal digits";
}

function contentsProblem(draft: IsoDraft): string | null {
  const name = isoNameProblem(draft.name);
  if (name) return name;
  if (draft.method === "image_builder") {
    if (!draft.image.trim()) return "Give the image";
    return draft.builderType === "bootc_installer" && !draft.installer.trim()
      ? "Give the installer image"
      : null;
  }
  if (!draft.base.trim()) return "Give the base ISO";
  if (draft.baseFrom === "url" && sha256Problem(draft.sha256)) {
    return "Give the base ISO's SHA-256: 64 hexadecimal digits";
  }
  return draft.image.trim() ? null : "Give the image";
}

function ownKickstartProblem(draft: IsoDraft, secrets: IsoSecrets): string | null {
  switch (draft.builderKickstart) {
    case "none":
      return null;
    case "file":
      return draft.kickstartPath.trim() ? null : "Give the kickstart";
    case "text":
      return secrets.text.trim() ? null : "Paste the kickstart";
  }
}

function kickstartProblem(draft: IsoDraft, secrets: IsoSecrets): string | null {
  if (draft.method === "image_builder") return ownKickstartProblem(draft, secrets);
  if (draft.kickstart === "file") return draft.kickstartPath.trim() ? null : "Give the kickstart";
  if (draft.kickstart === "text") return secrets.text.trim() ? null : "Paste the kickstart";
  if (draft.root === "crypted" && !secrets.hash.trim()) return "Give the hash of root's password";
  if (Boolean(draft.organization.trim()) !== Boolean(secrets.activationKey.trim())) {
    return "RHC needs both: organization and activation key";
  }
  return keysProblem(draft.keys);
}

/** Why a step can't be left, by step. */
export function problems(draft: IsoDraft, secrets: IsoSecrets) {
  return { contents: contentsProblem(draft), kickstart: kickstartProblem(draft, secrets) };
}

function form(draft: IsoDraft, secrets: IsoSecrets): KickstartForm {
  const step = draft.postStep.trim();
  const organization = draft.organization.trim();
  const activation_key = secrets.activationKey.trim();
  return {
    ...(draft.hostname.trim() && { hostname: draft.hostname.trim() }),
    ...(draft.timezone.trim() && { timezone: draft.timezone.trim() }),
    ...(draft.language.trim() && { language: draft.language.trim() }),
    ...(draft.keyboard.trim() && { keyboard: draft.keyboard.trim() }),
    disk: orNull(draft.disk),
    network_device: orNull(draft.networkDevice),
    ssh_keys: keyLines(draft.keys),
    root:
      draft.root === "crypted"
        ? { login: "crypted", hash: secrets.hash.trim() }
        : { login: "locked" },
    rhc: organization && activation_key ? { organization, activation_key } : null,
    pull_secret: orNull(secrets.pullSecret),
    registry_auth: orNull(secrets.registryAuth),
    kargs: draft.systemKargs.split(/\s+/).filter(Boolean),
    post_steps: step ? [step] : [],
    origin: origin(draft),
  };
}

/** Where a card follows its image: as it was said, or where the image came from. */
export function origin(draft: IsoDraft): string | null {
  return orNull(draft.reference) ?? (draft.imageFrom === "registry" ? orNull(draft.image) : null);
}

/** `null` while there is nothing to look at. */
export function kickstartSource(draft: IsoDraft, secrets: IsoSecrets): KickstartSource | null {
  if (draft.kickstart === "form") return { from: "form", form: form(draft, secrets) };
  if (draft.kickstart === "file") {
    const path = draft.kickstartPath.trim();
    return path ? { from: "file", path } : null;
  }
  return secrets.text.trim() ? { from: "text", text: secrets.text } : null;
}

export const kargsText = (draft: IsoDraft, defaults: StudioDefaults) =>
  draft.kargs ?? defaults.ipu_kargs.join("\n");

const kargs = (draft: IsoDraft, defaults: StudioDefaults) =>
  // A comma belongs to its argument: `console=ttyS0,115200`.
  kargsText(draft, defaults).split(/\s+/).filter(Boolean);

const architecture = (draft: IsoDraft): Architecture =>
  draft.architecture === "x86_64" ? "x86_64" : "aarch64";

function builderRequest(
  draft: IsoDraft,
  secrets: IsoSecrets,
  defaults: StudioDefaults,
): BuilderIsoRequest {
  return {
    name: draft.name.trim(),
    output: null,
    overwrite: draft.overwrite,
    iso_type: draft.builderType,
    installer: draft.builderType === "bootc_installer" ? orNull(draft.installer) : null,
    builder: orNull(draft.builderImage),
    image: draft.image.trim(),
    architecture: architecture(draft),
    kargs: kargs(draft, defaults),
    kickstart:
      draft.builderKickstart === "none"
        ? null
        : draft.builderKickstart === "file"
          ? { from: "file", path: draft.kickstartPath.trim() }
          : { from: "text", text: secrets.text },
    auth_file: orNull(draft.authFile),
  };
}

/** The request; `null` while something is missing. */
export function asRequest(
  draft: IsoDraft,
  secrets: IsoSecrets,
  defaults: StudioDefaults | undefined,
): IsoRequest | null {
  const { contents, kickstart } = problems(draft, secrets);
  if (contents || kickstart || !defaults) return null;
  if (draft.method === "image_builder") {
    return { method: "image_builder", request: builderRequest(draft, secrets, defaults) };
  }
  const request = buildRequest(draft, secrets, defaults);
  return request && { method: "kickstart", request };
}

function buildRequest(
  draft: IsoDraft,
  secrets: IsoSecrets,
  defaults: StudioDefaults,
): IsoBuildRequest | null {
  const source = kickstartSource(draft, secrets);
  if (!source) return null;
  const base = draft.base.trim();
  const image = draft.image.trim();
  return {
    name: draft.name.trim(),
    output: null,
    overwrite: draft.overwrite,
    base:
      draft.baseFrom === "url"
        ? { from: "url", url: base, sha256: draft.sha256.trim().toLowerCase() }
        : { from: "file", path: base },
    image:
      draft.imageFrom === "registry" || draft.imageFrom === "local_storage"
        ? { from: draft.imageFrom, reference: image }
        : { from: draft.imageFrom, path: image },
    reference: orNull(draft.reference),
    architecture: architecture(draft),
    kargs: kargs(draft, defaults),
    removed_kargs: draft.removedKargs.split(/\s+/).filter(Boolean),
    kickstart: source,
    auth_file: orNull(draft.authFile),
  };
}
