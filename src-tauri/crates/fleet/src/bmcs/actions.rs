//! What a Redfish service offers, and why not. A pure function of its last inventory.

use slipway_core::{
    inventory::{BmcKind, BootInfo, Inventory, MediaSlotInfo},
    ports::BootOverrideEnabled,
};

use crate::views::{BmcAction, BmcActionView};

const NO_SLOT: &str = "it offers no virtual media";
const BLUEFIELD: &str = "a BlueField has no virtual media: it is installed by BFB over rshim, which Slipway does not do";
const NEVER_READ: &str = "all of it was never read: look first";

/// Every action at every resource. `why_not` holds for all of them.
pub(super) fn actions(
    kind: &BmcKind,
    inventory: Option<&Inventory>,
    why_not: Option<&str>,
) -> Vec<BmcActionView> {
    let Some(inventory) = inventory else {
        return nothing_read(why_not.unwrap_or(NEVER_READ));
    };
    let mut all = media(kind, inventory);
    all.extend(boots(inventory));
    all.extend(resets(inventory));
    if let Some(why) = why_not {
        for action in &mut all {
            action.why_not = Some(why.to_owned());
        }
    }
    all
}

fn nothing_read(why: &str) -> Vec<BmcActionView> {
    [
        (BmcAction::Insert, "Insert a medium"),
        (BmcAction::Eject, "Eject the medium"),
        (BmcAction::SetBoot, "Set the boot override"),
        (BmcAction::Reset, "Reset"),
    ]
    .map(|(action, label)| BmcActionView {
        why_not: Some(why.to_owned()),
        ..plain(action, "", "", label)
    })
    .into()
}

fn plain(action: BmcAction, target: &str, target_name: &str, label: &str) -> BmcActionView {
    BmcActionView {
        action,
        target: target.to_owned(),
        target_name: target_name.to_owned(),
        label: label.to_owned(),
        choices: Vec::new(),
        modes: Vec::new(),
        interrupts: None,
        why_not: None,
    }
}

fn named(name: Option<&String>, id: Option<&String>, path: &str) -> String {
    let of_path = || {
        path.rsplit('/')
            .find(|part| !part.is_empty())
            .unwrap_or(path)
    };
    name.or(id)
        .map_or_else(|| of_path().to_owned(), Clone::clone)
}

fn media(kind: &BmcKind, inventory: &Inventory) -> Vec<BmcActionView> {
    // Some services link the same slots from system and manager.
    let mut slots: Vec<&MediaSlotInfo> = Vec::new();
    let of_systems = inventory.systems.iter().flat_map(|s| &s.slots);
    for slot in of_systems.chain(inventory.managers.iter().flat_map(|m| &m.slots)) {
        if slots.iter().all(|known| known.path != slot.path) {
            slots.push(slot);
        }
    }
    if slots.is_empty() || matches!(kind, BmcKind::BlueField { .. }) {
        let why = match kind {
            BmcKind::BlueField { .. } => BLUEFIELD,
            BmcKind::IntelImc | BmcKind::Server { .. } | BmcKind::Unknown => NO_SLOT,
        };
        let none = |action, label| BmcActionView {
            why_not: Some(why.to_owned()),
            ..plain(action, "", "", label)
        };
        return vec![
            none(BmcAction::Insert, "Insert a medium"),
            none(BmcAction::Eject, "Eject the medium"),
        ];
    }
    slots
        .into_iter()
        .flat_map(|slot| {
            let name = named(slot.name.as_ref(), slot.id.as_ref(), &slot.path);
            [
                BmcActionView {
                    why_not: slot.why_no_insert.clone(),
                    ..plain(BmcAction::Insert, &slot.path, &name, "Insert a medium")
                },
                BmcActionView {
                    why_not: slot.why_no_eject.clone(),
                    ..plain(BmcAction::Eject, &slot.path, &name, "Eject the medium")
                },
            ]
        })
        .collect()
}

fn modes(boot: &BootInfo) -> Vec<BootOverrideEnabled> {
    [
        BootOverrideEnabled::Once,
        BootOverrideEnabled::Continuous,
        BootOverrideEnabled::Disabled,
    ]
    .into_iter()
    .filter(|mode| {
        let word = format!("{mode:?}");
        boot.enabled_offered.is_empty() || boot.enabled_offered.contains(&word)
    })
    .collect()
}

fn boots(inventory: &Inventory) -> Vec<BmcActionView> {
    let label = "Set the boot override";
    if inventory.systems.is_empty() {
        return vec![BmcActionView {
            why_not: Some("it shows no system".to_owned()),
            ..plain(BmcAction::SetBoot, "", "", label)
        }];
    }
    inventory
        .systems
        .iter()
        .map(|system| {
            let name = named(system.name.as_ref(), system.id.as_ref(), &system.path);
            let boot = &system.boot;
            let known = boot.enabled.is_some() || !boot.targets_offered.is_empty();
            BmcActionView {
                choices: boot.targets_offered.clone(),
                modes: modes(boot),
                why_not: (!known).then(|| "this system offers no boot override".to_owned()),
                ..plain(BmcAction::SetBoot, &system.path, &name, label)
            }
        })
        .collect()
}

fn resets(inventory: &Inventory) -> Vec<BmcActionView> {
    let one =
        |path: &str, name: String, types: &Option<Vec<String>>, label: &str, interrupts: &str| {
            BmcActionView {
                choices: types.clone().unwrap_or_default(),
                interrupts: Some(interrupts.to_owned()),
                why_not: types.is_none().then(|| "it offers no reset".to_owned()),
                ..plain(BmcAction::Reset, path, &name, label)
            }
        };
    let systems = inventory.systems.iter().map(|system| {
        one(
            &system.path,
            named(system.name.as_ref(), system.id.as_ref(), &system.path),
            &system.reset_types,
            "Reset the system",
            "what runs on this system is interrupted or lost",
        )
    });
    let managers = inventory.managers.iter().map(|manager| {
        let interrupts = if inventory.kind == BmcKind::IntelImc {
            "the IMC vanishes for minutes, and the ACC with it"
        } else {
            "the BMC does not answer for some minutes; the server goes on"
        };
        one(
            &manager.path,
            named(manager.name.as_ref(), manager.id.as_ref(), &manager.path),
            &manager.reset_types,
            "Reset the manager",
            interrupts,
        )
    });
    systems.chain(managers).collect()
}

#[cfg(test)]
mod tests {
    use slipway_core::inventory::{ManagerInfo, SystemInfo};

    use super::*;

    fn slot(path: &str) -> MediaSlotInfo {
        MediaSlotInfo {
            path: path.into(),
            why_no_eject: Some("nothing is in it".into()),
            ..MediaSlotInfo::default()
        }
    }

    fn inventory() -> Inventory {
        Inventory {
            systems: vec![SystemInfo {
                path: "/redfish/v1/Systems/1".into(),
                slots: vec![slot("/redfish/v1/Systems/1/VirtualMedia/2")],
                boot: BootInfo {
                    enabled: Some("Disabled".into()),
                    enabled_offered: vec!["Once".into(), "Disabled".into()],
                    targets_offered: vec!["Cd".into(), "Pxe".into()],
                    ..BootInfo::default()
                },
                ..SystemInfo::default()
            }],
            managers: vec![ManagerInfo {
                path: "/redfish/v1/Managers/1".into(),
                slots: vec![slot("/redfish/v1/Systems/1/VirtualMedia/2")],
                reset_types: Some(vec!["ForceRestart".into()]),
                ..ManagerInfo::default()
            }],
            ..Inventory::default()
        }
    }

    fn find(all: &[BmcActionView], action: BmcAction, target: &str) -> BmcActionView {
        let mut found = all
            .iter()
            .filter(|a| a.action == action && a.target == target);
        let one = found.next().expect("it is there").clone();
        assert!(found.next().is_none(), "{target} is there once");
        one
    }

    #[test]
    fn what_is_offered_may_be_done_and_the_rest_says_why_not() {
        let all = actions(&BmcKind::Unknown, Some(&inventory()), None);
        let slot = "/redfish/v1/Systems/1/VirtualMedia/2";
        assert_eq!(find(&all, BmcAction::Insert, slot).why_not, None);
        let eject = find(&all, BmcAction::Eject, slot);
        assert_eq!(eject.why_not.as_deref(), Some("nothing is in it"));
        let boot = find(&all, BmcAction::SetBoot, "/redfish/v1/Systems/1");
        assert_eq!(boot.choices, ["Cd", "Pxe"]);
        let modes = [BootOverrideEnabled::Once, BootOverrideEnabled::Disabled];
        assert_eq!(boot.modes, modes);
        let system = find(&all, BmcAction::Reset, "/redfish/v1/Systems/1");
        assert_eq!(system.why_not.as_deref(), Some("it offers no reset"));
        let manager = find(&all, BmcAction::Reset, "/redfish/v1/Managers/1");
        assert_eq!(manager.choices, ["ForceRestart"]);
        assert!(manager.interrupts.is_some());
    }

    #[test]
    fn a_bluefield_has_no_virtual_media_and_says_how_it_is_installed() {
        let kind = BmcKind::BlueField { product: None };
        let all = actions(&kind, Some(&Inventory::default()), None);
        let insert = find(&all, BmcAction::Insert, "");
        assert!(insert.why_not.unwrap().contains("BFB"));
    }

    #[test]
    fn a_busy_card_and_one_that_was_never_read_refuse_everything() {
        let busy = actions(&BmcKind::IntelImc, Some(&inventory()), Some("a job runs"));
        assert!(
            busy.iter()
                .all(|a| a.why_not.as_deref() == Some("a job runs"))
        );
        let unread = actions(&BmcKind::IntelImc, None, None);
        assert!(unread.len() == 4 && unread.iter().all(|a| a.why_not.is_some()));
    }
}
