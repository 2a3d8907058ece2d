//! What goes wrong for good before a deployment resets the IMC: the verdict, the evidence, in how
//! much time, and what was done to the card by then.

use std::time::Duration;

use slipway_core::{
    failure::{FailureKind as Kind, Retry},
    ports::BmcError,
};

use crate::support::{
    CALLS, Call, Effects, Rig, World, changed_host_key, deployment, failure, no_answer, refused,
    says, wrong_password,
};

pub struct Fault {
    pub name: &'static str,
    /// Sprung when this state is entered; `None`: from the start.
    pub at: Option<&'static str>,
    pub spring: fn(&mut World),
    pub kind: Kind,
    pub step: &'static str,
    pub message: &'static str,
    /// Somewhere in the evidence.
    pub evidence: &'static str,
    pub within: Duration,
    pub effects: Effects,
}

fn none() -> Effects {
    Effects::default()
}
fn prepared() -> Effects {
    Effects {
        trust_writes: 1,
        ..none()
    }
}
pub fn inserted() -> Effects {
    Effects {
        inserts: 1,
        ..prepared()
    }
}
pub fn all(world: &mut World, error: &BmcError) {
    for call in CALLS {
        world.faults.always.insert(call, error.clone());
    }
}

const SOON: Duration = Duration::from_secs(2);

fn before_the_insert() -> Vec<Fault> {
    vec![
        Fault {
            name: "not an IPU",
            at: None,
            spring: |w| {
                w.identity.is_ipu = false;
                w.identity.evidence =
                    "it calls itself `Integrated Dell Remote Access Controller`".into();
            },
            kind: Kind::NotAnImc,
            step: "Check the card",
            message: "not an Intel IPU",
            evidence: "Integrated Dell",
            within: SOON,
            effects: none(),
        },
        Fault {
            name: "not Redfish",
            at: None,
            spring: |w| {
                let (peer, evidence) = ("imc-01.lab:8443".into(), "HTTP 404, nginx".into());
                w.faults
                    .always
                    .insert(Call::Identify, BmcError::NotRedfish { peer, evidence });
            },
            kind: Kind::NotAnImc,
            step: "Check the card",
            message: "not a Redfish service",
            evidence: "",
            within: SOON,
            effects: none(),
        },
        Fault {
            name: "unsupported firmware",
            at: None,
            spring: |w| {
                w.identity.firmware = Some("MEV-HW-B1-ci-ts.release.2.1.0.1".into());
                w.identity.firmware_release = Some("2.1.0".into());
            },
            kind: Kind::Firmware,
            step: "Check the card",
            message: "firmware is not known to work",
            evidence: "release.2.1.0.1",
            within: SOON,
            effects: none(),
        },
        Fault {
            name: "recovery mode",
            at: None,
            spring: |w| {
                // Its Redfish still answers here: the host name has to tell.
                w.faults
                    .imc_says
                    .insert("cat /etc/hostname", says(0, "ipu-recovery\n", ""));
            },
            kind: Kind::Firmware,
            step: "Check the card",
            message: "recovery system",
            evidence: "ipu-recovery",
            within: SOON,
            effects: none(),
        },
        Fault {
            name: "wrong password: one attempt",
            at: None,
            spring: |w| all(w, &wrong_password()),
            kind: Kind::Authentication,
            step: "Check the card",
            message: "refuses the user name or the password",
            evidence: "",
            within: SOON,
            effects: Effects {
                refused_logins: 1,
                ..none()
            },
        },
        Fault {
            name: "the IMC's host key has changed",
            at: None,
            spring: |w| w.faults.imc_shell = Some(changed_host_key("imc-01.lab:22")),
            kind: Kind::TrustChanged,
            step: "Check the card",
            message: "SSH host key of imc-01.lab:22 has changed",
            evidence: "",
            within: SOON,
            effects: none(),
        },
        Fault {
            name: "the IMC's disk is full",
            at: None,
            spring: |w| {
                let full =
                    "tee: /etc/pki/ca-trust/source/anchors/slipway.pem: No space left on device\n";
                w.faults.imc_says.insert("tee", says(1, "", full));
            },
            kind: Kind::Refused,
            step: "Prepare the IMC",
            message: "CA certificate can't be written",
            evidence: "No space left on device",
            within: SOON,
            effects: none(),
        },
        Fault {
            name: "the IMC's clock can't be set",
            at: None,
            spring: |w| {
                w.imc_clock = -86_400_000;
                w.faults
                    .imc_says
                    .insert("date -s", says(1, "", "date: cannot set date\n"));
            },
            kind: Kind::Refused,
            step: "Prepare the IMC",
            message: "clock is wrong and can't be set",
            evidence: "-86400 s off: date: cannot set date",
            within: SOON,
            effects: none(),
        },
    ]
}

fn media() -> Vec<Fault> {
    vec![
        Fault {
            name: "refused insert",
            at: None,
            spring: |w| {
                let words = "The property Inserted is not in the list of valid properties";
                w.faults
                    .always
                    .insert(Call::Insert, refused(400, "PropertyUnknown", words));
            },
            kind: Kind::Refused,
            step: "Insert the ISO",
            message: "The property Inserted is not in the list",
            evidence: "HTTP 400 Base.1.18.PropertyUnknown",
            within: SOON,
            effects: prepared(),
        },
        Fault {
            name: "task exception",
            at: None,
            spring: |w| {
                let words =
                    "Virtual Media insert failed: Data transfer failed: Unsupported protocol";
                w.faults.task_fails = Some(words.into());
            },
            kind: Kind::MediaTransfer,
            step: "Insert the ISO",
            message: "the IMC could not fetch the ISO",
            evidence: "Data transfer failed: Unsupported protocol",
            within: Duration::from_secs(5),
            effects: Effects {
                partial_removals: 1,
                ..inserted()
            },
        },
        Fault {
            name: "completed, and the slot shows another name",
            at: None,
            spring: |w| w.faults.slot_shows = Some("rhel-9.iso".into()),
            kind: Kind::MediaTransfer,
            step: "Insert the ISO",
            message: "says the ISO is inserted, and shows something else",
            evidence: "ImageName is rhel-9.iso",
            within: Duration::from_secs(5),
            // What isn't ours is left alone.
            effects: inserted(),
        },
        Fault {
            name: "the password was changed during the download: not asked again",
            at: Some("Insert the ISO"),
            spring: |w| all(w, &wrong_password()),
            kind: Kind::Authentication,
            step: "Insert the ISO",
            message: "refuses the user name or the password",
            evidence: "left behind: the ISO may still be inserted",
            within: SOON,
            effects: Effects {
                refused_logins: 1,
                ..prepared()
            },
        },
        Fault {
            name: "the IMC restarts in every download",
            at: None,
            spring: |w| w.faults.restarts_in_download = true,
            kind: Kind::MediaTransfer,
            step: "Insert the ISO",
            message: "the IMC loses the download again and again",
            evidence: "it was begun 3 times",
            within: Duration::from_secs(45),
            effects: Effects {
                inserts: 3,
                partial_removals: 3,
                ..prepared()
            },
        },
    ]
}

pub async fn meets(fault: &Fault) {
    let name = fault.name;
    let mut rig = Rig::new();
    let id = rig.submit(deployment()).await;
    if let Some(at) = fault.at {
        rig.run_until(&id, at).await;
    }
    (fault.spring)(&mut rig.world());
    let job = rig.run(&id).await;
    let failure = failure(&job);
    let told = format!("{name}: {failure:#?}\n{}", rig.history(&id).join("\n"));
    assert_eq!(
        (failure.kind, failure.step.as_str()),
        (fault.kind, fault.step),
        "{told}"
    );
    assert!(failure.message.contains(fault.message), "{told}");
    assert!(failure.causes.join("\n").contains(fault.evidence), "{told}");
    assert!(
        rig.elapsed() <= fault.within,
        "{name} took {:?}",
        rig.elapsed()
    );
    assert_eq!(rig.world().effects.lasting(), fault.effects, "{told}");
    assert!(rig.world().published.is_empty(), "{name}: still served");
    if matches!(failure.kind, Kind::TrustChanged | Kind::Authentication) {
        assert!(matches!(failure.retry, Retry::AfterFix(_)), "{told}");
    }
}

#[tokio::test]
async fn what_stops_a_deployment_before_the_insert() {
    for fault in before_the_insert() {
        meets(&fault).await;
    }
}

#[tokio::test]
async fn what_stops_the_insert() {
    for fault in media() {
        meets(&fault).await;
    }
}

/// A card whose SSH answers nobody keeps its deadline too.
#[tokio::test]
async fn an_imc_without_ssh() {
    let mut rig = Rig::with(|w| w.faults.imc_shell = Some(no_answer("imc-01.lab:22")));
    let failure = failure(&rig.run_job(deployment()).await);
    assert_eq!(
        (failure.kind, failure.step.as_str()),
        (Kind::Deadline, "Check the card")
    );
    assert!(
        failure.causes[0].contains("no route to host"),
        "{:?}",
        failure.causes
    );
    assert_eq!(rig.world().effects, none());
}
