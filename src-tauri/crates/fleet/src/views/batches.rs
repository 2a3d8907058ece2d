//! Batches: many cards at once.

use serde::{Deserialize, Serialize};
use slipway_core::{
    batch::{BatchAction, BatchCardState, BatchRules, BatchState},
    failure::Failure,
    ids::{BatchId, DpuId, JobId},
    image::ImageDigest,
    job::{BootChange, Residue},
    time::Timestamp,
};
use specta::Type;

use super::{DeployRequest, JobRow};

/// A batch to start.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct BatchRequest {
    pub what: BatchWhat,
    pub rules: BatchRules,
}

/// What every card of a batch gets.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "kind", content = "request")]
pub enum BatchWhat {
    /// One ISO, served to all.
    Deploy(DeployRequest),
    /// One target image.
    Change(BatchChange),
}

/// The same upgrade, switch or rollback for many cards.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct BatchChange {
    pub change: BootChange,
    pub cards: Vec<BatchChangeCard>,
}

#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct BatchChangeCard {
    pub dpu: DpuId,
    /// What the person saw as booted when they decided.
    pub expected_booted: Option<ImageDigest>,
}

/// How many cards of a batch stand how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct BatchCounts {
    pub cards: u32,
    pub waiting: u32,
    pub running: u32,
    pub succeeded: u32,
    pub failed: u32,
    pub cancelled: u32,
    pub not_started: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct BatchRow {
    pub id: BatchId,
    pub name: String,
    pub state: BatchState,
    pub counts: BatchCounts,
    /// "Stopped: 2 cards failed. 1 succeeded, 2 failed, 3 waiting".
    pub sentence: String,
    pub created_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

/// What can be asked of a batch: a disabled one says why.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct BatchActionView {
    pub action: BatchAction,
    /// `None`: it may be done.
    pub why_not: Option<String>,
}

/// Everything about one batch: who, how far, and why.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct BatchView {
    pub row: BatchRow,
    pub rules: BatchRules,
    /// "8 at once; waves: 1, 4, the rest; stops after 2 failures".
    pub rules_text: String,
    pub actions: Vec<BatchActionView>,
    /// In the order in which they come to their turn.
    pub cards: Vec<BatchCardView>,
    /// No job of it runs, and none is started unless somebody asks for it.
    pub at_rest: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct BatchCardView {
    pub dpu: DpuId,
    pub name: String,
    /// From 1.
    pub wave: u32,
    pub state: BatchCardState,
    /// The job that it has, or had last.
    pub job: Option<JobRow>,
    /// The jobs that it had before it was tried again.
    pub earlier: Vec<JobId>,
    pub failure: Option<Failure>,
    /// What its job left behind.
    pub residue: Vec<Residue>,
    /// Why it has no job: its turn has not come, another job runs on it, the batch stopped.
    pub why_no_job: Option<String>,
}
