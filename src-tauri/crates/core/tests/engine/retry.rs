//! A failed deployment goes on from one of its steps: nothing that was done is done again, the card
//! is looked at first, and where that is not safe it is refused with the reason.

use std::time::Duration;

use slipway_core::{
    dpu::JobOutcome,
    failure::FailureKind,
    ids::JobId,
    job::{Job, JobStore, RetryStep, StepStatus, retry_from, retry_steps, step_statuses},
    ports::Clock,
};

use crate::beside::check_full;
use crate::support::{
    Call, Effects, Rig, deployment, failure, full_deployment, no_answer, refused, upgrade,
};

const AGAIN: &str = "0190000000007000a000000000000002";

/// Why each step is no beginning; those that are one stand without a reason.
fn told(steps: &[RetryStep]) -> Vec<(&str, &str)> {
    steps
        .iter()
        .map(|step| {
            let why = step.why_not.as_deref();
            (step.name.as_str(), why.unwrap_or_default())
        })
        .collect()
}

/// A full deployment whose MicroShift never got healthy; then it would.
async fn failed_in_post_steps() -> (Rig, Job) {
    let mut rig = Rig::with(|world| world.faults.never_healthy = true);
    let job = rig.run_job(full_deployment()).await;
    assert_eq!(failure(&job).step, "Run post steps");
    rig.world().faults.never_healthy = false;
    (rig, job)
}

fn may_begin_at(failed: &Job) -> Vec<String> {
    let steps = retry_steps(failed).into_iter();
    let may = steps.filter(|step| step.why_not.is_none());
    may.map(|step| step.name).collect()
}

/// The job that goes on, under an id that is the same in every run.
fn next(rig: &Rig, job: &Job, step: &str) -> Job {
    let next = retry_from(job, step, rig.clock.now()).unwrap();
    let mut next = next.expect("it goes on from the middle");
    next.id = AGAIN.parse().unwrap();
    next
}

async fn submit(rig: &Rig, job: &Job, step: &str) -> JobId {
    let next = next(rig, job, step);
    rig.store.submit(&next, "goes on").await.unwrap();
    next.id
}

fn effects(rig: &Rig) -> Effects {
    rig.world().effects.lasting()
}

/// What a job that goes on adds: the port's network, which the failed one had taken back.
fn with_its_network(before: &Effects) -> Effects {
    Effects {
        network_set_ups: before.network_set_ups + 1,
        network_take_backs: before.network_take_backs + 1,
        ..before.clone()
    }
}

fn succeeded(rig: &Rig, job: &Job, what: &str) {
    let history = || rig.history(&job.id).join("\n");
    assert_eq!(
        job.state.outcome(),
        JobOutcome::Succeeded,
        "{what}: {:?}\n{}",
        job.state,
        history()
    );
    check_full(&rig.world(), what);
    assert!(rig.world().published.is_empty(), "{what}: still served");
}

#[tokio::test]
async fn post_steps_go_on_without_a_second_installation() {
    let (mut rig, failed) = failed_in_post_steps().await;
    let before = effects(&rig);
    let id = submit(&rig, &failed, "Run post steps").await;
    let job = rig.run(&id).await;
    succeeded(&rig, &job, "after post steps");
    let wanted = with_its_network(&before);
    assert_eq!(effects(&rig), wanted, "nothing was done a second time");
    assert_eq!(job.facts.installed_by.as_ref(), Some(&failed.id));
    let history = rig.history(&id);
    assert!(history[0].starts_with("Verify the image: "), "{history:?}");
    // What came before is another job's; what this one did is told as its own.
    let statuses = step_statuses(&job, &rig.store.history(&id));
    let statuses: Vec<StepStatus> = statuses.into_iter().map(|(status, _)| status).collect();
    let (earlier, own) = statuses.split_at(statuses.len() - 3);
    assert!(earlier.iter().all(|status| *status == StepStatus::Skipped));
    assert_eq!(own, [StepStatus::Done; 3]);
}

#[tokio::test]
async fn a_job_that_goes_on_is_killed_after_every_saved_state_and_between_effect_and_save() {
    let (mut rig, failed) = failed_in_post_steps().await;
    let wanted = with_its_network(&effects(&rig));
    let id = submit(&rig, &failed, "Install and boot").await;
    let saves = u32::try_from(rig.run(&id).await.version).unwrap();
    assert!(saves > 5, "{saves}");
    for gap in [Duration::ZERO, Duration::from_secs(3600)] {
        for at in 1..=saves {
            let what = format!("killed after save {at}, back after {gap:?}");
            let (mut rig, failed) = failed_in_post_steps().await;
            let id = submit(&rig, &failed, "Install and boot").await;
            let job = rig.run_killed_after(&id, at..at + 1, gap).await;
            succeeded(&rig, &job, &what);
            assert_eq!(effects(&rig), wanted, "{what}");

            let what = format!("killed instead of save {at}, back after {gap:?}");
            let (mut rig, failed) = failed_in_post_steps().await;
            let id = submit(&rig, &failed, "Install and boot").await;
            let job = rig.run_killed_instead_of(&id, at, gap).await;
            succeeded(&rig, &job, &what);
            assert_eq!(effects(&rig), wanted, "{what}");
        }
    }
}

#[tokio::test]
async fn an_installation_that_was_given_up_too_early_is_gone_on_with() {
    let mut rig = Rig::new();
    let id = rig.submit(full_deployment()).await;
    rig.run_until(&id, "Install and boot").await;
    rig.world().faults.acc = Some(no_answer("192.168.0.2:22"));
    let failed = rig.run(&id).await;
    assert_eq!(failure(&failed).kind, FailureKind::Deadline);
    rig.world().faults.acc = None;
    let may = may_begin_at(&failed);
    assert_eq!(may, ["Check the card", "Install and boot"]);
    let id = submit(&rig, &failed, "Install and boot").await;
    let job = rig.run(&id).await;
    succeeded(&rig, &job, "the installer was slow");
    let done = effects(&rig);
    let once = (
        done.inserts,
        done.resets,
        done.driver_unloads,
        done.driver_loads,
        done.microshift_starts,
    );
    assert_eq!(once, (1, 1, 1, 1, 1), "{done:?}");
}

#[tokio::test]
async fn a_driver_that_was_reloaded_is_not_reloaded_again() {
    for from in ["Install and boot", "Verify the image"] {
        let mut rig = Rig::new();
        let id = rig.submit(full_deployment()).await;
        rig.run_until(&id, "Verify the image").await;
        let ours = rig.world().system().nonce.replace("another".into());
        let failed = rig.run(&id).await;
        assert_eq!(failure(&failed).step, "Verify the image");
        let reload = "Reload the host's driver";
        let why = retry_from(&failed, reload, rig.clock.now()).unwrap_err();
        assert_eq!(
            why,
            "the driver was reloaded: go on from `Verify the image`"
        );
        rig.world().system().nonce = ours;
        let id = submit(&rig, &failed, from).await;
        let job = rig.run(&id).await;
        succeeded(&rig, &job, from);
        let done = effects(&rig);
        assert_eq!((done.driver_unloads, done.driver_loads), (1, 1), "{from}");
    }

    // One that could not be is tried again, after a look at who answers on the card.
    let mut rig = Rig::with(|world| world.faults.driver = Some("keeps"));
    let failed = rig.run_job(full_deployment()).await;
    rig.world().faults.driver = None;
    let id = submit(&rig, &failed, "Reload the host's driver").await;
    let job = rig.run(&id).await;
    succeeded(&rig, &job, "the driver is free");
    assert!(rig.history(&id)[0].starts_with("Install and boot: "));
    assert_eq!(effects(&rig).driver_loads, 1);
}

#[tokio::test]
async fn a_card_that_somebody_installed_meanwhile_is_seen_before_anything_is_done_to_it() {
    let (mut rig, failed) = failed_in_post_steps().await;
    let before = effects(&rig);
    rig.world().system().nonce = Some("0190000000007000a0000000000000ff".into());
    let id = submit(&rig, &failed, "Run post steps").await;
    let job = rig.run(&id).await;
    let told = failure(&job);
    assert_eq!(
        told.message,
        "the system was not installed by this deployment"
    );
    assert_eq!(effects(&rig), with_its_network(&before));
}

#[tokio::test]
async fn a_second_retry_still_knows_which_job_installed_the_card() {
    let (mut rig, failed) = failed_in_post_steps().await;
    rig.world().faults.never_healthy = true;
    let id = submit(&rig, &failed, "Run post steps").await;
    let second = rig.run(&id).await;
    assert_eq!(failure(&second).step, "Run post steps");
    rig.world().faults.never_healthy = false;
    let mut third = retry_from(&second, "Run post steps", rig.clock.now())
        .unwrap()
        .unwrap();
    third.id = "0190000000007000a000000000000003".parse().unwrap();
    assert_eq!(third.facts.installed_by.as_ref(), Some(&failed.id));
    rig.store.submit(&third, "goes on").await.unwrap();
    let job = rig.run(&third.id).await;
    succeeded(&rig, &job, "the third");
}

#[tokio::test]
async fn where_it_is_not_safe_the_reason_is_told() {
    let refusal = refused(400, "PropertyUnknown", "no");
    let mut rig = Rig::with(|w| drop(w.faults.always.insert(Call::Insert, refusal)));
    let failed = rig.run_job(deployment()).await;
    let unseen = "nothing is written before the card was looked at: begin with `Check the card`";
    let ejected = "the ISO was taken off the server and ejected when the job ended: begin with \
                   `Check the card`, and what is prepared already is not done again";
    assert_eq!(
        told(&retry_steps(&failed)),
        [
            ("Check the card", ""),
            ("Set up the network", unseen),
            ("Prepare the IMC", unseen),
            ("Publish the ISO", ejected),
            ("Insert the ISO", ejected),
        ]
    );
    let now = rig.clock.now();
    assert_eq!(retry_from(&failed, "Check the card", now), Ok(None));
    let why = |step| retry_from(&failed, step, now).unwrap_err();
    assert_eq!(
        why("Verify the image"),
        "it comes after `Insert the ISO`, in which the job failed"
    );
    assert_eq!(why("Dance"), "its plan has no step `Dance`");

    let (_, failed) = failed_in_post_steps().await;
    let may = may_begin_at(&failed);
    assert_eq!(
        may,
        [
            "Check the card",
            "Install and boot",
            "Verify the image",
            "Run post steps"
        ]
    );

    // Others look before they act anyway; and only what failed goes on.
    let mut rig = Rig::with(|world| world.faults.update_fails = Some("no space".into()));
    let failed = rig.run_job(upgrade()).await;
    let why = retry_from(&failed, "Stage the image", rig.clock.now()).unwrap_err();
    assert!(why.starts_with("its steps look before they act"), "{why}");
    let mut rig = Rig::new();
    let done = rig.run_job(deployment()).await;
    assert!(retry_steps(&done).is_empty());
    let why = retry_from(&done, "Verify the image", rig.clock.now()).unwrap_err();
    assert_eq!(why, "it has succeeded");
}
