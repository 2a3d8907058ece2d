//! "Build the ISO, then deploy": killed at every point, with a file that is changed meanwhile, with
//! a build that fails; and each time the deployment is begun once, or not at all.

use std::time::Duration;

use slipway_core::{
    dpu::JobOutcome,
    failure::{FailureKind, Retry},
    ids::JobId,
    job::{
        Begun, ClusterDeployState, Job, JobSpec, JobState, JobStore, StepStatus, build_steps,
        step_statuses,
    },
    ports::Clock,
};

use crate::support::{
    BUILD, Rig, When, cluster_deploy, cluster_deploy_plan, disk_is_full, failure,
};

/// Nothing; while the build runs; when it has long ended.
const GAPS: [Duration; 3] = [
    Duration::ZERO,
    Duration::from_secs(20),
    Duration::from_secs(3600),
];
const WORKING: [&str; 4] = [
    "Queued",
    "Check the file",
    "Build the ISO",
    "Begin the deployment",
];

fn begun(job: &Job) -> Begun {
    let JobState::ClusterDeploy(ClusterDeployState::Succeeded { begun }) = &job.state else {
        panic!("it ended as {:?}", job.state)
    };
    begun.clone()
}

/// One build, one deployment, which the job names, and nothing typed is kept.
fn check(rig: &Rig, job: &Job, what: &str) {
    assert_eq!(rig.cluster.builds_begun(), 1, "{what}");
    assert_eq!(rig.cluster.desk().begun, [begun(job)], "{what}");
    assert!(rig.cluster.desk().forgotten, "{what}");
}

async fn cancel(rig: &Rig, id: &JobId) {
    let now = rig.clock.now();
    assert!(rig.store.request_cancel(id, now).await.unwrap());
}

#[tokio::test]
async fn the_iso_is_built_and_the_deployment_is_begun_and_not_waited_for() {
    let mut rig = Rig::new();
    let job = rig.run_job(cluster_deploy()).await;
    check(&rig, &job, "undisturbed");
    assert!(matches!(begun(&job), Begun::Batch(_)), "of two cards");
    assert_eq!(job.facts.iso_builds.len(), 1, "its page links to the build");
    assert!(rig.elapsed() >= BUILD && rig.elapsed() < BUILD + Duration::from_secs(5));
    let statuses = step_statuses(&job, &rig.store.history(&job.id));
    let done = statuses.iter().filter(|(s, _)| *s == StepStatus::Done);
    assert_eq!(done.count(), build_steps(&job.spec).len(), "{statuses:?}");

    let mut plan = cluster_deploy_plan();
    plan.cards.truncate(1);
    let job = Rig::new().run_job(JobSpec::ClusterDeploy(plan)).await;
    assert!(matches!(begun(&job), Begun::Job(_)), "of one card");
}

#[tokio::test]
async fn killed_at_any_point_it_builds_once_and_deploys_once() {
    let saves = {
        let mut rig = Rig::new();
        let job = rig.run_job(cluster_deploy()).await;
        u32::try_from(job.version).unwrap()
    };
    // The waits in between are all the same.
    let points = (1..8).chain(saves - 6..=saves);
    for at in points {
        for gap in GAPS {
            let mut rig = Rig::new();
            let id = rig.submit(cluster_deploy()).await;
            let job = rig.run_killed_after(&id, at..at + 1, gap).await;
            check(&rig, &job, &format!("killed after save {at}, for {gap:?}"));
            let mut rig = Rig::new();
            let id = rig.submit(cluster_deploy()).await;
            let job = rig.run_killed_instead_of(&id, at, gap).await;
            check(
                &rig,
                &job,
                &format!("killed instead of save {at}, for {gap:?}"),
            );
        }
        for when in [When::Save, When::Answer] {
            let mut rig = Rig::new();
            let id = rig.submit(cluster_deploy()).await;
            rig.break_save(at, when);
            let job = rig.run(&id).await;
            check(&rig, &job, &format!("{when:?} {at} breaks"));
        }
    }
}

#[tokio::test]
async fn a_file_that_was_changed_after_the_kill_is_not_deployed() {
    for state in WORKING {
        let mut rig = Rig::new();
        let id = rig.submit(cluster_deploy()).await;
        rig.run_until(&id, state).await;
        rig.kill(Duration::from_secs(20));
        rig.cluster.desk().changed = true;
        let job = rig.run(&id).await;
        let failure = failure(&job);
        assert_eq!(failure.kind, FailureKind::Precondition, "{state}");
        assert!(failure.message.contains("was changed"), "{failure:?}");
        assert_eq!(
            failure.retry,
            Retry::AfterFix("look at its plan, and deploy it again".into())
        );
        assert_eq!(rig.cluster.desk().begun, [], "{state}");
        assert!(rig.cluster.desk().forgotten, "{state}");
    }
}

#[tokio::test]
async fn a_failed_or_stopped_build_is_the_jobs_end_with_its_cause_and_nothing_is_deployed() {
    let mut rig = Rig::new();
    rig.cluster.desk().build_fails = Some(disk_is_full());
    let job = rig.run_job(cluster_deploy()).await;
    let failed = failure(&job);
    assert_eq!(
        failed.message,
        "the ISO was not built, and nothing was deployed: the disk is full"
    );
    assert!(failed.causes[0].ends_with("failed in `Write the ISO`"));
    assert_eq!(failed.causes[1], "12 MB are free");
    let next = "make room for 2 GB; then deploy the file again".to_owned();
    assert_eq!(failed.retry, Retry::AfterFix(next));
    assert_eq!(rig.cluster.desk().begun, []);

    let mut rig = Rig::new();
    let id = rig.submit(cluster_deploy()).await;
    rig.run_until(&id, "Build the ISO").await;
    rig.step().await.unwrap().unwrap();
    rig.cluster.stop_builds();
    let job = rig.run(&id).await;
    assert!(failure(&job).message.contains("was cancelled"));
    assert_eq!(rig.cluster.desk().begun, []);
    assert!(rig.cluster.desk().forgotten);
}

#[tokio::test]
async fn cancelled_in_any_state_it_stops_its_build_and_deploys_nothing() {
    for state in WORKING {
        let mut rig = Rig::new();
        let id = rig.submit(cluster_deploy()).await;
        rig.run_until(&id, state).await;
        if state == "Build the ISO" {
            rig.step().await.unwrap().unwrap();
            assert!(rig.cluster.build_runs());
        }
        cancel(&rig, &id).await;
        let job = rig.run(&id).await;
        assert_eq!(job.state.outcome(), JobOutcome::Cancelled, "{state}");
        assert!(!rig.cluster.build_runs(), "{state}");
        assert_eq!(rig.cluster.desk().begun, [], "{state}");
        assert!(rig.cluster.desk().forgotten, "{state}");
    }
}

#[tokio::test]
async fn what_was_begun_when_the_wish_to_stop_or_an_error_came_is_a_success_and_named() {
    let mut rig = Rig::new();
    let id = rig.submit(cluster_deploy()).await;
    rig.run_until(&id, "Begin the deployment").await;
    rig.break_save(1, When::Save);
    rig.step().await.unwrap().unwrap_err();
    rig.kill(Duration::from_secs(1));
    cancel(&rig, &id).await;
    let job = rig.run(&id).await;
    check(&rig, &job, "cancelled between the deed and its save");

    let mut rig = Rig::new();
    rig.cluster.desk().begin_breaks = true;
    let job = rig.run_job(cluster_deploy()).await;
    check(&rig, &job, "an error after the deed");
}

#[tokio::test]
async fn a_locked_secret_store_is_waited_for() {
    let mut rig = Rig::new();
    let id = rig.submit(cluster_deploy()).await;
    rig.kill(Duration::from_secs(1));
    rig.cluster.desk().locked = true;
    rig.step().await.unwrap().unwrap();
    let job = rig.step().await.unwrap().unwrap();
    let waits = job.wait.as_ref().map(|wait| wait.reason.text());
    assert!(waits.unwrap().contains("the secret file is locked"));
    rig.cluster.desk().locked = false;
    let job = rig.run(&id).await;
    check(&rig, &job, "opened in time");
}
