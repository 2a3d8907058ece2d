//! One step of a job: the machine of its kind, with what it works on.

use std::sync::Mutex;

use super::{
    Engine,
    moves::{Events, Move, failed},
};
use crate::{
    failure::{FailureKind, StepError},
    ids::JobId,
    job::{
        BuildContext, CardAccess, EventKind, Job, JobFacts, JobSpec, JobState, StepContext,
        StepOutcome, Subject, Wait, WaitReason, boot_change, cluster_deploy, deployment,
        image_build, iso_build, marvell,
    },
    time::Timestamp,
};

/// How a job comes into this step.
pub(super) struct Taken {
    pub(super) resumed: bool,
    pub(super) uncertain: bool,
    pub(super) now: Timestamp,
}

impl Engine {
    pub(super) async fn run_step(&self, job: &mut Job, taken: Taken, events: &mut Events) -> Move {
        let notes = Mutex::new(Vec::new());
        let outcome = self.outcome(job, &taken, &notes).await;
        for note in notes.into_inner().unwrap_or_default() {
            events.add(EventKind::Note, note, self.clock.now());
        }
        match outcome {
            Ok(StepOutcome::Advance(state)) => Move::To(state),
            Ok(StepOutcome::Wait(wait)) => Move::Wait(wait, false),
            Ok(StepOutcome::Fail(error)) => {
                Move::To(failed(&job.state, error.into_failure(job.state.name())))
            }
            Err(error) => self.met(error, job, taken.now),
        }
    }

    async fn outcome(
        &self,
        job: &mut Job,
        taken: &Taken,
        notes: &Mutex<Vec<String>>,
    ) -> Result<StepOutcome<JobState>, StepError> {
        let Job {
            id,
            spec,
            subject,
            state,
            state_since,
            facts,
            ..
        } = job;
        match (&*spec, &*state) {
            (JobSpec::Deployment(plan), JobState::Deployment(state)) => {
                let card = self.card(subject).await?;
                let since = *state_since;
                let mut cx = self.card_context(id, card.as_ref(), since, facts, taken, notes);
                deployment::step(plan, state, &mut cx)
                    .await
                    .map(|o| o.map(JobState::Deployment))
            }
            (JobSpec::BootChange(plan), JobState::BootChange(state)) => {
                let card = self.card(subject).await?;
                let since = *state_since;
                let mut cx = self.card_context(id, card.as_ref(), since, facts, taken, notes);
                boot_change::step(plan, state, &mut cx)
                    .await
                    .map(|o| o.map(JobState::BootChange))
            }
            (JobSpec::IsoBuild(plan), JobState::IsoBuild(state)) => {
                let tool = self.subjects.iso_tool();
                let cx = self.build_context(id, tool.as_ref(), taken.now, notes);
                iso_build::step(plan, state, &cx)
                    .await
                    .map(|o| o.map(JobState::IsoBuild))
            }
            (JobSpec::ImageBuild(plan), JobState::ImageBuild(state)) => {
                let tool = self.subjects.image_tool();
                let cx = self.build_context(id, tool.as_ref(), taken.now, notes);
                image_build::step(plan, state, &cx)
                    .await
                    .map(|o| o.map(JobState::ImageBuild))
            }
            (JobSpec::Marvell(plan), JobState::Marvell(state)) => {
                let host = self.subjects.host(&plan.host).await?;
                let cx = self.build_context(id, host.as_ref(), taken.now, notes);
                marvell::step(plan, state, &cx)
                    .await
                    .map(|o| o.map(JobState::Marvell))
            }
            (JobSpec::ClusterDeploy(plan), JobState::ClusterDeploy(state)) => {
                let tool = self.subjects.cluster_tool();
                let cx = self.build_context(id, tool.as_ref(), taken.now, notes);
                cluster_deploy::step(plan, state, facts, &cx)
                    .await
                    .map(|o| o.map(JobState::ClusterDeploy))
            }
            (
                JobSpec::Deployment(_)
                | JobSpec::BootChange(_)
                | JobSpec::IsoBuild(_)
                | JobSpec::ImageBuild(_)
                | JobSpec::Marvell(_)
                | JobSpec::ClusterDeploy(_),
                _,
            ) => Err(StepError::new(
                FailureKind::Local,
                "the job's state is not of its kind",
            )),
        }
    }

    async fn card(&self, subject: &Subject) -> Result<Box<dyn CardAccess>, StepError> {
        match subject.card() {
            Some(dpu) => self.subjects.card(dpu).await,
            None => Err(StepError::new(
                FailureKind::Local,
                format!("a job for a card is about {subject}"),
            )),
        }
    }

    fn card_context<'a>(
        &'a self,
        job: &'a JobId,
        card: &'a dyn CardAccess,
        state_since: Timestamp,
        facts: &'a mut JobFacts,
        taken: &Taken,
        notes: &'a Mutex<Vec<String>>,
    ) -> StepContext<'a> {
        StepContext {
            job,
            card,
            now: taken.now,
            resumed: taken.resumed,
            uncertain: taken.uncertain,
            state_since,
            policy: &self.policy,
            facts,
            notes,
        }
    }

    fn build_context<'a, T: ?Sized>(
        &'a self,
        job: &'a JobId,
        tool: &'a T,
        now: Timestamp,
        notes: &'a Mutex<Vec<String>>,
    ) -> BuildContext<'a, T> {
        BuildContext {
            job,
            tool,
            now,
            policy: &self.policy,
            notes,
        }
    }

    /// A transient error is waited out, any other ends the job by way of clean-up.
    fn met(&self, error: StepError, job: &Job, now: Timestamp) -> Move {
        if !error.transient {
            return Move::To(failed(&job.state, error.into_failure(job.state.name())));
        }
        let attempt = job.attempt + 1;
        // The job's own id spreads the racks' retries; no clock, no dice.
        let spread = u16::from_str_radix(&job.id.short()[5..], 16).unwrap_or(0) % 1000;
        let pause = self.policy.backoff(job.attempt, spread);
        let reason = WaitReason::Retrying {
            attempt,
            error: error.message,
        };
        Move::Wait(
            Wait {
                reason,
                until: now.plus(pause),
            },
            true,
        )
    }
}

impl<S> StepOutcome<S> {
    fn map<T>(self, f: impl FnOnce(S) -> T) -> StepOutcome<T> {
        match self {
            Self::Advance(state) => StepOutcome::Advance(f(state)),
            Self::Wait(wait) => StepOutcome::Wait(wait),
            Self::Fail(error) => StepOutcome::Fail(error),
        }
    }
}
