//! A cancel in every state: it ends as Cancelled, by way of clean-up, and tells what is left.

use std::time::Duration;

use slipway_core::{
    dpu::JobOutcome,
    ids::JobId,
    job::{BootChangeState, DeploymentState, EventKind, Job, JobSpec, JobState, JobStore, Residue},
};

use crate::{
    network::with_network,
    support::{Effects, Entry, Rig, STABLE, When, deployment, digest, rollback, switch, upgrade},
};

fn residue(job: &Job) -> &[Residue] {
    match &job.state {
        JobState::Deployment(DeploymentState::Cancelled { residue })
        | JobState::BootChange(BootChangeState::Cancelled { residue }) => residue,
        other => panic!("it did not end as cancelled: {other:?}"),
    }
}

/// What no cancel takes back, and is no harm.
const PREPARED: &str =
    "the IMC stays prepared: /etc/pki/ca-trust/source/anchors/slipway-8010bfce.pem";

async fn cancel(rig: &Rig, id: &JobId) {
    let now = rig.store.stored(id).wake_at;
    assert!(rig.store.request_cancel(id, now).await.unwrap());
}

/// Cancels on entering `state`, plus that many steps.
async fn cancelled_in(spec: JobSpec, state: &str, steps: u32) -> (Rig, Job) {
    let mut rig = Rig::with(|w| w.system().rollback = Some(Entry::new(STABLE, '0')));
    let id = rig.submit(spec).await;
    rig.run_until(&id, state).await;
    for _ in 0..steps {
        rig.step().await.unwrap().unwrap();
        assert_eq!(
            rig.store.stored(&id).state.name(),
            state,
            "stays there for a while"
        );
    }
    cancel(&rig, &id).await;
    let job = rig.run(&id).await;
    (rig, job)
}

fn went_through_clean_up(rig: &Rig, job: &Job) {
    let history = rig.store.history(&job.id);
    let last: Vec<_> = history
        .iter()
        .filter(|e| e.kind == EventKind::Entered)
        .collect();
    assert_eq!(last.last().unwrap().step, "Clean up");
    assert_eq!(history.last().unwrap().kind, EventKind::Cancelled);
    assert!(job.ended_at.is_some());
}

#[tokio::test]
async fn a_deployment_in_every_state() {
    // Up to the reset only the IMC's preparation stays; from then on the disk may be half installed,
    // until the new system is verified.
    let states = DeploymentState::NAMES[..17].iter();
    let states = states.filter(|name| !DeploymentState::FLASH.contains(name));
    for (index, state) in states.enumerate() {
        let (rig, job) = cancelled_in(with_network(), state, 0).await;
        went_through_clean_up(&rig, &job);
        let left: Vec<&str> = residue(&job).iter().map(|r| r.what.as_str()).collect();
        let expected: &[&str] = match index {
            ..=3 => &[],
            4..=7 => &[PREPARED],
            8..=12 => &["the card's disk may be half installed", PREPARED],
            _ => &[PREPARED, "the card runs the new image"],
        };
        assert_eq!(left, expected, "{state}");
        let world = rig.world();
        assert!(!world.slot.inserted, "{state}: still inserted");
        assert_ne!(
            world.boot_override.target, "Cd",
            "{state}: the override is still there"
        );
        assert!(world.published.is_empty(), "{state}: still served");
        assert!(
            !world.files.contains_key("/mnt/imc/acc-os.iso"),
            "{state}: a file is left"
        );
        let resets = u32::from(index > 7);
        assert_eq!(world.effects.resets, resets, "{state}");
        // Taken back where no boot has used it up: right after the reset was asked for, it still
        // stands.
        let override_sets = match index {
            ..=6 => 0,
            7 | 8 => 2,
            _ => 1,
        };
        assert_eq!(world.effects.override_sets, override_sets, "{state}");
    }
}

#[tokio::test]
async fn during_the_download() {
    let (rig, job) = cancelled_in(deployment(), "Insert the ISO", 2).await;
    let left: Vec<&str> = residue(&job).iter().map(|r| r.what.as_str()).collect();
    assert_eq!(left, [PREPARED]);
    let effects = Effects {
        inserts: 1,
        ejects: 1,
        trust_writes: 1,
        ..Effects::default()
    };
    let mut seen = rig.world().effects.lasting();
    // The transfer breaks off, or comes to its end before that.
    if seen.partial_removals == 1 {
        (seen.partial_removals, seen.ejects) = (0, 1);
    }
    assert_eq!(seen, effects);
    assert!(!rig.world().files.contains_key("/mnt/imc/acc-os.iso"));
}

#[tokio::test]
async fn a_download_that_can_not_be_stopped_is_told() {
    let mut rig = Rig::with(|w| w.pace.download = 10_000_000);
    let id = rig.submit(deployment()).await;
    rig.run_until(&id, "Insert the ISO").await;
    rig.step().await.unwrap().unwrap();
    cancel(&rig, &id).await;
    let job = rig.run(&id).await;
    assert_eq!(residue(&job)[0].what, "the IMC still downloads the ISO");
    assert!(
        rig.elapsed() < Duration::from_secs(60),
        "{:?}",
        rig.elapsed()
    );
}

/// The reset went out and its save did not: the cancel must know of it.
#[tokio::test]
async fn right_after_the_reset_with_its_save_lost() {
    let mut rig = Rig::new();
    let id = rig.submit(deployment()).await;
    rig.run_until(&id, "Reset the IMC").await;
    rig.break_save(2, When::Save);
    for _ in 0..2 {
        let _ = rig.step().await.unwrap();
    }
    assert_eq!(rig.world().effects.resets, 1);
    rig.kill(Duration::ZERO);
    cancel(&rig, &id).await;
    let job = rig.run(&id).await;
    assert_eq!(
        residue(&job)[0].what,
        "the card's disk may be half installed"
    );
    assert!(!rig.world().slot.inserted);
}

#[tokio::test]
async fn an_imc_that_is_away_is_waited_for_and_then_told() {
    let mut rig = Rig::with(|w| w.pace.imc_boot = 10_000_000);
    let id = rig.submit(deployment()).await;
    rig.run_until(&id, "Wait for the IMC").await;
    for _ in 0..8 {
        rig.step().await.unwrap().unwrap();
    }
    let before = rig.elapsed();
    cancel(&rig, &id).await;
    let job = rig.run(&id).await;
    let left: Vec<&str> = residue(&job).iter().map(|r| r.what.as_str()).collect();
    assert_eq!(
        left,
        [
            "the ISO may still be inserted",
            "the boot override may still be Cd",
            "the card's disk may be half installed",
            "what was written on the IMC may stay"
        ]
    );
    // Half of the clean-up's time, then it is told; and not asked without a pause.
    let took = rig.elapsed() - before;
    assert!(
        took > Duration::from_secs(25) && took < Duration::from_secs(40),
        "{took:?}"
    );
    let retries = rig.store.stored(&id).version;
    assert!(retries < 60, "{retries} saves");
}

#[tokio::test]
async fn a_boot_change_in_every_state() {
    for spec in [upgrade, switch, rollback] {
        for state in &BootChangeState::NAMES[..6] {
            let (rig, job) = cancelled_in(spec(), state, 0).await;
            let what = format!("{} in {state}", job.kind_name());
            went_through_clean_up(&rig, &job);
            let left: Vec<&str> = residue(&job).iter().map(|r| r.what.as_str()).collect();
            let expected: &[&str] = match (*state, job.kind_name()) {
                ("Reboot the ACC", "Rollback") => &["a rollback is queued"],
                ("Reboot the ACC", "Switch") => &["cccccccccccc is staged"],
                ("Reboot the ACC", _) => &["bbbbbbbbbbbb is staged"],
                // Asked for, and not down yet.
                ("Wait for the ACC", "Rollback") => &["a rollback is queued"],
                ("Wait for the ACC", "Switch") => &["cccccccccccc is staged"],
                ("Wait for the ACC", _) => &["bbbbbbbbbbbb is staged"],
                _ => &[],
            };
            assert_eq!(left, expected, "{what}");
            let past_the_reboot = ["Wait for the ACC", "Verify the image"].contains(state);
            assert_eq!(
                rig.world().effects.reboots,
                u32::from(past_the_reboot),
                "{what}"
            );
        }
    }
}

#[tokio::test]
async fn a_running_update_is_stopped() {
    let (rig, job) = cancelled_in(upgrade(), "Stage the image", 2).await;
    assert_eq!(residue(&job), []);
    rig.clock.advance(Duration::from_secs(60));
    let world = rig.world();
    assert_eq!(
        (world.unit.as_deref(), world.effects.update_starts),
        (None, 1)
    );
    assert_eq!(world.system.as_ref().unwrap().staged, None);
    assert_eq!(world.booted(), Some(digest('a')));
}

#[tokio::test]
async fn a_card_that_does_not_answer_leaves_a_question() {
    let (_, job) = cancelled_in(upgrade(), "Wait for the ACC", 6).await;
    assert_eq!(
        residue(&job).last().unwrap().what,
        "what is staged on the card is not known"
    );
}

/// Too late: what cleans up already ends as it was going to.
#[tokio::test]
async fn a_cancel_while_cleaning_up_changes_nothing() {
    for spec in [deployment, upgrade] {
        let mut rig = Rig::new();
        let id = rig.submit(spec()).await;
        rig.run_until(&id, "Clean up").await;
        cancel(&rig, &id).await;
        assert_eq!(rig.run(&id).await.state.outcome(), JobOutcome::Succeeded);
        assert!(
            !rig.store
                .request_cancel(&id, rig.store.stored(&id).wake_at)
                .await
                .unwrap()
        );
    }
}

#[tokio::test]
async fn a_cancel_survives_a_kill() {
    let mut rig = Rig::new();
    let id = rig.submit(deployment()).await;
    rig.run_until(&id, "Set the boot override").await;
    cancel(&rig, &id).await;
    rig.kill(Duration::from_secs(3600));
    let job = rig.run(&id).await;
    let left: Vec<&str> = residue(&job).iter().map(|r| r.what.as_str()).collect();
    assert_eq!(left, [PREPARED]);
    assert_eq!(rig.world().effects.resets, 0);
    assert!(!rig.world().slot.inserted);
}
