//! Which links of a resource are followed for an inventory. No I/O.
//!
//! Nothing is known of ids or places: a kind of resource has properties that may hold links, and
//! what they lead to has a kind. The kinds form no circle.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use crate::answer::path_of;

type Object = Map<String, Value>;

/// What a resource is, as far as it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Root,
    /// A collection of, and a member.
    Systems,
    System,
    Managers,
    Manager,
    ChassisAll,
    Chassis,
    UpdateService,
    FirmwareAll,
    Storages,
    Storage,
    SimpleStorages,
    AdaptersAll,
    Adapter,
    /// The functions or ports of an adapter: for their MAC addresses.
    PortsAll,
    PcieDevices,
    PcieDevice,
    PcieFunctions,
    SlotsAll,
    Slot,
    /// Collections whose members lead nowhere.
    Leaves,
    Leaf,
}

impl Kind {
    /// How many links may still lie below it, at most.
    fn height(self) -> u8 {
        match self {
            Self::Root => 7,
            Self::Systems | Self::ChassisAll => 6,
            Self::Managers | Self::System | Self::Chassis => 5,
            Self::Manager | Self::Storages | Self::AdaptersAll | Self::PcieDevices => 4,
            Self::Storage | Self::Adapter | Self::PcieDevice | Self::SlotsAll => 3,
            Self::UpdateService => 3,
            Self::FirmwareAll
            | Self::PortsAll
            | Self::PcieFunctions
            | Self::Slot
            | Self::SimpleStorages
            | Self::Leaves => 1,
            Self::Leaf => 0,
        }
    }

    /// What the members of a collection are.
    fn member(self) -> Option<Self> {
        match self {
            Self::Systems => Some(Self::System),
            Self::Managers => Some(Self::Manager),
            Self::ChassisAll => Some(Self::Chassis),
            Self::Storages => Some(Self::Storage),
            Self::AdaptersAll => Some(Self::Adapter),
            Self::PcieDevices => Some(Self::PcieDevice),
            Self::SlotsAll => Some(Self::Slot),
            Self::FirmwareAll
            | Self::PortsAll
            | Self::PcieFunctions
            | Self::SimpleStorages
            | Self::Leaves => Some(Self::Leaf),
            Self::Root
            | Self::System
            | Self::Manager
            | Self::Chassis
            | Self::UpdateService
            | Self::Storage
            | Self::Adapter
            | Self::PcieDevice
            | Self::Slot
            | Self::Leaf => None,
        }
    }
}

/// A path to read. The greatest is read first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub path: String,
    pub kind: Kind,
}

impl Wanted {
    pub(crate) fn new(path: String, kind: Kind) -> Self {
        Self { path, kind }
    }
}

impl Ord for Wanted {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_height = self.kind.height().cmp(&other.kind.height());
        // The first connection is the one that is open. Chassis of ours lead as far as systems at
        // most, and mostly less far.
        let is_systems = |wanted: &Self| wanted.kind == Kind::Systems;
        by_height
            .then_with(|| is_systems(self).cmp(&is_systems(other)))
            .then_with(|| other.path.cmp(&self.path))
    }
}

impl PartialOrd for Wanted {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The path of one link: `{"@odata.id": "/…"}`.
pub(crate) fn link(value: &Value) -> Option<String> {
    path_of(value.get("@odata.id")?.as_str()?)
}

/// The path that a property links.
pub(crate) fn linked(object: &Object, property: &str) -> Option<String> {
    link(object.get(property)?)
}

/// The paths of a list of links; what is none in it is passed over.
pub(crate) fn list(object: &Object, property: &str) -> Vec<String> {
    let list = object.get(property).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(link).collect()
}

/// What a resource of this kind makes wanted.
pub(crate) fn links(kind: Kind, object: &Object) -> Vec<Wanted> {
    if let Some(member) = kind.member() {
        return of_collection(kind, member, object);
    }
    let mut found = Vec::new();
    let mut want = |path: Option<String>, kind: Kind| {
        found.extend(path.map(|path| Wanted::new(path, kind)));
    };
    match kind {
        Kind::Root => {
            want(linked(object, "Systems"), Kind::Systems);
            want(linked(object, "Managers"), Kind::Managers);
            want(linked(object, "Chassis"), Kind::ChassisAll);
            want(linked(object, "UpdateService"), Kind::UpdateService);
        }
        Kind::System => {
            for leaves in ["Processors", "Memory", "EthernetInterfaces"] {
                want(linked(object, leaves), Kind::Leaves);
            }
            match linked(object, "Storage") {
                Some(storage) => want(Some(storage), Kind::Storages),
                None => want(linked(object, "SimpleStorage"), Kind::SimpleStorages),
            }
            want(linked(object, "VirtualMedia"), Kind::SlotsAll);
            want(linked(object, "PCIeDevices"), Kind::PcieDevices);
            for device in list(object, "PCIeDevices") {
                want(Some(device), Kind::PcieDevice);
            }
            want(action_info(object, "#ComputerSystem.Reset"), Kind::Leaf);
        }
        Kind::Manager => {
            want(linked(object, "EthernetInterfaces"), Kind::Leaves);
            want(linked(object, "VirtualMedia"), Kind::SlotsAll);
            want(action_info(object, "#Manager.Reset"), Kind::Leaf);
        }
        Kind::Chassis => {
            want(linked(object, "NetworkAdapters"), Kind::AdaptersAll);
            want(linked(object, "PCIeDevices"), Kind::PcieDevices);
            want(linked(object, "Drives"), Kind::Leaves);
            for drive in below(object, "Links", "Drives") {
                want(Some(drive), Kind::Leaf);
            }
            for device in below(object, "Links", "PCIeDevices") {
                want(Some(device), Kind::PcieDevice);
            }
        }
        Kind::UpdateService => want(linked(object, "FirmwareInventory"), Kind::FirmwareAll),
        Kind::Storage => {
            want(linked(object, "Drives"), Kind::Leaves);
            for drive in list(object, "Drives") {
                want(Some(drive), Kind::Leaf);
            }
        }
        Kind::Adapter => {
            // All of them tell MAC addresses; the functions tell the permanent one too.
            let all = ["NetworkDeviceFunctions", "Ports", "NetworkPorts"];
            let first = all
                .into_iter()
                .find_map(|property| linked(object, property));
            want(first, Kind::PortsAll);
        }
        Kind::PcieDevice => {
            // The first function is enough: it carries the ids.
            want(linked(object, "PCIeFunctions"), Kind::PcieFunctions);
            let functions = below(object, "Links", "PCIeFunctions");
            want(functions.into_iter().next(), Kind::Leaf);
        }
        Kind::Slot => want(action_info(object, "#VirtualMedia.InsertMedia"), Kind::Leaf),
        Kind::Systems
        | Kind::Managers
        | Kind::ChassisAll
        | Kind::FirmwareAll
        | Kind::Storages
        | Kind::SimpleStorages
        | Kind::AdaptersAll
        | Kind::PortsAll
        | Kind::PcieDevices
        | Kind::PcieFunctions
        | Kind::SlotsAll
        | Kind::Leaves
        | Kind::Leaf => {}
    }
    found
}

/// Members, and the next page as more of the same.
fn of_collection(kind: Kind, member: Kind, object: &Object) -> Vec<Wanted> {
    let mut members = list(object, "Members");
    if kind == Kind::PcieFunctions {
        members.truncate(1);
    }
    let mut found: Vec<Wanted> = members
        .into_iter()
        .map(|path| Wanted::new(path, member))
        .collect();
    if kind != Kind::PcieFunctions {
        found.extend(next_page(object).map(|path| Wanted::new(path, kind)));
    }
    found
}

pub(crate) fn next_page(object: &Object) -> Option<String> {
    path_of(object.get("Members@odata.nextLink")?.as_str()?)
}

/// A list of links one object deeper: `Links.Drives`.
pub(crate) fn below(object: &Object, outer: &str, inner: &str) -> Vec<String> {
    let outer = object.get(outer).and_then(Value::as_object);
    outer.map(|outer| list(outer, inner)).unwrap_or_default()
}

/// Where an action's parameters are told.
pub(crate) fn action_info(object: &Object, action: &str) -> Option<String> {
    let action = object.get("Actions")?.get(action)?;
    path_of(action.get("@Redfish.ActionInfo")?.as_str()?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn paths(kind: Kind, value: Value) -> Vec<String> {
        let found = links(kind, value.as_object().unwrap());
        found.into_iter().map(|w| w.path).collect()
    }

    #[test]
    fn what_leads_further_has_the_longer_way() {
        let object = |kind| {
            let all = [
                "Systems",
                "Managers",
                "Chassis",
                "UpdateService",
                "Processors",
                "Memory",
                "EthernetInterfaces",
                "Storage",
                "VirtualMedia",
                "PCIeDevices",
                "NetworkAdapters",
                "Drives",
                "FirmwareInventory",
                "NetworkDeviceFunctions",
                "PCIeFunctions",
            ];
            let mut object = Object::new();
            for property in all {
                object.insert(
                    property.to_owned(),
                    json!({"@odata.id": format!("/{property}")}),
                );
            }
            object.insert("Members".into(), json!([{"@odata.id": "/m"}]));
            links(kind, &object)
        };
        let mut kinds = vec![Kind::Root];
        let mut at = 0;
        while let Some(kind) = kinds.get(at).copied() {
            for wanted in object(kind) {
                let (above, below) = (kind.height(), wanted.kind.height());
                assert!(
                    above > below,
                    "{kind:?} ({above}) → {:?} ({below})",
                    wanted.kind
                );
                if !kinds.contains(&wanted.kind) {
                    kinds.push(wanted.kind);
                }
            }
            at += 1;
        }
        assert!(kinds.len() > 15);
    }

    #[test]
    fn null_members_bad_links_and_pages() {
        let page = json!({"Members": [null, {"@odata.id": null}, 7, {"@odata.id": "/a"}],
            "Members@odata.nextLink": "/c?$skip=1"});
        assert_eq!(paths(Kind::Systems, page), ["/a", "/c?$skip=1"]);
        assert_eq!(paths(Kind::Leaves, json!({"Members": null})), [""; 0]);
        let functions = json!({"Members": [{"@odata.id": "/f/0"}, {"@odata.id": "/f/1"}]});
        assert_eq!(paths(Kind::PcieFunctions, functions), ["/f/0"]);
    }

    #[test]
    fn pcie_devices_as_a_list_and_as_a_collection() {
        let list = json!({"PCIeDevices": [{"@odata.id": "/d/1"}]});
        assert_eq!(paths(Kind::System, list), ["/d/1"]);
        let collection = json!({"PCIeDevices": {"@odata.id": "/d"}});
        assert_eq!(paths(Kind::Chassis, collection), ["/d"]);
    }
}
