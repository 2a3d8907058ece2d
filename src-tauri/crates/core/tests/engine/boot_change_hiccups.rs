//! Upgrades and rollbacks of cards that are not in the plainest state, and succeed all the same.

use slipway_core::{dpu::JobOutcome, job::JobSpec};

use crate::support::{Effects, Entry, Event, Rig, STABLE, World, digest, rollback, upgrade};

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

/// Succeeds with these effects and this image.
async fn succeeds(
    name: &str,
    spec: JobSpec,
    spring: impl FnOnce(&mut World),
    effects: Effects,
    booted: char,
) -> Rig {
    let mut rig = Rig::with(spring);
    let job = rig.run_job(spec).await;
    let history = rig.history(&job.id).join("\n");
    assert_eq!(
        job.state.outcome(),
        JobOutcome::Succeeded,
        "{name}: {:?}\n{history}",
        job.state
    );
    assert_eq!(rig.world().effects.lasting(), effects, "{name}\n{history}");
    assert_eq!(rig.world().booted(), Some(digest(booted)), "{name}");
    rig
}

#[tokio::test]
async fn an_upgrade_with_nothing_to_do_succeeds_and_does_nothing() {
    let spring = |w: &mut World| drop(w.registry.insert(STABLE.into(), digest('a')));
    succeeds("current", upgrade(), spring, none(), 'a').await;
    // Where the registry can't be asked from here, the card is.
    let spring = |w: &mut World| {
        w.registry.insert(STABLE.into(), digest('a'));
        w.faults.registry = Some("no route to host".into());
    };
    succeeds(
        "current, as the card says",
        upgrade(),
        spring,
        staged(),
        'a',
    )
    .await;
}

#[tokio::test]
async fn an_upgrade_whose_registry_only_the_card_sees() {
    let spring = |w: &mut World| w.faults.registry = Some("no route to host".into());
    succeeds("card only", upgrade(), spring, rebooted(), 'b').await;
}

#[tokio::test]
async fn what_is_staged_already_is_booted_and_not_pulled_again() {
    let spring = |w: &mut World| w.system().staged = Some(Entry::new(STABLE, 'b'));
    succeeds(
        "staged",
        upgrade(),
        spring,
        Effects {
            update_starts: 0,
            ..rebooted()
        },
        'b',
    )
    .await;
}

/// `--download-only` staged it: a reboot alone would not take it.
#[tokio::test]
async fn what_is_staged_and_locked_is_released_first() {
    let locked = Entry {
        locked: true,
        ..Entry::new(STABLE, 'b')
    };
    let spring = |w: &mut World| w.system().staged = Some(locked);
    succeeds("locked", upgrade(), spring, rebooted(), 'b').await;
}

#[tokio::test]
async fn a_rollback_that_is_queued_already_is_not_toggled() {
    let spring = |w: &mut World| {
        w.system().rollback = Some(Entry::new(STABLE, '0'));
        w.system().rollback_queued = true;
    };
    succeeds(
        "queued",
        rollback(),
        spring,
        Effects {
            reboots: 1,
            ..none()
        },
        '0',
    )
    .await;
}

#[tokio::test]
async fn a_rollback_discards_what_is_staged_and_says_so() {
    let spring = |w: &mut World| {
        w.system().rollback = Some(Entry::new(STABLE, '0'));
        w.system().staged = Some(Entry::new(STABLE, 'b'));
    };
    let effects = Effects {
        rollbacks: 1,
        reboots: 1,
        ..none()
    };
    let rig = succeeds("with a staged image", rollback(), spring, effects, '0').await;
    let id = "0190000000007000a000000000000001".parse().unwrap();
    assert!(
        rig.history(&id)
            .iter()
            .any(|line| line.contains("bbbbbbbbbbbb is discarded"))
    );
}

/// Somebody reboots the card while it updates: the update is begun again, and our own reboot is
/// told from theirs.
#[tokio::test]
async fn a_reboot_by_somebody_else_during_the_update() {
    let mut rig = Rig::new();
    let id = rig.submit(upgrade()).await;
    rig.run_until(&id, "Stage the image").await;
    rig.step().await.unwrap().unwrap();
    assert_eq!(rig.world().effects.update_starts, 1);
    rig.world().after(0, Event::AccReboots);
    let job = rig.run(&id).await;
    assert_eq!(
        job.state.outcome(),
        JobOutcome::Succeeded,
        "{:?}",
        job.state
    );
    assert_eq!(rig.world().booted(), Some(digest('b')));
    assert_eq!(
        rig.world().effects.lasting(),
        Effects {
            update_starts: 2,
            ..rebooted()
        }
    );
}
