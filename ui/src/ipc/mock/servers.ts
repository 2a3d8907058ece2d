import type { Inventory } from "../whole";
import type { MockCard } from "./cards";
import { hex } from "./images";
import { health, mac, noManager, noSystem, nothing, serialOf, slot } from "./inventory";

const GB = 1_000_000_000;
const GIB = 1_073_741_824;

type Made = {
  name: string;
  vendor: string;
  product: string;
  model: string;
  serial: string;
  ill?: boolean;
  cards: MockCard[];
};

/** A server with everything that servers tell. */
export function serverInventory(made: Made): Inventory {
  const { name, vendor, product, model, serial, cards } = made;
  const reasons = made.ill ? ["Fan 6 runs at 0 rpm", "Redundancy of the fans is lost"] : [];
  return {
    ...nothing,
    kind: { kind: "server", vendor, product },
    service: { name: "Root Service", vendor, product, redfish_version: "1.17.0", uuid: null },
    managers: [
      {
        ...noManager,
        path: "/redfish/v1/Managers/1",
        id: "1",
        name: product,
        manager_type: "BMC",
        manufacturer: vendor,
        model: product,
        firmware: "7.10.50.00",
        date_time: "2026-11-23T12:02:40+01:00",
        health: health("OK"),
        power: "On",
        interfaces: [
          {
            id: "1",
            name: "Dedicated",
            mac: mac(`bmc ${name}`),
            addresses: ["10.40.20.11"],
            link: "LinkUp",
            speed_mbps: 1_000,
            health: health("OK"),
          },
        ],
        reset_types: ["GracefulRestart", "ForceRestart"],
      },
    ],
    systems: [
      {
        ...noSystem,
        path: "/redfish/v1/Systems/1",
        id: "1",
        name: "System",
        system_type: "Physical",
        manufacturer: vendor,
        model,
        sku: "5K2L9X3",
        serial_number: serial,
        uuid: `${hex(`system ${name}`, 8)}-0042-4b10-8054-b8c04f4b5831`,
        host_name: name,
        bios: "2.3.4",
        health: made.ill ? health("Warning", reasons) : health("OK"),
        power: "On",
        memory: 512 * GIB,
        processor_count: 2,
        core_count: 64,
        processor_model: "Intel Xeon Gold 6430",
        boot: {
          enabled: "Disabled",
          target: "None",
          mode: "UEFI",
          enabled_offered: ["Once", "Continuous", "Disabled"],
          targets_offered: ["Pxe", "Cd", "Hdd", "BiosSetup", "UefiTarget"],
        },
        slots: [
          slot("/redfish/v1/Systems/1/VirtualMedia/1", {
            protocols: ["https", "http", "nfs", "cifs"],
          }),
          slot("/redfish/v1/Systems/1/VirtualMedia/2", {
            name: "Virtual USB",
            media_types: ["USBStick"],
            inserted: true,
            image: "http://10.40.0.9/drivers.img",
            why_no_eject: null,
            why_no_insert: "something is in it: eject it first",
          }),
        ],
        processors: [0, 1].map((at) => ({
          id: `CPU.Socket.${at + 1}`,
          processor_type: "CPU",
          manufacturer: "Intel",
          model: "Xeon Gold 6430",
          cores: 32,
          threads: 64,
          max_mhz: 3_400,
          health: health("OK"),
        })),
        dimms: Array.from({ length: 8 }, (_, at) => ({
          id: `DIMM.A${at + 1}`,
          locator: `A${at + 1}`,
          capacity: 64 * GIB,
          memory_type: "DDR5",
          manufacturer: "Hynix",
          part_number: "HMCG94AEBRA109N",
          serial_number: hex(`dimm ${name} ${at}`, 8).toUpperCase(),
          mhz: 4_800,
          health: health("OK"),
        })),
        drives: [0, 1].map((at) => ({
          id: `Disk.${at}`,
          name: `NVMe ${at} in Backplane 1`,
          manufacturer: "Samsung",
          model: "PM9A3",
          serial_number: hex(`disk ${name} ${at}`, 12).toUpperCase(),
          capacity: 960 * GB,
          media_type: "SSD",
          protocol: "NVMe",
          health: health("OK"),
        })),
        pcie_devices: cards.map((card, at) => ({
          id: `${at + 1}-0`,
          name: "Infrastructure Processing Unit",
          manufacturer: "Intel",
          model: "IPU E2100",
          part_number: "K91258-003",
          serial_number: serialOf(card),
          firmware: null,
          slot: `Slot ${at + 3}`,
          vendor_id: "0x8086",
          device_id: "0x1452",
          health: health("OK"),
        })),
        reset_types: ["On", "ForceOff", "GracefulShutdown", "GracefulRestart", "ForceRestart"],
      },
    ],
    chassis: [
      {
        path: "/redfish/v1/Chassis/1",
        id: "1",
        name: "Chassis",
        chassis_type: "RackMount",
        manufacturer: vendor,
        model,
        part_number: null,
        serial_number: serial,
        health: health("OK"),
        power: "On",
        pcie_devices: [],
        adapters: [
          {
            id: "NIC.Integrated.1",
            name: "BCM5720",
            manufacturer: "Broadcom",
            model: "BCM5720 1GbE",
            part_number: null,
            serial_number: null,
            firmware: "22.71.3",
            macs: [mac(`nic a ${name}`), mac(`nic b ${name}`)],
            health: health("OK"),
          },
        ],
      },
    ],
    firmware: [
      { id: "BMC", name: product, version: "7.10.50.00", updateable: true },
      { id: "BIOS", name: "BIOS", version: "2.3.4", updateable: true },
      { id: "NIC", name: "Broadcom Gigabit Ethernet", version: "22.71.3", updateable: true },
      { id: "PSU1", name: "Power Supply 1", version: "00.1B.53", updateable: false },
    ],
    gaps: made.ill
      ? [
          {
            path: "/redfish/v1/Chassis/1/NetworkAdapters/NIC.Slot.2",
            reason: "HTTP 500: internal error, tried twice",
          },
        ]
      : [],
    requests: 58,
  };
}
