//! One Redfish service: how it is reached, and the client of it.

use std::{fmt, sync::Arc, time::Duration};

use slipway_core::{address::Address, ports::BmcError, secret::Password, trust::Fingerprint};
use tokio::sync::Mutex;

use crate::{navigate::Places, transport::Transport};

/// How long is waited for a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For the name, the TCP connection and the TLS handshake together.
    pub connect: Duration,
    /// For one request, from its connection to the end of its answer.
    pub request: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            request: Duration::from_secs(60),
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
    let transport = Transport::new(RedfishTarget {
        address: address.clone(),
        user: String::new(),
        password: Password::new(""),
        pin: None,
        timeouts,
    });
    match transport.get_openly("/redfish/v1/").await {
        Err(BmcError::CertificateUnknown { seen, .. }) => Ok(seen),
        Err(error) => Err(error),
        // Can't be: without a pin no handshake completes.
        Ok(_) => Err(transport.protocol("an answer without a certificate")),
    }
}
