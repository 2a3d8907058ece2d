//! Whose controller answers, from what it says of itself. No I/O.

use serde_json::{Map, Value};
use slipway_core::inventory::{BmcKind, Inventory};

use crate::quirks::{Platform, Quirks};

pub(crate) fn unknown() -> BmcKind {
    BmcKind::Unknown
}

/// The kind of a service whose inventory this is.
pub(crate) fn of(inventory: &Inventory, quirks: Quirks, root: &Map<String, Value>) -> BmcKind {
    let system = inventory.systems.first();
    let product = system.and_then(|s| s.model.clone());
    let product = product.or_else(|| inventory.service.product.clone());
    match quirks.0 {
        Platform::IntelIpu => return BmcKind::IntelImc,
        Platform::BlueField => return BmcKind::BlueField { product },
        Platform::Supermicro | Platform::Lenovo | Platform::Other => {}
    }
    let of_system = system.and_then(|s| s.manufacturer.as_deref());
    let of_chassis = inventory.chassis.iter();
    let of_chassis = of_chassis.filter_map(|c| c.manufacturer.as_deref()).next();
    let vendor = inventory.service.vendor.as_deref();
    let vendor = vendor.or(of_system).or(of_chassis).map(name_of);
    // Services that name their vendor nowhere else do so under `Oem`.
    let vendor = vendor.or_else(|| {
        let oem = root.get("Oem").and_then(Value::as_object);
        oem.and_then(|oem| oem.keys().next().cloned())
    });
    match (vendor, product) {
        (None, None) => BmcKind::Unknown,
        (vendor, product) => BmcKind::Server { vendor, product },
    }
}

/// A manufacturer's name. Some write a URL: `https://www.mellanox.com`.
fn name_of(manufacturer: &str) -> String {
    let Some((_, rest)) = manufacturer.split_once("://") else {
        return manufacturer.to_owned();
    };
    let host = rest.split('/').next().unwrap_or(rest);
    let host = host.strip_prefix("www.").unwrap_or(host);
    host.split('.').next().unwrap_or(host).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manufacturer_may_be_a_url() {
        assert_eq!(name_of("https://www.mellanox.com"), "mellanox");
        assert_eq!(name_of("http://nvidia.com/x"), "nvidia");
        assert_eq!(name_of("Dell Inc."), "Dell Inc.");
    }
}
