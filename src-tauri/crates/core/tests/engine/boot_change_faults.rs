//! Upgrade, switch and rollback where something is in the way: the verdict, and what was done to
//! the card by then.

use std::time::Duration;

use slipway_core::{failure::FailureKind as Kind, job::JobSpec, ports::RemoteError};

use crate::support::{
    Effects, Entry, Rig, STABLE, World, changed_host_key, digest, failure, rollback, says, switch,
    upgrade,
};

struct Fault {
    name: &'static str,
    spec: fn() -> JobSpec,
    /// Sprung when this state is entered; `None`: from the start.
    at: Option<&'static str>,
    spring: fn(&mut World),
    kind: Kind,
    step: &'static str,
    message: &'static str,
    /// Somewhere in the evidence.
    evidence: &'static str,
    within: Duration,
    effects: Effects,
    booted: char,
}

fn none() -> Effects {
    Effects::default()
}
fn staged() -> Effects {
    Effects {
        update_starts: 1,
        ..none()
    }
}
fn rebooted() -> Effects {
    Effects {
        reboots: 1,
        ..staged()
    }
}

const SOON: Duration = Duration::from_secs(2);

fn refused_by_the_card_as_it_is() -> Vec<Fault> {
    let base = |name, spec, spring, message, evidence| Fault {
        name,
        spec,
        at: None,
        spring,
        kind: Kind::Precondition,
        step: "Check the card",
        message,
        evidence,
        within: SOON,
        effects: none(),
        booted: 'a',
    };
    vec![
        base(
            "nothing to roll back to",
            rollback,
            |_| {},
            "no older entry to roll back to",
            "",
        ),
        base(
            "another image than planned",
            upgrade,
            |w| w.system().booted = Some(Entry::new(STABLE, '9')),
            "runs another image than when this was planned",
            "planned on aaaaaaaaaaaa, runs 999999999999",
        ),
        base(
            "greenboot has just left this image",
            upgrade,
            |w| {
                w.system().grubenv = "boot_counter=-1\nboot_success=1".into();
                w.system().rollback = Some(Entry::new(STABLE, 'b'));
            },
            "greenboot has just rolled this card back",
            "bbbbbbbbbbbb failed its checks",
        ),
        base(
            "no image mode",
            upgrade,
            |w| w.system().booted = None,
            "does not run image mode",
            "",
        ),
        Fault {
            kind: Kind::TrustChanged,
            ..base(
                "the ACC shows another key",
                upgrade,
                |w| w.faults.acc = Some(changed_host_key("acc-01.lab:22")),
                "SSH host key of acc-01.lab:22 has changed",
                "",
            )
        },
        Fault {
            kind: Kind::Authentication,
            effects: Effects {
                refused_logins: 1,
                ..none()
            },
            ..base(
                "login refused: one attempt",
                upgrade,
                refuse_login,
                "refuses to log in as root",
                "",
            )
        },
    ]
}

fn refuse_login(world: &mut World) {
    let (peer, user) = ("acc-01.lab:22".into(), "root".into());
    world.faults.acc = Some(RemoteError::Unauthorized {
        peer,
        user,
        tried: "publickey".into(),
    });
}

fn on_the_way() -> Vec<Fault> {
    let base = |name, spring, kind, step, message, evidence| Fault {
        name,
        spec: upgrade,
        at: None,
        spring,
        kind,
        step,
        message,
        evidence,
        within: Duration::from_secs(5),
        effects: staged(),
        booted: 'a',
    };
    vec![
        base(
            "bootc upgrade exits 1",
            |w| {
                let words =
                    "error: Upgrading: pinging container registry registry.lab: no route to host\n";
                w.faults.update_fails = Some(words.into());
            },
            Kind::Bootc,
            "Stage the image",
            "bootc stopped: error: Upgrading: pinging container registry registry.lab: no route to host",
            "exit 1",
        ),
        base(
            "the update leaves no trace",
            |w| w.faults.update_leaves_no_trace = true,
            Kind::Bootc,
            "Stage the image",
            "left no trace",
            "there is no /run/slipway/",
        ),
        Fault {
            effects: none(),
            ..base(
                "no systemd-run",
                |w| {
                    drop(w.faults.acc_says.insert(
                        "systemd-run",
                        says(127, "", "systemd-run: command not found"),
                    ))
                },
                Kind::Bootc,
                "Stage the image",
                "could not be started",
                "command not found",
            )
        },
        Fault {
            at: Some("Stage the image"),
            ..base(
                "the card sees no update where we do",
                |w| drop(w.registry.insert(STABLE.into(), digest('a'))),
                Kind::Bootc,
                "Stage the image",
                "does not run the wanted image",
                "the registry has bbbbbbbbbbbb, booted is aaaaaaaaaaaa",
            )
        },
        Fault {
            spec: switch,
            ..base(
                "reboot refused",
                |w| {
                    let inhibited = says(1, "", "Operation inhibited by \"backup\"");
                    w.faults.acc_says.insert("systemctl reboot", inhibited);
                },
                Kind::Refused,
                "Reboot the ACC",
                "the card refuses to reboot: Operation inhibited",
                "left behind: cccccccccccc is staged",
            )
        },
        Fault {
            within: Duration::from_secs(25),
            effects: rebooted(),
            ..base(
                "greenboot falls back",
                |w| w.faults.unhealthy = Some(digest('b')),
                Kind::Unhealthy,
                "Verify the image",
                "came back on the image it had before",
                "boot_counter=-1",
            )
        },
        Fault {
            within: Duration::from_secs(15),
            effects: rebooted(),
            booted: '9',
            ..base(
                "wrong digest booted",
                |w| w.faults.boots_instead = Some(Entry::new(STABLE, '9')),
                Kind::WrongImage,
                "Verify the image",
                "an image that nobody asked for",
                "wanted bbbbbbbbbbbb, booted 999999999999",
            )
        },
        Fault {
            at: Some("Wait for the ACC"),
            effects: Effects {
                refused_logins: 1,
                ..rebooted()
            },
            booted: 'b',
            ..base(
                "the login is refused after the reboot: not asked again",
                refuse_login,
                Kind::Authentication,
                "Wait for the ACC",
                "refuses to log in as root",
                "left behind: what is staged on the card is not known",
            )
        },
    ]
}

async fn meets(fault: &Fault) {
    let name = fault.name;
    let mut rig = Rig::new();
    let id = rig.submit((fault.spec)()).await;
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
    rig.clock.advance(Duration::from_secs(60));
    if let Some(booted) = rig
        .world()
        .booted()
        .filter(|_| fault.message != "runs another image than when this was planned")
    {
        assert_eq!(booted, digest(fault.booted), "{told}");
    }
    if fault.kind == Kind::Unhealthy {
        assert_eq!(job.facts.booted_before, Some(digest('a')), "{told}");
    }
}

#[tokio::test]
async fn a_card_that_is_not_as_it_should_be() {
    for fault in refused_by_the_card_as_it_is() {
        meets(&fault).await;
    }
}

#[tokio::test]
async fn what_stops_a_change_on_its_way() {
    for fault in on_the_way() {
        meets(&fault).await;
    }
}
