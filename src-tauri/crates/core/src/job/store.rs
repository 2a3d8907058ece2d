//! Where jobs are kept. One short transaction per call; none is held across the network.

use async_trait::async_trait;

use super::{EventKind, Job, JobEvent, NewEvent, Subject};
use crate::{ids::JobId, time::Timestamp};

#[derive(Debug, thiserror::Error)]
pub enum JobStoreError {
    /// Refused, not broken: one active job per subject. `this` is "this card", say.
    #[error("{this} already has an active job ({active})")]
    Busy { this: &'static str, active: JobId },
    /// Somebody else moved the job meanwhile; read it again.
    #[error("job {0} was changed by somebody else")]
    Stale(JobId),
    #[error("there is no job {0}")]
    Missing(JobId),
    #[error("the job database")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Which jobs to list.
#[derive(Debug, Clone, Default)]
pub struct JobFilter {
    pub subject: Option<Subject>,
    pub active_only: bool,
    /// At most this many, newest first; 0 means 200.
    pub limit: u32,
}

#[async_trait]
pub trait JobStore: Send + Sync {
    /// Adds a job with its `Submitted` event.
    async fn submit(&self, job: &Job, text: &str) -> Result<(), JobStoreError>;
    /// Active jobs whose `wake_at` has come, oldest wake first. Cancelled-but-waiting ones are due
    /// at once.
    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<Job>, JobStoreError>;
    /// When the next active job wants to wake.
    async fn next_wake(&self) -> Result<Option<Timestamp>, JobStoreError>;
    /// Saves state, facts, wait, attempt, wake_at, ended_at where the stored version is still
    /// `job.version`, sets version + 1, and appends the events: one transaction. Leaves
    /// `cancel_requested` and `seen` as they are stored. Answers with the new version.
    async fn save(&self, job: &Job, events: &[NewEvent]) -> Result<u64, JobStoreError>;
    async fn job(&self, id: &JobId) -> Result<Job, JobStoreError>;
    async fn jobs(&self, filter: &JobFilter) -> Result<Vec<Job>, JobStoreError>;
    /// Events with a `seq` above `after`, of one job or of all, oldest first.
    async fn events(
        &self,
        job: Option<&JobId>,
        after: i64,
        limit: u32,
    ) -> Result<Vec<JobEvent>, JobStoreError>;
    /// Sets the wish and wakes the job. False where it has ended already.
    async fn request_cancel(&self, id: &JobId, now: Timestamp) -> Result<bool, JobStoreError>;
    async fn mark_seen(&self, id: &JobId) -> Result<(), JobStoreError>;
    /// Takes or renews the right to run jobs. False while another owner's lease lasts.
    async fn hold_lease(
        &self,
        owner: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, JobStoreError>;
    async fn release_lease(&self, owner: &str) -> Result<(), JobStoreError>;
}

/// The kind of the event that ends a job.
#[must_use]
pub fn ending(outcome: crate::dpu::JobOutcome) -> Option<EventKind> {
    match outcome {
        crate::dpu::JobOutcome::Running => None,
        crate::dpu::JobOutcome::Succeeded => Some(EventKind::Succeeded),
        crate::dpu::JobOutcome::Failed => Some(EventKind::Failed),
        crate::dpu::JobOutcome::Cancelled => Some(EventKind::Cancelled),
    }
}
