//! A Redfish service: what the engine asks of an IMC, and what a person may do to any.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    dpu::ImcIdentity,
    failure::{FailureKind, StepError},
    inventory::{Inventory, MediaSlotInfo},
    trust::Fingerprint,
};

/// How far a connection came before it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Name,
    Tcp,
    Tls,
    Http,
    Ssh,
}

/// Why a Redfish service did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BmcError {
    #[error("{peer} does not answer ({stage:?}): {reason}")]
    Unreachable {
        peer: String,
        stage: Stage,
        reason: String,
    },
    /// Nothing is pinned for this peer. Met inside the handshake, before any credential was sent.
    #[error("{peer} shows a certificate that nobody has accepted yet: {seen}")]
    CertificateUnknown { peer: String, seen: Fingerprint },
    #[error("the certificate of {peer} has changed: pinned {pinned}, now {seen}")]
    CertificateChanged {
        peer: String,
        pinned: Fingerprint,
        seen: Fingerprint,
    },
    #[error("{peer} refuses the user name or the password")]
    Unauthorized { peer: String },
    #[error("{peer} is not a Redfish service: {evidence}")]
    NotRedfish { peer: String, evidence: String },
    /// The service understood and said no; its own words.
    #[error("{peer} refused: {message}")]
    Refused {
        peer: String,
        status: u16,
        /// `Base.1.18.PropertyUnknown`, where the body had one.
        message_id: Option<String>,
        message: String,
        resolution: Option<String>,
    },
    #[error("{peer} answered something that makes no sense: {evidence}")]
    Protocol { peer: String, evidence: String },
    #[error("{peer} offers no {what}")]
    NotOffered { peer: String, what: String },
}

impl From<BmcError> for StepError {
    fn from(error: BmcError) -> Self {
        let message = error.to_string();
        match error {
            BmcError::Unreachable { .. } => {
                Self::new(FailureKind::Unreachable, message).transient()
            }
            BmcError::CertificateUnknown { .. } => Self::new(FailureKind::TrustUnknown, message)
                .hint("compare the fingerprint, then accept it on the card's Trust tab or by `slipctl trust accept`"),
            BmcError::CertificateChanged { .. } => Self::new(FailureKind::TrustChanged, message)
                .hint("find out why it changed; then accept the new one on the card's Trust tab or by `slipctl trust accept`"),
            BmcError::Unauthorized { .. } => Self::new(FailureKind::Authentication, message)
                .hint("correct the card's credential"),
            BmcError::NotRedfish { .. } => Self::new(FailureKind::NotAnImc, message),
            BmcError::Refused {
                status,
                message_id,
                resolution,
                ..
            } => {
                let refused = Self::new(FailureKind::Refused, message).because(
                    format!("HTTP {status} {}", message_id.unwrap_or_default())
                        .trim()
                        .to_owned(),
                );
                let refused = match resolution.filter(|r| r != "None") {
                    Some(resolution) => refused.because(resolution),
                    None => refused,
                };
                // 5xx is a bad moment, and so is "in use"; any other refusal is an answer.
                if status >= 500 {
                    refused.transient()
                } else {
                    refused
                }
            }
            BmcError::Protocol { .. } => Self::new(FailureKind::Protocol, message).transient(),
            BmcError::NotOffered { .. } => Self::new(FailureKind::Refused, message),
        }
    }
}

/// A virtual media slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct VirtualMedia {
    /// The last path component of the URL that was inserted; all that an IMC tells.
    pub image_name: Option<String>,
    pub inserted: bool,
}

impl VirtualMedia {
    /// Whether the slot holds the published file of this name.
    #[must_use]
    pub fn holds(&self, published_name: &str) -> bool {
        self.inserted && self.image_name.as_deref() == Some(published_name)
    }
}

/// Where a Redfish Task is read: the path under the service's authority.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(transparent)]
#[specta(transparent)]
pub struct TaskUri(pub String);

/// How a Redfish Task stands. `TaskStatus` and `Severity` say "OK" even when it failed, so only
/// `TaskState` counts, with the messages as the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskState {
    Running,
    Completed,
    /// `Exception`, `Killed`, `Cancelled`: with the words of its messages.
    Failed(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedfishTask {
    pub uri: TaskUri,
    pub state: TaskState,
    pub started: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
pub enum BootOverrideEnabled {
    Disabled,
    Once,
    Continuous,
}

/// Boot source override: `None` as target where the service says so or says something unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct BootOverride {
    pub enabled: BootOverrideEnabled,
    /// `Cd`, `RemoteDrive`, `None`, …, as Redfish writes it.
    pub target: String,
}

/// What a Redfish service offers.
#[async_trait]
pub trait Bmc: Send + Sync {
    /// Service root, manager and system. [`BmcError::NotRedfish`] where there is none.
    async fn identify(&self) -> Result<ImcIdentity, BmcError>;
    async fn virtual_media(&self) -> Result<VirtualMedia, BmcError>;
    /// Starts the insert; the answer names the Task that does it. Effect.
    async fn insert_media(&self, image: &url::Url) -> Result<TaskUri, BmcError>;
    async fn task(&self, task: &TaskUri) -> Result<RedfishTask, BmcError>;
    /// Every task that the service still knows, newest last.
    async fn tasks(&self) -> Result<Vec<RedfishTask>, BmcError>;
    /// Ejecting an empty slot is no error. Effect.
    async fn eject_media(&self) -> Result<(), BmcError>;
    async fn boot_override(&self) -> Result<BootOverride, BmcError>;
    /// Sets it and answers with what was read back. Effect.
    async fn set_boot_override(&self, wanted: &BootOverride) -> Result<BootOverride, BmcError>;
    /// Resets the manager (an IMC vanishes for minutes, its ACC with it). Effect.
    async fn reset_manager(&self) -> Result<(), BmcError>;
}

/// A resource as the service wrote it, for the support view.
#[derive(Debug, Clone, PartialEq)]
pub struct RawResource {
    /// The path under the service's authority.
    pub path: String,
    pub body: serde_json::Value,
}

/// One reading of everything that a service links.
#[derive(Debug, Clone, PartialEq)]
pub struct Crawl {
    pub inventory: Inventory,
    pub raw: Vec<RawResource>,
}

/// What a person may do to any Redfish service, and the reading of all of it. `path` arguments are
/// those of [`Inventory`]. Each effect is tried once; what it led to is read back.
#[async_trait]
pub trait Controller: Send + Sync {
    /// Only links are followed. What is linked and unreadable becomes a gap; only a service that
    /// can't be read at all is an error.
    async fn crawl(&self) -> Result<Crawl, BmcError>;
    /// The slot as it stands now.
    async fn slot(&self, path: &str) -> Result<MediaSlotInfo, BmcError>;
    /// Starts an insert; its Task says how it goes ([`Bmc::task`]). Effect.
    async fn insert_into(&self, path: &str, image: &url::Url) -> Result<TaskUri, BmcError>;
    /// Answers with the slot as it was read back. Ejecting an empty slot is no error. Effect.
    async fn eject_from(&self, path: &str) -> Result<MediaSlotInfo, BmcError>;
    /// Of the system at `path`; answers with what was read back. Effect.
    async fn set_boot(&self, path: &str, wanted: &BootOverride) -> Result<BootOverride, BmcError>;
    /// Of the system or manager at `path`, by a type that it offers. Effect.
    async fn reset(&self, path: &str, reset_type: &str) -> Result<(), BmcError>;
    /// `PowerState` of the system or manager at `path`, as it is written; an IMC may tell none.
    async fn power(&self, path: &str) -> Result<Option<String>, BmcError>;
}
