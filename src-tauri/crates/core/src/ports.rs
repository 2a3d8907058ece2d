//! The questions that the engine asks of the world. Adapters answer; tests and the lab do too.
//!
//! An object behind one of these traits belongs to one peer: its address, credential and pin were
//! given when it was made. No adapter decides about trust. An unknown or changed certificate or
//! host key is an error that carries what was seen; whoever asked decides.

mod bmc;
mod media;
mod registry;
mod remote;

use async_trait::async_trait;

pub use self::{
    bmc::{
        Bmc, BmcError, BootOverride, BootOverrideEnabled, Controller, Crawl, RawResource,
        RedfishTask, Stage, TaskState, TaskUri, VirtualMedia,
    },
    media::{
        IssuedCertificate, MediaReader, MediaServer, Publication, ReadCertificate, RedfishSetup,
    },
    registry::{Registry, RegistryError, ResolvedImage},
    remote::{CommandOutput, Remote, RemoteError},
};
use crate::{failure::StepError, ids::JobId, network::LocalNetwork, time::Timestamp};

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
