import type { PairedBy } from "@/ipc/bindings";

/** Why a card is taken to be in a host, for people. */
export function pairedBy(by: PairedBy): string {
  switch (by.by) {
    case "serial_number":
      return `by serial number ${by.serial_number}`;
    case "mac":
      return `by MAC address ${by.mac}`;
    case "hand":
      return "said by hand";
    case "cluster_yaml":
      return "from a cluster.yaml";
  }
}
