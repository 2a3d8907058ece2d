//! Upgrade, switch and rollback: bring a card that already runs image mode to another boot entry.
//!
//! Stage, then reboot as a step of its own, then compare digest and boot id. "SSH came back" is
//! not success.

mod acc;
mod check;
mod clean_up;
mod reboot;
mod stage;
mod verdict;

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{Residue, StepContext, StepOutcome, Terminal, machine::machine};
use crate::{
    bootc::UpdateCommand,
    dpu::JobOutcome,
    failure::{Failure, FailureKind, StepError},
    image::{ImageDigest, ImageReference},
    time::Timestamp,
};

pub(super) use acc::{boot_id, observe_on, read_file, read_status, run};
pub(super) use verdict::{Verdict, verdict};

/// Which boot entry is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "change", content = "to")]
pub enum BootChange {
    Upgrade,
    Switch(ImageReference),
    Rollback,
}

impl BootChange {
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Upgrade => "Upgrade",
            Self::Switch(_) => "Switch",
            Self::Rollback => "Rollback",
        }
    }

    fn update(&self) -> Option<UpdateCommand> {
        match self {
            Self::Upgrade => Some(UpdateCommand::Upgrade),
            Self::Switch(to) => Some(UpdateCommand::Switch(to.clone())),
            Self::Rollback => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BootChangePlan {
    pub change: BootChange,
    /// What was booted when the plan was shown; another one now stops the job.
    pub expected_booted: Option<ImageDigest>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "name")]
pub enum BootChangeState {
    Queued,
    Checking,
    /// The update runs in its unit, or the rollback is being queued.
    Staging,
    Rebooting {
        requested_at: Option<Timestamp>,
    },
    AwaitingAcc,
    VerifyingImage,
    CleaningUp {
        then: Terminal,
    },
    Succeeded {
        booted: ImageDigest,
    },
    Failed {
        failure: Failure,
    },
    Cancelled {
        residue: Vec<Residue>,
    },
}

use BootChangeState as State;

impl State {
    /// Every state once, for tables and tests.
    pub const NAMES: [&str; 10] = [
        "Queued",
        "Check the card",
        "Stage the image",
        "Reboot the ACC",
        "Wait for the ACC",
        "Verify the image",
        "Clean up",
        "Succeeded",
        "Failed",
        "Cancelled",
    ];

    fn index(&self) -> usize {
        match self {
            Self::Queued => 0,
            Self::Checking => 1,
            Self::Staging => 2,
            Self::Rebooting { .. } => 3,
            Self::AwaitingAcc => 4,
            Self::VerifyingImage => 5,
            Self::CleaningUp { .. } => 6,
            Self::Succeeded { .. } => 7,
            Self::Failed { .. } => 8,
            Self::Cancelled { .. } => 9,
        }
    }

    #[must_use]
    pub fn outcome(&self) -> JobOutcome {
        match self {
            Self::Succeeded { .. } => JobOutcome::Succeeded,
            Self::Failed { .. } => JobOutcome::Failed,
            Self::Cancelled { .. } => JobOutcome::Cancelled,
            Self::Queued
            | Self::Checking
            | Self::Staging
            | Self::Rebooting { .. }
            | Self::AwaitingAcc
            | Self::VerifyingImage
            | Self::CleaningUp { .. } => JobOutcome::Running,
        }
    }
}

/// Row: from; entries: to. Every working state may clean up (a failure, a cancel).
const CAN_BECOME: [&[usize]; 10] = [
    &[1, 6],
    &[2, 6],
    &[3, 6],
    &[3, 4, 6],
    &[5, 6],
    &[6],
    &[7, 8, 9],
    &[],
    &[],
    &[],
];

machine!(BootChangeState);

type Outcome = Result<StepOutcome<State>, StepError>;

/// One step of the machine: observe, act, observe.
///
/// # Errors
/// A [`StepError`] that the engine turns into a retry (transient) or into the failure of the job.
pub async fn step(plan: &BootChangePlan, state: &State, cx: &mut StepContext<'_>) -> Outcome {
    match state {
        State::Queued => Ok(StepOutcome::Advance(State::Checking)),
        State::Checking => check::checking(plan, cx).await,
        State::Staging => match plan.change.update() {
            Some(update) => stage::staging(&update, cx).await,
            None => stage::queueing_rollback(cx).await,
        },
        State::Rebooting { requested_at } => reboot::rebooting(*requested_at, cx).await,
        State::AwaitingAcc => reboot::awaiting_acc(cx).await,
        State::VerifyingImage => verdict::verifying(cx).await,
        State::CleaningUp { then } => Ok(StepOutcome::Advance(
            clean_up::cleaned(plan, then, cx).await,
        )),
        State::Succeeded { .. } | State::Failed { .. } | State::Cancelled { .. } => {
            Ok(StepOutcome::Fail(StepError::new(
                FailureKind::Precondition,
                "this job has ended",
            )))
        }
    }
}

fn done(booted: ImageDigest) -> StepOutcome<State> {
    StepOutcome::Advance(State::CleaningUp {
        then: Terminal::Succeeded(booted),
    })
}
