//! One Redfish service: how it is reached, and the client of it.

use std::{fmt, sync::Arc, time::Duration};

use rustls::pki_types::CertificateDer;
use slipway_core::{
    address::Address,
    ports::BmcError,
    secret::Password,
    trust::{CertificateInfo, Fingerprint},
};
use tokio::sync::Mutex;

use crate::{ca::SiteCa, certificate, navigate::Places, tls::Accepted, transport::Transport};

/// How long is waited for a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For the name, the TCP connection and the TLS handshake together.
    pub connect: Duration,
    /// For one request, from its connection to the end of its answer.
    pub request: Duration,
    /// Between the tries of an effect that a quirk allows to be repeated.
    pub repeat: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            request: Duration::from_secs(60),
            repeat: Duration::from_secs(3),
        }
    }
}

/// Where a Redfish service is, who we are there, and what it was accepted by.
#[derive(Debug, Clone)]
pub struct RedfishTarget {
    pub address: Address,
    pub user: String,
    /// As the service has it: an IMC's goes through
    /// [`slipway_core::secret::imc_redfish_password`] before.
    pub password: Password,
    /// Without one nothing is asked: every question ends in [`BmcError::CertificateUnknown`].
    pub pin: Option<Fingerprint>,
    /// The site's CA, where it has one: a certificate that it vouches for needs no pin. See
    /// [`RedfishClient::accepted_certificate`].
    pub ca: Option<SiteCa>,
    pub timeouts: Timeouts,
}

/// A Redfish service. Cheap to make; connects when something is asked, and keeps the connection
/// for the next question. Clones share it. Requests of all clients of one address share two
/// places.
#[derive(Clone)]
pub struct RedfishClient {
    pub(crate) transport: Arc<Transport>,
    pub(crate) places: Arc<Mutex<Places>>,
}

impl RedfishClient {
    #[must_use]
    pub fn new(target: RedfishTarget) -> Self {
        Self {
            transport: Arc::new(Transport::new(target)),
            places: Arc::default(),
        }
    }

    /// By what the certificate of the last handshake was accepted; nothing before the first. What
    /// the site's CA vouches for differs from the pin, where the BMC has a new one: a desk keeps it.
    #[must_use]
    pub fn accepted_certificate(&self) -> Option<Accepted> {
        self.transport.accepted_certificate()
    }

    /// Deletes the session at the service, where one was made: services have room for few. Waits
    /// for it five seconds at most; who stops waiting does not break it off. A client that is dropped
    /// does the same in the background: a process that ends waits for that by [`crate::goodbyes`].
    /// The client may be used again; it logs in anew.
    pub async fn close(&self) {
        self.transport.log_out().await;
    }
}

impl fmt::Debug for RedfishClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RedfishClient")
            .field(&self.transport.peer())
            .finish()
    }
}

/// The fingerprint of the certificate that a service shows. The handshake is broken off there: no
/// request is made, and no credential is known here.
///
/// # Errors
/// [`BmcError::Unreachable`] with the stage, where it shows none.
pub async fn probe(address: &Address) -> Result<Fingerprint, BmcError> {
    probe_within(address, Timeouts::default()).await
}

/// [`probe`] with other deadlines than the usual.
///
/// # Errors
/// As [`probe`].
pub async fn probe_within(address: &Address, timeouts: Timeouts) -> Result<Fingerprint, BmcError> {
    let shown = inspect(address, None, timeouts).await?;
    Ok(shown.fingerprint)
}

/// [`probe`], with what the certificate says of itself and whether the site's CA vouches for it.
///
/// # Errors
/// As [`probe`].
pub async fn inspect(
    address: &Address,
    ca: Option<&SiteCa>,
    timeouts: Timeouts,
) -> Result<CertificateInfo, BmcError> {
    let (own, others) = shown(address, timeouts).await?;
    let vouched = ca.is_some_and(|ca| ca.vouches_today(&own, &others, address));
    Ok(certificate::info(&own, vouched))
}

/// The certificate itself that a TLS server shows to a stranger, as DER; for one that is kept as a
/// whole, as a registry's is.
///
/// # Errors
/// As [`probe`].
pub async fn shown_certificate(address: &Address) -> Result<Vec<u8>, BmcError> {
    let (own, _) = shown(address, Timeouts::default()).await?;
    Ok(own.to_vec())
}

/// What a certificate (DER) says of itself. Nobody vouches for it here.
#[must_use]
pub fn describe(certificate: &[u8]) -> CertificateInfo {
    certificate::info(&CertificateDer::from(certificate), false)
}

/// Its own, and those above it.
async fn shown(
    address: &Address,
    timeouts: Timeouts,
) -> Result<(CertificateDer<'static>, Vec<CertificateDer<'static>>), BmcError> {
    let transport = Transport::new(RedfishTarget {
        address: address.clone(),
        user: String::new(),
        password: Password::new(""),
        pin: None,
        ca: None,
        timeouts,
    });
    let mut chain = transport.shown_certificates().await?;
    if chain.is_empty() {
        // Can't be: without a pin no handshake completes.
        return Err(transport.protocol("an answer without a certificate"));
    }
    let own = chain.remove(0);
    Ok((own, chain))
}
