import type { Health, Inventory, ManagerInfo, MediaSlotInfo, SystemInfo } from "../whole";
import type { MockCard } from "./cards";
import { hex } from "./images";

export const health = (word: string, reasons: string[] = []): Health => ({
  health: word,
  rollup: null,
  state: "Enabled",
  reasons,
});

export const mac = (word: string) =>
  (hex(word, 10).match(/../g) ?? []).reduce((a, b) => `${a}:${b}`, "02");

export const serialOf = (card: { name: string }) => `MEV${hex(card.name, 8).toUpperCase()}`;

export function slot(path: string, part: Partial<MediaSlotInfo> = {}): MediaSlotInfo {
  return {
    path,
    id: path.split("/").at(-1) ?? null,
    name: "Virtual CD",
    media_types: ["CD", "DVD"],
    inserted: false,
    image: null,
    write_protected: true,
    protocols: [],
    why_no_insert: null,
    why_no_eject: "nothing is in it",
    ...part,
  };
}

export const noManager: ManagerInfo = {
  path: "",
  id: null,
  name: null,
  manager_type: null,
  manufacturer: null,
  model: null,
  serial_number: null,
  uuid: null,
  firmware: null,
  date_time: null,
  health: health("OK"),
  power: null,
  slots: [],
  interfaces: [],
  reset_types: null,
};

export const noSystem: SystemInfo = {
  path: "",
  id: null,
  name: null,
  system_type: null,
  manufacturer: null,
  model: null,
  sku: null,
  serial_number: null,
  part_number: null,
  uuid: null,
  host_name: null,
  bios: null,
  health: health("OK"),
  power: null,
  memory: null,
  processor_count: null,
  core_count: null,
  processor_model: null,
  boot: { enabled: null, target: null, mode: null, enabled_offered: [], targets_offered: [] },
  slots: [],
  processors: [],
  dimms: [],
  drives: [],
  interfaces: [],
  pcie_devices: [],
  reset_types: null,
};

export const nothing: Inventory = {
  kind: { kind: "unknown" },
  service: { name: null, vendor: null, product: null, redfish_version: null, uuid: null },
  managers: [],
  systems: [],
  chassis: [],
  firmware: [],
  gaps: [],
  requests: 0,
};

/** As little as an IMC tells. */
export function imcInventory(card: MockCard): Inventory {
  return {
    ...nothing,
    kind: { kind: "intel_imc" },
    service: {
      ...nothing.service,
      name: "Intel IPU Redfish Service",
      redfish_version: "1.18.0",
      uuid: hex(`uuid ${card.name}`, 32),
    },
    managers: [
      {
        ...noManager,
        path: "/redfish/v1/Managers/1",
        id: "1",
        name: "IMC",
        manager_type: "BMC",
        firmware: card.firmware,
        date_time: "2026-11-23T11:02:41+00:00",
        health: health("OK"),
        reset_types: ["ForceRestart"],
      },
    ],
    systems: [
      {
        ...noSystem,
        path: "/redfish/v1/Systems/1",
        id: "1",
        name: "ACC",
        system_type: "DPU",
        serial_number: serialOf(card),
        bios: "MEV-BIOS 2.0.0.4",
        health:
          card.state === "degraded" ? health("Critical", ["The ACC did not boot"]) : health("OK"),
        boot: {
          enabled: "Continuous",
          target: "RemoteDrive",
          mode: null,
          enabled_offered: ["Once", "Continuous"],
          targets_offered: ["Cd", "RemoteDrive", "Utilities", "UefiShell"],
        },
        slots: [
          slot("/redfish/v1/Systems/1/VirtualMedia/1", {
            name: "Virtual removable media",
            protocols: ["https"],
          }),
        ],
        reset_types: ["GracefulShutdown", "GracefulRestart"],
      },
    ],
    firmware: [
      { id: "IMC", name: "IMC firmware", version: card.firmware, updateable: false },
      { id: "BIOS", name: "ACC BIOS", version: "2.0.0.4", updateable: false },
    ],
    requests: 12,
  };
}

/** A BlueField: no virtual media at all. */
export function blueFieldInventory(name: string): Inventory {
  return {
    ...nothing,
    kind: { kind: "blue_field", product: "BlueField-3" },
    service: { ...nothing.service, name: "Root Service", redfish_version: "1.15.0" },
    managers: [
      {
        ...noManager,
        path: "/redfish/v1/Managers/Bluefield_BMC",
        id: "Bluefield_BMC",
        name: "OpenBmc Manager",
        manager_type: "BMC",
        model: "OpenBmc",
        firmware: "BF-24.04-5",
        health: health("OK"),
        reset_types: ["GracefulRestart"],
      },
    ],
    systems: [
      {
        ...noSystem,
        path: "/redfish/v1/Systems/Bluefield",
        id: "Bluefield",
        name: "Bluefield",
        system_type: "DPU",
        manufacturer: "https://www.mellanox.com",
        model: "BlueField-3 DPU",
        serial_number: `MT${hex(name, 10).toUpperCase()}`,
        health: health("OK"),
        power: "On",
        boot: {
          enabled: "Disabled",
          target: "None",
          mode: "UEFI",
          enabled_offered: ["Once", "Continuous", "Disabled"],
          targets_offered: ["Pxe", "UefiHttp", "UefiShell", "UefiTarget"],
        },
        reset_types: ["ForceRestart", "GracefulRestart", "PowerCycle"],
      },
    ],
    firmware: [{ id: "BMC_Firmware", name: "BMC image", version: "BF-24.04-5", updateable: true }],
    requests: 21,
  };
}
