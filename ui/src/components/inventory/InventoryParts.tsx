import { Alert, Grid, GridItem } from "@patternfly/react-core";
import type {
  AdapterInfo,
  DriveInfo,
  EthernetInfo,
  FirmwareInfo,
  Inventory,
  MediaSlotInfo,
  MemoryInfo,
  PcieDeviceInfo,
  ProcessorInfo,
} from "@/ipc/whole";
import { bytes, counted, makeAndModel, memory } from "@/lib/format";
import { HealthText } from "./HealthText";
import { type PartColumn, Parts } from "./Parts";

const mono = (text: string | null) => (text ? <code>{text}</code> : null);
const joined = (...words: (string | null)[]) => words.filter(Boolean).join(" ") || null;
const hertz = (mhz: number | null) =>
  mhz === null ? null : mhz >= 1_000 ? `${(mhz / 1_000).toFixed(1)} GHz` : `${mhz} MHz`;

/** Each once: some services link the same resource from several places. */
function once<T>(all: T[], key: (one: T) => string): T[] {
  return [...new Map(all.map((one) => [key(one), one])).values()];
}

const SLOTS: PartColumn<MediaSlotInfo>[] = [
  { word: "Slot", cell: (slot) => slot.name ?? slot.id ?? slot.path },
  { word: "Takes", cell: (slot) => slot.media_types.join(", ") },
  {
    word: "Holds",
    cell: (slot) => (slot.inserted ? (mono(slot.image) ?? "a medium") : "nothing"),
  },
  { word: "Protocols", cell: (slot) => slot.protocols.join(", ") },
  { word: "Insert", cell: (slot) => slot.why_no_insert ?? "possible" },
  { word: "Eject", cell: (slot) => slot.why_no_eject ?? "possible" },
];

const ADAPTERS: PartColumn<AdapterInfo>[] = [
  {
    word: "Adapter",
    cell: (one) => makeAndModel(one.manufacturer, one.model) ?? one.name ?? one.id,
  },
  { word: "Part number", cell: (one) => one.part_number },
  { word: "Serial number", cell: (one) => mono(one.serial_number) },
  { word: "Firmware", cell: (one) => one.firmware },
  { word: "MAC addresses", cell: (one) => mono(one.macs.join(" ")) },
  { word: "Health", cell: (one) => <HealthText health={one.health} /> },
];

const INTERFACES: PartColumn<EthernetInfo & { of: string }>[] = [
  { word: "Interface", cell: (one) => one.name ?? one.id },
  { word: "Of the", cell: (one) => one.of },
  { word: "MAC address", cell: (one) => mono(one.mac) },
  { word: "Addresses", cell: (one) => one.addresses.join(", ") },
  { word: "Link", cell: (one) => one.link },
  { word: "Speed", cell: (one) => (one.speed_mbps ? `${one.speed_mbps / 1_000} Gb/s` : null) },
];

const PROCESSORS: PartColumn<ProcessorInfo>[] = [
  { word: "Processor", cell: (one) => one.id },
  { word: "Type", cell: (one) => one.processor_type },
  { word: "Model", cell: (one) => makeAndModel(one.manufacturer, one.model) },
  { word: "Cores", cell: (one) => one.cores },
  { word: "Threads", cell: (one) => one.threads },
  { word: "Fastest", cell: (one) => hertz(one.max_mhz) },
  { word: "Health", cell: (one) => <HealthText health={one.health} /> },
];

const DIMMS: PartColumn<MemoryInfo>[] = [
  { word: "Module", cell: (one) => one.locator ?? one.id },
  { word: "Size", cell: (one) => (one.capacity === null ? null : memory(one.capacity)) },
  { word: "Type", cell: (one) => one.memory_type },
  { word: "Clock", cell: (one) => hertz(one.mhz) },
  { word: "Maker", cell: (one) => one.manufacturer },
  { word: "Part number", cell: (one) => one.part_number },
  { word: "Serial number", cell: (one) => mono(one.serial_number) },
  { word: "Health", cell: (one) => <HealthText health={one.health} /> },
];

const DRIVES: PartColumn<DriveInfo>[] = [
  { word: "Drive", cell: (one) => one.name ?? one.id },
  { word: "Model", cell: (one) => makeAndModel(one.manufacturer, one.model) },
  { word: "Size", cell: (one) => (one.capacity === null ? null : bytes(one.capacity)) },
  { word: "Kind", cell: (one) => joined(one.protocol, one.media_type) },
  { word: "Serial number", cell: (one) => mono(one.serial_number) },
  { word: "Health", cell: (one) => <HealthText health={one.health} /> },
];

const DEVICES: PartColumn<PcieDeviceInfo>[] = [
  { word: "Device", cell: (one) => one.name ?? one.id },
  { word: "Model", cell: (one) => makeAndModel(one.manufacturer, one.model) },
  { word: "Slot", cell: (one) => one.slot },
  { word: "Ids", cell: (one) => mono(joined(one.vendor_id, one.device_id)) },
  { word: "Serial number", cell: (one) => mono(one.serial_number) },
  { word: "Firmware", cell: (one) => one.firmware },
  { word: "Health", cell: (one) => <HealthText health={one.health} /> },
];

const FIRMWARE: PartColumn<FirmwareInfo>[] = [
  { word: "Component", cell: (one) => one.name ?? one.id },
  { word: "Version", cell: (one) => mono(one.version) },
  {
    word: "Updateable",
    cell: (one) => (one.updateable === null ? null : one.updateable ? "yes" : "no"),
  },
];

/** What could not be read: "no drives" and "drives unreadable" are not the same. */
function Gaps({ inventory }: { inventory: Inventory }) {
  if (inventory.gaps.length === 0) return null;
  return (
    <Alert
      isInline
      isExpandable
      variant="warning"
      title={`${counted(inventory.gaps.length, "resource")} could not be read`}
    >
      <ul className="slipway-evidence">
        {inventory.gaps.map((gap) => (
          <li key={gap.path}>
            <code>{gap.path}</code>: {gap.reason}
          </li>
        ))}
      </ul>
    </Alert>
  );
}

/** Everything that the last reading of a Redfish service brought, part by part. */
export function InventoryParts({ inventory }: { inventory: Inventory }) {
  const { systems, managers, chassis, firmware } = inventory;
  const slots = once(
    [...systems, ...managers].flatMap((one) => one.slots),
    (slot) => slot.path,
  );
  const interfaces = [
    ...managers.flatMap((one) => one.interfaces.map((port) => ({ ...port, of: "manager" }))),
    ...systems.flatMap((one) => one.interfaces.map((port) => ({ ...port, of: "system" }))),
  ];
  const devices = once(
    [...systems, ...chassis].flatMap((one) => one.pcie_devices),
    (one) => JSON.stringify([one.id, one.name, one.serial_number, one.slot]),
  );
  const adapters = chassis.flatMap((one) => one.adapters);
  const none = (what: string) => `The service lists no ${what}.`;
  return (
    <Grid hasGutter>
      <GridItem span={12}>
        <Gaps inventory={inventory} />
      </GridItem>
      <GridItem span={12}>
        <Parts
          title="Virtual media"
          parts={slots}
          columns={SLOTS}
          none="It offers no virtual media."
        />
      </GridItem>
      <GridItem span={12}>
        <Parts
          title="Network adapters"
          parts={adapters}
          columns={ADAPTERS}
          none={none("network adapter")}
        />
      </GridItem>
      <GridItem span={12}>
        <Parts
          title="Network interfaces"
          parts={interfaces}
          columns={INTERFACES}
          none={none("network interface")}
        />
      </GridItem>
      <GridItem xl={6}>
        <Parts
          title="Processors"
          parts={systems.flatMap((one) => one.processors)}
          columns={PROCESSORS}
          none={none("processor")}
        />
      </GridItem>
      <GridItem xl={6}>
        <Parts
          title="Memory"
          parts={systems.flatMap((one) => one.dimms)}
          columns={DIMMS}
          none={none("memory module")}
        />
      </GridItem>
      <GridItem span={12}>
        <Parts
          title="Drives"
          parts={systems.flatMap((one) => one.drives)}
          columns={DRIVES}
          none={none("drive")}
        />
      </GridItem>
      <GridItem span={12}>
        <Parts title="PCIe devices" parts={devices} columns={DEVICES} none={none("PCIe device")} />
      </GridItem>
      <GridItem span={12}>
        <Parts title="Firmware" parts={firmware} columns={FIRMWARE} none={none("firmware")} />
      </GridItem>
    </Grid>
  );
}
