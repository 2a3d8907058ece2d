//! Where a step leads, written into the job with the words that its history keeps.

use crate::{
    dpu::JobOutcome,
    failure::{Failure, FailureKind, StepError},
    job::{
        EventKind, GivenUp, ImageBuildState, IsoBuildState, Job, JobState, NewEvent, Terminal,
        Wait, cluster_deploy::ClusterDeployState, marvell::MarvellState, store,
    },
    time::Timestamp,
};

pub(super) enum Move {
    To(JobState),
    /// And whether it is the retry of an error.
    Wait(Wait, bool),
}

pub(super) struct Events {
    pub(super) step: &'static str,
    pub(super) list: Vec<NewEvent>,
}

impl Events {
    pub(super) fn add(&mut self, kind: EventKind, text: impl Into<String>, at: Timestamp) {
        self.list.push(NewEvent {
            kind,
            step: self.step.to_owned(),
            text: text.into(),
            at,
        });
    }
}

/// Writes the move into the job. An illegal one becomes a failure: it would be a bug of ours.
pub(super) fn apply(to: Move, from: &Job, next: &mut Job, now: Timestamp, events: &mut Events) {
    match to {
        Move::Wait(wait, is_retry) => {
            next.attempt = if is_retry { from.attempt + 1 } else { 0 };
            if is_retry && worth_telling(next.attempt) {
                events.add(EventKind::Retry, wait.reason.text(), now);
            }
            next.wake_at = wait.until;
            next.wait = Some(wait);
        }
        Move::To(state) => {
            let state = if from.state.can_become(&state) {
                state
            } else {
                let message = format!(
                    "a bug: `{}` must not become `{}`",
                    from.state.name(),
                    state.name()
                );
                tracing::error!(job = %from.id, "{message}");
                failed(
                    &from.state,
                    StepError::new(FailureKind::Local, message).into_failure(from.state.name()),
                )
            };
            let entered = state.name();
            if entered != from.state.name() {
                next.state_since = now;
            }
            next.attempt = 0;
            next.wait = None;
            next.wake_at = now;
            match store::ending(state.outcome()) {
                Some(kind) => {
                    next.ended_at = Some(now);
                    events.step = entered;
                    events.add(kind, ending_words(&state, next), now);
                }
                None if entered != from.state.name() => {
                    events.step = entered;
                    events.add(EventKind::Entered, entered, now);
                }
                None => {}
            }
            next.state = state;
        }
    }
}

/// The first three tries, then every tenth: a history, not a flood.
fn worth_telling(attempt: u32) -> bool {
    attempt <= 3 || attempt.is_multiple_of(10)
}

fn ending_words(state: &JobState, job: &Job) -> String {
    match state.outcome() {
        JobOutcome::Running => String::new(),
        JobOutcome::Succeeded => match state {
            JobState::IsoBuild(IsoBuildState::Succeeded { built }) => format!(
                "{} succeeded: {}, sha256 {}",
                job.kind_name(),
                built.written.size,
                built.sha256
            ),
            JobState::ImageBuild(ImageBuildState::Succeeded { built }) => format!(
                "{} succeeded: {} is {}",
                job.kind_name(),
                built.reference,
                built.digest
            ),
            JobState::Marvell(MarvellState::Succeeded { said }) => {
                format!("{} succeeded: {said}", job.kind_name())
            }
            JobState::ClusterDeploy(ClusterDeployState::Succeeded { begun }) => {
                format!("{} succeeded: {}", job.kind_name(), begun.words())
            }
            JobState::Deployment(_)
            | JobState::BootChange(_)
            | JobState::IsoBuild(_)
            | JobState::ImageBuild(_)
            | JobState::Marvell(_)
            | JobState::ClusterDeploy(_) => {
                let booted = job
                    .facts
                    .target
                    .as_ref()
                    .map_or("", |digest| digest.short());
                format!("{} succeeded: {booted} is booted", job.kind_name())
            }
        },
        JobOutcome::Failed => state
            .failure()
            .map_or_else(String::new, |f| f.message.clone()),
        JobOutcome::Cancelled => format!("{} was cancelled", job.kind_name()),
    }
}

/// The clean-up that leads to this failure; a failure while cleaning up ends at once.
pub(super) fn failed(from: &JobState, failure: Failure) -> JobState {
    match from.cleaning_up() {
        Some(then) => from.ended_badly(first(then, failure)),
        None => from.given_up(GivenUp::Failed(failure)),
    }
}

/// The failure that brought us to clean-up is the one that people need; the later one is evidence.
fn first(then: Terminal<()>, later: Failure) -> Failure {
    match then {
        Terminal::Failed(mut failure) => {
            failure
                .causes
                .push(format!("cleaning up failed too: {}", later.message));
            failure
        }
        Terminal::Succeeded(()) | Terminal::Cancelled => later,
    }
}

/// Where a wish to cancel leads; a job that cleans up already is left to it, and so is what must not
/// be cut off: the wish waits.
pub(super) fn cancelled(job: &Job) -> Option<JobState> {
    let may = job.cancel_requested && !job.state.is_terminal() && !job.state.must_end();
    (may && job.state.cleaning_up().is_none()).then(|| job.state.given_up(GivenUp::Cancelled))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        failure::StepError,
        ids::DpuId,
        image::ImageDigest,
        job::{BootChange, BootChangePlan, DeploymentState, JobSpec},
    };

    fn digest() -> ImageDigest {
        format!("sha256:{}", "a".repeat(64)).parse().unwrap()
    }

    fn job_in(state: DeploymentState) -> Job {
        let plan = BootChangePlan {
            change: BootChange::Rollback,
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
        first.causes.push(
            "cleaning up failed too: a bug: `Clean up` must not become `Check the card`".into(),
        );
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
}
