//! Jobs: typed, persisted state machines, one per subject at a time: a card, or what is built.
//!
//! A job is what somebody asked for ([`JobSpec`]), where it stands ([`JobState`]) and what was
//! learned on the way ([`JobFacts`]). [`engine`] moves it; `step` of each machine looks first and
//! acts second, so that a step run twice is harmless.

pub mod boot_change;
pub mod cluster_deploy;
mod deadline;
pub mod deployment;
pub mod engine;
mod event;
pub mod image_build;
pub mod iso_build;
pub(crate) mod machine;
pub mod marvell;
pub(crate) mod plan;
mod policy;
mod retry;
mod step;
mod store;
mod subject;

use serde::{Deserialize, Serialize};
use specta::Type;

pub use boot_change::{BootChange, BootChangePlan, BootChangeState};
pub use cluster_deploy::{Begun, ClusterDeployPlan, ClusterDeployState, ClusterTool};
use deployment::FlashFacts;
pub use deployment::{DeploymentPlan, DeploymentState};
pub use event::{EventKind, JobEvent, NewEvent};
pub use image_build::{ImageBuildState, ImageTool};
pub use iso_build::{IsoBuildPlan, IsoBuildState, IsoTool};
pub use marvell::{MarvellPlan, MarvellState};
pub use plan::{PlannedStep, StepStatus, build_steps, planned_steps, step_position, step_statuses};
pub use policy::Policy;
pub use retry::{RetryStep, retry_from, retry_steps};
use step::Alone;
pub use step::{BuildContext, CardAccess, Prepared, StepContext, StepOutcome, Wait, WaitReason};
pub use store::{JobFilter, JobStore, JobStoreError};
pub use subject::{InvalidSubject, Subject};

use crate::{
    dpu::JobOutcome, failure::Failure, ids::JobId, image::ImageDigest, image_build::ImageBuildPlan,
    time::Timestamp, trust::Fingerprint,
};

/// What a job is to do. Never changes once submitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "plan")]
pub enum JobSpec {
    Deployment(DeploymentPlan),
    BootChange(BootChangePlan),
    IsoBuild(IsoBuildPlan),
    ImageBuild(ImageBuildPlan),
    Marvell(MarvellPlan),
    ClusterDeploy(ClusterDeployPlan),
}

/// Where a job stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "state")]
pub enum JobState {
    Deployment(DeploymentState),
    BootChange(BootChangeState),
    IsoBuild(IsoBuildState),
    ImageBuild(ImageBuildState),
    Marvell(MarvellState),
    ClusterDeploy(ClusterDeployState),
}

/// The end that clean-up leads to, and an ended job's outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "outcome", content = "detail")]
pub enum Terminal<T = ImageDigest> {
    /// What was arrived at, checked: the booted image, the ISO that was made.
    Succeeded(T),
    Failed(Failure),
    Cancelled,
}

impl<T> Terminal<T> {
    fn without_result(&self) -> Terminal<()> {
        match self {
            Self::Succeeded(_) => Terminal::Succeeded(()),
            Self::Failed(failure) => Terminal::Failed(failure.clone()),
            Self::Cancelled => Terminal::Cancelled,
        }
    }
}

/// The two ways in which a job ends without its result.
enum GivenUp {
    Failed(Failure),
    Cancelled,
}

impl<T> From<GivenUp> for Terminal<T> {
    fn from(why: GivenUp) -> Self {
        match why {
            GivenUp::Failed(failure) => Self::Failed(failure),
            GivenUp::Cancelled => Self::Cancelled,
        }
    }
}

/// What a failed or cancelled job left behind. Always reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Residue {
    /// "virtual media still inserted"
    pub what: String,
    /// Why it could not be taken back.
    pub why: String,
}

/// What was learned on the way and is needed later. Everything here is observed, none of it secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct JobFacts {
    /// The ACC's boot id before anything was done, where it answered.
    pub boot_id_before: Option<String>,
    /// The digest that was booted before.
    pub booted_before: Option<ImageDigest>,
    /// The digest to arrive at, once it is known.
    pub target: Option<ImageDigest>,
    /// The IMC's release, such as `2.0.0`.
    pub firmware_release: Option<String>,
    /// What the media server serves for this job.
    pub prepared: Option<Prepared>,
    /// The SSH host key that the installed system will show.
    pub expected_host_key: Option<Fingerprint>,
    /// The IMC was reset with the installer inserted: from then on the old system may be gone.
    pub installer_started: bool,
    /// The job came as far as the IMC's preparation: something may have been written there.
    pub imc_touched: bool,
    /// Our CA's certificate is in force on the IMC.
    pub ca_taken_up: bool,
    /// The installed image was found to be the right one.
    pub verified: bool,
    /// Post steps that were done, in words.
    pub after_done: Vec<String>,
    /// Tries of the post step that is under way which the card refused.
    pub after_tries: u32,
    /// How often the IMC forgot the download and it was begun again.
    pub download_restarts: u32,
    /// The boot in which the update was started on the card. Its traces last as long as that boot.
    pub update_started_in: Option<String>,
    /// What was left behind, collected while cleaning up.
    pub residue: Vec<Residue>,
    /// The job whose installation this one goes on with; its id is the nonce on the card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub installed_by: Option<JobId>,
    /// The host's driver was reloaded after the IMC was reset.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub driver_reloaded: bool,
    /// What became of a flash of its firmware.
    #[serde(skip_serializing_if = "FlashFacts::is_nothing")]
    pub flash: FlashFacts,
    /// The builds that a deployment of a cluster file waits for, or waited for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub iso_builds: Vec<JobId>,
    /// The id under which it begins the deployment; whether that is there is looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begins: Option<Begun>,
}

/// One job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    pub id: JobId,
    pub subject: Subject,
    pub spec: JobSpec,
    pub state: JobState,
    pub facts: JobFacts,
    pub state_since: Timestamp,
    /// Why nothing happens right now.
    pub wait: Option<Wait>,
    /// Tries of this state that ended in a transient error.
    pub attempt: u32,
    /// Grows with every save; a save with an old one is refused.
    pub version: u64,
    pub wake_at: Timestamp,
    pub created_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// Set from outside at any time; the step reads it.
    pub cancel_requested: bool,
    /// Whether somebody has looked at the outcome.
    pub seen: bool,
}

impl Job {
    #[must_use]
    pub fn new(subject: impl Into<Subject>, spec: JobSpec, now: Timestamp) -> Self {
        let state = match &spec {
            JobSpec::Deployment(_) => JobState::Deployment(DeploymentState::Queued),
            JobSpec::BootChange(_) => JobState::BootChange(BootChangeState::Queued),
            JobSpec::IsoBuild(_) => JobState::IsoBuild(IsoBuildState::Queued),
            JobSpec::ImageBuild(_) => JobState::ImageBuild(ImageBuildState::Queued),
            JobSpec::Marvell(_) => JobState::Marvell(MarvellState::Queued),
            JobSpec::ClusterDeploy(_) => JobState::ClusterDeploy(ClusterDeployState::Queued),
        };
        Self {
            id: JobId::new(),
            subject: subject.into(),
            spec,
            state,
            facts: JobFacts::default(),
            state_since: now,
            wait: None,
            attempt: 0,
            version: 0,
            wake_at: now,
            created_at: now,
            ended_at: None,
            cancel_requested: false,
            seen: false,
        }
    }

    /// "Deployment", "Upgrade", "Switch", "Rollback", "ISO build", …
    #[must_use]
    pub fn kind_name(&self) -> &'static str {
        match &self.spec {
            JobSpec::Deployment(_) => "Deployment",
            JobSpec::BootChange(plan) => plan.change.name(),
            JobSpec::IsoBuild(_) => "ISO build",
            JobSpec::ImageBuild(plan) if plan.folder().is_none() => "Image push",
            JobSpec::ImageBuild(_) => "Image build",
            JobSpec::Marvell(_) => "Marvell deployment",
            JobSpec::ClusterDeploy(_) => "Cluster deployment",
        }
    }
}

impl JobState {
    /// Whether nothing more will happen.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        self.outcome() != JobOutcome::Running
    }

    #[must_use]
    pub fn outcome(&self) -> JobOutcome {
        match self {
            Self::Deployment(state) => state.outcome(),
            Self::BootChange(state) => state.outcome(),
            Self::IsoBuild(state) => state.outcome(),
            Self::ImageBuild(state) => state.outcome(),
            Self::Marvell(state) => state.outcome(),
            Self::ClusterDeploy(state) => state.outcome(),
        }
    }

    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Deployment(DeploymentState::Failed { failure })
            | Self::BootChange(BootChangeState::Failed { failure })
            | Self::IsoBuild(IsoBuildState::Failed { failure })
            | Self::ImageBuild(ImageBuildState::Failed { failure })
            | Self::Marvell(MarvellState::Failed { failure })
            | Self::ClusterDeploy(ClusterDeployState::Failed { failure }) => Some(failure),
            Self::Deployment(_)
            | Self::BootChange(_)
            | Self::IsoBuild(_)
            | Self::ImageBuild(_)
            | Self::Marvell(_)
            | Self::ClusterDeploy(_) => None,
        }
    }

    /// The step's name, as it stands in the plan and in events.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Deployment(state) => state.name(),
            Self::BootChange(state) => state.name(),
            Self::IsoBuild(state) => state.name(),
            Self::ImageBuild(state) => state.name(),
            Self::Marvell(state) => state.name(),
            Self::ClusterDeploy(state) => state.name(),
        }
    }

    #[must_use]
    pub fn can_become(&self, next: &Self) -> bool {
        match (self, next) {
            (Self::Deployment(from), Self::Deployment(to)) => from.can_become(to),
            (Self::BootChange(from), Self::BootChange(to)) => from.can_become(to),
            (Self::IsoBuild(from), Self::IsoBuild(to)) => from.can_become(to),
            (Self::ImageBuild(from), Self::ImageBuild(to)) => from.can_become(to),
            (Self::Marvell(from), Self::Marvell(to)) => from.can_become(to),
            (Self::ClusterDeploy(from), Self::ClusterDeploy(to)) => from.can_become(to),
            (
                Self::Deployment(_)
                | Self::BootChange(_)
                | Self::IsoBuild(_)
                | Self::ImageBuild(_)
                | Self::Marvell(_)
                | Self::ClusterDeploy(_),
                _,
            ) => false,
        }
    }

    /// What its clean-up leads to, where it cleans up.
    #[must_use]
    pub fn cleaning_up(&self) -> Option<Terminal<()>> {
        match self {
            Self::Deployment(DeploymentState::CleaningUp { then })
            | Self::BootChange(BootChangeState::CleaningUp { then }) => Some(then.without_result()),
            Self::IsoBuild(IsoBuildState::CleaningUp { then }) => Some(then.without_result()),
            Self::ImageBuild(ImageBuildState::CleaningUp { then }) => Some(then.without_result()),
            Self::Marvell(MarvellState::CleaningUp { then }) => Some(then.without_result()),
            Self::ClusterDeploy(ClusterDeployState::CleaningUp { then }) => {
                Some(then.without_result())
            }
            Self::Deployment(_)
            | Self::BootChange(_)
            | Self::IsoBuild(_)
            | Self::ImageBuild(_)
            | Self::Marvell(_)
            | Self::ClusterDeploy(_) => None,
        }
    }

    /// The clean-up of this machine that leads to a failure or a cancel.
    fn given_up(&self, why: GivenUp) -> Self {
        match self {
            Self::Deployment(_) => {
                Self::Deployment(DeploymentState::CleaningUp { then: why.into() })
            }
            Self::BootChange(_) => {
                Self::BootChange(BootChangeState::CleaningUp { then: why.into() })
            }
            Self::IsoBuild(_) => Self::IsoBuild(IsoBuildState::CleaningUp { then: why.into() }),
            Self::ImageBuild(_) => {
                Self::ImageBuild(ImageBuildState::CleaningUp { then: why.into() })
            }
            Self::Marvell(_) => Self::Marvell(MarvellState::CleaningUp { then: why.into() }),
            Self::ClusterDeploy(_) => {
                Self::ClusterDeploy(ClusterDeployState::CleaningUp { then: why.into() })
            }
        }
    }

    /// The failed end of this machine.
    fn ended_badly(&self, failure: Failure) -> Self {
        match self {
            Self::Deployment(_) => Self::Deployment(DeploymentState::Failed { failure }),
            Self::BootChange(_) => Self::BootChange(BootChangeState::Failed { failure }),
            Self::IsoBuild(_) => Self::IsoBuild(IsoBuildState::Failed { failure }),
            Self::ImageBuild(_) => Self::ImageBuild(ImageBuildState::Failed { failure }),
            Self::Marvell(_) => Self::Marvell(MarvellState::Failed { failure }),
            Self::ClusterDeploy(_) => Self::ClusterDeploy(ClusterDeployState::Failed { failure }),
        }
    }

    /// Whether a cancel must wait for what is under way.
    fn must_end(&self) -> bool {
        match self {
            Self::Deployment(state) => state.must_end(),
            Self::BootChange(_)
            | Self::IsoBuild(_)
            | Self::ImageBuild(_)
            | Self::Marvell(_)
            | Self::ClusterDeploy(_) => false,
        }
    }

    /// What a cancelled job left.
    #[must_use]
    pub fn residue(&self) -> Option<&[Residue]> {
        match self {
            Self::Deployment(DeploymentState::Cancelled { residue })
            | Self::BootChange(BootChangeState::Cancelled { residue })
            | Self::IsoBuild(IsoBuildState::Cancelled { residue })
            | Self::ImageBuild(ImageBuildState::Cancelled { residue })
            | Self::Marvell(MarvellState::Cancelled { residue })
            | Self::ClusterDeploy(ClusterDeployState::Cancelled { residue }) => Some(residue),
            Self::Deployment(_)
            | Self::BootChange(_)
            | Self::IsoBuild(_)
            | Self::ImageBuild(_)
            | Self::Marvell(_)
            | Self::ClusterDeploy(_) => None,
        }
    }
}
