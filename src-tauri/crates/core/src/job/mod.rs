//! Jobs: typed, persisted state machines, one per card at a time.
//!
//! A job is what somebody asked for ([`JobSpec`]), where it stands ([`JobState`]) and what was
//! learned on the way ([`JobFacts`]). [`engine`] moves it; `step` of each machine looks first and
//! acts second, so that a step run twice is harmless.

pub mod boot_change;
mod deadline;
pub mod deployment;
pub mod engine;
mod event;
mod plan;
mod policy;
mod step;
mod store;

use serde::{Deserialize, Serialize};
use specta::Type;

pub use boot_change::{BootChange, BootChangePlan, BootChangeState};
pub use deployment::{DeploymentPlan, DeploymentState};
pub use event::{EventKind, JobEvent, NewEvent};
pub use plan::{PlannedStep, StepStatus, planned_steps, step_position, step_statuses};
pub use policy::Policy;
pub use step::{CardAccess, Prepared, StepContext, StepOutcome, Wait, WaitReason};
pub use store::{JobFilter, JobStore, JobStoreError};

use crate::{
    dpu::JobOutcome,
    failure::Failure,
    ids::{DpuId, JobId},
    image::ImageDigest,
    time::Timestamp,
    trust::Fingerprint,
};

/// What a job is to do. Never changes once submitted.
#[expect(
    clippy::large_enum_variant,
    reason = "one per job, and most jobs of a rack are deployments: a box would only be in the way"
)]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "plan")]
pub enum JobSpec {
    Deployment(DeploymentPlan),
    BootChange(BootChangePlan),
}

/// Where a job stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "state")]
pub enum JobState {
    Deployment(DeploymentState),
    BootChange(BootChangeState),
}

/// The end that clean-up leads to, and an ended job's outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "outcome", content = "detail")]
pub enum Terminal {
    /// The booted image, checked on the card.
    Succeeded(ImageDigest),
    Failed(Failure),
    Cancelled,
}

/// What a failed or cancelled job left behind on a card. Always reported.
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
    /// How often the IMC forgot the download and it was begun again.
    pub download_restarts: u32,
    /// The boot in which the update was started on the card. Its traces last as long as that boot.
    pub update_started_in: Option<String>,
    /// What was left behind, collected while cleaning up.
    pub residue: Vec<Residue>,
}

/// One job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    pub id: JobId,
    pub dpu: DpuId,
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
    pub fn new(dpu: DpuId, spec: JobSpec, now: Timestamp) -> Self {
        let state = match &spec {
            JobSpec::Deployment(_) => JobState::Deployment(DeploymentState::Queued),
            JobSpec::BootChange(_) => JobState::BootChange(BootChangeState::Queued),
        };
        Self {
            id: JobId::new(),
            dpu,
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

    /// "Deployment", "Upgrade", "Switch", "Rollback".
    #[must_use]
    pub fn kind_name(&self) -> &'static str {
        match &self.spec {
            JobSpec::Deployment(_) => "Deployment",
            JobSpec::BootChange(plan) => plan.change.name(),
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
        }
    }

    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Deployment(DeploymentState::Failed { failure })
            | Self::BootChange(BootChangeState::Failed { failure }) => Some(failure),
            Self::Deployment(_) | Self::BootChange(_) => None,
        }
    }

    /// The step's name, as it stands in the plan and in events.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Deployment(state) => state.name(),
            Self::BootChange(state) => state.name(),
        }
    }

    #[must_use]
    pub fn can_become(&self, next: &Self) -> bool {
        match (self, next) {
            (Self::Deployment(from), Self::Deployment(to)) => from.can_become(to),
            (Self::BootChange(from), Self::BootChange(to)) => from.can_become(to),
            (Self::Deployment(_), Self::BootChange(_))
            | (Self::BootChange(_), Self::Deployment(_)) => false,
        }
    }
}
