//! Firmware that a manager tells of beside its own: `AdditionalFirmwareVersions`. No I/O.
//!
//! The standard has `Bootloader`, `Kernel` and others; an IMC has its own under `Oem.Intel`. (Most
//! BMCs list everything in a firmware inventory, which an IMC has not.)

use serde_json::{Map, Value};
use slipway_core::inventory::FirmwareInfo;

use crate::resource::as_text;

type Object = Map<String, Value>;

/// In the order in which the service wrote them; what is null is left out.
pub(crate) fn additional(manager: &Object) -> Vec<FirmwareInfo> {
    let object = |value: Option<&Value>| value.and_then(Value::as_object).cloned();
    let Some(versions) = object(manager.get("AdditionalFirmwareVersions")) else {
        return Vec::new();
    };
    let mut found: Vec<FirmwareInfo> = told("", &versions).collect();
    for (vendor, of_vendor) in object(versions.get("Oem")).unwrap_or_default() {
        if let Some(of_vendor) = of_vendor.as_object() {
            found.extend(told(&format!("{vendor} "), of_vendor));
        }
    }
    found
}

fn told(whose: &str, versions: &Object) -> impl Iterator<Item = FirmwareInfo> {
    let properties = versions.iter().filter(|(name, _)| !name.contains('@'));
    properties.filter_map(move |(name, version)| {
        Some(FirmwareInfo {
            id: Some(name.clone()),
            name: Some(format!("{whose}{name}")),
            version: Some(as_text(version)?),
            updateable: None,
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names(manager: &Value) -> Vec<String> {
        let all = additional(manager.as_object().unwrap()).into_iter();
        all.map(|f| format!("{} {}", f.name.unwrap(), f.version.unwrap()))
            .collect()
    }

    #[test]
    fn an_imcs_parts_are_listed_with_whose_they_are() {
        let imc = json!({"AdditionalFirmwareVersions": {
            "Bootloader": "MEV-BL-2.0.0",
            "Oem": {"Intel": {"@odata.type": "#InteIPUSoftwareInventory.v1_0_0.AdditionalVersions",
                "IMC": "MEV-2.0.0", "OROM": null, "Recovery": "MEV-R-2.0.0"}}}});
        assert_eq!(
            names(&imc),
            [
                "Bootloader MEV-BL-2.0.0",
                "Intel IMC MEV-2.0.0",
                "Intel Recovery MEV-R-2.0.0"
            ]
        );
    }

    #[test]
    fn what_says_nothing_adds_nothing() {
        for manager in [
            json!({}),
            json!({"AdditionalFirmwareVersions": null}),
            json!({"AdditionalFirmwareVersions": {"Bootloader": null, "Oem": []}}),
        ] {
            assert_eq!(names(&manager), Vec::<String>::new(), "{manager}");
        }
    }
}
