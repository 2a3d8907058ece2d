//! What the Redfish of a card's IMC is given by this desk: a certificate, a password; and its pin.

use async_trait::async_trait;
use slipway_core::{
    address::Address,
    failure::StepError,
    ports::{IssuedCertificate, ReadCertificate, RedfishSetup},
    secret::Password,
    time::Timestamp,
    trust::{Fingerprint, PinKind},
};

use crate::{Fleet, access::local};

pub(crate) struct CardRedfish {
    pub fleet: Fleet,
    pub imc: Address,
    /// As Redfish has it, not as people say it.
    pub password: Password,
}

#[async_trait]
impl RedfishSetup for CardRedfish {
    fn password(&self) -> &Password {
        &self.password
    }

    fn issue(&self, now: Timestamp) -> Result<IssuedCertificate, StepError> {
        let authority = self.fleet.inner.media.authority();
        authority.issue_for_imc(&self.imc.host, now).map_err(local)
    }

    fn read(&self, pem: &str) -> Option<ReadCertificate> {
        self.fleet.inner.media.authority().read(pem)
    }

    async fn pinned(&self) -> Result<Option<Fingerprint>, StepError> {
        let peer = self.imc.to_string();
        let pin = self.fleet.store().pin(PinKind::TlsCertificate, &peer);
        Ok(pin.await.map_err(local)?.map(|pin| pin.fingerprint))
    }

    async fn pin(&self, certificate: &Fingerprint, because: &str) -> Result<(), StepError> {
        let (kind, peer) = (PinKind::TlsCertificate, self.imc.to_string());
        let accepted = self.fleet.accept(kind, peer, certificate.clone(), because);
        accepted.await.map_err(local)
    }
}
