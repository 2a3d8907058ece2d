//! What the process around the engine does to jobs: sleep, stay away, share them with another one.

use std::{sync::Arc, time::Duration};

use slipway_core::{
    dpu::JobOutcome,
    job::{EventKind, Job, JobFilter, JobState, JobStore, JobStoreError, WaitReason},
    ports::Clock,
};

use crate::support::{Rig, When, deployment, digest, rollback, upgrade};

const NIGHT: Duration = Duration::from_secs(8 * 3600);

#[tokio::test]
async fn the_app_was_off_for_a_night_and_the_card_is_fine() {
    for state in [
        "Wait for the IMC",
        "Wait for the installer",
        "Install and boot",
        "Verify the image",
    ] {
        let mut rig = Rig::new();
        let id = rig.submit(deployment()).await;
        rig.run_until(&id, state).await;
        rig.kill(NIGHT);
        let job = rig.run(&id).await;
        assert_eq!(
            job.state.outcome(),
            JobOutcome::Succeeded,
            "{state}: {:?}",
            job.state
        );
        assert!(
            rig.elapsed() < NIGHT + Duration::from_secs(30),
            "{state}: {:?}",
            rig.elapsed()
        );
        let resumed = rig
            .store
            .history(&id)
            .into_iter()
            .filter(|e| e.kind == EventKind::Resumed);
        assert_eq!(resumed.count(), 1, "{state}");
    }
}

/// A laptop that was shut: the same process goes on, and looks before it judges.
#[tokio::test]
async fn the_machine_slept_for_a_night_and_the_card_is_fine() {
    for (spec, state) in [
        (deployment(), "Wait for the IMC"),
        (deployment(), "Wait for the installer"),
        (deployment(), "Install and boot"),
        (upgrade(), "Stage the image"),
        (upgrade(), "Wait for the ACC"),
    ] {
        let mut rig = Rig::new();
        let id = rig.submit(spec).await;
        rig.run_until(&id, state).await;
        rig.step().await.unwrap().unwrap();
        rig.clock.advance(NIGHT);
        let job = rig.run(&id).await;
        assert_eq!(
            job.state.outcome(),
            JobOutcome::Succeeded,
            "{state}: {:?}",
            job.state
        );
    }
}

/// Submitted by `slipctl` while nothing ran: waiting for an engine is nobody's fault.
#[tokio::test]
async fn a_job_that_was_queued_for_a_night_runs() {
    let mut rig = Rig::new();
    let id = rig.submit(deployment()).await;
    rig.clock.advance(NIGHT);
    assert_eq!(rig.run(&id).await.state.outcome(), JobOutcome::Succeeded);
}

/// Another process had the lease for a while: what it did is looked at, not done again.
#[tokio::test]
async fn two_engines_take_turns() {
    let mut rig = Rig::new();
    let id = rig.submit(deployment()).await;
    rig.run_until(&id, "Insert the ISO").await;
    let before = rig.store.stored(&id);
    // The other one inserts and dies before it saves; we get the lease back.
    rig.break_save(1, When::Save);
    assert!(rig.another_engine().advance(before.clone()).await.is_err());
    assert_eq!(rig.world().effects.inserts, 1);
    assert_eq!(rig.store.stored(&id), before);
    rig.engine.look_first();
    assert_eq!(rig.run(&id).await.state.outcome(), JobOutcome::Succeeded);
    assert_eq!(rig.world().effects.inserts, 1);
    assert!(
        rig.store
            .history(&id)
            .iter()
            .any(|event| event.kind == EventKind::Resumed)
    );
}

/// The other one saved: our memory of the job is of an older version, and counts for nothing.
#[tokio::test]
async fn a_job_that_somebody_else_moved_is_looked_at() {
    let mut rig = Rig::new();
    let id = rig.submit(deployment()).await;
    rig.run_until(&id, "Install and boot").await;
    rig.step().await.unwrap().unwrap();
    let job = rig.store.stored(&id);
    rig.store.save(&job, &[]).await.unwrap();
    rig.step().await.unwrap().unwrap();
    let last = rig
        .store
        .history(&id)
        .into_iter()
        .rev()
        .find(|e| e.kind == EventKind::Resumed);
    assert_eq!(last.unwrap().text, "goes on with `Install and boot`");
    // What we held is refused.
    assert!(matches!(
        rig.engine.advance(job).await,
        Err(JobStoreError::Stale(_))
    ));
}

#[tokio::test]
async fn an_ended_job_stays_as_it_ended() {
    let mut rig = Rig::new();
    let ended = rig.run_job(upgrade()).await;
    let again = rig.engine.advance(ended.clone()).await.unwrap();
    assert_eq!(again, ended);
    assert_eq!(rig.store.stored(&ended.id), ended);
    assert_eq!(
        rig.engine
            .advance_until_waiting(ended.clone())
            .await
            .unwrap(),
        ended
    );
}

#[tokio::test]
async fn a_card_has_one_active_job() {
    let mut rig = Rig::new();
    let id = rig.submit(upgrade()).await;
    let other = Job::new(rig.dpu.clone(), rollback(), rig.clock.now());
    let refused = rig.store.submit(&other, "too early").await;
    assert!(matches!(refused, Err(JobStoreError::Busy { active, .. }) if active == id));
    rig.run(&id).await;
    rig.store.submit(&other, "now it may").await.unwrap();
    let active = JobFilter {
        active_only: true,
        ..JobFilter::default()
    };
    assert_eq!(rig.store.jobs(&active).await.unwrap().len(), 1);
}

/// A spec of one kind with a state of the other can't be made by us; a damaged database could.
#[tokio::test]
async fn a_state_of_another_kind_ends_as_a_failure_of_ours() {
    let mut rig = Rig::new();
    let mut job = Job::new(rig.dpu.clone(), upgrade(), rig.clock.now());
    job.state = JobState::Deployment(slipway_core::job::DeploymentState::AwaitingAcc);
    rig.store.submit(&job, "damaged").await.unwrap();
    let ended = rig.run(&job.id).await;
    assert_eq!(
        ended.state.failure().unwrap().message,
        "the job's state is not of its kind"
    );
}

#[tokio::test]
async fn waits_say_what_is_waited_for() {
    let mut rig = Rig::new();
    let id = rig.submit(deployment()).await;
    let mut seen: Vec<String> = Vec::new();
    rig.run_with(&id, |_, job| {
        if let Some(wait) = &job.wait {
            assert!(
                !matches!(wait.reason, WaitReason::Retrying { .. }),
                "{}",
                wait.reason.text()
            );
            seen.push(wait.reason.text());
        }
    })
    .await;
    seen.dedup();
    assert_eq!(
        seen,
        [
            "The IMC is downloading the ISO, 1.2 GB of 2.0 GB",
            "Looking whether the reset had its effect",
            "The IMC is restarting",
            "The installer is running",
        ]
    );
    assert_eq!(rig.world().booted(), Some(digest('b')));
}

/// The engine asks for nothing while the job waits: it names the moment.
#[tokio::test]
async fn a_waiting_job_is_not_due() {
    let mut rig = Rig::new();
    let id = rig.submit(deployment()).await;
    rig.run_until(&id, "Install and boot").await;
    rig.step().await.unwrap().unwrap();
    assert!(rig.engine.due(10).await.unwrap().is_empty());
    let clock: Arc<dyn Clock> = rig.clock.clone();
    assert!(rig.store.next_wake().await.unwrap().unwrap() > clock.now());
    rig.store.request_cancel(&id, clock.now()).await.unwrap();
    assert_eq!(rig.engine.due(10).await.unwrap().len(), 1);
}
