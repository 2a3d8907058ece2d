import type { BuilderIsoRequest, IsoPlanView, PlannedStep } from "../bindings";
import { hex } from "./images";

const DIGEST = `sha256:${hex("image builder", 64)}`;
const PUBLISHED = `quay.io/centos-bootc/bootc-image-builder@${DIGEST}`;

const step = (name: string, effect: string, commands: string[] = []): PlannedStep => ({
  name,
  effect,
  commands,
});

function configToml({ kargs, kickstart }: BuilderIsoRequest): string {
  const lines: string[] = [];
  if (kargs.length > 0) lines.push("[customizations.kernel]", `append = "${kargs.join(" ")}"`, "");
  if (kickstart?.from === "text") {
    const text = kickstart.text.replace(/^(rootpw ).*$/m, "$1••••••");
    lines.push("[customizations.installer.kickstart]", `contents = """`, `${text}"""`);
  }
  return lines.join("\n");
}

/** What a build by osbuild's image builder would do. */
export function builderPlan(request: BuilderIsoRequest, output: string): IsoPlanView {
  const text = request.kickstart?.from === "text" ? request.kickstart.text : "";
  const type = request.iso_type === "anaconda_iso" ? "anaconda-iso" : "bootc-installer";
  const image = request.builder ?? PUBLISHED;
  return {
    title: `Build ${request.name}.iso by image builder`,
    output,
    steps: [
      step("Check the inputs", "Only looks: podman as root, the image in its registry"),
      step("Get the image", "Into podman's storage, where the builder looks for it", [
        `podman pull --arch=arm64 ${request.image}`,
      ]),
      step("Write the ISO", "A privileged container makes the ISO", [
        `podman run --rm --privileged ${image} --type ${type} ${request.image}`,
      ]),
      step("Verify the ISO", "Reads it all again"),
      step("Add to the library", "It can be served from then on"),
    ],
    kickstart: {
      text,
      contains_secrets: text.includes("rootpw"),
      findings: [],
      validated: false,
      area: null,
      invalid: null,
    },
    builder: {
      image,
      digest: request.builder ? null : DIGEST,
      config_toml: configToml(request),
    },
    warnings: [
      "an ISO of the image builder has no kickstart area: Slipway can't deploy it to a card, only serve it",
      ...(type === "anaconda-iso"
        ? ["anaconda-iso is deprecated; bootc-installer takes its place"]
        : []),
    ],
    problems: text.includes("ostreecontainer")
      ? ["line 1 of the kickstart: image builder adds `ostreecontainer` itself; take it out"]
      : [],
  };
}
