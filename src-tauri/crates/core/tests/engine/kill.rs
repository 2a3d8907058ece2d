//! The kill matrix: Slipway ends after every saved state, and between every effect and its save,
//! and goes on without asking for anything twice.

use std::time::Duration;

use slipway_core::{dpu::JobOutcome, image::ImageDigest, job::JobSpec};

use crate::support::{
    Effects, Entry, Rig, STABLE, When, deployment, digest, flashing_deployment, full_deployment,
    marvell, rollback, switch, upgrade,
};
use crate::{beside, firmware::flashed};

/// Zero; less than the grace that an effect is given to show; much more.
const GAPS: [Duration; 3] = [
    Duration::ZERO,
    Duration::from_millis(1_200),
    Duration::from_secs(3600),
];

struct Case {
    name: &'static str,
    spec: fn() -> JobSpec,
    booted: ImageDigest,
    effects: Effects,
}

fn cases() -> [Case; 7] {
    let deployed = Effects {
        inserts: 1,
        ejects: 1,
        override_sets: 1,
        resets: 1,
        trust_writes: 1,
        clock_sets: 1,
        ..Effects::default()
    };
    // All that stands around the installation, each once: on an IMC whose Redfish was never set up
    // its configuration, certificate and key, two scripts, two boot options; three files on the ACC.
    let full = Effects {
        imc_writes: 3,
        passwords_set: 1,
        certificates_issued: 1,
        certificate_writes: 2,
        option_sets: 2,
        driver_unloads: 1,
        driver_loads: 1,
        acc_writes: 3,
        registrations: 1,
        microshift_starts: 1,
        network_set_ups: 1,
        network_take_backs: 1,
        ..deployed.clone()
    };
    let updated = Effects {
        update_starts: 1,
        reboots: 1,
        ..Effects::default()
    };
    let rolled = Effects {
        rollbacks: 1,
        reboots: 1,
        ..Effects::default()
    };
    [
        Case {
            name: "deployment",
            spec: deployment,
            booted: digest('b'),
            effects: deployed.clone(),
        },
        Case {
            name: "full deployment",
            spec: full_deployment,
            booted: digest('b'),
            effects: full,
        },
        Case {
            name: "upgrade",
            spec: upgrade,
            booted: digest('b'),
            effects: updated.clone(),
        },
        Case {
            name: "switch",
            spec: switch,
            booted: digest('c'),
            effects: updated,
        },
        Case {
            name: "rollback",
            spec: rollback,
            booted: digest('0'),
            effects: rolled,
        },
        Case {
            name: "flashing deployment",
            spec: flashing_deployment,
            booted: digest('b'),
            effects: flashed(deployed),
        },
        // The card of the inventory is not touched by it.
        Case {
            name: "marvell",
            spec: marvell,
            booted: digest('a'),
            effects: Effects {
                containers: 1,
                ..Effects::default()
            },
        },
    ]
}

/// A card with an older entry, and with an IMC whose clock is off: so that every step has work.
fn rig(case: &Case) -> Rig {
    Rig::with(|world| {
        world.system().rollback = Some(Entry::new(STABLE, '0'));
        world.imc_clock = -7_200_000;
        if case.effects.passwords_set > 0 {
            world.redfish_as_shipped();
        }
    })
}

/// What must hold at the end. A download whose server died has failed, and only such a one is asked
/// for again.
fn check(
    case: &Case,
    rig: &Rig,
    job: &slipway_core::job::Job,
    downloads_may_break: bool,
    what: &str,
) {
    let history = || rig.history(&job.id).join("\n");
    assert_eq!(
        job.state.outcome(),
        JobOutcome::Succeeded,
        "{what}: {:?}\n{}",
        job.state,
        history()
    );
    let world = rig.world();
    assert_eq!(world.booted().as_ref(), Some(&case.booted), "{what}");
    let mut effects = world.effects.lasting();
    if downloads_may_break && effects.inserts == 2 && effects.partial_removals == 1 {
        (effects.inserts, effects.partial_removals) = (1, 0);
    }
    // A key that was written without its certificate is made anew: nobody has kept it.
    if downloads_may_break && effects.certificates_issued == 2 && effects.certificate_writes <= 3 {
        (effects.certificates_issued, effects.certificate_writes) = (1, 2);
    }
    assert_eq!(effects, case.effects, "{what}\n{}", history());
    assert!(world.published.is_empty(), "{what}: still served");
    if effects.registrations == 1 {
        beside::check_full(&world, what);
    }
    assert!(!world.slot.inserted, "{what}: still inserted");
    assert_eq!(world.network, None, "{what}: the port is still set up");
}

/// How many saves an undisturbed run takes.
async fn saves(case: &Case) -> u32 {
    let mut rig = rig(case);
    let job = rig.run_job((case.spec)()).await;
    check(case, &rig, &job, false, case.name);
    u32::try_from(job.version).unwrap()
}

#[tokio::test]
async fn killed_after_every_saved_state() {
    for case in cases() {
        for gap in GAPS {
            for at in 1..saves(&case).await {
                // Once, and again on the very next step.
                for times in 1..=2 {
                    let mut rig = rig(&case);
                    let id = rig.submit((case.spec)()).await;
                    let job = rig.run_killed_after(&id, at..at + times, gap).await;
                    let what = format!(
                        "{} killed {times} times after save {at}, back after {gap:?}",
                        case.name
                    );
                    check(&case, &rig, &job, true, &what);
                }
            }
        }
    }
}

#[tokio::test]
async fn killed_between_every_effect_and_its_save() {
    for case in cases() {
        for gap in GAPS {
            for at in 1..=saves(&case).await {
                let mut rig = rig(&case);
                let id = rig.submit((case.spec)()).await;
                let job = rig.run_killed_instead_of(&id, at, gap).await;
                let what = format!(
                    "{} killed instead of save {at}, back after {gap:?}",
                    case.name
                );
                check(&case, &rig, &job, true, &what);
            }
        }
    }
}

#[tokio::test]
async fn a_save_that_fails_while_slipway_lives() {
    for case in cases() {
        for when in [When::Save, When::Answer] {
            for at in 1..=saves(&case).await {
                let mut rig = rig(&case);
                let id = rig.submit((case.spec)()).await;
                rig.break_save(at, when);
                let job = rig.run(&id).await;
                let what = format!("{}: {when:?} {at} breaks", case.name);
                check(&case, &rig, &job, false, &what);
            }
        }
    }
}

/// The wish to reset or reboot lay on disk for an hour before anybody acted on it. Killed right after
/// the deed, before its save: the age of the first wish must not count as time for it to show.
#[tokio::test]
async fn killed_after_acting_on_an_old_wish() {
    for (case, state) in cases().into_iter().zip([
        "Reset the IMC",
        "Reset the IMC",
        "Reboot the ACC",
        "Reboot the ACC",
        "Reboot the ACC",
    ]) {
        for at in 1..=4 {
            let mut rig = rig(&case);
            let id = rig.submit((case.spec)()).await;
            rig.run_until(&id, state).await;
            rig.step().await.unwrap().unwrap();
            rig.kill(Duration::from_secs(3600));
            let job = rig.run_killed_instead_of(&id, at, Duration::ZERO).await;
            let what = format!(
                "{} with an old wish, killed instead of save {at}",
                case.name
            );
            check(&case, &rig, &job, true, &what);
        }
    }
}

/// Slipway dies after any single command to the card or the host, also in the middle of a step:
/// before the reset, and after it.
#[tokio::test]
async fn killed_after_any_single_command_of_a_full_deployment() {
    let case = &cases()[1];
    for from in [
        "Prepare the IMC",
        "Reload the host's driver",
        "Run post steps",
    ] {
        let mut commands = 0;
        loop {
            let mut rig = rig(case);
            let id = rig.submit((case.spec)()).await;
            rig.run_until(&id, from).await;
            rig.world().faults.silent_after = Some(commands);
            let mut dies_at = 30;
            let mut died = false;
            let job = rig.run_with(&id, |rig, job| {
                // A step met the silence, and waits for its retry: the process is dead by then.
                let silent = rig.world().faults.silent_after == Some(0) && job.wait.is_some();
                dies_at -= 1;
                if !died && (silent || dies_at == 0) {
                    died = true;
                    rig.world().faults.silent_after = None;
                    rig.kill(Duration::from_millis(1_200));
                }
            });
            let job = job.await;
            let what = format!("full deployment, silent {commands} commands after `{from}`");
            check(case, &rig, &job, true, &what);
            commands += 1;
            if commands == 110 {
                break;
            }
        }
    }
}
