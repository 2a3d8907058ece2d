//! Many cards at once: a batch gives each of its cards a job, a few at a time and wave by wave, and
//! stops where too many fail.
//!
//! A batch touches no card. It decides which jobs are submitted next ([`decide`]); what a job does,
//! and how it goes on after a kill, is the engine's ([`crate::job`]). Nothing here does I/O: the
//! answers depend on the batch, its cards and the time that are handed in.

mod action;
mod decide;
mod rules;
mod state;

use serde::{Deserialize, Serialize};

pub use action::BatchAction;
pub use decide::{Decision, decide};
pub use rules::{AT_ONCE, BatchRules, InvalidRules, STOP_AFTER, Waves};
pub use state::{BatchCardState, BatchState, NotStarted, StopReason};

use crate::{
    dpu::JobOutcome,
    ids::{BatchId, DpuId, JobId},
    time::Timestamp,
};

/// One batch. Its cards are kept beside it: [`BatchCard`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    pub id: BatchId,
    /// "Deploy dpu-os-1.0.0.iso to 6 cards".
    pub name: String,
    pub rules: BatchRules,
    pub state: BatchState,
    /// Grows with every save; a save with an old one is refused.
    pub version: u64,
    pub created_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

impl Batch {
    #[must_use]
    pub fn new(name: String, rules: BatchRules, now: Timestamp) -> Self {
        Self {
            id: BatchId::new(),
            name,
            rules,
            state: BatchState::Waiting,
            version: 0,
            created_at: now,
            ended_at: None,
        }
    }

    /// Moves on to a state, where the table allows it; a batch that ends gets the time of it.
    /// False where it does not: that would be a bug of ours, and nothing is changed then.
    pub fn become_state(&mut self, next: BatchState, now: Timestamp) -> bool {
        if !self.state.can_become(&next) {
            return false;
        }
        self.ended_at = next.is_terminal().then_some(now);
        self.state = next;
        true
    }
}

/// One card of a batch: what the batch knows of it, and what is seen of it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchCard {
    pub dpu: DpuId,
    /// From 0.
    pub wave: u32,
    pub state: BatchCardState,
    /// The jobs that it had in this batch before it was tried again, oldest first.
    pub earlier: Vec<JobId>,
    pub seen: Seen,
}

/// What the jobs and the inventory say of a card of a batch, read each time anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// How its job of this batch stands, where it has one.
    pub outcome: Option<JobOutcome>,
    /// That job was asked to stop.
    pub cancel_requested: bool,
    /// A job that is not of this batch runs on it.
    pub other_job: Option<JobId>,
    pub in_inventory: bool,
}

impl Default for Seen {
    /// A card that is there, and on which nothing runs.
    fn default() -> Self {
        Self {
            outcome: None,
            cancel_requested: false,
            other_job: None,
            in_inventory: true,
        }
    }
}

/// How many cards stand how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub waiting: u32,
    pub running: u32,
    pub succeeded: u32,
    pub failed: u32,
    pub cancelled: u32,
    pub not_started: u32,
}

impl Tally {
    pub fn of<'a>(states: impl IntoIterator<Item = &'a BatchCardState>) -> Self {
        let mut tally = Self::default();
        for state in states {
            let count = match state {
                BatchCardState::Waiting => &mut tally.waiting,
                BatchCardState::Running { .. } => &mut tally.running,
                BatchCardState::NotStarted { .. } => &mut tally.not_started,
                BatchCardState::Ended { outcome, .. } => match outcome {
                    JobOutcome::Running => &mut tally.running,
                    JobOutcome::Succeeded => &mut tally.succeeded,
                    JobOutcome::Failed => &mut tally.failed,
                    JobOutcome::Cancelled => &mut tally.cancelled,
                },
            };
            *count += 1;
        }
        tally
    }

    /// Whether a card still waits or runs.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.waiting + self.running > 0
    }

    #[must_use]
    pub fn cards(&self) -> u32 {
        self.waiting
            + self.running
            + self.succeeded
            + self.failed
            + self.cancelled
            + self.not_started
    }

    /// "3 succeeded, 2 failed, 1 waiting".
    #[must_use]
    pub fn text(&self) -> String {
        let parts: Vec<String> = [
            (self.succeeded, "succeeded"),
            (self.failed, "failed"),
            (self.cancelled, "cancelled"),
            (self.not_started, "not started"),
            (self.running, "running"),
            (self.waiting, "waiting"),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
        if parts.is_empty() {
            "no cards".to_owned()
        } else {
            parts.join(", ")
        }
    }
}

#[cfg(test)]
mod tests;
