import type { ClusterOpen } from "../bindings";
import { FIRMWARE, OPERATOR } from "./clusterFiles";

type Post = [name: string, effect: string, stakes: string];

const OF_THE_OPERATOR: Post[] = [
  [
    "dpu_operator_dpu",
    "Reserves 512 huge pages of 2 MiB for the DPU operator, now and at every boot",
    "1 GiB of the card's memory is set aside, now and at every boot",
  ],
];

/** Looked at, or flashed where there is an image to do it with. */
const ofTheFirmware = ({ firmware_image: image }: ClusterOpen): Post[] => [
  image
    ? [
        "dpu_firmware",
        "Flashes firmware 2.0.0.11126 on the card, unless the IMC has it already",
        "The card itself: flashing it was not yet run on real hardware. It takes about 40 minutes and can't be cut off, and where it fails the card can be lost; then the server that the card is in is cold-booted, and what runs there is cut off",
      ]
    : [
        "dpu_firmware",
        "Looks whether the IMC has firmware 2.0.0.11126, and stops where it has another one",
        "Nothing of the card: its firmware is only looked at",
      ],
];

const POST: Post[] = [
  [
    "rh_subscription",
    "Registers the card at Red Hat's console with the activation key",
    "The card takes a subscription of the organization",
  ],
  [
    "microshift",
    "Waits for MicroShift to be healthy and fetches its kubeconfig",
    "MicroShift is started on the card, and its kubeconfig is written on this machine",
  ],
];

/** What a file adds to the installation, each with what it stakes. */
export function ownSteps(open: ClusterOpen): Post[] {
  const own = { [OPERATOR]: OF_THE_OPERATOR, [FIRMWARE]: ofTheFirmware(open) }[open.file];
  return own ?? POST;
}
