import type {
  CertificateInfo,
  ImageTags,
  RegistryCertificate,
  RegistryLogin,
  RegistryLoginView,
  RegistrySettings,
  RegistrySettingsView,
} from "../bindings";
import { refuse } from "./answers";
import { fingerprint, hex, NEWEST, OLDER } from "./images";

const AUTH_FILE = "/home/ada/.config/containers/auth.json";

const certificate = (registry: string): CertificateInfo => ({
  fingerprint: fingerprint(`registry ${registry}`),
  subject: `CN=${registry}`,
  issuer: `CN=${registry}`,
  not_before: "2026-01-01T00:00:00Z",
  not_after: "2028-01-01T00:00:00Z",
  names: [registry.split(":")[0] ?? registry],
  self_signed: true,
  vouched_by_ca: false,
});

/** Two pages. */
function tags(reference: string, after: string | null): ImageTags {
  if (!reference.includes("/")) throw refuse("not_found", `there is no ${reference}`);
  const repository = reference.replace(/:[^/]*$/, "");
  return after === null
    ? { repository, tags: ["1.1.0", "1.2.0", "stable"], next: "stable" }
    : { repository, tags: ["testing"], next: null };
}

/** Registries: how they are asked, logins, tags. */
export function registryHandlers() {
  const view: RegistrySettingsView = {
    settings: { auth_file: null, certs_dir: null },
    usual_places: [
      { path: "/run/user/1000/containers/auth.json", exists: false },
      { path: AUTH_FILE, exists: true },
    ],
    logins: [
      { registry: "registry.lab.example:5000", user: "desk", source: { from: "slipway" } },
      { registry: "quay.io", user: "lab+robot", source: { from: "auth_file", path: AUTH_FILE } },
      {
        registry: "ghcr.io",
        user: null,
        source: { from: "helper", path: AUTH_FILE, helper: "docker-credential-pass" },
      },
    ],
    accepted: [],
  };
  const isOwn = (one: RegistryLoginView) => one.source.from === "slipway";
  return {
    registry_settings: () => view,
    set_registry_settings: ({ settings }: { settings: RegistrySettings }) => {
      if (settings.certs_dir && !settings.certs_dir.startsWith("/")) {
        throw refuse("invalid", `there is no folder ${settings.certs_dir}`);
      }
      view.settings = settings;
    },
    registry_login: ({ login }: { login: RegistryLogin }) => {
      if (login.password === "wrong") {
        throw refuse(
          "authentication",
          `${login.registry} refuses the login of ${login.user}`,
          "check user and password; many registries want a token instead",
        );
      }
      const others = view.logins.filter((one) => !isOwn(one) || one.registry !== login.registry);
      const { registry, user } = login;
      view.logins = [{ registry, user, source: { from: "slipway" } }, ...others];
    },
    registry_logout: ({ registry }: { registry: string }) => {
      view.logins = view.logins.filter((one) => !isOwn(one) || one.registry !== registry);
    },
    registry_certificate: ({ registry }: { registry: string }): RegistryCertificate => ({
      registry,
      shown: certificate(registry),
      accepted:
        view.accepted.find((one) => one.registry === registry)?.certificate.fingerprint ?? null,
      trusted: registry === "quay.io",
    }),
    trust_registry: ({ registry, fingerprint }: { registry: string; fingerprint: string }) => {
      if (registry.startsWith("elsewhere")) {
        throw refuse("trust_unknown", `the certificate of the registry ${registry} is for another`);
      }
      if (certificate(registry).fingerprint !== fingerprint) throw refuse("trust_changed", "no");
      view.accepted.push({ registry, certificate: certificate(registry) });
    },
    distrust_registry: ({ registry }: { registry: string }) => {
      view.accepted = view.accepted.filter((one) => one.registry !== registry);
    },
    image_tags: ({ reference, after }: { reference: string; after: string | null }) =>
      tags(reference, after),
    image_tag: ({ reference }: { reference: string }) => ({
      reference,
      digest: `sha256:${hex(`index ${reference}`, 64)}`,
      is_index: true,
      images: [
        { architecture: "arm64", ...NEWEST, size: 812_000_000, is_bootc: true },
        { architecture: "amd64", ...OLDER, size: 798_000_000, is_bootc: true },
      ],
    }),
  };
}
