//! The questions that the engine asks of the world. Adapters answer; tests and the lab do too.
//!
//! An object behind one of these traits belongs to one peer: its address, credential and pin were
//! given when it was made. No adapter decides about trust. An unknown or changed certificate or
//! host key is an error that carries what was seen; whoever asked decides.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    command::CommandLine,
    dpu::ImcIdentity,
    failure::{FailureKind, StepError},
    ids::JobId,
    image::{ImageDigest, ImageReference},
    inventory::{Inventory, MediaSlotInfo},
    network::LocalNetwork,
    time::{ByteCount, Timestamp},
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

/// What a command left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandOutput {
    /// 0 to 255; 128 + n for a signal n.
    pub exit: u32,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl CommandOutput {
    #[must_use]
    pub fn ok(&self) -> bool {
        self.exit == 0
    }
    /// Standard output as text, trimmed.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).trim().to_owned()
    }
    /// The last line of standard error: where programs say why.
    #[must_use]
    pub fn reason(&self) -> String {
        let text = String::from_utf8_lossy(&self.stderr);
        text.lines()
            .rev()
            .map(str::trim)
            .find(|l| !l.is_empty())
            .unwrap_or("no reason given")
            .to_owned()
    }
}

/// Why an SSH command could not be run at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RemoteError {
    #[error("{peer} does not answer ({stage:?}): {reason}")]
    Unreachable {
        peer: String,
        stage: Stage,
        reason: String,
    },
    #[error("{peer} shows an SSH host key that nobody has accepted yet: {seen}")]
    HostKeyUnknown { peer: String, seen: Fingerprint },
    #[error("the SSH host key of {peer} has changed: pinned {pinned}, now {seen}")]
    HostKeyChanged {
        peer: String,
        pinned: Fingerprint,
        seen: Fingerprint,
    },
    #[error("{peer} refuses to log in as {user} (tried: {tried})")]
    Unauthorized {
        peer: String,
        user: String,
        tried: String,
    },
    #[error("the connection to {peer} was lost: {reason}")]
    Lost { peer: String, reason: String },
    #[error("{peer}: `{command}` gave no answer within {seconds} s")]
    TimedOut {
        peer: String,
        command: String,
        seconds: u64,
    },
}

impl From<RemoteError> for StepError {
    fn from(error: RemoteError) -> Self {
        let message = error.to_string();
        match error {
            RemoteError::Unreachable { .. }
            | RemoteError::Lost { .. }
            | RemoteError::TimedOut { .. } => {
                Self::new(FailureKind::Unreachable, message).transient()
            }
            RemoteError::HostKeyUnknown { .. } => Self::new(FailureKind::TrustUnknown, message)
                .hint("compare the fingerprint, then accept it on the card's Trust tab or by `slipctl trust accept`"),
            RemoteError::HostKeyChanged { .. } => Self::new(FailureKind::TrustChanged, message)
                .hint("find out why it changed; then accept the new one on the card's Trust tab or by `slipctl trust accept`"),
            RemoteError::Unauthorized { .. } => Self::new(FailureKind::Authentication, message)
                .hint("correct the card's credential"),
        }
    }
}

/// A machine that runs commands over SSH.
#[async_trait]
pub trait Remote: Send + Sync {
    /// Runs one command to its end. A non-zero exit is an answer, not an error.
    async fn run(
        &self,
        command: &CommandLine,
        stdin: Option<&[u8]>,
        deadline: Duration,
    ) -> Result<CommandOutput, RemoteError>;
}

/// One file that may be fetched, by one secret path.
#[derive(Debug, Clone)]
pub struct Publication {
    /// Unguessable (at least 128 bits), URL-safe; made by the media server's crate, kept in the
    /// job so that the same URL is served again after a restart.
    pub token: String,
    /// The last path component: [`crate::iso::published_name`].
    pub file_name: String,
    pub iso_path: std::path::PathBuf,
    pub size: ByteCount,
    /// Put over the file's bytes at this offset as they stream.
    pub overlay: Option<(u64, std::sync::Arc<Vec<u8>>)>,
}

/// Somebody who reads a published file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct MediaReader {
    pub peer: String,
    pub sent: ByteCount,
    pub total: ByteCount,
    pub active: bool,
    pub started_at: Timestamp,
}

/// Serves installer ISOs.
#[async_trait]
pub trait MediaServer: Send + Sync {
    /// Publishing the same token again replaces it. Answers with the URL for a reader that sees
    /// us under `reader_facing_host` (or under the server's own address).
    async fn publish(&self, publication: Publication) -> Result<url::Url, StepError>;
    async fn unpublish(&self, token: &str);
    /// Everybody who read this file since it was published, newest last.
    fn readers(&self, token: &str) -> Vec<MediaReader>;
    /// The certificate authority's certificate, PEM: what an IMC must trust.
    fn ca_certificate_pem(&self) -> String;
}

/// A certificate that this desk's own CA signed, and its key. The desk keeps neither.
#[derive(Debug)]
pub struct IssuedCertificate {
    pub certificate_pem: String,
    /// PKCS#8, PEM.
    pub key_pem: crate::secret::Password,
}

/// What a certificate's PEM tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadCertificate {
    pub fingerprint: Fingerprint,
    /// This desk's CA signed it.
    pub issued_here: bool,
}

/// What the Redfish of one card's IMC gets from this desk, and how this desk knows it.
#[async_trait]
pub trait RedfishSetup: Send + Sync {
    /// By which this desk logs in.
    fn password(&self) -> &crate::secret::Password;
    /// For the IMC's address, with a key made for it alone.
    fn issue(&self, now: Timestamp) -> Result<IssuedCertificate, StepError>;
    /// `None`: it is no certificate.
    fn read(&self, pem: &str) -> Option<ReadCertificate>;
    /// The certificate that is pinned for it now.
    async fn pinned(&self) -> Result<Option<Fingerprint>, StepError>;
    /// Replaces the pin: only by a certificate that was put on the IMC over its pinned SSH.
    async fn pin(&self, certificate: &Fingerprint, because: &str) -> Result<(), StepError>;
}

/// What a registry has for a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedImage {
    /// Of the image manifest for the asked architecture, never of an index.
    pub digest: ImageDigest,
    /// The label `org.opencontainers.image.version`.
    pub version: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    #[error("the registry {registry} does not answer: {reason}")]
    Unreachable { registry: String, reason: String },
    #[error("{reference} does not exist in its registry")]
    NotFound { reference: ImageReference },
    #[error("the registry {registry} wants a login for {repository}")]
    Unauthorized {
        registry: String,
        repository: String,
    },
    /// Only the program that an auth.json names knows the login, and we don't call it.
    #[error("the registry {registry} wants a login, and only the helper `{helper}` knows it")]
    CredentialHelper { registry: String, helper: String },
    #[error("the certificate of the registry {registry} is not to be trusted: {reason}")]
    Certificate { registry: String, reason: String },
    #[error("{reference} has no image for {architecture}")]
    NoSuchArchitecture {
        reference: ImageReference,
        architecture: String,
    },
    #[error("the registry {registry} answered something that makes no sense: {evidence}")]
    Protocol { registry: String, evidence: String },
}

impl RegistryError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Unreachable { .. } => {
                "check the registry's name, the network and the proxy; then try again".into()
            }
            Self::NotFound { .. } => {
                "check the reference; a private repository may also say this without a login".into()
            }
            Self::Unauthorized { registry, .. } => format!(
                "log in (`slipctl image login {registry}`), or choose an auth file with its login"
            ),
            Self::CredentialHelper { registry, .. } => format!(
                "Slipway calls no credential helpers: `podman login {registry}` or `slipctl image \
                 login {registry}` keeps a login that it can use"
            ),
            Self::Certificate { registry, .. } => format!(
                "where its authority is the site's own, give it: Settings, Trust, or `slipctl trust ca \
                 set FILE`. For this registry alone compare and accept its certificate: Images, \
                 Logins, or `slipctl image trust {registry}`; or put its authority into \
                 /etc/containers/certs.d/{registry}/ca.crt, which podman reads too"
            ),
            Self::NoSuchArchitecture { architecture, .. } => {
                format!("build and push the image for {architecture}")
            }
            Self::Protocol { .. } => {
                "check that it is a container registry, and not a web page or a proxy".into()
            }
        }
    }
}

/// A container registry.
#[async_trait]
pub trait Registry: Send + Sync {
    /// `architecture` in OCI's words: `arm64`, `amd64`.
    async fn resolve(
        &self,
        reference: &ImageReference,
        architecture: &str,
    ) -> Result<ResolvedImage, RegistryError>;
}

/// Why a secret could not be kept or found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretsError {
    #[error("the secret `{0}` is not in the store")]
    Missing(String),
    #[error("the secret store can't be used: {0}")]
    Unusable(String),
    #[error("the secret file is locked: give its passphrase")]
    Locked,
    #[error("the passphrase is wrong, or the secret file was damaged")]
    WrongPassphrase,
}

/// Where secrets live: the system keyring, or an encrypted file.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// Keys are ours: `credential/<id>`, `deployment/<job>`, `desk/ca-key`.
    async fn get(&self, key: &str) -> Result<crate::secret::Password, SecretsError>;
    async fn put(&self, key: &str, value: &crate::secret::Password) -> Result<(), SecretsError>;
    /// Deleting what isn't there is no error.
    async fn delete(&self, key: &str) -> Result<(), SecretsError>;
    /// For people: "system keyring", "encrypted file /…".
    fn place(&self) -> String;
}

/// This machine's ports to cards. What a job set up stays, whoever else dies or starts, until that
/// job takes it back; a port that several jobs use is as it was when the last one has gone.
#[async_trait]
pub trait LocalNetworks: Send + Sync {
    /// Whether it could be set up: rights, programs, the port, other networks. Answers with what
    /// was seen, in words.
    async fn check(&self, wanted: &LocalNetwork) -> Result<Vec<String>, StepError>;
    /// Whether it stands as this job wants it, address and server.
    async fn stands(&self, job: &JobId, wanted: &LocalNetwork) -> Result<bool, StepError>;
    /// Sets up what is missing; answers with what was done, in words. Effect.
    async fn set_up(&self, job: &JobId, wanted: &LocalNetwork) -> Result<Vec<String>, StepError>;
    /// Takes back what was done for this job and no other one needs. What was never set up, or is
    /// gone already, is no error. Effect.
    async fn take_back(&self, job: &JobId, wanted: &LocalNetwork)
    -> Result<Vec<String>, StepError>;
}

/// Now. Tests move it.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}
