//! The engine: claim a due job, step it, save what it led to.
//!
//! One short transaction per step holds state and events; nothing is held across the network. The
//! engine knows no time of its own and spawns nothing: whoever runs it decides how many jobs move
//! at once.

mod moves;
mod run;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;

use self::{
    moves::{Events, Move, apply, cancelled, failed},
    run::Taken,
};
use super::{
    CardAccess, EventKind, ImageTool, IsoTool, Job, JobStore, JobStoreError, Policy, Subject,
    cluster_deploy::ClusterTool,
};
use crate::{
    address::Address,
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
}
