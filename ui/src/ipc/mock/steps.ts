import type { BootChange, PlannedStep } from "../bindings";
import type { MockCard } from "./cards";

const step = (name: string, effect: string, commands: string[] = []): PlannedStep => ({
  name,
  effect,
  commands,
});

const host = (address: string) => address.split(":")[0] ?? address;

/** A deployment's plan in the backend's words. */
export function deploymentSteps(card: MockCard, iso: string, hostname: string): PlannedStep[] {
  const imc = `https://${card.imc}/redfish/v1`;
  const onImc = (command: string) => `ssh -p 22 root@${host(card.imcSsh)} ${command}`;
  const curl = (method: string, path: string, body: string) =>
    `curl -u USER --pinnedpubkey … -X ${method} ${imc}${path} -d '${body}'`;
  return [
    step(
      "Check the card",
      "Only looks: an Intel IPU, its firmware, not in recovery, what runs now",
      [`curl ${imc}`, onImc("cat /etc/hostname")],
    ),
    step(
      "Set up the network",
      "Skipped: no local network in this plan; this machine's ports are not touched",
    ),
    step(
      "Prepare the IMC",
      "Sets the IMC's clock if it is off; installs our CA certificate in its trust store",
      [onImc("tee /etc/pki/ca-trust/source/anchors/slipway-….pem"), onImc("update-ca-trust")],
    ),
    step("Publish the ISO", `Serves ${iso} (2.1 GB) over HTTPS under a secret path`),
    step("Insert the ISO", "The IMC downloads the ISO; what was inserted is ejected", [
      curl(
        "POST",
        "/Systems/1/VirtualMedia/1/Actions/VirtualMedia.InsertMedia",
        '{"Image":"https://…/….iso","TransferMethod":"Upload"}',
      ),
    ]),
    step("Set the boot override", "The next boot of the ACC is from the ISO", [
      curl(
        "PATCH",
        "/Systems/1",
        '{"Boot":{"BootSourceOverrideEnabled":"Once","BootSourceOverrideTarget":"Cd"}}',
      ),
    ]),
    step("Reset the IMC", "Resets the IMC, and the ACC with it: the card is away for minutes", [
      curl("POST", "/Managers/1/Actions/Manager.Reset", '{"ResetType":"ForceRestart"}'),
    ]),
    step("Wait for the IMC", "Only looks: the IMC answers again, and its uptime is new", [
      onImc("cat /proc/uptime"),
    ]),
    step("Wait for the installer", "Only looks: the old system is gone"),
    step("Install and boot", `The installer overwrites the ACC's disk; it becomes ${hostname}`),
    step("Reload the host's driver", "Skipped: no DPU host in this plan; the host is not touched"),
    step(
      "Verify the image",
      "Only looks: the planned digest is booted, with a new boot id and this deployment's nonce",
      [`ssh -J root@${host(card.imcSsh)}:22 -p 22 root@192.168.0.2 bootc status --format json`],
    ),
    step("Run post steps", "Skipped: no post steps in this plan"),
    step("Clean up", "Ejects the ISO, takes the boot override back, takes the ISO off the server", [
      curl("POST", "/Systems/1/VirtualMedia/1/Actions/VirtualMedia.EjectMedia", "{}"),
    ]),
  ];
}

/** The plan of an upgrade, a switch or a rollback. */
export function bootChangeSteps(card: MockCard, change: BootChange): PlannedStep[] {
  const onAcc = (command: string) =>
    `ssh -J root@${host(card.imcSsh)}:22 -p 22 root@192.168.0.2 ${command}`;
  const staging: Record<BootChange["change"], [string, string]> = {
    upgrade: [
      "The card pulls the newest image of its reference and stages it",
      "bootc upgrade --quiet",
    ],
    switch: [
      "The card pulls the other image and stages it; it follows that reference from then on",
      `bootc switch --quiet --transport registry ${change.change === "switch" ? change.to : ""}`,
    ],
    rollback: [
      "Queues the older entry for the next boot; a staged image is discarded",
      "bootc rollback",
    ],
  };
  const [effect, command] = staging[change.change];
  return [
    step("Check the card", "Only looks: what is booted, staged and there to roll back to", [
      onAcc("bootc status --format json"),
    ]),
    step("Stage the image", effect, [onAcc(command)]),
    step("Reboot the ACC", "Reboots the ACC: what runs on the card is away for minutes", [
      onAcc("systemctl reboot"),
    ]),
    step("Wait for the ACC", "Only looks: the ACC answers with a new boot id", [
      onAcc("cat /proc/sys/kernel/random/boot_id"),
    ]),
    step("Verify the image", "Only looks: the booted digest and greenboot's verdict", [
      onAcc("bootc status --format json"),
    ]),
    step("Clean up", "Tells what is left, if anything"),
  ];
}
