//! The machines beside the card: the BMC of the server that it is in, and that server itself.

use slipway_core::{
    address::Address,
    bmc::KnownBmc,
    cluster::{self, Card, Choices, IsoCluster},
    doctor::{Asked, HostSeen},
    dpu::Dpu,
    failure::{FailureKind, StepError},
    job::{
        Policy,
        deployment::{Flash, look_to_flash},
    },
    network::LocalNetwork,
    ports::{Bmc, LocalNetworks as _},
    trust::PinKind,
};

use super::imc::within;
use crate::{AppError, Fleet, cards::SSH_PORT};

const HTTPS_PORT: u16 = 443;

/// What a cluster file names, `host` or `host:port`.
#[derive(Default)]
pub(super) struct Beside {
    host_bmc: Option<String>,
    dpu_host: Option<String>,
    /// Only where somebody asked for it.
    network: Option<LocalNetwork>,
    flash: Option<Flash>,
}

impl Beside {
    pub(super) fn of(cluster: &IsoCluster, card: &Card, choices: &Choices) -> Self {
        let beside = cluster::beside(cluster, card, choices);
        Self {
            host_bmc: card.host_bmc.as_ref().map(|login| login.address.clone()),
            dpu_host: card.dpu_host.clone(),
            network: beside.network,
            flash: beside.flash,
        }
    }
}

impl Fleet {
    /// The one that the file names, else the one that the card is paired with. It is logged in to
    /// where this desk knows how.
    pub(super) async fn ask_host_bmc(
        &self,
        dpu: &Dpu,
        beside: &Beside,
        policy: &Policy,
    ) -> Result<Option<HostSeen>, AppError> {
        let (address, known) = match &beside.host_bmc {
            Some(text) => match Address::parse_or(text, HTTPS_PORT) {
                Ok(address) => {
                    let known = self.store().bmc_named(&address.to_string()).await?;
                    (address, known)
                }
                Err(error) => return Ok(Some(unusable(text, &error))),
            },
            None => match self.store().pairing(&dpu.id).await? {
                Some(pairing) => {
                    let bmc = self.store().bmc(&pairing.host).await?.bmc;
                    (bmc.address.clone(), Some(bmc))
                }
                None => return Ok(None),
            },
        };
        let peer = address.to_string();
        let pin = self.store().pin(PinKind::TlsCertificate, &peer).await?;
        let mut pin = pin.map(|pin| pin.fingerprint);
        let (shown, vouched) = match self.shown_certificate(&address, policy).await {
            Asked::Answered(shown) => (Asked::Answered(shown.fingerprint), shown.vouched_by_ca),
            Asked::Failed(error) => (Asked::Failed(error), false),
            Asked::NotAsked(why) => (Asked::NotAsked(why), false),
        };
        if vouched {
            pin = shown.answer().cloned();
        }
        let trusted = shown.answer().is_some() && shown.answer() == pin.as_ref();
        let login = match known {
            Some(bmc) if trusted => self.log_in_to(&bmc, policy).await,
            Some(_) | None => Asked::default(),
        };
        Ok(Some(HostSeen {
            address: peer,
            shown,
            pin,
            login,
        }))
    }

    async fn log_in_to(&self, bmc: &KnownBmc, policy: &Policy) -> Asked<String> {
        within(&bmc.name, policy.command(), async {
            let client = self.bmc_client(bmc).await?;
            let told = client.identify().await;
            // Servers have room for few sessions.
            client.close().await;
            told?;
            let user = match &bmc.credential {
                Some(credential) => self.login(credential).await?.user,
                None => "the card's user".to_owned(),
            };
            Ok(user)
        })
        .await
    }

    /// Looks only: at this machine's port, its programs and our rights.
    pub(super) async fn ask_network(&self, beside: &Beside) -> Option<Asked<Vec<String>>> {
        let wanted = beside.network.as_ref()?;
        Some(Asked::from(self.inner.ports.check(wanted).await))
    }

    /// Looks only: at podman here, and at the BMC of the host that a flash cold-boots.
    pub(super) async fn ask_flash(
        &self,
        dpu: &Dpu,
        beside: &Beside,
        policy: &Policy,
    ) -> Option<Asked<Vec<String>>> {
        let flash = beside.flash.as_ref()?;
        let look = async {
            let card = self.open_card(dpu.clone()).await?;
            look_to_flash(flash, &card, self.now(), policy).await
        };
        Some(Asked::from(look.await))
    }

    pub(super) async fn ask_dpu_host(
        &self,
        beside: &Beside,
        policy: &Policy,
    ) -> Result<Option<HostSeen>, AppError> {
        let Some(text) = &beside.dpu_host else {
            return Ok(None);
        };
        let address = match Address::parse_or(text, SSH_PORT) {
            Ok(address) => address,
            Err(error) => return Ok(Some(unusable(text, &error))),
        };
        let peer = address.to_string();
        let pin = self.store().pin(PinKind::SshHostKey, &peer).await?;
        Ok(Some(HostSeen {
            shown: self.asked_host_key(&address, policy).await,
            address: peer,
            pin: pin.map(|pin| pin.fingerprint),
            login: Asked::default(),
        }))
    }
}

fn unusable(text: &str, error: &dyn std::error::Error) -> HostSeen {
    HostSeen {
        address: text.to_owned(),
        shown: Asked::Failed(StepError::new(FailureKind::Precondition, error.to_string())),
        pin: None,
        login: Asked::default(),
    }
}
