import type { Channel } from "@tauri-apps/api/core";
import type {
  BuilderIsoRequest,
  Finding,
  ImportProgress,
  IsoBuildRequest,
  IsoPlanView,
  IsoVerifyView,
  KickstartForm,
  KickstartSource,
  KickstartView,
  PlannedStep,
  StudioDefaults,
} from "../bindings";
import { refuse } from "./answers";
import { builderPlan } from "./builder";
import { type Desk, jobId } from "./desk";
import { hex } from "./images";

const FOLDER = "/home/ada/.local/share/slipway/isos";
const MASK = "••••••";

const DEFAULTS: StudioDefaults = {
  folder: FOLDER,
  architecture: "aarch64",
  ipu_kargs: [
    "ip=192.168.0.2:::255.255.255.0::enp0s1f0:off",
    "netroot=iscsi:192.168.0.1::::iqn.e2000:acc",
    "acpi=force",
  ],
  timezone: "Etc/UTC",
  language: "en_US.UTF-8",
  keyboard: "us",
  hostname: "dpu",
  fleet_key: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI slipway@desk",
  missing: [],
};

function formText(form: KickstartForm): string {
  const lines = [
    "text",
    `lang ${form.language ?? DEFAULTS.language}`,
    `keyboard ${form.keyboard ?? DEFAULTS.keyboard}`,
    `timezone ${form.timezone ?? DEFAULTS.timezone} --utc`,
    `network --hostname=${form.hostname ?? DEFAULTS.hostname}`,
    form.disk ? `ignoredisk --only-use=${form.disk}` : "# any disk that Anaconda finds",
    "clearpart --all --initlabel",
    "autopart --noswap --type=lvm",
    form.root?.login === "crypted" ? `rootpw --iscrypted ${MASK}` : "rootpw --lock",
    ...(form.ssh_keys ?? []).map((key) => `sshkey --username=root "${key}"`),
    "ostreecontainer --url=/run/install/repo/container --transport=oci",
    "%include /run/install/repo/slipway-card.ks",
  ];
  if (form.rhc) {
    const { organization } = form.rhc;
    lines.push("%post", `rhc connect --organization=${organization} --activation-key=${MASK}`);
    lines.push("%end");
  }
  for (const step of form.post_steps ?? []) lines.push("%post --erroronfail", step, "%end");
  return [...lines, "reboot"].join("\n");
}

/** Our own rules, as far as a page needs them to show something. */
function textFindings(text: string): Finding[] {
  const at = text.split("\n").findIndex((line) => /^rootpw (?!--)/.test(line));
  if (at < 0) return [];
  return [
    {
      severity: "error",
      line: at + 1,
      rule: "plaintext-password",
      reason: "a password stands in the kickstart as it is: whoever fetches the ISO can read it",
      fix: "lock root (`rootpw --lock`), or give a hash with `--iscrypted`",
    },
  ];
}

function kickstart(source: KickstartSource): KickstartView {
  if (source.from !== "form") {
    const text = source.from === "text" ? source.text : "text\nlang en_US.UTF-8\nreboot";
    const findings = textFindings(text);
    return {
      text: text.replace(/^(rootpw ).*$/m, `$1${MASK}`),
      contains_secrets: findings.length > 0,
      findings,
      validated: true,
      area: "an %include of the kickstart area is added at its end",
      invalid: null,
    };
  }
  const { form } = source;
  if (form.disk && /\s/.test(form.disk)) {
    const invalid = { field: "disk", reason: `\`${form.disk}\` can't stand there` };
    return kickstartView("", false, [], invalid);
  }
  const secrets = Boolean(form.rhc || form.pull_secret || form.registry_auth);
  const note: Finding = {
    severity: "warning",
    line: 9,
    rule: "no-way-in",
    reason: "root is locked, and no SSH key is given",
    fix: "a card gets Slipway's key with its overlay; add yours if you want to log in too",
  };
  return kickstartView(formText(form), secrets, form.ssh_keys?.length ? [] : [note], null);
}

const kickstartView = (
  text: string,
  contains_secrets: boolean,
  findings: Finding[],
  invalid: KickstartView["invalid"],
): KickstartView => ({ text, contains_secrets, findings, validated: true, area: null, invalid });

const step = (name: string, effect: string, commands: string[] = []): PlannedStep => ({
  name,
  effect,
  commands,
});

function steps({ base, image, architecture }: IsoBuildRequest, output: string): PlannedStep[] {
  const file = base.from === "file" ? base.path : "base.iso";
  const from = "reference" in image ? `docker://${image.reference}` : image.path;
  return [
    step("Check the inputs", "Only looks: programs, the base ISO, the image, room on the disk"),
    base.from === "file"
      ? step("Get the base ISO", `Nothing: ${file} is here`)
      : step("Get the base ISO", "Downloads it once, checks its SHA-256, keeps it in the cache", [
          `curl --fail --location -o base.iso ${base.url}`,
          `echo '${base.sha256}  base.iso' | sha256sum -c`,
        ]),
    step("Get the image", `The image of ${architecture} from ${from}, digests kept`, [
      `skopeo copy --preserve-digests --override-arch=arm64 ${from} oci:container:latest`,
    ]),
    step("Write the ISO", "One pass: kickstart, image, kernel arguments; md5 implanted", [
      `xorriso -indev ${file} -outdev ${output} -boot_image any replay -map container /container`,
    ]),
    step("Verify the ISO", "Reads it again: boot records, kernel arguments, kickstart, md5", [
      `checkisomd5 ${output}`,
    ]),
    step("Add to the library", "It can be served and deployed from then on"),
    step("Clean up", "Removes what was only needed for the build"),
  ];
}

function plan(request: IsoBuildRequest): IsoPlanView {
  const output = request.output ?? `${FOLDER}/${request.name}.iso`;
  const view = kickstart(request.kickstart);
  const wrong = view.findings.some((finding) => finding.severity === "error");
  return {
    title: `Build ${request.name}.iso for ${request.architecture}`,
    output,
    steps: steps(request, output),
    kickstart: view,
    builder: null,
    warnings:
      request.kargs.length === 0
        ? ["without kernel arguments the installer of an IPU finds neither network nor disk"]
        : [],
    problems: wrong ? ["the kickstart has errors: mend them first"] : [],
  };
}

async function verify(
  desk: Desk,
  path: string,
  onProgress: Channel<ImportProgress>,
): Promise<IsoVerifyView> {
  const view = desk.isos.find((one) => one.iso.path === path);
  if (!view) throw refuse("not_found", `${path} is not there`);
  const { facts } = view.iso;
  for (let part = 1; part <= 4; part += 1) {
    await new Promise((done) => setTimeout(done, 50));
    onProgress.onmessage({ read: (facts.size / 4) * part, total: facts.size });
  }
  const stock = facts.image_digest === null;
  return structuredClone({
    path,
    facts,
    checks: [
      { name: "Boot records", verdict: "good", evidence: "EFI on the ISO (efiboot.img)" },
      {
        name: "Kernel arguments",
        verdict: stock ? "absent" : "good",
        evidence: stock ? "none were added" : "in every boot entry of both grub.cfg copies",
      },
      {
        name: "Kickstart",
        verdict: stock ? "absent" : "good",
        evidence: stock ? "no boot entry names one" : "/slipway.ks, named by the default entry",
      },
      { name: "Implanted md5", verdict: "good", evidence: hex(`md5 ${path}`, 32) },
    ],
    good: true,
    why_not_deployable: view.why_not_deployable,
  } satisfies IsoVerifyView);
}

/** The commands of the ISO studio. */
export function studioHandlers(desk: Desk) {
  return {
    studio_defaults: () => DEFAULTS,
    media_addresses: () => [
      { address: "10.40.0.2", interface: "eno1", loopback: false },
      { address: "127.0.0.1", interface: "lo", loopback: true },
    ],
    reserved_memory_file: () => '{\n   "bmd_content_version": 1\n}',
    render_kickstart: ({ form }: { form: KickstartForm }) => kickstart({ from: "form", form }),
    lint_kickstart: ({ source }: { source: KickstartSource }) => kickstart(source),
    plan_iso_build: ({ request }: { request: IsoBuildRequest }) => plan(request),
    plan_builder_iso: ({ request }: { request: BuilderIsoRequest }) =>
      builderPlan(request, `${FOLDER}/${request.name}.iso`),
    build_builder_iso: ({ request }: { request: BuilderIsoRequest }) => {
      const id = jobId(`ISO build ${request.name}`);
      desk.jobs.unshift({
        id,
        kind: "ISO build",
        dpu: null,
        dpuName: `${request.name}.iso`,
        what: request.image,
        steps: builderPlan(request, "").steps,
        takes: [1, 6, 60, 10, 1].map((seconds) => seconds * 1_000),
        startedAt: desk.now(),
        residue: [],
        seen: true,
      });
      return id;
    },
    build_iso: ({ request }: { request: IsoBuildRequest }) => {
      const id = jobId(`ISO build ${request.name}`);
      desk.jobs.unshift({
        id,
        kind: "ISO build",
        dpu: null,
        dpuName: `${request.name}.iso`,
        what: "reference" in request.image ? request.image.reference : request.image.path,
        steps: plan(request).steps,
        takes: [1, 1, 6, 30, 10, 1, 1].map((seconds) => seconds * 1_000),
        startedAt: desk.now(),
        residue: [],
        seen: true,
      });
      return id;
    },
    verify_iso: ({ path, onProgress }: { path: string; onProgress: Channel<ImportProgress> }) =>
      verify(desk, path, onProgress),
  };
}
