//! What a Redfish service tells of itself and of the machine behind it: the last crawl, typed.
//!
//! Every property may be missing: absence is `None` or an empty list, never a guess. Texts stand as
//! the service wrote them (`"OK"`, `"UsbCd"`), because enumerations grow. What could not be read is
//! in [`Inventory::gaps`], so that "no adapters" and "adapters unreadable" are told apart.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::time::ByteCount;

/// Whose management controller answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum BmcKind {
    /// The IMC of an Intel IPU.
    IntelImc,
    /// A server's: iDRAC, iLO, XCC, OpenBMC, …
    Server {
        vendor: Option<String>,
        product: Option<String>,
    },
    /// The BMC of an NVIDIA BlueField card: recognised, never sent to virtual media.
    BlueField { product: Option<String> },
    /// A Redfish service that says too little of itself.
    #[default]
    Unknown,
}

/// Health with its reason: the conditions that the service names for it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct Health {
    /// `OK`, `Warning`, `Critical`, or another word, as it was written.
    pub health: Option<String>,
    /// `HealthRollup`: of everything below it too.
    pub rollup: Option<String>,
    /// `Enabled`, `Absent`, `StandbyOffline`, …
    pub state: Option<String>,
    /// `Status.Conditions[].Message`, and what is not `OK` below it.
    pub reasons: Vec<String>,
}

/// The service root.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct ServiceInfo {
    pub name: Option<String>,
    pub vendor: Option<String>,
    pub product: Option<String>,
    pub redfish_version: Option<String>,
    pub uuid: Option<String>,
}

/// A boot source override and what may be set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct BootInfo {
    pub enabled: Option<String>,
    pub target: Option<String>,
    /// `UEFI` or `Legacy`.
    pub mode: Option<String>,
    pub enabled_offered: Vec<String>,
    pub targets_offered: Vec<String>,
}

/// What an action's reset takes. Empty: the service offers the action and names no type.
pub type ResetTypes = Vec<String>;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct ManagerInfo {
    pub path: String,
    pub id: Option<String>,
    pub name: Option<String>,
    /// `BMC`, `EnclosureManager`, …
    pub manager_type: Option<String>,
    pub manufacturer: Option<String>,
    pub model: Option<String>,
    pub serial_number: Option<String>,
    pub uuid: Option<String>,
    pub firmware: Option<String>,
    /// The controller's own clock, as it was written (`0000-00-00` and the like stay text).
    pub date_time: Option<String>,
    pub health: Health,
    pub power: Option<String>,
    pub slots: Vec<MediaSlotInfo>,
    pub interfaces: Vec<EthernetInfo>,
    /// Absent where the service offers no reset.
    pub reset_types: Option<ResetTypes>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct SystemInfo {
    pub path: String,
    pub id: Option<String>,
    pub name: Option<String>,
    /// `Physical`, `DPU`, …
    pub system_type: Option<String>,
    pub manufacturer: Option<String>,
    pub model: Option<String>,
    pub sku: Option<String>,
    pub serial_number: Option<String>,
    pub part_number: Option<String>,
    pub uuid: Option<String>,
    pub host_name: Option<String>,
    pub bios: Option<String>,
    pub health: Health,
    pub power: Option<String>,
    pub memory: Option<ByteCount>,
    /// Sockets, and cores over all of them.
    pub processor_count: Option<u32>,
    pub core_count: Option<u32>,
    pub processor_model: Option<String>,
    pub boot: BootInfo,
    pub slots: Vec<MediaSlotInfo>,
    pub processors: Vec<ProcessorInfo>,
    pub dimms: Vec<MemoryInfo>,
    pub drives: Vec<DriveInfo>,
    pub interfaces: Vec<EthernetInfo>,
    pub pcie_devices: Vec<PcieDeviceInfo>,
    /// Absent where the service offers no reset.
    pub reset_types: Option<ResetTypes>,
}

/// A virtual media slot and what it can do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct MediaSlotInfo {
    /// Its resource: what an action names.
    pub path: String,
    pub id: Option<String>,
    pub name: Option<String>,
    pub media_types: Vec<String>,
    pub inserted: bool,
    /// The URL where the service tells it, else the image's name.
    pub image: Option<String>,
    pub write_protected: Option<bool>,
    /// `https`, `http`, `nfs`, … where the service names them.
    pub protocols: Vec<String>,
    /// Why media can't be inserted here; `None` where it can.
    pub why_no_insert: Option<String>,
    /// Why nothing can be ejected here now; `None` where something can.
    pub why_no_eject: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct ProcessorInfo {
    pub id: Option<String>,
    pub processor_type: Option<String>,
    pub manufacturer: Option<String>,
    pub model: Option<String>,
    pub cores: Option<u32>,
    pub threads: Option<u32>,
    pub max_mhz: Option<u32>,
    pub health: Health,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct MemoryInfo {
    pub id: Option<String>,
    pub locator: Option<String>,
    pub capacity: Option<ByteCount>,
    pub memory_type: Option<String>,
    pub manufacturer: Option<String>,
    pub part_number: Option<String>,
    pub serial_number: Option<String>,
    pub mhz: Option<u32>,
    pub health: Health,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct DriveInfo {
    pub id: Option<String>,
    pub name: Option<String>,
    pub manufacturer: Option<String>,
    pub model: Option<String>,
    pub serial_number: Option<String>,
    pub capacity: Option<ByteCount>,
    /// `SSD`, `HDD`
    pub media_type: Option<String>,
    pub protocol: Option<String>,
    pub health: Health,
}

/// A network interface: of a manager, of a system, or a port of an adapter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct EthernetInfo {
    pub id: Option<String>,
    pub name: Option<String>,
    /// Lower case, with colons, where it could be read as one.
    pub mac: Option<String>,
    pub addresses: Vec<String>,
    pub link: Option<String>,
    pub speed_mbps: Option<u32>,
    pub health: Health,
}

/// A network adapter of a chassis.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct AdapterInfo {
    pub id: Option<String>,
    pub name: Option<String>,
    pub manufacturer: Option<String>,
    pub model: Option<String>,
    pub part_number: Option<String>,
    pub serial_number: Option<String>,
    pub firmware: Option<String>,
    /// Lower case, with colons.
    pub macs: Vec<String>,
    pub health: Health,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct PcieDeviceInfo {
    pub id: Option<String>,
    pub name: Option<String>,
    pub manufacturer: Option<String>,
    pub model: Option<String>,
    pub part_number: Option<String>,
    pub serial_number: Option<String>,
    pub firmware: Option<String>,
    pub slot: Option<String>,
    /// `0x8086`-like, of its first function.
    pub vendor_id: Option<String>,
    pub device_id: Option<String>,
    pub health: Health,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct ChassisInfo {
    pub path: String,
    pub id: Option<String>,
    pub name: Option<String>,
    pub chassis_type: Option<String>,
    pub manufacturer: Option<String>,
    pub model: Option<String>,
    pub part_number: Option<String>,
    pub serial_number: Option<String>,
    pub health: Health,
    pub power: Option<String>,
    pub adapters: Vec<AdapterInfo>,
    pub pcie_devices: Vec<PcieDeviceInfo>,
}

/// One line of a firmware inventory.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct FirmwareInfo {
    pub id: Option<String>,
    pub name: Option<String>,
    pub version: Option<String>,
    pub updateable: Option<bool>,
}

/// A resource that was linked and could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Gap {
    pub path: String,
    pub reason: String,
}

/// Everything of one service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct Inventory {
    pub kind: BmcKind,
    pub service: ServiceInfo,
    pub managers: Vec<ManagerInfo>,
    pub systems: Vec<SystemInfo>,
    pub chassis: Vec<ChassisInfo>,
    pub firmware: Vec<FirmwareInfo>,
    pub gaps: Vec<Gap>,
    /// How many requests it took.
    pub requests: u32,
}

impl Inventory {
    /// Every MAC address that stands anywhere in it, sorted, each once: what cards and hosts are
    /// paired by.
    #[must_use]
    pub fn macs(&self) -> Vec<&str> {
        let interfaces = (self.managers.iter().flat_map(|m| &m.interfaces))
            .chain(self.systems.iter().flat_map(|s| &s.interfaces))
            .filter_map(|interface| interface.mac.as_deref());
        let adapters = self.chassis.iter().flat_map(|c| &c.adapters);
        let mut macs: Vec<&str> = interfaces
            .chain(adapters.flat_map(|a| a.macs.iter().map(String::as_str)))
            .collect();
        macs.sort_unstable();
        macs.dedup();
        macs
    }
}
