//! Whether a service is the IMC of an Intel IPU, by what it says of itself. No I/O.
//!
//! Intel's service calls itself "Intel IPU Redfish Service", and its configuration can give it any
//! other name. Then its system and its manager tell: a system of type DPU, behind a manager that
//! bears a mark of Intel's firmware. One of them alone tells nothing: a BlueField is a DPU too, and
//! a server's BMC may have an `Oem.Intel`. Whatever names another maker is none, however it is
//! called (intel/ipu-redfish, the drops for MEV-TS 1.8 to 2.1).

use serde_json::{Map, Value};

use crate::resource::{ComputerSystem, Manager, ServiceRoot};

/// What is known of a service so far. Absent: not read, or not there.
#[derive(Clone, Copy)]
pub(crate) struct Signs<'a> {
    pub root: &'a ServiceRoot,
    pub system: Option<&'a ComputerSystem>,
    pub manager: Option<&'a Manager>,
}

/// The verdict, with the evidence in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ipu {
    Is(String),
    IsNot(String),
}

impl Ipu {
    pub(crate) fn yes(&self) -> bool {
        matches!(self, Self::Is(_))
    }
}

impl Signs<'_> {
    pub(crate) fn judge(self) -> Ipu {
        let name = self.root.name.as_deref();
        let called = match name {
            Some(name) => format!("it calls itself `{name}`"),
            None => "it has no name".to_owned(),
        };
        if let Some(against) = self.other_maker() {
            return Ipu::IsNot(format!("{called}, and {against}"));
        }
        if self.is_named() {
            return Ipu::Is(called);
        }
        if !self.has_dpu() {
            return Ipu::IsNot(called);
        }
        match self.manager.and_then(|manager| self.mark(manager)) {
            Some(mark) => Ipu::Is(format!("{called}, but its system is a DPU and {mark}")),
            None => Ipu::IsNot(format!(
                "{called}, and nothing says that its DPU is Intel's"
            )),
        }
    }

    /// Whether only the manager can tell.
    pub(crate) fn want_the_manager(self) -> bool {
        !self.is_named() && self.has_dpu() && self.other_maker().is_none()
    }

    fn is_named(self) -> bool {
        let name = self.root.name.as_deref().unwrap_or_default();
        name.to_lowercase().contains("intel ipu")
    }

    fn has_dpu(self) -> bool {
        let kind = self.system.and_then(|system| system.system_type.as_deref());
        kind == Some("DPU")
    }

    /// What can't be said by an IMC: the first of it.
    fn other_maker(self) -> Option<String> {
        let other = |maker: &Option<String>| {
            let maker = maker.as_deref()?;
            (!maker.to_lowercase().contains("intel")).then(|| maker.to_owned())
        };
        if let Some(vendor) = other(&self.root.vendor) {
            return Some(format!("its root names the vendor `{vendor}`"));
        }
        let system = self.system?;
        if let Some(maker) = other(&system.manufacturer) {
            return Some(format!("its system was made by `{maker}`"));
        }
        let kind = system.system_type.as_deref().filter(|kind| *kind != "DPU");
        kind.map(|kind| format!("its system is of type `{kind}`"))
    }

    /// What of a manager is Intel's IPU firmware and nobody else's.
    fn mark(self, manager: &Manager) -> Option<String> {
        let of_oem = |oem: Option<&Map<String, Value>>, word: &str| {
            let kind = oem?.get("Intel")?.get("@odata.type")?.as_str()?;
            // Intel writes `#InteIPUManager.v1_0_0.Manager`.
            let is_marked = kind.contains(word);
            is_marked.then(|| format!("its manager has Intel's `{kind}`"))
        };
        let additional = manager.additional_firmware_versions.as_ref();
        let versions = additional.and_then(|all| all.get("Oem")?.as_object());
        let firmware = manager.firmware_version.as_deref();
        let firmware = firmware.filter(|version| version.starts_with("MEV-"));
        let described = |text: &Option<String>, words: &str| text.as_deref() == Some(words);
        let both_described = described(&manager.description, "Integrated Management Complex")
            && self
                .system
                .is_some_and(|s| described(&s.description, "Acceleration Compute Complex"));
        of_oem(manager.oem.as_ref(), "IPUManager")
            .or_else(|| of_oem(versions, "IPUSoftwareInventory"))
            .or_else(|| firmware.map(|version| format!("its firmware is `{version}`")))
            .or_else(|| {
                let words = "its manager is an Integrated Management Complex";
                both_described.then(|| words.to_owned())
            })
    }
}

/// Whether a root that nobody has logged in to yet could be a renamed IMC's: it names no maker, no
/// product and nothing of its own, has systems and managers, and no chassis.
pub(crate) fn may_be_renamed(root: &Map<String, Value>) -> bool {
    let has = |property: &str| root.get(property).is_some_and(|value| !value.is_null());
    ["Systems", "Managers"].into_iter().all(has)
        && !["Vendor", "Product", "Oem", "Chassis"].into_iter().any(has)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::resource::read;

    fn judge(root: Value, system: Value, manager: Value) -> Ipu {
        let object = |value: Value| value.as_object().unwrap().clone();
        let root: ServiceRoot = read(object(root));
        let (system, manager): (ComputerSystem, Manager) =
            (read(object(system)), read(object(manager)));
        let signs = Signs {
            root: &root,
            system: Some(&system),
            manager: Some(&manager),
        };
        signs.judge()
    }

    fn renamed() -> Value {
        json!({"Name": "rack 7"})
    }

    fn dpu() -> Value {
        json!({"SystemType": "DPU", "Manufacturer": null, "Model": null,
            "Description": "Acceleration Compute Complex"})
    }

    fn imc() -> Value {
        json!({"Name": "IMC", "FirmwareVersion": "Default x86-64 system",
            "Oem": {"Intel": {"@odata.type": "#InteIPUManager.v1_0_0.Manager"}}})
    }

    #[test]
    fn a_renamed_imc_is_known_by_its_system_and_any_mark_of_its_manager() {
        let marks = [
            imc(),
            json!({"AdditionalFirmwareVersions": {"Oem": {"Intel":
                {"@odata.type": "#InteIPUSoftwareInventory.v1_0_0.AdditionalVersions"}}}}),
            json!({"FirmwareVersion": "MEV-HW-B1-ci-ts.release.2.0.0.11126"}),
            json!({"Description": "Integrated Management Complex"}),
        ];
        for manager in marks {
            let Ipu::Is(evidence) = judge(renamed(), dpu(), manager.clone()) else {
                panic!("{manager} is not taken for an IMC");
            };
            assert!(evidence.contains("`rack 7`"), "{evidence}");
        }
        let nameless = judge(json!({}), dpu(), imc());
        assert!(nameless.yes(), "{nameless:?}");
        let intels = json!({"SystemType": "DPU", "Manufacturer": "Intel(R) Corporation"});
        assert!(judge(renamed(), intels, imc()).yes());
    }

    #[test]
    fn what_is_like_one_in_part_is_none() {
        let named = || json!({"Name": "Intel IPU Redfish Service"});
        let server = || json!({"SystemType": "Physical"});
        let none = || json!({});
        let all = [
            // A DPU of somebody who names himself nowhere.
            (renamed(), dpu(), none()),
            (
                renamed(),
                dpu(),
                json!({"Oem": {"Nvidia": {"@odata.type": "#NvidiaManager"}}}),
            ),
            // An Intel server, whose manager has an Oem of Intel's.
            (
                renamed(),
                server(),
                json!({"Oem": {"Intel": {"@odata.type": "#OemManager"}}}),
            ),
            // The manager alone, and the name of a server's BMC that somebody gave it.
            (renamed(), none(), imc()),
            (renamed(), server(), imc()),
            (named(), server(), none()),
            (
                json!({"Name": "Intel IPU host", "Vendor": "Dell"}),
                none(),
                none(),
            ),
            // A host's BMC that shows the card's system as its own.
            (
                json!({"Name": "Root Service", "Vendor": "HPE"}),
                dpu(),
                imc(),
            ),
            (
                renamed(),
                json!({"SystemType": "DPU", "Manufacturer": "https://www.mellanox.com"}),
                imc(),
            ),
        ];
        for (root, system, manager) in all {
            let verdict = judge(root.clone(), system.clone(), manager.clone());
            assert!(!verdict.yes(), "{root} {system} {manager}: {verdict:?}");
        }
    }

    #[test]
    fn the_evidence_against_is_told() {
        let verdict = judge(
            json!({"Name": "Intel IPU host", "Vendor": "Dell"}),
            json!({}),
            json!({}),
        );
        let Ipu::IsNot(evidence) = verdict else {
            panic!("{verdict:?}");
        };
        assert_eq!(
            evidence,
            "it calls itself `Intel IPU host`, and its root names the vendor `Dell`"
        );
    }

    #[test]
    fn a_root_that_says_nothing_may_be_a_renamed_imcs() {
        let root = |extra: Value| {
            let mut root = json!({"Name": "rack 7", "Systems": {}, "Managers": {}});
            let more = extra.as_object().unwrap().clone();
            root.as_object_mut().unwrap().extend(more);
            may_be_renamed(root.as_object().unwrap())
        };
        assert!(root(json!({})));
        assert!(root(json!({"Vendor": null})));
        for property in ["Vendor", "Product", "Oem", "Chassis"] {
            assert!(!root(json!({property: {"a": 1}})), "{property}");
        }
    }
}
