//! TLS by pin: the crypto provider, and the one verifier.
//!
//! Most BMCs' certificates say nothing that a certificate authority would sign for: one is accepted
//! once by its fingerprint, and a change blocks. The comparison is done inside the handshake,
//! before anything of ours is sent. Of a pinned certificate names, dates and chains are not looked
//! at; the handshake's signature is: who shows the certificate must also hold its key.
//!
//! A site that signs its BMCs' certificates itself gives its CA ([`SiteCa`]): what chains to it,
//! names the host and is valid is accepted without a pin, and also where an older one is pinned.
//! Renewing certificates is what such a CA is for (ADR 0013).

use std::{
    error::Error as StdError,
    fmt,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use rustls::{
    CertificateError, CipherSuite, ClientConfig, DigitallySignedStruct, Error, OtherError,
    PeerMisbehaved, RootCertStore, SignatureScheme,
    client::{
        Resumption,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, aws_lc_rs, verify_tls13_signature_with_raw_key},
    pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime},
};
use sha2::{Digest, Sha256};
use slipway_core::trust::Fingerprint;
use x509_parser::{asn1_rs::Any, certificate::X509Certificate, prelude::FromDer};

use crate::{ca::SiteCa, kx::Secp521r1};

/// aws-lc-rs as rustls brings it, and P-521 as one more key exchange group: what Intel's TLS
/// policy for the IMC leaves in common. AES-128 is offered before AES-256, as browsers do: what
/// goes with it is SHA-256, for which processors have instructions; SHA-384 took a twelfth of the
/// CPU while 500 BMCs were connected, on either side (`bench redfish`, perf).
#[must_use]
pub fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| {
        let mut provider = aws_lc_rs::default_provider();
        provider.kx_groups.push(&Secp521r1);
        let suites = &mut provider.cipher_suites;
        suites.sort_by_key(|suite| !has_aes_128(suite.suite()));
        Arc::new(provider)
    });
    PROVIDER.clone()
}

fn has_aes_128(suite: CipherSuite) -> bool {
    matches!(
        suite,
        CipherSuite::TLS13_AES_128_GCM_SHA256
            | CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
            | CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
    )
}

/// `SHA256:` and the base64 of the hash of a DER certificate.
#[must_use]
pub fn fingerprint(certificate: &CertificateDer<'_>) -> Fingerprint {
    let hash = Sha256::digest(certificate.as_ref());
    format!("SHA256:{}", STANDARD_NO_PAD.encode(hash))
        .parse()
        .expect("32 bytes are 43 base64 characters")
}

/// By what a certificate was accepted in the last handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// It is the pinned one.
    ByPin(Fingerprint),
    /// It is not the pinned one (or nothing is pinned), and the site's CA vouches for it.
    BySiteCa(Fingerprint),
}

impl Accepted {
    #[must_use]
    pub fn fingerprint(&self) -> &Fingerprint {
        match self {
            Self::ByPin(fingerprint) | Self::BySiteCa(fingerprint) => fingerprint,
        }
    }
}

/// A client's TLS that talks to nobody but the holder of the pinned certificate, or of one that
/// the site's CA vouches for; without either, to nobody at all: every handshake ends in
/// [`Unaccepted`].
#[must_use]
pub(crate) fn client_config(
    pin: Option<Fingerprint>,
    ca: Option<&SiteCa>,
    accepted: Arc<Mutex<Option<Accepted>>>,
) -> ClientConfig {
    // What all have in common is made once, and trusts nobody.
    static COMMON: LazyLock<ClientConfig> = LazyLock::new(|| {
        let mut config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("aws-lc-rs has cipher suites for TLS 1.2 and 1.3")
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config
    });
    let verifier = PinVerifier {
        pin,
        ca: ca.cloned(),
        provider: provider(),
        accepted,
    };
    let mut config = COMMON.clone();
    config
        .dangerous()
        .set_certificate_verifier(Arc::new(verifier));
    // Session tickets stay in this config, so that a resumed session is one with the same pin. One
    // peer per config: the default makes room for 32.
    config.resumption = Resumption::in_memory_sessions(8);
    config
}

/// The certificate is not the pinned one, or nothing is pinned; and no CA of the site vouches for
/// it. Found by [`Unaccepted::in_chain`] in the error of the request whose handshake it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unaccepted {
    pub pinned: Option<Fingerprint>,
    pub seen: Fingerprint,
    /// What was shown, the peer's own first.
    pub(crate) chain: Vec<CertificateDer<'static>>,
}

impl fmt::Display for Unaccepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the certificate {} is not accepted", self.seen)
    }
}

impl StdError for Unaccepted {}

impl Unaccepted {
    /// Looks for it in an error and everything below.
    #[must_use]
    pub fn in_chain<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Self> {
        match tls_error_in_chain(error)? {
            Error::InvalidCertificate(CertificateError::Other(OtherError(inner))) => {
                inner.downcast_ref()
            }
            _ => None,
        }
    }
}

/// The first error of rustls in an error and everything below. `io::Error` hides what it wraps
/// from `source`, so it is asked by itself.
pub(crate) fn tls_error_in_chain<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<Error>() {
            return Some(found);
        }
        next = match error.downcast_ref::<std::io::Error>() {
            Some(io) => io.get_ref().map(|e| e as &(dyn StdError + 'static)),
            None => error.source(),
        };
    }
    None
}

#[derive(Debug)]
struct PinVerifier {
    pin: Option<Fingerprint>,
    ca: Option<SiteCa>,
    provider: Arc<CryptoProvider>,
    accepted: Arc<Mutex<Option<Accepted>>>,
}

impl PinVerifier {
    /// The pin first; what is not pinned, or not any more, may still be the site's word.
    fn accepts(
        &self,
        seen: &Fingerprint,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Option<Accepted> {
        if self.pin.as_ref() == Some(seen) {
            return Some(Accepted::ByPin(seen.clone()));
        }
        let ca = self.ca.as_ref()?;
        ca.vouches_for(certificate, intermediates, name, now)
            .then(|| Accepted::BySiteCa(seen.clone()))
    }
}

impl ServerCertVerifier for PinVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let seen = fingerprint(end_entity);
        if let Some(how) = self.accepts(&seen, end_entity, intermediates, server_name, now) {
            let mut accepted = self.accepted.lock().unwrap_or_else(PoisonError::into_inner);
            *accepted = Some(how);
            return Ok(ServerCertVerified::assertion());
        }
        let shown = std::iter::once(end_entity).chain(intermediates);
        let unaccepted = Unaccepted {
            pinned: self.pin.clone(),
            seen,
            chain: shown.map(|c| c.clone().into_owned()).collect(),
        };
        let other = CertificateError::Other(OtherError(Arc::new(unaccepted)));
        Err(Error::InvalidCertificate(other))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let key = PublicKey::of(cert)?;
        let algorithms = &self.provider.signature_verification_algorithms;
        let (_, candidates) = algorithms
            .mapping
            .iter()
            .find(|(scheme, _)| *scheme == dss.scheme)
            .ok_or(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme)?;
        // TLS 1.2 leaves the curve to the certificate, so a scheme has several candidates.
        let fitting = candidates
            .iter()
            .filter(|c| c.public_key_alg_id().as_ref() == key.algorithm);
        for candidate in fitting {
            if candidate
                .verify_signature(key.bits, message, dss.signature())
                .is_ok()
            {
                return Ok(HandshakeSignatureValid::assertion());
            }
        }
        Err(Error::InvalidCertificate(CertificateError::BadSignature))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let key = SubjectPublicKeyInfoDer::from(PublicKey::of(cert)?.spki);
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature_with_raw_key(message, &key, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// A certificate's public key. Read with x509-parser, since webpki refuses the X.509 v1
/// certificates that BMCs sign for themselves, and of a pinned certificate only the key matters.
struct PublicKey<'a> {
    /// The whole SubjectPublicKeyInfo.
    spki: &'a [u8],
    /// The content of its AlgorithmIdentifier, as `public_key_alg_id` gives it.
    algorithm: &'a [u8],
    bits: &'a [u8],
}

impl<'a> PublicKey<'a> {
    fn of(cert: &'a CertificateDer<'_>) -> Result<Self, Error> {
        let bad = || Error::InvalidCertificate(CertificateError::BadEncoding);
        let (_, parsed) = X509Certificate::from_der(cert.as_ref()).map_err(|_| bad())?;
        let spki = parsed.tbs_certificate.subject_pki.raw;
        Self::read(spki).ok_or_else(bad)
    }

    /// `SEQUENCE { SEQUENCE algorithm, BIT STRING key }`
    fn read(spki: &'a [u8]) -> Option<Self> {
        let (_, whole) = Any::from_der(spki).ok()?;
        let (rest, algorithm) = Any::from_der(whole.data).ok()?;
        let (_, key) = Any::from_der(rest).ok()?;
        Some(Self {
            spki,
            algorithm: algorithm.data,
            // A bit string begins with the number of unused bits at its end.
            bits: key.data.strip_prefix(&[0])?,
        })
    }
}
