//! The TLS certificate of an IMC's Redfish: self-signed, P-256, one per card.

use std::sync::Arc;

use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, SanType};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use slipway_core::trust::Fingerprint;

/// A certificate and its key, DER in base64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsIdentity {
    certificate: String,
    key: String,
    fingerprint: Fingerprint,
}

/// A certificate could not be made or used.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    #[error("making a certificate")]
    Make(#[from] rcgen::Error),
    #[error("a kept certificate is damaged")]
    Base64(#[from] base64::DecodeError),
    #[error("reading PEM")]
    Pem(#[from] rustls::pki_types::pem::Error),
    #[error("using a certificate for TLS")]
    Tls(#[from] rustls::Error),
}

fn to_text(der: &[u8]) -> String {
    base64::Engine::encode(&base64::engine::general_purpose::STANDARD, der)
}

fn to_der(text: &str) -> Result<Vec<u8>, base64::DecodeError> {
    base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text)
}

fn to_pem(label: &str, base64: &str) -> String {
    let lines = base64.as_bytes().chunks(64).map(String::from_utf8_lossy);
    let body: Vec<_> = lines.collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        body.join("\n")
    )
}

/// `SHA256:…` of bytes, as core writes fingerprints.
///
/// # Panics
/// Never: 32 bytes are 43 digits of base64.
#[must_use]
pub fn fingerprint(bytes: &[u8]) -> Fingerprint {
    let engine = &base64::engine::general_purpose::STANDARD_NO_PAD;
    let hash = base64::Engine::encode(engine, Sha256::digest(bytes));
    format!("SHA256:{hash}")
        .parse()
        .expect("a SHA-256 in base64 has the form of a fingerprint")
}

impl TlsIdentity {
    /// # Errors
    /// No randomness.
    pub fn new(name: &str) -> Result<Self, IdentityError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = CertificateParams::new(vec!["localhost".to_owned()])?;
        let loopback = std::net::Ipv4Addr::LOCALHOST.into();
        params.subject_alt_names.push(SanType::IpAddress(loopback));
        let common_name = format!("{name} IMC (lab)");
        params
            .distinguished_name
            .push(DnType::CommonName, common_name);
        let certificate = params.self_signed(&key)?;
        Ok(Self {
            certificate: to_text(certificate.der()),
            key: to_text(&key.serialize_der()),
            fingerprint: fingerprint(certificate.der()),
        })
    }

    /// A certificate and its key that somebody brought.
    ///
    /// # Errors
    /// They are no PEM, no PKCS#8, or don't belong together.
    pub fn from_pem(certificate: &str, key: &str) -> Result<Self, IdentityError> {
        let shown = CertificateDer::from_pem_slice(certificate.as_bytes())?;
        let secret = PrivatePkcs8KeyDer::from_pem_slice(key.as_bytes())?;
        let identity = Self {
            certificate: to_text(&shown),
            key: to_text(secret.secret_pkcs8_der()),
            fingerprint: fingerprint(&shown),
        };
        identity.server_config()?;
        Ok(identity)
    }

    #[must_use]
    pub fn certificate_pem(&self) -> String {
        to_pem("CERTIFICATE", &self.certificate)
    }

    #[must_use]
    pub fn key_pem(&self) -> String {
        to_pem("PRIVATE KEY", &self.key)
    }

    /// Of the certificate.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint.clone()
    }

    /// HTTP/1.1 only, as the IMC. The groups are our provider's: the IMC's own narrow policy is
    /// tested elsewhere, against GnuTLS itself.
    ///
    /// # Errors
    /// The kept text is damaged.
    pub fn server_config(&self) -> Result<Arc<ServerConfig>, IdentityError> {
        let certificate = CertificateDer::from(to_der(&self.certificate)?);
        let key = PrivatePkcs8KeyDer::from(to_der(&self.key)?);
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], PrivateKeyDer::Pkcs8(key))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}
