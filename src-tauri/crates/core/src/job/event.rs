//! The one history of a job: for the UI, logs, audit and the support bundle. Append-only.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{ids::JobId, time::Timestamp};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    Submitted,
    /// The state changed.
    Entered,
    /// Something was done to the card or seen on it.
    Note,
    /// A transient error; the step is tried again.
    Retry,
    CancelRequested,
    /// Another process, or this one after a restart, goes on with the job.
    Resumed,
    Succeeded,
    Failed,
    Cancelled,
}

/// An event that has no number yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    pub kind: EventKind,
    /// The state in which it happened.
    pub step: String,
    /// A sentence for people. Never a secret.
    pub text: String,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct JobEvent {
    /// Grows over all jobs of the database: catch up from the last one that was seen.
    #[specta(type = u32)]
    pub seq: i64,
    pub job: JobId,
    pub kind: EventKind,
    pub step: String,
    pub text: String,
    pub at: Timestamp,
}
