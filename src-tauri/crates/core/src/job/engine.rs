//! The engine: claim a due job, step it, save what it led to.
//!
//! One short transaction per step holds state and events; nothing is held across the network. The
//! engine knows no time of its own and spawns nothing: whoever runs it decides how many jobs move
//! at once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;

use super::{
    BuildContext, CardAccess, EventKind, GivenUp, ImageBuildState, ImageTool, IsoBuildState,
    IsoTool, Job, JobFacts, JobSpec, JobState, JobStore, JobStoreError, NewEvent, Policy,
    StepContext, StepOutcome, Subject, Terminal, Wait, WaitReason, boot_change, cluster_deploy,
    cluster_deploy::{ClusterDeployState, ClusterTool},
    deployment, image_build, iso_build,
    marvell::{self, MarvellState},
};
use crate::{
    address::Address,
    dpu::JobOutcome,
    failure::{Failure, FailureKind, StepError},
    ids::{DpuId, JobId},
    ports::{Clock, Remote},
    time::Timestamp,
};

pub use super::deadline::deadline;
use super::deadline::minutes;

/// What the jobs of a desk work on.
#[async_trait]
pub trait Subjects: Send + Sync {
    /// Makes the access to a card for one step.
    async fn card(&self, dpu: &DpuId) -> Result<Box<dyn CardAccess>, StepError>;
    /// A server with a card that has no management controller of its own.
    async fn host(&self, address: &Address) -> Result<Arc<dyn Remote>, StepError>;
    /// What makes ISOs here.
    fn iso_tool(&self) -> Arc<dyn IsoTool>;
    /// What builds images here.
    fn image_tool(&self) -> Arc<dyn ImageTool>;
    /// What deploys cluster files here.
    fn cluster_tool(&self) -> Arc<dyn ClusterTool>;
    /// Called after every save, outside of any transaction.
    async fn job_moved(&self, job: &Job);
}

/// The engine of one process.
pub struct Engine {
    store: Arc<dyn JobStore>,
    subjects: Arc<dyn Subjects>,
    clock: Arc<dyn Clock>,
    policy: Policy,
    /// Jobs that this engine has moved, as it saved them.
    ours: Mutex<HashMap<JobId, Known>>,
}

/// What this engine knows of a job that it saved itself.
#[derive(Clone, Copy)]
struct Known {
    /// The version that was saved. With any other one, somebody else has moved the job since.
    version: u64,
    /// Whether the last effect is known to have been asked for, or not to have been. It isn't after
    /// a take-over or after an error (the answer may have been lost), until the job moves on.
    certain: bool,
}

impl Engine {
    pub fn new(
        store: Arc<dyn JobStore>,
        subjects: Arc<dyn Subjects>,
        clock: Arc<dyn Clock>,
        policy: Policy,
    ) -> Self {
        Self {
            store,
            subjects,
            clock,
            policy,
            ours: Mutex::new(HashMap::new()),
        }
    }

    /// Active jobs whose time has come.
    ///
    /// # Errors
    /// [`JobStoreError::Database`].
    pub async fn due(&self, limit: u32) -> Result<Vec<Job>, JobStoreError> {
        let now = self.clock.now();
        let mut due = self.store.due(now, limit).await?;
        // A cancelled job is due at once; one that cleans up already keeps to its pauses.
        due.retain(|job| job.wake_at <= now || cancelled(job).is_some());
        Ok(due)
    }

    /// To be called when this process gets the lease (again): another one may have moved the jobs
    /// meanwhile, so each is looked at first.
    pub fn look_first(&self) {
        if let Ok(mut ours) = self.ours.lock() {
            ours.clear();
        }
    }

    /// Runs one step of the job and saves where it led. Answers with the job as saved.
    ///
    /// # Errors
    /// [`JobStoreError::Stale`] where somebody else moved it meanwhile: then nothing was saved.
    pub async fn advance(&self, job: Job) -> Result<Job, JobStoreError> {
        if job.state.is_terminal() {
            return Ok(job);
        }
        let now = self.clock.now();
        let known = self.known(&job);
        // A job that nobody has saved yet has had no effect, unless it goes on with another's.
        let begun = job.version > 0 || job.facts.installed_by.is_some();
        let resumed = known.is_none() && begun;
        let uncertain = known.map_or(resumed, |known| !known.certain);
        let mut events = Events {
            step: job.state.name(),
            list: Vec::new(),
        };
        if resumed {
            events.add(
                EventKind::Resumed,
                format!("goes on with `{}`", job.state.name()),
                now,
            );
        }
        let mut next = job.clone();
        if resumed {
            // Hours may have passed without us: the state gets its time again, and is looked at first.
            next.state_since = now;
        }
        let move_to = if let Some(cancel) = cancelled(&job) {
            events.add(EventKind::Note, "cancelling", now);
            Move::To(cancel)
        } else {
            let taken = Taken {
                resumed,
                uncertain,
                now,
            };
            let move_to = self.run_step(&mut next, taken, &mut events).await;
            // Only after a last look: the machine may have slept, and the card be fine meanwhile.
            match self.overdue(&next, &move_to, now) {
                Some(failure) => Move::To(failed(&job.state, failure)),
                None => move_to,
            }
        };
        let certain = match &move_to {
            Move::To(_) => true,
            Move::Wait(_, is_retry) => !is_retry && !uncertain,
        };
        let after = self.clock.now();
        apply(move_to, &job, &mut next, after, &mut events);
        next.version = self
            .store
            .save(&next, &events.list)
            .await
            .inspect_err(|_| {
                // What is stored is not what we think: look first the next time.
                self.forget(&job.id);
            })?;
        if next.state.is_terminal() {
            self.forget(&next.id);
        } else if let Ok(mut ours) = self.ours.lock() {
            ours.insert(
                next.id.clone(),
                Known {
                    version: next.version,
                    certain,
                },
            );
        }
        self.subjects.job_moved(&next).await;
        Ok(next)
    }

    /// Steps the job again and again until it ends or waits. For tests and for a shell that runs
    /// one job.
    ///
    /// # Errors
    /// As [`Self::advance`].
    pub async fn advance_until_waiting(&self, mut job: Job) -> Result<Job, JobStoreError> {
        loop {
            job = self.advance(job).await?;
            if job.state.is_terminal() || job.wait.is_some() {
                return Ok(job);
            }
        }
    }

    fn known(&self, job: &Job) -> Option<Known> {
        let ours = self.ours.lock().ok()?;
        ours.get(&job.id)
            .copied()
            .filter(|known| known.version == job.version)
    }

    fn forget(&self, job: &JobId) {
        if let Ok(mut ours) = self.ours.lock() {
            ours.remove(job);
        }
    }

    /// The state's time is up, and the step that was just run did not get out of it.
    fn overdue(&self, job: &Job, move_to: &Move, now: Timestamp) -> Option<Failure> {
        let deadline = deadline(&job.state, &self.policy)?;
        if now.since(job.state_since) < deadline {
            return None;
        }
        let wait = match move_to {
            Move::Wait(wait, _) => Some(wait),
            Move::To(next) if next.name() == job.state.name() => None,
            Move::To(_) => return None,
        };
        let mut error = StepError::new(
            FailureKind::Deadline,
            format!(
                "`{}` took longer than {}",
                job.state.name(),
                minutes(deadline)
            ),
        );
        if let Some(wait) = wait {
            error = error.because(format!("the last word was: {}", wait.reason.text()));
        }
        Some(
            error
                .hint(match job.subject {
                    Subject::Card(_) => "look at the card, then retry",
                    Subject::Iso(_) | Subject::Image(_) | Subject::Host(_) => {
                        "look at its last word, then retry"
                    }
                    Subject::Cluster(_) => "look at its last word, then deploy the file again",
                })
                .into_failure(job.state.name()),
        )
    }

    async fn run_step(&self, job: &mut Job, taken: Taken, events: &mut Events) -> Move {
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
        match (&job.spec, &job.state) {
            (JobSpec::Deployment(plan), JobState::Deployment(state)) => {
                let card = self.card(&job.subject).await?;
                let since = job.state_since;
                let facts = &mut job.facts;
                let mut cx = self.card_context(&job.id, card.as_ref(), since, facts, taken, notes);
                deployment::step(plan, state, &mut cx)
                    .await
                    .map(|o| o.map(JobState::Deployment))
            }
            (JobSpec::BootChange(plan), JobState::BootChange(state)) => {
                let card = self.card(&job.subject).await?;
                let since = job.state_since;
                let facts = &mut job.facts;
                let mut cx = self.card_context(&job.id, card.as_ref(), since, facts, taken, notes);
                boot_change::step(plan, state, &mut cx)
                    .await
                    .map(|o| o.map(JobState::BootChange))
            }
            (JobSpec::IsoBuild(plan), JobState::IsoBuild(state)) => {
                let tool = self.subjects.iso_tool();
                let cx = self.build_context(&job.id, tool.as_ref(), taken.now, notes);
                iso_build::step(plan, state, &cx)
                    .await
                    .map(|o| o.map(JobState::IsoBuild))
            }
            (JobSpec::ImageBuild(plan), JobState::ImageBuild(state)) => {
                let tool = self.subjects.image_tool();
                let cx = self.build_context(&job.id, tool.as_ref(), taken.now, notes);
                image_build::step(plan, state, &cx)
                    .await
                    .map(|o| o.map(JobState::ImageBuild))
            }
            (JobSpec::Marvell(plan), JobState::Marvell(state)) => {
                let host = self.subjects.host(&plan.host).await?;
                let cx = self.build_context(&job.id, host.as_ref(), taken.now, notes);
                marvell::step(plan, state, &cx)
                    .await
                    .map(|o| o.map(JobState::Marvell))
            }
            (JobSpec::ClusterDeploy(plan), JobState::ClusterDeploy(state)) => {
                let tool = self.subjects.cluster_tool();
                let cx = self.build_context(&job.id, tool.as_ref(), taken.now, notes);
                cluster_deploy::step(plan, state, &mut job.facts, &cx)
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

/// Writes the move into the job. An illegal one becomes a failure: it would be a bug of ours.
fn apply(to: Move, from: &Job, next: &mut Job, now: Timestamp, events: &mut Events) {
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
            match super::store::ending(state.outcome()) {
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

/// How a job comes into this step.
struct Taken {
    resumed: bool,
    uncertain: bool,
    now: Timestamp,
}

enum Move {
    To(JobState),
    /// And whether it is the retry of an error.
    Wait(Wait, bool),
}

struct Events {
    step: &'static str,
    list: Vec<NewEvent>,
}

impl Events {
    fn add(&mut self, kind: EventKind, text: impl Into<String>, at: Timestamp) {
        self.list.push(NewEvent {
            kind,
            step: self.step.to_owned(),
            text: text.into(),
            at,
        });
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
fn failed(from: &JobState, failure: Failure) -> JobState {
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
fn cancelled(job: &Job) -> Option<JobState> {
    let may = job.cancel_requested && !job.state.is_terminal() && !job.state.must_end();
    (may && job.state.cleaning_up().is_none()).then(|| job.state.given_up(GivenUp::Cancelled))
}

#[cfg(test)]
mod tests;
