//! From the resources that a crawl read to the inventory: machines and their parts. No I/O.

use std::collections::HashSet;

use serde_json::{Map, Value};
use slipway_core::inventory::{
    BootInfo, ChassisInfo, DriveInfo, EthernetInfo, FirmwareInfo, Health, Inventory, ManagerInfo,
    MediaSlotInfo, MemoryInfo, ProcessorInfo, ResetTypes, ServiceInfo, SystemInfo,
};

use crate::{
    crawl::Tree,
    devices,
    fields::{Fields, mac},
    follow::{action_info, below, linked, list, next_page},
    ipu::Signs,
    kind,
    navigate::ROOT,
    quirks::Quirks,
    resource::{self, ActionInfo},
    slot, versions,
};

type Object = Map<String, Value>;

/// What was read, and what of it has its place already: a thing that is linked twice stands once.
pub(crate) struct Reading<'a> {
    tree: &'a Tree,
    quirks: Quirks,
    placed: HashSet<String>,
}

/// The inventory of a tree, without its gaps and the number of its requests.
pub(crate) fn assemble(tree: &Tree) -> Inventory {
    let none = Object::new();
    let root = tree.get(ROOT).unwrap_or(&none);
    let mut reading = Reading {
        tree,
        quirks: quirks(tree, root),
        placed: HashSet::new(),
    };
    let mut systems: Vec<SystemInfo> = reading
        .members(linked(root, "Systems"))
        .into_iter()
        .map(|(path, system)| reading.system(path, system))
        .collect();
    let managers: Vec<ManagerInfo> = reading
        .members(linked(root, "Managers"))
        .into_iter()
        .map(|(path, manager)| reading.manager(path, manager))
        .collect();
    let chassis = reading.members(linked(root, "Chassis"));
    for (_, chassis) in &chassis {
        let drives = reading.drives_of_chassis(chassis);
        let of = below(chassis, "Links", "ComputerSystems");
        let owner = match systems.iter().position(|s| of.contains(&s.path)) {
            None if systems.len() == 1 => Some(0),
            found => found,
        };
        // Bays of no known system: an enclosure's, which this desk has no use for.
        if let Some(owner) = owner.and_then(|at| systems.get_mut(at)) {
            owner.drives.extend(drives);
        }
    }
    for system in &mut systems {
        explain(system);
    }
    let chassis = chassis
        .into_iter()
        .map(|(path, chassis)| reading.chassis(path, chassis))
        .collect();
    let update = linked(root, "UpdateService").and_then(|path| tree.get(&path));
    let firmware = update.and_then(|update| linked(update, "FirmwareInventory"));
    let listed = reading.members(firmware).into_iter();
    let mut firmware: Vec<FirmwareInfo> = listed.map(|(_, f)| firmware_info(f)).collect();
    let of_managers = reading.members(linked(root, "Managers"));
    let additional = of_managers
        .iter()
        .flat_map(|(_, m)| versions::additional(m));
    firmware.extend(additional);
    let mut inventory = Inventory {
        kind: kind::unknown(),
        service: service(root),
        managers,
        systems,
        chassis,
        firmware,
        gaps: Vec::new(),
        requests: 0,
    };
    inventory.kind = kind::of(&inventory, reading.quirks, root);
    inventory
}

fn quirks(tree: &Tree, root: &Object) -> Quirks {
    let systems = linked(root, "Systems").and_then(|path| tree.get(&path));
    let first = systems.and_then(|all| list(all, "Members").into_iter().next());
    let system = first.and_then(|path| tree.get(&path)).cloned();
    let managers = linked(root, "Managers").and_then(|path| tree.get(&path));
    let first = managers.and_then(|all| list(all, "Members").into_iter().next());
    let manager = first.and_then(|path| tree.get(&path)).cloned();
    Quirks::of(Signs {
        root: &resource::read(root.clone()),
        system: Some(&resource::read(system.unwrap_or_default())),
        manager: Some(&resource::read(manager.unwrap_or_default())),
    })
}

fn service(root: &Object) -> ServiceInfo {
    let root = Fields::of(root);
    ServiceInfo {
        name: root.text("Name"),
        vendor: root.text("Vendor"),
        product: root.text("Product"),
        redfish_version: root.text("RedfishVersion"),
        uuid: root.text("UUID"),
    }
}

impl<'a> Reading<'a> {
    pub(crate) fn get(&self, path: &str) -> Option<&'a Object> {
        self.tree.get(path)
    }

    /// The members of a collection that were read, over its pages.
    pub(crate) fn members(&self, collection: Option<String>) -> Vec<(String, &'a Object)> {
        let mut members = Vec::new();
        let mut pages = HashSet::new();
        let mut page = collection;
        while let Some(path) = page.take().filter(|path| pages.insert(path.clone())) {
            let Some(read) = self.get(&path) else { break };
            let paths = list(read, "Members").into_iter();
            members.extend(paths.filter_map(|path| {
                let member = self.get(&path)?;
                Some((path, member))
            }));
            page = next_page(read);
        }
        members
    }

    /// Whether it stands nowhere yet. From now on it does.
    pub(crate) fn place(&mut self, path: &str) -> bool {
        self.placed.insert(path.trim_end_matches('/').to_owned())
    }

    fn system(&mut self, path: String, object: &'a Object) -> SystemInfo {
        let fields = Fields::of(object);
        let processors: Vec<ProcessorInfo> = self
            .present(linked(object, "Processors"))
            .map(processor)
            .collect();
        let cpus = processors
            .iter()
            .filter(|p| p.processor_type.as_deref().is_none_or(|t| t == "CPU"));
        let (mut sockets, mut cores) = (0, None);
        for cpu in cpus {
            sockets += 1;
            cores = cpu.cores.map(|n| n + cores.unwrap_or(0)).or(cores);
        }
        let summary = fields.object("ProcessorSummary");
        let first_model = processors.iter().find_map(|p| p.model.clone());
        SystemInfo {
            id: fields.text("Id"),
            name: fields.text("Name"),
            system_type: fields.text("SystemType"),
            manufacturer: fields.text("Manufacturer"),
            model: fields.text("Model"),
            sku: fields.text("SKU"),
            serial_number: fields.text("SerialNumber"),
            part_number: fields.text("PartNumber"),
            uuid: fields.text("UUID"),
            host_name: fields.text("HostName"),
            bios: fields.text("BiosVersion"),
            health: fields.health(),
            power: fields.text("PowerState"),
            memory: fields
                .object("MemorySummary")
                .bytes("TotalSystemMemoryGiB", 1 << 30),
            processor_count: summary.count("Count").or((sockets > 0).then_some(sockets)),
            core_count: summary.count("CoreCount").or(cores),
            processor_model: summary.text("Model").or(first_model),
            boot: boot(fields.object("Boot")),
            slots: self.slots(linked(object, "VirtualMedia")),
            dimms: self.present(linked(object, "Memory")).map(dimm).collect(),
            drives: self.drives_of_system(object),
            interfaces: self.interfaces(linked(object, "EthernetInterfaces")),
            pcie_devices: devices::of_system(self, object),
            reset_types: self.reset_types(object, "#ComputerSystem.Reset"),
            processors,
            path,
        }
    }

    fn manager(&mut self, path: String, object: &'a Object) -> ManagerInfo {
        let fields = Fields::of(object);
        ManagerInfo {
            id: fields.text("Id"),
            name: fields.text("Name"),
            manager_type: fields.text("ManagerType"),
            manufacturer: fields.text("Manufacturer"),
            model: fields.text("Model"),
            serial_number: fields.text("SerialNumber"),
            uuid: fields.text("UUID"),
            firmware: fields.text("FirmwareVersion"),
            date_time: fields.text("DateTime"),
            health: fields.health(),
            power: fields.text("PowerState"),
            slots: self.slots(linked(object, "VirtualMedia")),
            interfaces: self.interfaces(linked(object, "EthernetInterfaces")),
            reset_types: self.reset_types(object, "#Manager.Reset"),
            path,
        }
    }

    fn chassis(&mut self, path: String, object: &'a Object) -> ChassisInfo {
        let fields = Fields::of(object);
        let adapters = devices::adapters(self, object);
        let pcie_devices = devices::of_chassis(self, object);
        let mut health = fields.health();
        let below = adapters
            .iter()
            .map(|a| ("network adapter", &a.id, &a.health));
        let devices = pcie_devices.iter();
        let below = below.chain(devices.map(|d| ("PCIe device", &d.id, &d.health)));
        let reasons: Vec<String> = below.filter_map(complaint).collect();
        health.reasons.extend(reasons);
        ChassisInfo {
            id: fields.text("Id"),
            name: fields.text("Name"),
            chassis_type: fields.text("ChassisType"),
            manufacturer: fields.text("Manufacturer"),
            model: fields.text("Model"),
            part_number: fields.text("PartNumber"),
            serial_number: fields.text("SerialNumber"),
            health,
            power: fields.text("PowerState"),
            adapters,
            pcie_devices,
            path,
        }
    }

    /// Members that are there: empty sockets are none.
    fn present(&self, collection: Option<String>) -> impl Iterator<Item = Fields<'a>> {
        let members = self.members(collection).into_iter();
        members
            .map(|(_, member)| Fields::of(member))
            .filter(|member| !member.is_absent())
    }

    /// A slot that a system and its manager both link (Supermicro) stands with the system.
    fn slots(&mut self, collection: Option<String>) -> Vec<MediaSlotInfo> {
        let mut slots = Vec::new();
        for (path, object) in self.members(collection) {
            if self.place(&path) {
                let info = action_info(object, "#VirtualMedia.InsertMedia");
                let info = info.and_then(|path| self.get(&path));
                slots.push(slot::info(&path, object, info, self.quirks));
            }
        }
        slots
    }

    fn interfaces(&mut self, collection: Option<String>) -> Vec<EthernetInfo> {
        let members = self.members(collection).into_iter();
        members.map(|(_, i)| interface(Fields::of(i))).collect()
    }

    fn drives_of_system(&mut self, system: &'a Object) -> Vec<DriveInfo> {
        let mut drives = Vec::new();
        let storages = self.members(linked(system, "Storage"));
        for (_, storage) in storages {
            drives.extend(self.drives_of_chassis(storage));
        }
        for (_, simple) in self.members(linked(system, "SimpleStorage")) {
            let devices = Fields::of(simple).list("Devices");
            drives.extend(devices.filter(|d| !d.is_absent()).map(drive));
        }
        drives
    }

    /// Drives are linked by a list or by a collection, by a storage or by a chassis.
    fn drives_of_chassis(&mut self, object: &'a Object) -> Vec<DriveInfo> {
        let mut paths = list(object, "Drives");
        paths.extend(below(object, "Links", "Drives"));
        let members = self.members(linked(object, "Drives"));
        paths.extend(members.into_iter().map(|(path, _)| path));
        let mut drives = Vec::new();
        for path in paths {
            if let Some(found) = self.get(&path).map(Fields::of)
                && self.place(&path)
                && !found.is_absent()
            {
                drives.push(drive(found));
            }
        }
        drives
    }

    fn reset_types(&self, object: &Object, action: &str) -> Option<ResetTypes> {
        let offered = Fields::of(object).object("Actions").object(action);
        offered.text("target")?;
        let types = offered.texts("ResetType@Redfish.AllowableValues");
        if !types.is_empty() {
            return Some(types);
        }
        let info = action_info(object, action).and_then(|path| self.get(&path));
        let info: ActionInfo = resource::read(info.cloned().unwrap_or_default());
        Some(info.values_of("ResetType"))
    }
}

/// What is not well below a system, as reasons of its health.
fn explain(system: &mut SystemInfo) {
    let parts = (system
        .processors
        .iter()
        .map(|p| ("processor", &p.id, &p.health)))
    .chain(system.dimms.iter().map(|d| ("memory", &d.id, &d.health)))
    .chain(system.drives.iter().map(|d| ("drive", &d.id, &d.health)))
    .chain(
        system
            .interfaces
            .iter()
            .map(|i| ("interface", &i.id, &i.health)),
    )
    .chain(
        system
            .pcie_devices
            .iter()
            .map(|d| ("PCIe device", &d.id, &d.health)),
    );
    let reasons: Vec<String> = parts.filter_map(complaint).collect();
    system.health.reasons.extend(reasons);
}

/// `memory DIMM7: Critical`, with its own reasons where it has some.
fn complaint((what, id, health): (&str, &Option<String>, &Health)) -> Option<String> {
    let word = health.health.as_deref().filter(|word| *word != "OK")?;
    let name = id.as_deref().unwrap_or("without a name");
    match health.reasons.is_empty() {
        true => Some(format!("{what} {name}: {word}")),
        false => Some(format!(
            "{what} {name}: {word} ({})",
            health.reasons.join("; ")
        )),
    }
}

fn boot(boot: Fields<'_>) -> BootInfo {
    BootInfo {
        enabled: boot.text("BootSourceOverrideEnabled"),
        target: boot.text("BootSourceOverrideTarget"),
        mode: boot.text("BootSourceOverrideMode"),
        enabled_offered: boot.texts("BootSourceOverrideEnabled@Redfish.AllowableValues"),
        targets_offered: boot.texts("BootSourceOverrideTarget@Redfish.AllowableValues"),
    }
}

fn processor(fields: Fields<'_>) -> ProcessorInfo {
    ProcessorInfo {
        id: fields.first_text(&["Id", "Socket"]),
        processor_type: fields.text("ProcessorType"),
        manufacturer: fields.text("Manufacturer"),
        model: fields.text("Model"),
        cores: fields.count("TotalCores"),
        threads: fields.count("TotalThreads"),
        max_mhz: fields.count("MaxSpeedMHz"),
        health: fields.health(),
    }
}

fn dimm(fields: Fields<'_>) -> MemoryInfo {
    MemoryInfo {
        id: fields.text("Id"),
        locator: fields.first_text(&["DeviceLocator", "Name"]),
        capacity: fields.bytes("CapacityMiB", 1 << 20),
        memory_type: fields.first_text(&["MemoryDeviceType", "MemoryType"]),
        manufacturer: fields.text("Manufacturer"),
        part_number: fields.text("PartNumber"),
        serial_number: fields.text("SerialNumber"),
        mhz: fields.count("OperatingSpeedMhz"),
        health: fields.health(),
    }
}

fn drive(fields: Fields<'_>) -> DriveInfo {
    DriveInfo {
        id: fields.text("Id"),
        name: fields.text("Name"),
        manufacturer: fields.text("Manufacturer"),
        model: fields.text("Model"),
        serial_number: fields.text("SerialNumber"),
        capacity: fields.bytes("CapacityBytes", 1),
        media_type: fields.text("MediaType"),
        protocol: fields.text("Protocol"),
        health: fields.health(),
    }
}

fn interface(fields: Fields<'_>) -> EthernetInfo {
    let macs = ["MACAddress", "PermanentMACAddress"];
    let v4 = fields.list("IPv4Addresses");
    let addresses = v4.chain(fields.list("IPv6Addresses"));
    EthernetInfo {
        id: fields.text("Id"),
        name: fields.text("Name"),
        mac: macs
            .iter()
            .find_map(|property| mac(&fields.text(property)?)),
        addresses: addresses
            .filter_map(|a| a.text("Address"))
            .filter(|a| a != "::" && a != "0.0.0.0")
            .collect(),
        link: fields.text("LinkStatus"),
        speed_mbps: fields.count("SpeedMbps"),
        health: fields.health(),
    }
}

fn firmware_info(object: &Object) -> FirmwareInfo {
    let fields = Fields::of(object);
    FirmwareInfo {
        id: fields.text("Id"),
        name: fields.text("Name"),
        version: fields.text("Version"),
        updateable: fields.yes("Updateable"),
    }
}
