//! Network adapters and PCIe devices: what cards and hosts are paired by. No I/O.

use serde_json::{Map, Value};
use slipway_core::inventory::{AdapterInfo, PcieDeviceInfo};

use crate::{
    assemble::Reading,
    fields::{Fields, mac},
    follow::{below, linked, list},
};

type Object = Map<String, Value>;

/// The adapters of a chassis, with the MAC addresses of their functions or ports.
pub(crate) fn adapters(reading: &mut Reading<'_>, chassis: &Object) -> Vec<AdapterInfo> {
    let mut adapters = Vec::new();
    for (path, object) in reading.members(linked(chassis, "NetworkAdapters")) {
        if reading.place(&path) {
            adapters.push(adapter(reading, object));
        }
    }
    adapters
}

fn adapter(reading: &Reading<'_>, object: &Object) -> AdapterInfo {
    let fields = Fields::of(object);
    let mut macs = Vec::new();
    for property in ["NetworkDeviceFunctions", "Ports", "NetworkPorts"] {
        for (_, port) in reading.members(linked(object, property)) {
            macs.extend(macs_of(Fields::of(port)));
        }
    }
    macs.sort_unstable();
    macs.dedup();
    let mut controllers = fields.list("Controllers");
    AdapterInfo {
        id: fields.text("Id"),
        name: fields.text("Name"),
        manufacturer: fields.text("Manufacturer"),
        model: fields.text("Model"),
        part_number: fields.text("PartNumber"),
        serial_number: fields.text("SerialNumber"),
        firmware: controllers.find_map(|c| c.text("FirmwarePackageVersion")),
        macs,
        health: fields.health(),
    }
}

/// Of a function (the one in use and the permanent one), or of a port in its two spellings.
fn macs_of(port: Fields<'_>) -> Vec<String> {
    let ethernet = port.object("Ethernet");
    let own = ["MACAddress", "PermanentMACAddress"].map(|property| ethernet.text(property));
    let mut texts: Vec<String> = own.into_iter().flatten().collect();
    texts.extend(ethernet.texts("AssociatedMACAddresses"));
    texts.extend(port.texts("AssociatedNetworkAddresses"));
    texts.iter().filter_map(|text| mac(text)).collect()
}

/// Those that a system lists.
pub(crate) fn of_system(reading: &mut Reading<'_>, system: &Object) -> Vec<PcieDeviceInfo> {
    devices(
        reading,
        list(system, "PCIeDevices"),
        linked(system, "PCIeDevices"),
    )
}

/// Those of a chassis that no system lists.
pub(crate) fn of_chassis(reading: &mut Reading<'_>, chassis: &Object) -> Vec<PcieDeviceInfo> {
    let linked_below = below(chassis, "Links", "PCIeDevices");
    devices(reading, linked_below, linked(chassis, "PCIeDevices"))
}

fn devices(
    reading: &mut Reading<'_>,
    mut paths: Vec<String>,
    collection: Option<String>,
) -> Vec<PcieDeviceInfo> {
    let members = reading.members(collection).into_iter();
    paths.extend(members.map(|(path, _)| path));
    let mut devices = Vec::new();
    for path in paths {
        if let Some(object) = reading.get(&path)
            && reading.place(&path)
            && !Fields::of(object).is_absent()
        {
            devices.push(device(reading, object));
        }
    }
    devices
}

fn device(reading: &Reading<'_>, object: &Object) -> PcieDeviceInfo {
    let fields = Fields::of(object);
    let first = below(object, "Links", "PCIeFunctions").into_iter().next();
    let first = first.and_then(|path| reading.get(&path));
    let first = first.or_else(|| {
        let members = reading.members(linked(object, "PCIeFunctions"));
        members.into_iter().next().map(|(_, function)| function)
    });
    let id = |property| {
        let function = Fields::of(first?);
        function.text(property).map(|id| id.to_lowercase())
    };
    let location = fields.object("Slot").object("Location");
    let slot = location.object("PartLocation").text("ServiceLabel");
    let ordinal = || {
        let ordinal = location
            .object("PartLocation")
            .text("LocationOrdinalValue")?;
        Some(format!("slot {ordinal}"))
    };
    PcieDeviceInfo {
        id: fields.text("Id"),
        name: fields.text("Name"),
        manufacturer: fields.text("Manufacturer"),
        model: fields.text("Model"),
        part_number: fields.text("PartNumber"),
        serial_number: fields.text("SerialNumber"),
        firmware: fields.text("FirmwareVersion"),
        slot: slot.or_else(ordinal),
        vendor_id: id("VendorId"),
        device_id: id("DeviceId"),
        health: fields.health(),
    }
}
