//! Pins: what a peer showed when it was accepted once. A change blocks.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::time::Timestamp;

/// A text that is not a fingerprint.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a fingerprint (SHA256:…)")]
pub struct InvalidFingerprint(String);

/// `SHA256:` and the base64 (no padding) of the hash of a DER certificate or of an SSH public key,
/// as `ssh-keygen -l` prints it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Type)]
#[serde(try_from = "String", into = "String")]
#[specta(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Fingerprint {
    type Err = InvalidFingerprint;
    fn from_str(text: &str) -> Result<Self, InvalidFingerprint> {
        let base64 = |c: u8| c.is_ascii_alphanumeric() || c == b'+' || c == b'/';
        match text.strip_prefix("SHA256:") {
            Some(hash) if hash.len() == 43 && hash.bytes().all(base64) => Ok(Self(text.to_owned())),
            _ => Err(InvalidFingerprint(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = InvalidFingerprint;
    fn try_from(text: String) -> Result<Self, InvalidFingerprint> {
        text.parse()
    }
}

impl From<Fingerprint> for String {
    fn from(value: Fingerprint) -> String {
        value.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a TLS certificate says of itself, for a person who compares. Only the fingerprint, and
/// `vouched_by_ca`, are facts; the rest is the certificate's own word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct CertificateInfo {
    pub fingerprint: Fingerprint,
    /// `CN=imc-1.lab, O=…`
    pub subject: Option<String>,
    pub issuer: Option<String>,
    pub not_before: Option<Timestamp>,
    pub not_after: Option<Timestamp>,
    /// The DNS names and addresses that it is for.
    pub names: Vec<String>,
    /// It names itself as its issuer.
    pub self_signed: bool,
    /// It chains to a CA of the site, is for the address that was asked, and is valid now.
    pub vouched_by_ca: bool,
}

/// What a pin is of.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Type,
)]
#[serde(rename_all = "snake_case")]
pub enum PinKind {
    /// The TLS certificate of a Redfish service.
    TlsCertificate,
    /// An SSH host key.
    SshHostKey,
}

/// A certificate or host key that was accepted once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Pin {
    pub kind: PinKind,
    /// `host:port` of the peer; for an ACC behind its IMC `imc-host:port/acc-host:port`.
    pub peer: String,
    pub fingerprint: Fingerprint,
    /// Why it was accepted: `"first use"`, `"accepted when it was shown"`, `"deployment <id>"`.
    pub accepted_because: String,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_what_ssh_keygen_prints() {
        let text = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU";
        assert_eq!(text.parse::<Fingerprint>().unwrap().to_string(), text);
        assert!("MD5:00".parse::<Fingerprint>().is_err());
    }
}
