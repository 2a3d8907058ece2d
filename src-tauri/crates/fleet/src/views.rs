//! What the shells show: plain data that crosses to the window and is printed by `slipctl --json`.
//!
//! Everything a shell would have to derive (the headline, which action is allowed and why not, the
//! sentence under a running step) is derived here, once.

use serde::{Deserialize, Serialize};
use slipway_core::{
    address::Address,
    bootc::{BootcStatus, Greenboot},
    dpu::{AccRoute, AvailableImage, Headline, HeadlineState, ImcIdentity, JobOutcome, Silence},
    failure::{Failure, FailureKind},
    ids::{DpuId, IsoId, JobId},
    image::ImageDigest,
    iso::Iso,
    job::{BootChange, JobEvent, PlannedStep, Residue, StepStatus, WaitReason},
    ports::MediaReader,
    time::{ByteCount, Timestamp},
    trust::{Fingerprint, Pin, PinKind},
};
use specta::Type;

/// About this desk.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct AppInfo {
    pub version: String,
    pub data_dir: String,
    /// "system keyring" or "encrypted file …".
    pub secrets: String,
    /// The fingerprint of our own certificate authority.
    pub ca_fingerprint: Fingerprint,
    /// Our fleet key, one line, as it goes into `authorized_keys`.
    pub fleet_key: String,
    /// Where ISOs are served: `https://host:port`.
    pub media_url: String,
    /// Whether the lab's cards are among the cards.
    pub lab: bool,
    /// Whether this process runs the jobs (another one may).
    pub runs_jobs: bool,
}

/// One row of the fleet table.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct DpuRow {
    pub id: DpuId,
    pub name: String,
    pub headline: Headline,
    pub host: Option<String>,
    pub imc: Address,
    pub firmware: Option<String>,
    /// The reference's last part, `dpu-os:stable`.
    pub image: Option<String>,
    pub version: Option<String>,
    pub digest: Option<ImageDigest>,
    pub available: Option<AvailableImage>,
    pub last_seen: Option<Timestamp>,
    pub labels: Vec<String>,
    /// The job that runs on it now.
    pub job: Option<JobId>,
}

#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct StateCount {
    pub state: HeadlineState,
    pub count: u32,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum DpuSort {
    #[default]
    Name,
    State,
    Host,
    Version,
    LastSeen,
}

/// A page of the fleet.
#[derive(Debug, Clone, Default, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct DpuQuery {
    /// In names, hosts, addresses, labels and versions; upper and lower case are the same.
    pub search: Option<String>,
    /// Any of these; none means all.
    pub states: Vec<HeadlineState>,
    pub sort: DpuSort,
    pub descending: bool,
    pub offset: u32,
    /// At most 500.
    pub limit: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct DpuPage {
    pub rows: Vec<DpuRow>,
    /// Rows that match search and states.
    pub total: u32,
    /// Rows that match the search, by state: for the filter chips.
    pub counts: Vec<StateCount>,
}

/// What can be done to a card, as data: a disabled one says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum DpuAction {
    Deploy,
    Upgrade,
    Switch,
    Rollback,
    Refresh,
    Remove,
}

#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct ActionView {
    pub action: DpuAction,
    /// "Upgrade to 1.1.0 and reboot"
    pub label: String,
    /// `None`: it may be done.
    pub why_not: Option<String>,
}

/// Everything about one card.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct DpuView {
    pub row: DpuRow,
    pub identity: ImcIdentity,
    pub imc_ssh: Address,
    pub acc: AccRoute,
    pub bootc: Option<BootcStatus>,
    pub greenboot: Option<Greenboot>,
    pub hostname: Option<String>,
    pub boot_id: Option<String>,
    pub acc_seen: Option<Timestamp>,
    pub acc_silent: Option<Silence>,
    pub imc_seen: Option<Timestamp>,
    pub imc_silent: Option<Silence>,
    pub wanted: Option<ImageDigest>,
    pub actions: Vec<ActionView>,
    pub pins: Vec<Pin>,
    /// Newest first.
    pub jobs: Vec<JobRow>,
    pub added_at: Timestamp,
}

/// What an address answered, before anybody trusts it.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct Probe {
    pub redfish: Address,
    pub ssh: Address,
    pub certificate: ProbeTrust,
    pub host_key: ProbeTrust,
}

/// A fingerprint, and how it stands to what is pinned.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "trust")]
pub enum ProbeTrust {
    New {
        seen: Fingerprint,
    },
    Pinned {
        seen: Fingerprint,
    },
    Changed {
        pinned: Fingerprint,
        seen: Fingerprint,
    },
    /// It did not answer; the sentence says how far it got.
    Silent {
        reason: String,
    },
}

/// A card to add. The password crosses inwards only.
#[derive(Clone, Deserialize, Type)]
pub struct AddDpu {
    pub name: String,
    /// `host` or `host:port` of the IMC's Redfish.
    pub imc: String,
    /// `host` or `host:port` of the IMC's SSH; the same host where it is missing.
    pub imc_ssh: Option<String>,
    /// `host:port` of the ACC; through the IMC to 192.168.0.2 where it is missing.
    pub acc: Option<String>,
    pub host: Option<String>,
    pub user: String,
    pub password: String,
    /// For an ACC that does not know Slipway's key yet.
    pub acc_user: Option<String>,
    pub acc_password: Option<String>,
    pub labels: Vec<String>,
    /// What the person accepted, from the probe.
    pub certificate: Fingerprint,
    pub host_key: Fingerprint,
}

#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct IsoView {
    pub iso: Iso,
    /// Where it is served right now, and who reads it.
    pub publications: Vec<PublicationView>,
    /// Why it can't be deployed to a card; `None`: it can.
    pub why_not_deployable: Option<String>,
    /// Worth knowing before a deployment.
    pub warnings: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct PublicationView {
    pub token: String,
    pub url: String,
    pub file_name: String,
    /// The deployment it is for, where it has an overlay.
    pub job: Option<JobId>,
    pub readers: Vec<MediaReader>,
}

/// While an ISO is read into the library.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct ImportProgress {
    pub read: ByteCount,
    pub total: ByteCount,
}

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
    /// "Deployment", "Upgrade", "Switch", "Rollback".
    pub kind: String,
    pub dpu: DpuId,
    pub dpu_name: String,
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
    pub readers: Vec<MediaReader>,
}

/// A card that needs somebody.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct Attention {
    pub dpu: DpuId,
    pub name: String,
    pub headline: Headline,
    /// "Look at the job", "Roll back", …
    pub next_action: String,
    pub job: Option<JobId>,
}

#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct ImageUse {
    pub digest: ImageDigest,
    pub version: Option<String>,
    pub count: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct Overview {
    pub total: u32,
    pub current: u32,
    pub need_you: u32,
    /// "214 of 220 cards current, 3 need you"
    pub sentence: String,
    pub by_state: Vec<StateCount>,
    pub attention: Vec<Attention>,
    pub images: Vec<ImageUse>,
    pub running: Vec<JobRow>,
    pub recent: Vec<JobRow>,
}

/// How the built-in lab stands.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct LabView {
    pub running: bool,
    pub cards: u32,
    pub dir: Option<String>,
    pub demo_iso: Option<String>,
}

/// A pin that blocks: what is pinned, and what the peer shows now.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct AcceptPin {
    pub kind: PinKind,
    pub peer: String,
    pub fingerprint: Fingerprint,
}

#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct BootChangeRequest {
    pub dpu: DpuId,
    pub change: BootChange,
    /// What the person saw as booted when they decided.
    pub expected_booted: Option<ImageDigest>,
}

/// An error as it crosses: what happened, the evidence, the next action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AppError {
    pub code: ErrorCode,
    pub message: String,
    pub causes: Vec<String>,
    pub hint: Option<String>,
    pub retryable: bool,
}

/// A code exists only where a shell branches on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Refused, not broken: shown as a warning.
    Precondition,
    /// What was typed can't be meant.
    Invalid,
    NotFound,
    TrustUnknown,
    TrustChanged,
    Authentication,
    Unreachable,
    SecretsLocked,
    NewerDatabase,
    Other,
}

impl From<FailureKind> for ErrorCode {
    fn from(kind: FailureKind) -> Self {
        match kind {
            FailureKind::Precondition => Self::Precondition,
            FailureKind::TrustUnknown => Self::TrustUnknown,
            FailureKind::TrustChanged => Self::TrustChanged,
            FailureKind::Authentication => Self::Authentication,
            FailureKind::Unreachable | FailureKind::Deadline => Self::Unreachable,
            FailureKind::NotAnImc
            | FailureKind::Firmware
            | FailureKind::Refused
            | FailureKind::MediaTransfer
            | FailureKind::WrongImage
            | FailureKind::Unhealthy
            | FailureKind::Bootc
            | FailureKind::Local
            | FailureKind::Protocol => Self::Other,
        }
    }
}
