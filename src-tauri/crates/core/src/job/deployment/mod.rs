//! A deployment: from whatever is on a card to a verified booted image.

mod after;
mod beside;
mod firmware;
mod host;
mod imc_boot;
mod install;
mod ledger;
mod media;
mod network;
mod prepare;
mod reserved_memory;
mod undo;
mod verify;

pub use beside::{Beside, PostSecret, PostStep};
pub use host::Reload;
pub use prepare::prepare;
pub use reserved_memory::{NEEDS_RESERVED_MEMORY, reserve_memory, reserves_enough};
pub use undo::{Undone, undo};

pub(crate) use after::of_step;
pub(in crate::job) use after::planned as planned_after;
pub(crate) use firmware::ISSUE;
pub(in crate::job) use imc_boot::planned as planned_imc_boot;

use serde::{Deserialize, Serialize};

use super::{Residue, StepContext, StepOutcome, Terminal, machine::machine};
use crate::{
    dpu::JobOutcome,
    failure::{Failure, FailureKind, StepError},
    ids::IsoId,
    image::{ImageDigest, ImageReference},
    iso::KickstartArea,
    ports::TaskUri,
    time::{ByteCount, Timestamp},
};

/// Releases that a deployment is known to work with.
pub const SUPPORTED_RELEASES: [&str; 2] = ["1.8.0", "2.0.0"];

/// What goes on a card. Everything that can be checked without the card was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploymentPlan {
    pub iso: IsoId,
    pub iso_name: String,
    pub iso_path: String,
    pub iso_sha256: String,
    pub iso_size: ByteCount,
    pub area: KickstartArea,
    /// The digest that must be booted in the end.
    pub digest: ImageDigest,
    pub version: Option<String>,
    /// Where the card follows its image afterwards.
    pub origin: Option<ImageReference>,
    pub hostname: String,
    /// Public keys for root, one line each.
    pub authorized_keys: Vec<String>,
    /// A release that is not supported and was explicitly allowed; recorded.
    pub allow_release: Option<String>,
    /// What is done beside the installation itself. Jobs of earlier releases have nothing of it.
    #[serde(default, skip_serializing_if = "Beside::is_nothing")]
    pub beside: Beside,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "name")]
pub enum DeploymentState {
    Queued,
    Preflight,
    SettingUpNetwork,
    PreparingImc,
    PublishingMedia,
    InsertingMedia {
        task: Option<TaskUri>,
    },
    SettingBootOverride,
    ResettingImc {
        requested_at: Option<Timestamp>,
    },
    AwaitingImc {
        requested_at: Timestamp,
    },
    AwaitingInstaller,
    AwaitingAcc,
    ReloadingHostDriver {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reload: Option<Reload>,
    },
    VerifyingImage,
    RunningPostSteps {
        next: usize,
        /// When the step was begun; `None`: not yet.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<Timestamp>,
    },
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

use DeploymentState as State;

impl State {
    pub const NAMES: [&str; 18] = [
        "Queued",
        "Check the card",
        "Set up the network",
        "Prepare the IMC",
        "Publish the ISO",
        "Insert the ISO",
        "Set the boot override",
        "Reset the IMC",
        "Wait for the IMC",
        "Wait for the installer",
        "Install and boot",
        "Reload the host's driver",
        "Verify the image",
        "Run post steps",
        "Clean up",
        "Succeeded",
        "Failed",
        "Cancelled",
    ];

    /// The last step in which only the IMC is spoken to.
    const AWAITING_IMC: usize = 8;

    fn index(&self) -> usize {
        match self {
            Self::Queued => 0,
            Self::Preflight => 1,
            Self::SettingUpNetwork => 2,
            Self::PreparingImc => 3,
            Self::PublishingMedia => 4,
            Self::InsertingMedia { .. } => 5,
            Self::SettingBootOverride => 6,
            Self::ResettingImc { .. } => 7,
            Self::AwaitingImc { .. } => Self::AWAITING_IMC,
            Self::AwaitingInstaller => 9,
            Self::AwaitingAcc => 10,
            Self::ReloadingHostDriver { .. } => 11,
            Self::VerifyingImage => 12,
            Self::RunningPostSteps { .. } => 13,
            Self::CleaningUp { .. } => 14,
            Self::Succeeded { .. } => 15,
            Self::Failed { .. } => 16,
            Self::Cancelled { .. } => 17,
        }
    }

    /// Whether a network that the plan asks for must stand: from its set-up to the clean-up.
    fn needs_network(&self) -> bool {
        (3..14).contains(&self.index())
    }

    #[must_use]
    pub fn outcome(&self) -> JobOutcome {
        match self {
            Self::Succeeded { .. } => JobOutcome::Succeeded,
            Self::Failed { .. } => JobOutcome::Failed,
            Self::Cancelled { .. } => JobOutcome::Cancelled,
            Self::Queued
            | Self::Preflight
            | Self::SettingUpNetwork
            | Self::PreparingImc
            | Self::PublishingMedia
            | Self::InsertingMedia { .. }
            | Self::SettingBootOverride
            | Self::ResettingImc { .. }
            | Self::AwaitingImc { .. }
            | Self::AwaitingInstaller
            | Self::AwaitingAcc
            | Self::ReloadingHostDriver { .. }
            | Self::VerifyingImage
            | Self::RunningPostSteps { .. }
            | Self::CleaningUp { .. } => JobOutcome::Running,
        }
    }
}

/// Row: from; entries: to. Every working state may clean up (a failure, a cancel).
const CAN_BECOME: [&[usize]; 18] = [
    &[1, 14],
    // Without a network in the plan there is none to set up.
    &[2, 3, 14],
    &[3, 14],
    &[3, 4, 14],
    &[5, 14],
    &[5, 6, 14],
    &[7, 14],
    &[7, 8, 14],
    &[9, 14],
    &[10, 14],
    &[11, 14],
    &[11, 12, 14],
    &[13, 14],
    &[13, 14],
    &[15, 16, 17],
    &[],
    &[],
    &[],
];

machine!(DeploymentState);

type Outcome = Result<StepOutcome<State>, StepError>;

/// One step of the machine: observe, act, observe.
///
/// # Errors
/// A [`StepError`] that the engine turns into a retry (transient) or into the failure of the job.
pub async fn step(plan: &DeploymentPlan, state: &State, cx: &mut StepContext<'_>) -> Outcome {
    let wanted = plan.beside.network.as_ref();
    if state.needs_network() {
        network::keep(wanted, cx).await?;
    }
    match state {
        State::Queued => Ok(StepOutcome::Advance(State::Preflight)),
        State::Preflight => prepare::preflight(plan, cx).await,
        State::SettingUpNetwork => network::set_up(wanted, cx).await,
        State::PreparingImc => prepare::prepare_imc(plan.beside.imc_boot, cx).await,
        State::PublishingMedia => media::publish(plan, cx).await,
        State::InsertingMedia { task } => media::insert(plan, task.as_ref(), cx).await,
        State::SettingBootOverride => media::set_override(cx).await,
        State::ResettingImc { requested_at } => install::reset_imc(*requested_at, cx).await,
        State::AwaitingImc { requested_at } => install::await_imc(*requested_at, cx).await,
        State::AwaitingInstaller => install::await_installer(cx).await,
        State::AwaitingAcc => install::await_acc(cx).await,
        State::ReloadingHostDriver { reload } => {
            host::reload_driver(plan.beside.host.as_ref(), reload.as_ref(), cx).await
        }
        State::VerifyingImage => verify::verify(cx).await,
        State::RunningPostSteps { next, since } => after::run(plan, *next, *since, cx).await,
        State::CleaningUp { then } => verify::clean_up(plan, then, cx).await,
        State::Succeeded { .. } | State::Failed { .. } | State::Cancelled { .. } => {
            Ok(StepOutcome::Fail(StepError::new(
                FailureKind::Precondition,
                "this job has ended",
            )))
        }
    }
}
