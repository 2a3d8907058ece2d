//! A deployment: from whatever is on a card to a verified booted image.

mod after;
mod beside;
mod firmware;
mod host;
mod imc_boot;
mod imc_configuration;
mod imc_redfish;
mod install;
mod ledger;
mod media;
mod network;
mod prepare;
mod reserved_memory;
mod undo;
mod verify;

pub use beside::{Beside, Flash, PostSecret, PostStep};
pub use firmware::{ColdBoot, FlashFacts, Flashing, Power, look_to_flash};
pub use host::Reload;
pub use imc_redfish::Certificate;
pub use prepare::prepare;
pub use reserved_memory::{NEEDS_RESERVED_MEMORY, reserve_memory, reserves_enough};
pub use undo::{Undone, undo};

pub(crate) use after::of_step;
pub(in crate::job) use after::planned as planned_after;
pub(crate) use firmware::{ISSUE, planned as planned_flash};
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

impl DeploymentPlan {
    /// Where it goes on once the card's firmware is what it should be.
    fn after_firmware(&self) -> State {
        match &self.beside.network {
            Some(_) => State::SettingUpNetwork,
            None => State::PreparingImc,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "name")]
pub enum DeploymentState {
    Queued,
    Preflight,
    FlashingFirmware {
        /// `None`: whether there is anything to flash is looked at.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        flash: Option<Flashing>,
    },
    ColdBootingHost {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        boot: Option<ColdBoot>,
    },
    AwaitingFirmware {
        since: Timestamp,
    },
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
    pub const NAMES: [&str; 21] = [
        "Queued",
        "Check the card",
        "Flash the firmware",
        "Cold-boot the host",
        "Wait for the firmware",
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

    /// The steps that only a plan that flashes firmware has.
    pub const FLASH: [&str; 3] = [Self::NAMES[2], Self::NAMES[3], Self::NAMES[4]];

    /// The last step in which only the IMC is spoken to.
    const AWAITING_IMC: usize = 11;

    fn index(&self) -> usize {
        match self {
            Self::Queued => 0,
            Self::Preflight => 1,
            Self::FlashingFirmware { .. } => 2,
            Self::ColdBootingHost { .. } => 3,
            Self::AwaitingFirmware { .. } => 4,
            Self::SettingUpNetwork => 5,
            Self::PreparingImc => 6,
            Self::PublishingMedia => 7,
            Self::InsertingMedia { .. } => 8,
            Self::SettingBootOverride => 9,
            Self::ResettingImc { .. } => 10,
            Self::AwaitingImc { .. } => Self::AWAITING_IMC,
            Self::AwaitingInstaller => 12,
            Self::AwaitingAcc => 13,
            Self::ReloadingHostDriver { .. } => 14,
            Self::VerifyingImage => 15,
            Self::RunningPostSteps { .. } => 16,
            Self::CleaningUp { .. } => 17,
            Self::Succeeded { .. } => 18,
            Self::Failed { .. } => 19,
            Self::Cancelled { .. } => 20,
        }
    }

    /// What must not be cut off: a flash that runs, a server that is switched off. A cancel waits
    /// until it has ended.
    pub(in crate::job) fn must_end(&self) -> bool {
        matches!(
            self,
            Self::FlashingFirmware {
                flash: Some(Flashing::Starting | Flashing::Running)
            } | Self::ColdBootingHost { boot: Some(_) }
        )
    }

    /// Whether a network that the plan asks for must stand: from its set-up to the clean-up.
    fn needs_network(&self) -> bool {
        (6..17).contains(&self.index())
    }

    #[must_use]
    pub fn outcome(&self) -> JobOutcome {
        match self {
            Self::Succeeded { .. } => JobOutcome::Succeeded,
            Self::Failed { .. } => JobOutcome::Failed,
            Self::Cancelled { .. } => JobOutcome::Cancelled,
            Self::Queued
            | Self::Preflight
            | Self::FlashingFirmware { .. }
            | Self::ColdBootingHost { .. }
            | Self::AwaitingFirmware { .. }
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
const CAN_BECOME: [&[usize]; 21] = [
    &[1, 17],
    // Without firmware or a network in the plan there is none to flash or to set up.
    &[2, 5, 6, 17],
    // Nothing may be to flash; and a retry may find that it was flashed, or cold-booted too.
    &[2, 3, 4, 5, 6, 17],
    &[3, 4, 17],
    &[5, 6, 17],
    &[6, 17],
    &[6, 7, 17],
    &[8, 17],
    &[8, 9, 17],
    &[10, 17],
    &[10, 11, 17],
    &[12, 17],
    &[13, 17],
    &[14, 17],
    &[14, 15, 17],
    &[16, 17],
    &[16, 17],
    &[18, 19, 20],
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
        State::FlashingFirmware { flash } => firmware::flash(plan, *flash, cx).await,
        State::ColdBootingHost { boot } => firmware::cold_boot(plan, boot.as_ref(), cx).await,
        State::AwaitingFirmware { since } => firmware::await_firmware(plan, *since, cx).await,
        State::SettingUpNetwork => network::set_up(wanted, cx).await,
        State::PreparingImc => prepare::prepare_imc(&plan.beside, cx).await,
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
