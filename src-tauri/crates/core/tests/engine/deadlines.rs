//! Every state ends: what hangs is stopped at its deadline, with the last word as evidence.

use std::time::Duration;

use slipway_core::{
    failure::FailureKind,
    job::{EventKind, Job, JobSpec, engine},
};

use crate::support::{
    Call, Rig, World, deployment, failure, no_answer, refused, rollback, switch, upgrade,
};

struct Hang {
    spec: fn() -> JobSpec,
    /// Where it hangs, from the moment it is entered.
    state: &'static str,
    /// Sprung from the start, where that state would be too late.
    early: bool,
    spring: fn(&mut World),
    last_word: &'static str,
}

fn hangs() -> Vec<Hang> {
    let hang = |spec, state, spring, last_word| Hang {
        spec,
        state,
        early: false,
        spring,
        last_word,
    };
    let imc_shell_gone: fn(&mut World) = |w| w.faults.imc_shell = Some(no_answer("imc-01.lab:22"));
    let acc_gone: fn(&mut World) = |w| w.faults.acc = Some(no_answer("acc-01.lab:22"));
    vec![
        hang(
            deployment,
            "Check the card",
            imc_shell_gone,
            "no route to host",
        ),
        hang(
            deployment,
            "Prepare the IMC",
            imc_shell_gone,
            "no route to host",
        ),
        hang(
            deployment,
            "Insert the ISO",
            |w| w.pace.download = 100_000_000,
            "downloading the ISO, 1.2 GB of 2.0 GB",
        ),
        hang(
            deployment,
            "Set the boot override",
            |w| w.faults.override_hidden = true,
            "does not show",
        ),
        hang(
            deployment,
            "Reset the IMC",
            |w| {
                drop(
                    w.faults
                        .always
                        .insert(Call::Reset, refused(503, "", "busy")),
                )
            },
            "",
        ),
        Hang {
            early: true,
            ..hang(
                deployment,
                "Wait for the IMC",
                |w| w.pace.imc_boot = 100_000_000,
                "The IMC is restarting",
            )
        },
        Hang {
            early: true,
            ..hang(
                deployment,
                "Wait for the IMC",
                |w| w.pace.reset_shows = 100_000_000,
                "Looking whether the reset had its effect",
            )
        },
        Hang {
            early: true,
            ..hang(
                deployment,
                "Wait for the installer",
                |w| (w.faults.override_lost, w.pace.acc_boot) = (true, -4_900),
                "The old system still answers",
            )
        },
        Hang {
            early: true,
            ..hang(
                deployment,
                "Install and boot",
                |w| w.pace.install = 100_000_000,
                "The installer is running",
            )
        },
        hang(
            deployment,
            "Verify the image",
            |w| w.faults.status_hangs = true,
            "gave no answer within 30 s",
        ),
        hang(
            deployment,
            "Verify the image",
            |w| w.system().grubenv = "boot_counter=2\nboot_success=0".into(),
            "greenboot's checks are running",
        ),
        hang(upgrade, "Check the card", acc_gone, "no route to host"),
        hang(
            upgrade,
            "Stage the image",
            |w| w.pace.update = 100_000_000,
            "Deploying Image, step 1 of 3",
        ),
        hang(rollback, "Stage the image", acc_gone, "no route to host"),
        hang(switch, "Reboot the ACC", acc_gone, "no route to host"),
        Hang {
            early: true,
            ..hang(
                upgrade,
                "Wait for the ACC",
                |w| w.pace.acc_boot = 100_000_000,
                "The ACC is booting",
            )
        },
        Hang {
            early: true,
            ..hang(
                upgrade,
                "Wait for the ACC",
                |w| w.pace.reboot_shows = 100_000_000,
                "Looking whether the reboot had its effect",
            )
        },
        hang(
            upgrade,
            "Verify the image",
            |w| w.faults.status_hangs = true,
            "gave no answer within 30 s",
        ),
        hang(
            rollback,
            "Verify the image",
            |w| w.system().grubenv = "boot_counter=2\nboot_success=0".into(),
            "greenboot's checks are running",
        ),
    ]
}

fn entered(rig: &Rig, job: &Job, state: &str) -> slipway_core::time::Timestamp {
    let history = rig.store.history(&job.id);
    let found = history
        .iter()
        .find(|e| e.kind == EventKind::Entered && e.step == state);
    found
        .unwrap_or_else(|| panic!("`{state}` was never entered"))
        .at
}

#[tokio::test]
async fn a_state_that_hangs_is_stopped_at_its_deadline() {
    for hang in hangs() {
        let mut rig = Rig::with(|w| {
            w.system().rollback = Some(crate::support::Entry::new(crate::support::STABLE, '0'));
        });
        let id = rig.submit((hang.spec)()).await;
        if hang.early {
            (hang.spring)(&mut rig.world());
            rig.run_until(&id, hang.state).await;
        } else {
            rig.run_until(&id, hang.state).await;
            (hang.spring)(&mut rig.world());
        }
        let stuck = rig.store.stored(&id);
        let deadline = engine::deadline(&stuck.state, &rig.policy).unwrap();
        let job = rig.run(&id).await;
        let what = format!("{} in {}", job.kind_name(), hang.state);
        let failure = failure(&job);
        assert_eq!(failure.kind, FailureKind::Deadline, "{what}: {failure:#?}");
        assert_eq!(failure.step, hang.state, "{what}: {failure:#?}");
        assert!(
            failure.causes[0].contains(hang.last_word),
            "{what}: {failure:#?}"
        );
        // One look after the time is up, and no later than the longest pause.
        let lasted = entered(&rig, &job, "Clean up").since(entered(&rig, &job, hang.state));
        assert!(
            lasted >= deadline,
            "{what} lasted {lasted:?} of {deadline:?}"
        );
        assert!(
            lasted <= deadline + Duration::from_secs(6),
            "{what} lasted {lasted:?} of {deadline:?}"
        );
        let world = rig.world();
        assert!(
            world.effects.resets <= 1 && world.effects.reboots <= 1,
            "{what}"
        );
        assert!(
            world.effects.update_starts <= 1 && world.effects.inserts <= 1,
            "{what}"
        );
    }
}

/// The update goes on when nobody waits for it any more: it is stopped, and what is staged is told.
#[tokio::test]
async fn an_update_past_its_deadline_is_stopped() {
    let mut rig = Rig::with(|w| w.pace.update = 100_000_000);
    let job = rig.run_job(upgrade()).await;
    assert_eq!(failure(&job).kind, FailureKind::Deadline);
    assert_eq!(rig.world().unit, None);
}

#[tokio::test]
async fn a_clean_up_that_hangs_does_not_hide_what_came_before() {
    let mut rig = Rig::new();
    let id = rig.submit(deployment()).await;
    rig.run_until(&id, "Reset the IMC").await;
    // The one is final at once, the other is tried again: each is told once.
    let answers = [
        (Call::VirtualMedia, refused(400, "GeneralError", "no")),
        (Call::Override, refused(503, "", "busy")),
    ];
    rig.world().faults.always.extend(answers);
    rig.world()
        .faults
        .always
        .insert(Call::Reset, refused(400, "ActionNotSupported", "no"));
    let failure = failure(&rig.run(&id).await);
    assert_eq!(
        (failure.kind, failure.step.as_str()),
        (FailureKind::Refused, "Reset the IMC")
    );
    let causes = failure.causes.join("\n");
    for left in [
        "left behind: the ISO may still be inserted",
        "left behind: the boot override",
    ] {
        assert_eq!(causes.matches(left).count(), 1, "{causes}");
    }
}
