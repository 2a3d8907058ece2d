import type {
  Architecture,
  BuildLogPart,
  ImageBuildPlanView,
  ImageBuildRequest,
  LintReport,
  LintTarget,
  LocalImage,
  PlannedStep,
  Prerequisite,
  Template,
} from "../bindings";
import { jobOf, refuse } from "./answers";
import { type Desk, jobId } from "./desk";
import { hex, NEWEST, OLDER } from "./images";
import { standing } from "./jobs";

const REPOSITORY = "quay.io/dpu/dpu-os";

const CHECKLIST: Prerequisite[] = [
  {
    kind: "podman",
    title: "podman",
    state: "met",
    found: "5.4.2",
    why: "builds, names and pushes the image",
    fix: null,
  },
  {
    kind: "binfmt",
    title: "Emulation of aarch64",
    state: "missing",
    found: "no binfmt entry for aarch64",
    why: "steps of the Containerfile run programs of the card's architecture",
    fix: {
      text: "register the emulator with the kernel",
      command: "sudo dnf install qemu-user-static",
    },
  },
  {
    kind: "entitlement",
    title: "RHEL entitlement",
    state: "warning",
    found: "no certificate under /etc/pki/entitlement",
    why: "packages of RHEL are installed with it",
    fix: { text: "register this machine", command: "sudo subscription-manager register" },
  },
  {
    kind: "skopeo",
    title: "skopeo",
    state: "met",
    found: "1.18.0",
    why: "copies an image into an ISO",
    fix: null,
  },
];

const LINT: LintReport = {
  findings: [
    {
      rule: "dracut_modules",
      severity: "error",
      line: 7,
      file: "Containerfile",
      layer: null,
      reason: "the initramfs has no iscsi module: an IPU hangs in its initqueue",
      fix: 'add `add_dracutmodules+=" iscsi network "` and build the initramfs again',
    },
    {
      rule: "no_bootc_lint",
      severity: "warning",
      line: null,
      file: "Containerfile",
      layer: null,
      reason: "the image is not checked by bootc itself",
      fix: "end with `RUN bootc container lint`",
    },
  ],
  bound_images: [
    { binding: "logical", image: "quay.io/lab/agent:2", by: "agent.container", line: null },
  ],
  secrets_wanted: [],
  not_looked_at: [],
};

/** The older image hangs on an IPU, and has a secret in it. */
const imageLint = ({ version }: LocalImage, target: LintTarget): LintReport => ({
  ...LINT,
  findings:
    version === NEWEST.version
      ? []
      : [
          {
            rule: "secret_in_layer",
            severity: "error",
            line: null,
            file: "etc/pki/entitlement/4711-key.pem",
            layer: 3,
            reason: "an entitlement's key lies in a layer: whoever pulls the image has it",
            fix: "give it with `--secret`, and build the image anew",
          },
          ...(target === "ipu"
            ? [
                {
                  rule: "kernel_arguments" as const,
                  severity: "error" as const,
                  line: null,
                  file: null,
                  layer: null,
                  reason: "no kargs.d has netroot=iscsi: an IPU finds no disk",
                  fix: "add a file to /usr/lib/bootc/kargs.d",
                },
              ]
            : []),
        ],
});

const local = (version: string, digest: string, ago: number, now: number): LocalImage => ({
  id: hex(`local ${version}`, 64),
  names: [`${REPOSITORY}:${version}`],
  digest,
  architecture: "arm64",
  version,
  size: 1_612_000_000,
  created: new Date(now - ago).toISOString(),
  is_bootc: true,
  labels: { "containers.bootc": "1", "org.opencontainers.image.version": version },
  layers: 68,
  history: ["FROM registry.redhat.io/rhel10/rhel-bootc:10.1", "RUN dnf -y install microshift"],
});

const step = (name: string, effect: string, commands: string[] = []): PlannedStep => ({
  name,
  effect,
  commands,
});

function plan({ source, reference, architecture, push }: ImageBuildRequest): ImageBuildPlanView {
  const isFolder = source.from === "folder";
  const what = isFolder ? `Build ${reference} for ${architecture}` : `Send ${reference}`;
  const build = `podman build --platform=linux/arm64 --file=${isFolder ? source.containerfile : ""} ${isFolder ? source.folder : ""}`;
  const send = `podman push ${reference}`;
  const skipped = "Skipped: it is not pushed";
  return {
    title: isFolder && push ? `${what} and push it` : what,
    steps: [
      step("Check what is needed", "Only looks: podman, emulation, the folder, room on the disk"),
      isFolder
        ? step("Build the image", `podman builds it for ${architecture}`, [build])
        : step("Build the image", "Skipped: podman has it already"),
      step("Name the image", `${reference} becomes the image`),
      step("Push the image", push ? "podman sends it" : skipped, push ? [send] : []),
      step("Verify the registry", push ? "Asks the registry for the tag's digest" : skipped),
      step("Clean up", "Stops what still runs, and forgets the logins that podman was given"),
    ],
    commands: push ? [build, send] : [build],
    lint: isFolder ? LINT : null,
    prerequisites: CHECKLIST.filter((one) => one.state === "warning"),
    warnings: [],
    problems: reference.startsWith("localhost/") && push ? ["localhost is no registry"] : [],
  };
}

const LOG = Array.from(
  { length: 40 },
  (_, at) => `STEP ${at + 1}/40: RUN dnf -y install part-${at + 1}\n`,
);

/** A line per half second of the building step. */
function log(desk: Desk, job: string, after: number): BuildLogPart {
  const made = jobOf(desk, job);
  const lines = Math.min(LOG.length, Math.floor((desk.now() - made.startedAt) / 500));
  const text = LOG.slice(0, lines).join("");
  return {
    text: text.slice(after),
    next: text.length,
    ended: standing(made, desk.now()).outcome !== "running",
  };
}

/** The commands around images. */
export function imageHandlers(desk: Desk) {
  const images = desk.cards.length
    ? [
        local(NEWEST.version ?? "", NEWEST.digest, 3_600_000, desk.now()),
        local(OLDER.version ?? "", OLDER.digest, 40 * 86_400_000, desk.now()),
      ]
    : [];
  const find = (image: string) => {
    const found = images.find((one) => one.id === image || one.names.includes(image));
    if (!found) throw refuse("not_found", `podman has no ${image}`);
    return found;
  };
  return {
    image_prerequisites: ({ architecture }: { architecture: Architecture }) =>
      architecture === "aarch64" ? CHECKLIST : CHECKLIST.filter((one) => one.kind !== "binfmt"),
    entitlement: () => [
      { id: "redhat-repo", what: "repositories", path: "/etc/yum.repos.d/redhat.repo" },
      { id: "entitlement-key", what: "the entitlement's key", path: null },
    ],
    local_images: () => images,
    inspect_image: ({ image }: { image: string }) => find(image),
    tag_image: ({ image, reference }: { image: string; reference: string }) => {
      find(image).names.push(reference);
    },
    lint_containerfile: () => LINT,
    lint_image: ({ image, target }: { image: string; target: LintTarget }) =>
      imageLint(find(image), target),
    plan_image_build: ({ request }: { request: ImageBuildRequest }) => plan(request),
    build_image: ({ request }: { request: ImageBuildRequest }) => {
      const id = jobId(`Image build ${request.reference}`);
      desk.jobs.unshift({
        id,
        kind: "Image build",
        dpu: null,
        dpuName: request.reference,
        what: request.architecture,
        steps: plan(request).steps,
        takes: [1, 30, 1, 6, 2, 1].map((seconds) => seconds * 1_000),
        startedAt: desk.now(),
        residue: [],
        seen: true,
      });
      return id;
    },
    image_build_log: ({ job, after }: { job: string; after: number }) => log(desk, job, after),
    default_image_template: (): Template => ({
      base: "registry.redhat.io/rhel10/rhel-bootc:10.1",
      version: "1.0.0",
      kernel_arguments: ["acpi=force"],
      microshift: null,
      rhc: false,
      greenboot: true,
      containers: [],
      entitled: true,
    }),
    image_template: ({ template }: { template: Template }) => [
      { path: "Containerfile", text: `FROM ${template.base}\nRUN bootc container lint\n` },
      ...(template.containers ?? []).map(({ name, image }) => ({
        path: `files/usr/share/containers/systemd/${name}.container`,
        text: `[Container]\nImage=${image}\n`,
      })),
    ],
    write_image_template: ({ folder }: { folder: string }) => ({
      folder,
      files: ["Containerfile", "files/usr/lib/bootc/kargs.d/10-ipu.toml"],
    }),
  };
}
