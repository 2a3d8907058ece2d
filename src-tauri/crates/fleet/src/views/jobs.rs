//! Plans and jobs.

use serde::{Deserialize, Serialize};
use slipway_core::{
    dpu::JobOutcome,
    failure::Failure,
    ids::{DpuId, IsoId, JobId},
    image::ImageDigest,
    job::{Begun, BootChange, JobEvent, PlannedStep, Residue, RetryStep, StepStatus, WaitReason},
    ports::MediaReader,
    time::{ByteCount, Timestamp},
};
use specta::Type;

#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct DeployRequest {
    pub dpus: Vec<DpuId>,
    pub iso: IsoId,
    /// The card's name and this make its host name: `dpu-07` + `.lab.example`.
    pub domain: Option<String>,
    /// More public keys for root, besides Slipway's own.
    pub authorized_keys: Vec<String>,
    /// A firmware release that is not supported, allowed on purpose.
    pub allow_release: Option<String>,
    /// The IMC's Redfish gets a certificate of this desk's CA, also in place of another one.
    #[serde(default)]
    pub imc_certificate: bool,
}

/// What would happen, per card, before anything does.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct PlanView {
    pub title: String,
    pub cards: Vec<CardPlan>,
    pub warnings: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct CardPlan {
    pub dpu: DpuId,
    pub name: String,
    /// What it becomes known as; only for deployments.
    pub hostname: Option<String>,
    pub from: Option<ImageLabel>,
    pub to: Option<ImageLabel>,
    pub steps: Vec<PlannedStep>,
    pub warnings: Vec<String>,
    /// Why this card can't be done; empty: it can.
    pub problems: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct ImageLabel {
    pub version: Option<String>,
    pub digest: ImageDigest,
}

#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct JobRow {
    pub id: JobId,
    /// "Deployment", "Upgrade", "Switch", "Rollback", "ISO build", "Image build", "Cluster deployment", …
    pub kind: String,
    /// The card it is about; a build is about none.
    pub dpu: Option<DpuId>,
    /// The card's name, or that of what is built.
    pub subject: String,
    /// "1.0.0 → 1.1.0", the ISO's name, …
    pub what: String,
    pub outcome: JobOutcome,
    pub step: String,
    pub step_number: u32,
    pub step_count: u32,
    /// The sentence under the running step.
    pub waiting: Option<String>,
    pub done: Option<ByteCount>,
    pub total: Option<ByteCount>,
    pub message: Option<String>,
    pub created_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub cancel_requested: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct JobStep {
    pub plan: PlannedStep,
    pub status: StepStatus,
    pub entered_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct JobView {
    pub row: JobRow,
    pub steps: Vec<JobStep>,
    pub wait: Option<WaitReason>,
    /// When the state that runs now gives up.
    pub deadline: Option<Timestamp>,
    pub state_since: Timestamp,
    pub failure: Option<Failure>,
    pub residue: Vec<Residue>,
    /// The last one in this answer; ask for later ones with it.
    pub events: Vec<JobEvent>,
    pub can_cancel: bool,
    /// Why it can't be started again; `None`: it can.
    pub why_not_retry: Option<String>,
    /// Of a failed job: the steps up to the one that failed, and from which of them it may go on.
    pub retry_steps: Vec<RetryStep>,
    /// `None`: it is no deployment.
    pub again: Option<Again>,
    /// The job that installed the system that this one goes on with.
    pub goes_on_after: Option<JobId>,
    /// The builds that a deployment of a cluster file waits for, or waited for.
    pub iso_builds: Vec<JobId>,
    /// What a deployment of a cluster file has begun.
    pub begun: Option<Begun>,
    pub readers: Vec<MediaReader>,
}

/// Whether a deployment can be made anew.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct Again {
    /// `None`: it can.
    pub why_not: Option<String>,
}

/// What the same deployment would do, made anew.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct AgainPlan {
    pub title: String,
    /// What the card becomes known as.
    pub hostname: String,
    pub steps: Vec<PlannedStep>,
    pub warnings: Vec<String>,
    /// Why it can't be done; empty: it can.
    pub problems: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct BootChangeRequest {
    pub dpu: DpuId,
    pub change: BootChange,
    /// What the person saw as booted when they decided.
    pub expected_booted: Option<ImageDigest>,
}

/// A file that was written for whoever helps.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct SupportBundle {
    pub path: String,
    pub size: ByteCount,
    /// Places where a secret, or what looks like one, was taken out.
    pub removed: u32,
}
