//! Where firmware differs from the standard: one named method each, with its source. No I/O.
//!
//! Only what the standard can't tell belongs here. A property that is absent, or an action that
//! isn't offered, is no quirk: it is read as it is.

use serde_json::{Map, Value, json};
use slipway_core::ports::BootOverrideEnabled;
use url::Url;

use crate::{
    answer::ServiceError,
    resource::{ComputerSystem, MediaSlot, ServiceRoot},
};

/// Whose firmware answers, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Platform {
    /// intel/ipu-redfish, MEV-TS 1.8 to 2.1.
    IntelIpu,
    Supermicro,
    Other,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Quirks(pub Platform);

impl Quirks {
    /// Intel's says it in the root's name (which its configuration can change), and no other
    /// service without a vendor has a system of type DPU. Supermicro's root of 2023 names itself
    /// only under `Oem` (the captured SYS-821GE-TNHR).
    pub(crate) fn of(root: &ServiceRoot, system: &ComputerSystem) -> Self {
        let has = |text: &Option<String>, word: &str| {
            let text = text.as_deref().unwrap_or_default().to_lowercase();
            text.contains(word)
        };
        let oem = |key: &str| root.oem.as_ref().is_some_and(|oem| oem.contains_key(key));
        let nameless_dpu = root.vendor.is_none()
            && system.manufacturer.is_none()
            && system.system_type.as_deref() == Some("DPU");
        if has(&root.name, "intel ipu") || nameless_dpu {
            Self(Platform::IntelIpu)
        } else if oem("Supermicro")
            || has(&root.vendor, "supermicro")
            || has(&system.manufacturer, "supermicro")
        {
            Self(Platform::Supermicro)
        } else {
            Self(Platform::Other)
        }
    }

    /// Intel, all releases: `TransferMethod` is mandatory, only `Upload` is taken, and any property
    /// beyond `Image`, `TransferMethod`, `UserName`, `Password` is 400 PropertyUnknown
    /// (intel/ipu-redfish, recorded 2026-11-23). Elsewhere `Image` alone comes first: Supermicro
    /// refuses even the default values of `Inserted` and `WriteProtected`.
    pub(crate) fn insert_body(self, image: &Url) -> Map<String, Value> {
        let body = match self.0 {
            Platform::IntelIpu => json!({"Image": image.as_str(), "TransferMethod": "Upload"}),
            Platform::Supermicro | Platform::Other => json!({"Image": image.as_str()}),
        };
        body.as_object().cloned().unwrap_or_default()
    }

    /// Servers that want more than `Image` name it in the refusal: the body to send next, with one
    /// property more than the refused one. Never for Intel, whose body is complete.
    pub(crate) fn insert_body_after(
        self,
        refusal: &ServiceError,
        refused: &Map<String, Value>,
        image: &Url,
    ) -> Option<Map<String, Value>> {
        match self.0 {
            Platform::IntelIpu => return None,
            Platform::Supermicro | Platform::Other => {}
        }
        let names = |property: &str| {
            let wanted = format!("#/{property}");
            refusal.related.contains(&wanted) || refusal.message.contains(property)
        };
        let offers = [
            ("TransferProtocolType", json!(image.scheme().to_uppercase())),
            ("TransferMethod", json!("Stream")),
            // Some want them for any share, and ignore them over HTTPS.
            ("UserName", json!("none")),
            ("Password", json!("none")),
        ];
        let (name, value) = offers
            .into_iter()
            .find(|(name, _)| names(name) && !refused.contains_key(*name))?;
        let mut body = refused.clone();
        body.insert(name.to_owned(), value);
        Some(body)
    }

    /// Intel, all releases: an insert ejects what was there. Others refuse it while something is
    /// inserted.
    pub(crate) fn insert_ejects(self) -> bool {
        match self.0 {
            Platform::IntelIpu => true,
            Platform::Supermicro | Platform::Other => false,
        }
    }

    /// Intel, all releases: ejecting nothing is 400 ActionNotSupported, where the standard has
    /// nothing to say (intel/ipu-redfish, recorded 2026-11-23).
    pub(crate) fn eject_refusal_means_empty(self, refusal: &ServiceError) -> bool {
        match self.0 {
            Platform::IntelIpu => refusal.is("ActionNotSupported"),
            Platform::Supermicro | Platform::Other => false,
        }
    }

    /// Supermicro keeps `Image`, and `Inserted` with it, after ejecting: `ConnectedVia` tells.
    pub(crate) fn holds_media(self, slot: &MediaSlot) -> bool {
        let inserted = slot.inserted.unwrap_or(slot.image.is_some());
        let connected = slot.connected_via.as_deref() != Some("NotConnected");
        match self.0 {
            Platform::Supermicro => inserted && connected,
            Platform::IntelIpu | Platform::Other => inserted,
        }
    }

    /// Intel, all releases: the `Location` is a task monitor that tells no state, beside the Task
    /// of the same number (routes of intel/ipu-redfish 1.6.4).
    pub(crate) fn task_behind_monitor(self, monitor: &str) -> String {
        match self.0 {
            Platform::IntelIpu => monitor.replacen("/TaskMonitors/", "/Tasks/", 1),
            Platform::Supermicro | Platform::Other => monitor.to_owned(),
        }
    }

    /// Intel, all releases: an override can't be `Disabled` again once it was set; what comes
    /// nearest is `Continuous` with `RemoteDrive`, and that is the caller's to ask for
    /// (intel/ipu-redfish, recorded 2026-11-23).
    pub(crate) fn takes_override(self, enabled: BootOverrideEnabled) -> bool {
        match (self.0, enabled) {
            (Platform::IntelIpu, BootOverrideEnabled::Disabled) => false,
            (
                Platform::IntelIpu | Platform::Supermicro | Platform::Other,
                BootOverrideEnabled::Disabled
                | BootOverrideEnabled::Once
                | BootOverrideEnabled::Continuous,
            ) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::read;

    fn object<T: serde::de::DeserializeOwned + Default>(value: Value) -> T {
        read(value.as_object().unwrap().clone())
    }

    fn platform(root: Value, system: Value) -> Platform {
        Quirks::of(&object(root), &object(system)).0
    }

    #[test]
    fn whose_firmware_answers() {
        let intel = json!({"Name": "Intel IPU Redfish Service"});
        assert_eq!(platform(intel, json!({})), Platform::IntelIpu);
        let renamed = platform(json!({"Name": "lab 4"}), json!({"SystemType": "DPU"}));
        assert_eq!(renamed, Platform::IntelIpu);
        let other_dpu = json!({"Name": "x", "Vendor": "Nvidia"});
        let dpu = platform(other_dpu, json!({"SystemType": "DPU"}));
        assert_eq!(dpu, Platform::Other);
        let oem = json!({"Name": "Root Service", "Oem": {"Supermicro": {}}});
        assert_eq!(platform(oem, json!({})), Platform::Supermicro);
    }

    #[test]
    fn the_body_of_an_insert() {
        let image: Url = "https://10.0.0.1/t/boot.iso".parse().unwrap();
        let intel = Quirks(Platform::IntelIpu).insert_body(&image);
        assert_eq!(
            serde_json::to_string(&intel).unwrap(),
            r#"{"Image":"https://10.0.0.1/t/boot.iso","TransferMethod":"Upload"}"#
        );
        let quirks = Quirks(Platform::Other);
        let first = quirks.insert_body(&image);
        assert_eq!(first.len(), 1);
        let missing = |property: &str| ServiceError {
            message: format!("The property {property} is required."),
            ..ServiceError::default()
        };
        let refusal = missing("TransferProtocolType");
        let second = quirks.insert_body_after(&refusal, &first, &image).unwrap();
        assert_eq!(second["TransferProtocolType"], "HTTPS");
        // Naming it again brings nothing new: no third try with the same body.
        assert!(
            quirks
                .insert_body_after(&refusal, &second, &image)
                .is_none()
        );
        let none = Quirks(Platform::IntelIpu).insert_body_after(&refusal, &intel, &image);
        assert!(none.is_none());
    }

    #[test]
    fn an_ejected_supermicro_slot_is_empty_though_it_keeps_its_image() {
        let slot: MediaSlot = object(json!({"Inserted": true, "Image": "https://h/a.iso",
            "ConnectedVia": "NotConnected"}));
        assert!(!Quirks(Platform::Supermicro).holds_media(&slot));
        assert!(Quirks(Platform::Other).holds_media(&slot));
    }
}
