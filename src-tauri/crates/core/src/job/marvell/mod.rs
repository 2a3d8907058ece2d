//! The installation of a Marvell Octeon from the server that it is in: no management controller is
//! asked, a container on that host boots the card into the installer (`pxeboot`).
//!
//! The container runs in a transient systemd unit of the job's name, as an update does on an ACC:
//! it goes on when Slipway dies, is found again by its name, and is never started twice.

mod command;
mod plan;
mod steps;

use serde::{Deserialize, Serialize};

pub use command::{CONTAINER, install};
pub use plan::planned_steps;

use super::{BuildContext, Residue, StepOutcome, Terminal, machine::machine};
use crate::{
    address::Address,
    dpu::JobOutcome,
    failure::{Failure, FailureKind, StepError},
    ports::Remote,
};

/// What goes on the card, and by whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarvellPlan {
    /// The card's name, and then its host name.
    pub name: String,
    /// The server that it is in.
    pub host: Address,
    /// Of marvell-tools.
    pub tools: String,
    /// As the tools take it: `rhel:`, a URL, or a path on the host.
    pub iso: String,
    pub mac: String,
    pub ip: std::net::Ipv4Addr,
    /// Public keys for the card, one line each.
    pub ssh_keys: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "name")]
pub enum MarvellState {
    Queued,
    CheckingHost,
    Installing,
    CleaningUp {
        then: Terminal<String>,
    },
    Succeeded {
        /// What the tools said last.
        said: String,
    },
    Failed {
        failure: Failure,
    },
    Cancelled {
        residue: Vec<Residue>,
    },
}

use MarvellState as State;

impl State {
    pub const NAMES: [&str; 7] = [
        "Queued",
        "Check the host",
        "Install by pxeboot",
        "Clean up",
        "Succeeded",
        "Failed",
        "Cancelled",
    ];

    fn index(&self) -> usize {
        match self {
            Self::Queued => 0,
            Self::CheckingHost => 1,
            Self::Installing => 2,
            Self::CleaningUp { .. } => 3,
            Self::Succeeded { .. } => 4,
            Self::Failed { .. } => 5,
            Self::Cancelled { .. } => 6,
        }
    }

    #[must_use]
    pub fn outcome(&self) -> JobOutcome {
        match self {
            Self::Succeeded { .. } => JobOutcome::Succeeded,
            Self::Failed { .. } => JobOutcome::Failed,
            Self::Cancelled { .. } => JobOutcome::Cancelled,
            Self::Queued | Self::CheckingHost | Self::Installing | Self::CleaningUp { .. } => {
                JobOutcome::Running
            }
        }
    }
}

/// Row: from; entries: to.
const CAN_BECOME: [&[usize]; 7] = [&[1, 3], &[2, 3], &[3], &[4, 5, 6], &[], &[], &[]];

machine!(MarvellState);

type Outcome = Result<StepOutcome<State>, StepError>;
/// The host's shell is what makes it.
type Context<'a> = BuildContext<'a, dyn Remote>;

/// One step of the machine: observe, act, observe.
///
/// # Errors
/// A [`StepError`] that the engine turns into a retry (transient) or into the failure of the job.
pub async fn step(plan: &MarvellPlan, state: &State, cx: &Context<'_>) -> Outcome {
    match state {
        State::Queued => Ok(StepOutcome::Advance(State::CheckingHost)),
        State::CheckingHost => steps::check(plan, cx).await,
        State::Installing => steps::install(plan, cx).await,
        State::CleaningUp { then } => steps::clean_up(then, cx).await,
        State::Succeeded { .. } | State::Failed { .. } | State::Cancelled { .. } => {
            Ok(StepOutcome::Fail(StepError::new(
                FailureKind::Precondition,
                "this job has ended",
            )))
        }
    }
}
