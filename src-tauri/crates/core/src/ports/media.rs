//! What this desk serves to an IMC, and what an IMC's Redfish gets from it.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    failure::StepError,
    time::{ByteCount, Timestamp},
    trust::Fingerprint,
};

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
