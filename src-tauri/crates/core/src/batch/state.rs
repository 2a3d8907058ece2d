//! Where a batch stands, and where each of its cards does. Each state carries what resuming needs.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{dpu::JobOutcome, ids::JobId, job::machine::machine, time::Timestamp};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "name")]
pub enum BatchState {
    /// Submitted; no card was started yet.
    Waiting,
    Running {
        /// Failures from which a person has let it go on.
        forgiven: u32,
    },
    /// By a person. What runs goes on, nothing is started.
    Paused {
        forgiven: u32,
        since: Timestamp,
    },
    /// By itself, because of failures. What runs goes on, nothing is started.
    Stopped {
        because: StopReason,
        since: Timestamp,
    },
    /// Its running jobs clean up.
    Cancelling {
        since: Timestamp,
    },
    Cancelled,
    /// Nothing is left to do.
    Ended,
}

/// Why a batch stopped by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum StopReason {
    /// This many cards failed.
    Failures { count: u32 },
    /// No card of this wave (from 0) succeeded: the canary died.
    WholeWave { wave: u32 },
}

impl StopReason {
    /// "2 cards failed".
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Failures { count: 1 } => "1 card failed".to_owned(),
            Self::Failures { count } => format!("{count} cards failed"),
            Self::WholeWave { wave } => format!("no card of wave {} succeeded", wave + 1),
        }
    }
}

use BatchState as State;

impl State {
    /// Every state once, for tables and tests.
    pub const NAMES: [&str; 7] = [
        "Waiting",
        "Running",
        "Paused",
        "Stopped",
        "Cancelling",
        "Cancelled",
        "Ended",
    ];

    fn index(&self) -> usize {
        match self {
            Self::Waiting => 0,
            Self::Running { .. } => 1,
            Self::Paused { .. } => 2,
            Self::Stopped { .. } => 3,
            Self::Cancelling { .. } => 4,
            Self::Cancelled => 5,
            Self::Ended => 6,
        }
    }

    /// Whether nothing more happens unless somebody asks for it.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        match self {
            Self::Cancelled | Self::Ended => true,
            Self::Waiting
            | Self::Running { .. }
            | Self::Paused { .. }
            | Self::Stopped { .. }
            | Self::Cancelling { .. } => false,
        }
    }
}

/// Row: from; entries: to. Running may become Running: a retry while it runs. A batch that is over
/// runs again where somebody retries what did not succeed.
const CAN_BECOME: [&[usize]; 7] = [
    &[1, 2, 4, 6],
    &[1, 2, 3, 4, 6],
    &[1, 4, 6],
    &[1, 4, 6],
    &[5],
    &[1],
    &[1],
];

machine!(BatchState);

/// Where one card of a batch stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "name")]
pub enum BatchCardState {
    Waiting,
    /// Its job was submitted, in the same transaction that wrote this.
    Running {
        job: JobId,
    },
    Ended {
        job: JobId,
        outcome: JobOutcome,
    },
    NotStarted {
        because: NotStarted,
    },
}

impl BatchCardState {
    /// The job that it has, or had last.
    #[must_use]
    pub fn job(&self) -> Option<&JobId> {
        match self {
            Self::Running { job } | Self::Ended { job, .. } => Some(job),
            Self::Waiting | Self::NotStarted { .. } => None,
        }
    }

    /// Whether it neither waits nor runs.
    #[must_use]
    pub fn is_done(&self) -> bool {
        match self {
            Self::Waiting | Self::Running { .. } => false,
            Self::Ended { .. } | Self::NotStarted { .. } => true,
        }
    }
}

/// Why a card never got its job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum NotStarted {
    BatchCancelled,
    CardRemoved,
}

impl NotStarted {
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::BatchCancelled => "the batch was cancelled before its turn came",
            Self::CardRemoved => "the card was removed from the inventory",
        }
    }
}
