//! What no step does and the engine must withstand: an illegal move.

use super::*;
use crate::{
    ids::DpuId,
    image::ImageDigest,
    job::{DeploymentState, EventKind},
};

fn digest() -> ImageDigest {
    format!("sha256:{}", "a".repeat(64)).parse().unwrap()
}

fn job_in(state: DeploymentState) -> Job {
    let plan = super::super::BootChangePlan {
        change: super::super::BootChange::Rollback,
        expected_booted: None,
    };
    let at = Timestamp::from_millis(0);
    let mut job = Job::new(DpuId::new(), JobSpec::BootChange(plan), at);
    job.state = JobState::Deployment(state);
    job
}

fn applied(from: DeploymentState, to: DeploymentState) -> (Job, Vec<NewEvent>) {
    let from = job_in(from);
    let mut next = from.clone();
    let mut events = Events {
        step: from.state.name(),
        list: Vec::new(),
    };
    let now = Timestamp::from_millis(1_000);
    apply(
        Move::To(JobState::Deployment(to)),
        &from,
        &mut next,
        now,
        &mut events,
    );
    (next, events.list)
}

#[test]
fn an_illegal_move_becomes_a_failure_by_way_of_clean_up() {
    let booted = digest();
    let (job, events) = applied(
        DeploymentState::Preflight,
        DeploymentState::Succeeded { booted },
    );
    let JobState::Deployment(DeploymentState::CleaningUp {
        then: Terminal::Failed(failure),
    }) = job.state
    else {
        panic!("it became {:?}", job.state)
    };
    assert_eq!(failure.kind, FailureKind::Local);
    assert_eq!(
        failure.message,
        "a bug: `Check the card` must not become `Succeeded`"
    );
    assert_eq!(events.len(), 1);
    assert_eq!(
        (events[0].kind, events[0].step.as_str()),
        (EventKind::Entered, "Clean up")
    );
    assert_eq!(
        (job.ended_at, job.state_since),
        (None, Timestamp::from_millis(1_000))
    );
}

#[test]
fn an_illegal_move_out_of_clean_up_ends_with_what_came_first() {
    let mut first =
        StepError::new(FailureKind::Refused, "the IMC said no").into_failure("Insert the ISO");
    let cleaning = DeploymentState::CleaningUp {
        then: Terminal::Failed(first.clone()),
    };
    let (job, events) = applied(cleaning, DeploymentState::Preflight);
    first
        .causes
        .push("cleaning up failed too: a bug: `Clean up` must not become `Check the card`".into());
    assert_eq!(
        job.state,
        JobState::Deployment(DeploymentState::Failed { failure: first })
    );
    assert_eq!(events[0].kind, EventKind::Failed);
    assert_eq!(job.ended_at, Some(Timestamp::from_millis(1_000)));
}

#[test]
fn a_move_within_a_state_keeps_its_clock() {
    let asked = Timestamp::from_millis(500);
    let (job, events) = applied(
        DeploymentState::ResettingImc { requested_at: None },
        DeploymentState::ResettingImc {
            requested_at: Some(asked),
        },
    );
    assert_eq!(job.state_since, Timestamp::from_millis(0));
    assert_eq!(events, []);
}

#[test]
fn retries_are_told_sparingly() {
    let told: Vec<u32> = (1..=40).filter(|attempt| worth_telling(*attempt)).collect();
    assert_eq!(told, [1, 2, 3, 10, 20, 30, 40]);
}
