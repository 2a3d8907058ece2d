//! A site's certificate authorities: whom a site trusts to vouch for its BMCs.

use std::{fmt, sync::Arc};

use rustls::{
    RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};
use slipway_core::{address::Address, trust::CertificateInfo};

use crate::{certificate, tls};

/// Why a text is no bundle of certificate authorities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SiteCaError {
    /// No `BEGIN CERTIFICATE` in it.
    Empty,
    /// The certificate with this number (from 1) can't be used, and why.
    Certificate(usize, String),
}

impl fmt::Display for SiteCaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("there is no PEM certificate in it"),
            Self::Certificate(number, why) => {
                write!(f, "certificate {number} of it can't be used: {why}")
            }
        }
    }
}

impl std::error::Error for SiteCaError {}

/// A bundle of CA certificates. A certificate that chains to one of them, names the host (or the
/// address) that was asked and is valid today is accepted without a pin.
#[derive(Clone)]
pub struct SiteCa {
    verifier: Arc<WebPkiServerVerifier>,
    certificates: Arc<[CertificateInfo]>,
}

impl SiteCa {
    /// Reads a PEM bundle; what is no certificate in it (keys, comments) is passed over.
    ///
    /// # Errors
    /// [`SiteCaError`].
    pub fn from_pem(pem: &str) -> Result<Self, SiteCaError> {
        let mut roots = RootCertStore::empty();
        let mut certificates = Vec::new();
        for (index, certificate) in CertificateDer::pem_slice_iter(pem.as_bytes()).enumerate() {
            let bad = |why: String| SiteCaError::Certificate(index + 1, why);
            let certificate = certificate.map_err(|error| bad(error.to_string()))?;
            certificates.push(certificate::info(&certificate, false));
            roots
                .add(certificate)
                .map_err(|error| bad(error.to_string()))?;
        }
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), tls::provider());
        let verifier = verifier.build().map_err(|_| SiteCaError::Empty)?;
        Ok(Self {
            verifier,
            certificates: certificates.into(),
        })
    }

    /// How many authorities it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.certificates.len()
    }

    /// What they say of themselves, for people.
    #[must_use]
    pub fn authorities(&self) -> Vec<CertificateInfo> {
        self.certificates.to_vec()
    }

    /// Never: a bundle without a certificate is an error when it is read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.certificates.is_empty()
    }

    pub(crate) fn vouches_for(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> bool {
        let verified = self
            .verifier
            .verify_server_cert(certificate, intermediates, name, &[], now);
        verified.is_ok()
    }

    /// Whether it vouches for a certificate, shown with these others, as that of `address` today.
    pub(crate) fn vouches_today(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        address: &Address,
    ) -> bool {
        ServerName::try_from(address.host.as_str())
            .is_ok_and(|name| self.vouches_for(certificate, intermediates, &name, UnixTime::now()))
    }
}

impl fmt::Debug for SiteCa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SiteCa({} certificates)", self.len())
    }
}
