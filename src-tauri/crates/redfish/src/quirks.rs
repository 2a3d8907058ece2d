//! Where firmware differs from the standard: one named method each, with its source. No I/O.
//!
//! Only what the standard can't tell belongs here. A property that is absent, or an action that
//! isn't offered, is no quirk: it is read as it is.

use serde_json::{Map, Value, json};
use slipway_core::ports::BootOverrideEnabled;
use url::Url;

use crate::{
    answer::ServiceError,
    ipu::Signs,
    resource::{ComputerSystem, MediaSlot},
};

/// Whose firmware answers, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Platform {
    /// intel/ipu-redfish, MEV-TS 1.8 to 2.1.
    IntelIpu,
    /// The BMC of an NVIDIA BlueField card.
    BlueField,
    Supermicro,
    Lenovo,
    Other,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Quirks(pub Platform);

impl Quirks {
    /// How Intel's is told: [`crate::ipu`]. A BlueField's system is its own card (the captured
    /// BF-24.10; a server that holds one is another model). Supermicro's root of 2023 names itself
    /// only under `Oem` (the captured SYS-821GE-TNHR).
    pub(crate) fn of(signs: Signs<'_>) -> Self {
        let (root, none) = (signs.root, ComputerSystem::default());
        let system = signs.system.unwrap_or(&none);
        let has = |text: &Option<String>, word: &str| {
            let text = text.as_deref().unwrap_or_default().to_lowercase();
            text.contains(word)
        };
        let oem = |key: &str| root.oem.as_ref().is_some_and(|oem| oem.contains_key(key));
        let by = |word: &str, key: &str| {
            oem(key) || has(&root.vendor, word) || has(&system.manufacturer, word)
        };
        Self(if signs.judge().yes() {
            Platform::IntelIpu
        } else if has(&system.model, "bluefield") || has(&root.product, "bluefield") {
            Platform::BlueField
        } else if by("supermicro", "Supermicro") {
            Platform::Supermicro
        } else if by("lenovo", "Lenovo") {
            Platform::Lenovo
        } else {
            Platform::Other
        })
    }

    fn is(self, platform: Platform) -> bool {
        self.0 == platform
    }

    /// Intel, all releases: a session runs out after 30 s without a request, and each login is
    /// answered after 1 to 5 s; Basic costs neither (intel/ipu-redfish, recorded 2026-11-23).
    pub(crate) fn logs_in_by_basic(self) -> bool {
        self.is(Platform::IntelIpu)
    }

    /// BlueField-3: its installation goes by rshim with a BFB. BF-24.10 has no virtual media at all
    /// (the captured tree); should a newer one list some, they boot no installer of ours.
    pub(crate) fn has_no_use_for_media(self) -> Option<&'static str> {
        self.is(Platform::BlueField)
            .then_some("a BlueField card is installed by rshim, not by virtual media")
    }

    /// Lenovo XCC up to 2.5 and some later: slots without actions, where a PATCH of `Image` and
    /// `Inserted` inserts. Only the `EXT` slots take URLs; `RDOC` and `Remote` are for what was
    /// uploaded, or mounted by a browser (lenovo/python-redfish-lenovo issue 21; sushy 5.14 for
    /// `Inserted`, without which an SD530 attaches nothing). Elsewhere a slot without actions is
    /// one that is not offered.
    pub(crate) fn slot_without_actions(self, slot: &MediaSlot) -> Result<(), String> {
        if !self.is(Platform::Lenovo) {
            return Err("the slot offers no InsertMedia".to_owned());
        }
        let id = slot.id.as_deref().unwrap_or_default();
        match id.starts_with("RDOC") || id.starts_with("Remote") {
            true => Err("the slot is for uploaded images, and takes no URL".to_owned()),
            false => Ok(()),
        }
    }

    /// Intel, all releases: `TransferMethod` is mandatory, only `Upload` is taken, and any property
    /// beyond `Image`, `TransferMethod`, `UserName`, `Password` is 400 PropertyUnknown
    /// (intel/ipu-redfish, recorded 2026-11-23). Elsewhere `Image` alone comes first: Supermicro
    /// X11 and X12 refuse even the default values of `Inserted` and `WriteProtected` (sushy 5.14).
    pub(crate) fn insert_body(self, image: &Url) -> Map<String, Value> {
        let mut body = Map::from_iter([("Image".to_owned(), Value::from(image.as_str()))]);
        if self.is(Platform::IntelIpu) {
            body.insert("TransferMethod".to_owned(), Value::from("Upload"));
        }
        body
    }

    /// Servers that want more than `Image` name it in the refusal: the body to send next, with one
    /// property more than the refused one (sushy 5.14: the protocol, the method, and on an NVIDIA
    /// DGX credentials even over HTTPS). Never for Intel, whose body is complete.
    pub(crate) fn insert_body_after(
        self,
        refusal: &ServiceError,
        refused: &Map<String, Value>,
        image: &Url,
    ) -> Option<Map<String, Value>> {
        if self.is(Platform::IntelIpu) {
            return None;
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

    /// How often an insert is sent at most where it is answered by 5xx. Servers' BMCs stumble over
    /// their own slot and take the same insert a moment later (OpenStack Ironic, redfish/boot.py:
    /// three times, 3 s apart); it names the same image for the same slot, so a second one changes
    /// nothing. Intel, all releases: an insert that broke off leaves a partial file, to which the
    /// next one **appends** (intel/ipu-redfish): never again there.
    pub(crate) fn insert_tries(self) -> u32 {
        match self.is(Platform::IntelIpu) {
            true => 1,
            false => 3,
        }
    }

    /// Intel, all releases: an insert ejects what was there. Others refuse it while something is
    /// inserted.
    pub(crate) fn insert_ejects(self) -> bool {
        self.is(Platform::IntelIpu)
    }

    /// Intel, all releases: ejecting nothing is 400 ActionNotSupported, where the standard has
    /// nothing to say (intel/ipu-redfish, recorded 2026-11-23).
    pub(crate) fn eject_refusal_means_empty(self, refusal: &ServiceError) -> bool {
        self.is(Platform::IntelIpu) && refusal.is("ActionNotSupported")
    }

    /// Supermicro keeps `Image`, and `Inserted` with it, after ejecting: `ConnectedVia` tells (seen
    /// on X12STW-TF and H13SRD-F: ansible-collections/community.general pull request 12537).
    pub(crate) fn holds_media(self, slot: &MediaSlot) -> bool {
        let inserted = slot.inserted.unwrap_or(slot.image.is_some());
        let connected = slot.connected_via.as_deref() != Some("NotConnected");
        inserted && (connected || !self.is(Platform::Supermicro))
    }

    /// Intel, all releases: the `Location` is a task monitor that tells no state, beside the Task
    /// of the same number (routes of intel/ipu-redfish 1.6.4).
    pub(crate) fn task_behind_monitor(self, monitor: &str) -> String {
        match self.is(Platform::IntelIpu) {
            true => monitor.replacen("/TaskMonitors/", "/Tasks/", 1),
            false => monitor.to_owned(),
        }
    }

    /// Supermicro X11 and X12 show virtual media as a USB CD: they offer `Cd` too, and don't boot
    /// virtual media by it (sushy 5.14, `set_system_boot_options`).
    pub(crate) fn boot_target(self, wanted: &str, offered: &[String]) -> String {
        let usb = "UsbCd";
        let has_usb = offered.iter().any(|target| target == usb);
        match self.is(Platform::Supermicro) && wanted == "Cd" && has_usb {
            true => usb.to_owned(),
            false => wanted.to_owned(),
        }
    }

    /// Intel, all releases: an override can't be `Disabled` again once it was set; what comes
    /// nearest is `Continuous` with `RemoteDrive`, and that is the caller's to ask for
    /// (intel/ipu-redfish, recorded 2026-11-23).
    pub(crate) fn takes_override(self, enabled: BootOverrideEnabled) -> bool {
        match enabled {
            BootOverrideEnabled::Disabled => !self.is(Platform::IntelIpu),
            BootOverrideEnabled::Once | BootOverrideEnabled::Continuous => true,
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
        let (root, system) = (object(root), object(system));
        let signs = Signs {
            root: &root,
            system: Some(&system),
            manager: None,
        };
        Quirks::of(signs).0
    }

    #[test]
    fn whose_firmware_answers() {
        let intel = json!({"Name": "Intel IPU Redfish Service"});
        assert_eq!(platform(intel, json!({})), Platform::IntelIpu);
        let other_dpu = json!({"Name": "x", "Vendor": "Nvidia"});
        let dpu = platform(other_dpu, json!({"SystemType": "DPU"}));
        assert_eq!(dpu, Platform::Other);
        let oem = json!({"Name": "Root Service", "Oem": {"Supermicro": {}}});
        assert_eq!(platform(oem, json!({})), Platform::Supermicro);
        let lenovo = platform(json!({"Vendor": "Lenovo"}), json!({}));
        assert_eq!(lenovo, Platform::Lenovo);
        let card = json!({"Manufacturer": "https://www.mellanox.com",
            "Model": "BlueField-3 SmartNIC Main Card"});
        assert_eq!(
            platform(json!({"Vendor": "Nvidia"}), card),
            Platform::BlueField
        );
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

    #[test]
    fn only_lenovos_external_slots_are_patched() {
        let slot = |id: &str| object::<MediaSlot>(json!({"Id": id, "Image": null}));
        let lenovo = Quirks(Platform::Lenovo);
        assert_eq!(lenovo.slot_without_actions(&slot("EXT1")), Ok(()));
        for id in ["RDOC1", "Remote4"] {
            assert!(lenovo.slot_without_actions(&slot(id)).is_err(), "{id}");
        }
        assert!(
            Quirks(Platform::Other)
                .slot_without_actions(&slot("EXT1"))
                .is_err()
        );
    }

    #[test]
    fn a_supermicro_boots_virtual_media_as_a_usb_cd_where_it_has_that() {
        let all = ["Cd".to_owned(), "UsbCd".to_owned()];
        let target = |platform, offered: &[String]| Quirks(platform).boot_target("Cd", offered);
        assert_eq!(target(Platform::Supermicro, &all), "UsbCd");
        assert_eq!(target(Platform::Supermicro, &all[..1]), "Cd");
        assert_eq!(target(Platform::Other, &all), "Cd");
        assert_eq!(Quirks(Platform::Supermicro).boot_target("Pxe", &all), "Pxe");
    }
}
