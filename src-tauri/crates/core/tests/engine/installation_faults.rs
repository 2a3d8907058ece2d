//! What goes wrong for good from the boot override on: the reset, the installation, the first boot.

use std::time::Duration;

use slipway_core::{failure::FailureKind as Kind, ports::RemoteError};

use crate::{
    deployment_faults::{Fault, all, inserted, meets},
    support::{Call, Effects, Entry, STABLE, changed_certificate, refused},
};

/// The reset was asked for, and clean-up ejected the ISO.
fn reset() -> Effects {
    Effects {
        override_sets: 1,
        resets: 1,
        ejects: 1,
        ..inserted()
    }
}

fn reset_and_after() -> Vec<Fault> {
    vec![
        Fault {
            name: "override not shown",
            at: None,
            spring: |w| w.faults.override_hidden = true,
            kind: Kind::Deadline,
            step: "Set the boot override",
            message: "`Set the boot override` took longer than 60 s",
            evidence: "the boot override was accepted and does not show",
            within: Duration::from_secs(75),
            // A PATCH that has not taken is sent again: it changes nothing else.
            effects: Effects {
                ejects: 1,
                override_sets: 17,
                ..inserted()
            },
        },
        Fault {
            name: "reset refused",
            at: None,
            spring: |w| {
                let words = "The action Manager.Reset is not supported by the resource";
                w.faults
                    .always
                    .insert(Call::Reset, refused(400, "ActionNotSupported", words));
            },
            kind: Kind::Refused,
            step: "Reset the IMC",
            message: "Manager.Reset is not supported",
            evidence: "HTTP 400 Base.1.18.ActionNotSupported",
            within: Duration::from_secs(6),
            // The override is taken back, the ISO ejected.
            effects: Effects {
                override_sets: 2,
                resets: 0,
                ..reset()
            },
        },
        Fault {
            name: "override lost: the old system comes back",
            at: None,
            spring: |w| w.faults.override_lost = true,
            kind: Kind::WrongImage,
            step: "Install and boot",
            message: "the old system came back: the installer did not install",
            evidence: "another SSH host key",
            within: Duration::from_secs(20),
            effects: reset(),
        },
        Fault {
            name: "the old system never goes away",
            at: None,
            spring: |w| {
                w.faults.override_lost = true;
                w.pace.acc_boot = -4_900;
            },
            kind: Kind::Deadline,
            step: "Wait for the installer",
            message: "`Wait for the installer` took longer than 60 s",
            evidence: "The old system still answers",
            within: Duration::from_secs(75),
            effects: reset(),
        },
        Fault {
            name: "recovery mode after the reset",
            at: None,
            spring: |w| w.faults.recovery_after_reset = true,
            kind: Kind::Firmware,
            step: "Wait for the IMC",
            message: "recovery system",
            evidence: "left behind: the ISO may still be inserted",
            within: Duration::from_secs(50),
            effects: Effects {
                ejects: 0,
                ..reset()
            },
        },
        Fault {
            name: "recovery mode in the middle of the installation",
            at: Some("Install and boot"),
            spring: |w| w.imc_hostname = "ipu-recovery".into(),
            kind: Kind::Firmware,
            step: "Install and boot",
            message: "recovery system",
            evidence: "the card's disk may be half installed",
            within: Duration::from_secs(50),
            effects: Effects {
                ejects: 0,
                ..reset()
            },
        },
        Fault {
            name: "the IMC's certificate changed with the reset",
            at: Some("Wait for the IMC"),
            spring: |w| all(w, &changed_certificate()),
            kind: Kind::TrustChanged,
            step: "Wait for the IMC",
            message: "certificate of imc-01.lab:8443 has changed",
            evidence: "left behind: the boot override may still be Cd",
            within: Duration::from_secs(20),
            effects: Effects {
                ejects: 0,
                ..reset()
            },
        },
        Fault {
            name: "the ACC fails to boot",
            at: Some("Install and boot"),
            spring: |w| {
                w.identity.health = Some("Critical".into());
                w.acc_up_at = i64::MAX;
            },
            kind: Kind::Unhealthy,
            step: "Install and boot",
            message: "the ACC failed to boot",
            evidence: "Status.Health is Critical",
            within: Duration::from_secs(20),
            effects: reset(),
        },
        Fault {
            name: "wrong digest booted",
            at: None,
            spring: |w| w.faults.boots_instead = Some(Entry::new(STABLE, '9')),
            kind: Kind::WrongImage,
            step: "Verify the image",
            message: "booted an image that nobody asked for",
            evidence: "wanted bbbbbbbbbbbb, booted 999999999999",
            within: Duration::from_secs(30),
            effects: reset(),
        },
        Fault {
            name: "another deployment's nonce",
            at: Some("Verify the image"),
            spring: |w| w.system().nonce = Some("0190000000007000a0000000000000ff".into()),
            kind: Kind::WrongImage,
            step: "Verify the image",
            message: "not installed by this deployment",
            evidence: "0190000000007000a0000000000000ff",
            within: Duration::from_secs(30),
            effects: reset(),
        },
        Fault {
            name: "the new system refuses our key",
            at: Some("Install and boot"),
            spring: |w| {
                let (peer, user) = ("acc-01.lab:22".into(), "root".into());
                let tried = "publickey".into();
                w.faults.acc = Some(RemoteError::Unauthorized { peer, user, tried });
            },
            kind: Kind::Authentication,
            step: "Install and boot",
            message: "refuses to log in as root",
            evidence: "",
            within: Duration::from_secs(20),
            // The IMC lets us in: there the clean-up is done.
            effects: Effects {
                refused_logins: 1,
                ..reset()
            },
        },
    ]
}

#[tokio::test]
async fn what_stops_the_reset_and_the_installation() {
    for fault in reset_and_after() {
        meets(&fault).await;
    }
}
