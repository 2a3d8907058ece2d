//! Adding a card after its IMC has let us in, and removing one.

use std::time::Duration;

use slipway_core::{
    address::Address,
    command::CommandLine,
    dpu::{ACC_FROM_IMC, AccRoute, Dpu, IMC_REDFISH_PORT, ImcIdentity},
    ids::{BmcId, DpuId},
    kickstart::check_hostname,
    ports::{Bmc, BmcError, Remote},
    secret::{Password, imc_redfish_password},
    trust::PinKind,
};

use slipway_remote::{SshAuth, SshRemote, SshTarget};

use super::{SSH_PORT, parse};
use crate::{AppError, ChangeTag, ErrorCode, Fleet, views::AddDpu};

const NOT_AN_IMC: &str =
    "give the address of the card's IMC; `slipctl bmc add` adds other BMCs too";

/// For one short file.
pub(crate) const ISSUE_DEADLINE: Duration = Duration::from_secs(15);

/// Whether a card may be added while its IMC does not answer.
#[derive(Clone, Copy)]
pub(crate) enum Silent {
    MayBe,
    MustNotBe,
}

impl Fleet {
    /// Adds a card after its IMC has let us in. Nothing is kept when it did not.
    ///
    /// # Errors
    /// A name or address that is taken, a password that no IMC takes, an IMC that does not answer,
    /// refuses, or shows another certificate than the one that was accepted.
    pub async fn add_dpu(&self, card: AddDpu) -> Result<DpuId, AppError> {
        self.add(card, Silent::MustNotBe).await
    }

    pub(crate) async fn add(&self, card: AddDpu, silent: Silent) -> Result<DpuId, AppError> {
        let (imc_redfish, imc_ssh) = split_addresses(&card.imc, card.imc_ssh.as_deref())?;
        check_hostname(&card.name).map_err(|error| {
            AppError::from_chain(ErrorCode::Invalid, &error)
                .hint("a card's name becomes its host name: letters, digits and dashes")
        })?;
        let acc = match card.acc.as_deref().filter(|text| !text.is_empty()) {
            Some(text) => AccRoute::Direct(parse(text, SSH_PORT)?),
            None => AccRoute::ThroughImc(parse(ACC_FROM_IMC, SSH_PORT)?),
        };
        let imc_login = self.chosen(card.login).await?.for_redfish()?;
        let acc_login = match card.acc_login {
            Some(login) => Some(self.chosen(login).await?),
            None => None,
        };
        let ssh_login = card.ssh_login.unwrap_or_default();
        self.check_ssh_login(&ssh_login).await?;
        let password = imc_password(imc_login.password())?;
        let identity = match (&card.certificate, &card.host_key) {
            (Some(certificate), _) => {
                let pin = Some(certificate.clone());
                let target = self
                    .redfish_target(&imc_redfish, &imc_login.user, password, pin)
                    .await?;
                let client = slipway_redfish::RedfishClient::new(target);
                match (identify(&client).await, silent) {
                    (Err(error), Silent::MayBe) if error.code == ErrorCode::Unreachable => {
                        ImcIdentity::default()
                    }
                    (identity, Silent::MayBe | Silent::MustNotBe) => identity?,
                }
            }
            (None, Some(host_key)) => {
                let (user, auth) = self.imc_ssh_auth(&ssh_login, &imc_login).await?;
                let target = SshTarget {
                    address: imc_ssh.clone(),
                    user,
                    auth: vec![SshAuth::Key(self.inner.keys.fleet_key.clone()), auth],
                    host_key: Some(host_key.clone()),
                    via: None,
                };
                identify_by_ssh(target).await?
            }
            (None, None) => {
                return Err(AppError::refused(
                    "neither its certificate nor its host key is accepted",
                ));
            }
        };
        let imc_credential = imc_login.keep(self, &card.name, "IMC").await?;
        let acc_credential = match acc_login {
            Some(login) => Some(login.keep(self, &card.name, "ACC").await?),
            None => None,
        };
        let dpu = Dpu {
            id: DpuId::new(),
            name: card.name,
            imc_redfish,
            imc_ssh,
            acc,
            imc_credential,
            imc_ssh_login: ssh_login,
            acc_credential,
            host: card.host.filter(|host| !host.is_empty()),
            labels: card.labels,
            identity,
            added_at: self.now(),
        };
        if let Err(error) = self.store().add_dpu(&dpu).await {
            self.forget_own(dpu.credentials()).await;
            return Err(error.into());
        }
        let peer = dpu.imc_redfish.to_string();
        if let Some(certificate) = card.certificate {
            self.accept_shown(PinKind::TlsCertificate, peer, certificate)
                .await?;
        }
        if let Some(host_key) = card.host_key {
            let peer = dpu.imc_ssh.to_string();
            self.accept_shown(PinKind::SshHostKey, peer, host_key)
                .await?;
        }
        self.update_facts(&dpu.id, |_| {}).await;
        self.changed(ChangeTag::Dpu, Some(dpu.id.to_string()));
        self.changed(ChangeTag::Bmc, Some(BmcId::from(&dpu.id).to_string()));
        Ok(dpu.id)
    }

    /// Forgets a card, its own credentials and its pins. Its jobs stay as history.
    ///
    /// # Errors
    /// Refused while a job runs on it.
    pub async fn remove_dpu(&self, id: &DpuId) -> Result<(), AppError> {
        let dpu = self.store().dpu(id).await?;
        self.store().remove_dpu(id).await?;
        self.forget_own(dpu.credentials()).await;
        let acc_peer = match &dpu.acc {
            AccRoute::Direct(acc) => acc.to_string(),
            AccRoute::ThroughImc(acc) => format!("{}/{acc}", dpu.imc_ssh),
        };
        for (kind, peer) in [
            (PinKind::TlsCertificate, dpu.imc_redfish.to_string()),
            (PinKind::SshHostKey, dpu.imc_ssh.to_string()),
            (PinKind::SshHostKey, acc_peer),
        ] {
            self.store().remove_pin(kind, &peer).await?;
        }
        self.forget_post_secrets(id).await?;
        self.inner.links.forget(id.as_str());
        self.changed(ChangeTag::Dpu, Some(id.to_string()));
        self.changed(ChangeTag::Bmc, Some(BmcId::from(id).to_string()));
        self.changed(ChangeTag::Pin, None);
        Ok(())
    }
}

/// An IMC whose Redfish does not run, by what the system behind its accepted host key says of itself.
async fn identify_by_ssh(target: SshTarget) -> Result<ImcIdentity, AppError> {
    let read = CommandLine::new(["cat", "/etc/issue"]);
    let remote = SshRemote::new(target);
    let out = remote.run(&read, None, ISSUE_DEADLINE).await?;
    ImcIdentity::by_issue(&out.text()).ok_or_else(|| {
        AppError::refused("Redfish does not answer, and by its /etc/issue this is no IMC")
            .because(out.text())
            .hint(NOT_AN_IMC)
    })
}

/// Identifies as an Intel IPU's IMC, or says what it is instead.
pub(crate) async fn identify(
    client: &slipway_redfish::RedfishClient,
) -> Result<ImcIdentity, AppError> {
    let identity = client.identify().await.map_err(|error: BmcError| {
        let stranger = matches!(error, BmcError::NotRedfish { .. });
        let error = AppError::from(error);
        if stranger {
            error.hint(NOT_AN_IMC)
        } else {
            error
        }
    })?;
    if identity.is_ipu {
        return Ok(identity);
    }
    Err(
        AppError::refused("this is a Redfish service, but not an Intel IPU's IMC")
            .because(&identity.evidence)
            .hint(NOT_AN_IMC),
    )
}

/// The password that an IMC's Redfish really has.
pub(crate) fn imc_password(given: &Password) -> Result<Password, AppError> {
    imc_redfish_password(given).map_err(|error| {
        AppError::from_chain(ErrorCode::Invalid, &error)
            .hint("check the password; `calvin` is known")
    })
}

/// The password to try where an IMC may answer: as an IMC has it, where it could have it at all.
pub(crate) fn likely_imc_password(given: &Password) -> Password {
    imc_redfish_password(given).unwrap_or_else(|_| given.clone())
}

/// The addresses of an IMC's Redfish and SSH.
pub(crate) fn split_addresses(
    imc: &str,
    imc_ssh: Option<&str>,
) -> Result<(Address, Address), AppError> {
    let redfish = parse(imc, IMC_REDFISH_PORT)?;
    let ssh = match imc_ssh.filter(|text| !text.trim().is_empty()) {
        Some(text) => parse(text, SSH_PORT)?,
        None => Address {
            host: redfish.host.clone(),
            port: SSH_PORT,
        },
    };
    Ok((redfish, ssh))
}
