//! One stored card, opened for a step of the engine or for a look: its connections, pins and
//! credentials, and what the media server serves it.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use slipway_core::{
    address::Address,
    bootc::{BootcStatus, Greenboot},
    containers::Containers,
    dpu::{AccRoute, Dpu},
    failure::{FailureKind, StepError},
    ids::{DpuId, JobId},
    image::ImageReference,
    iso::published_name,
    job::{CardAccess, DeploymentPlan, Prepared, deployment::PostSecret},
    kickstart::Overlay,
    ports::{
        Bmc, Controller, LocalNetworks, MediaServer, Publication, RedfishSetup, Registry,
        RegistryError, Remote, ResolvedImage,
    },
    secret::{Password, imc_redfish_password},
    trust::{Fingerprint, PinKind},
};
use slipway_redfish::{RedfishClient, RedfishTarget};
use slipway_remote::{SshAuth, SshRemote, SshTarget};

use crate::{
    ChangeTag, Fleet, beside::write_private, logins::Login, media::CardMedia,
    redfish_setup::CardRedfish,
};

/// For the sessions at BMCs, when a shell ends.
const END_OF_SESSIONS: Duration = Duration::from_secs(5);

/// An error of our own side, as a step meets it.
pub(crate) fn local(error: impl std::error::Error + 'static) -> StepError {
    let mut step = StepError::new(FailureKind::Local, error.to_string());
    step.causes = slipway_core::failure::chain(&error).split_off(1);
    step
}

/// A card with its connections.
pub(crate) struct OpenCard {
    fleet: Fleet,
    pub dpu: Dpu,
    pub(crate) imc: Arc<RedfishClient>,
    imc_shell: Arc<SshRemote>,
    acc: Arc<SshRemote>,
    acc_target: SshTarget,
    redfish_setup: CardRedfish,
    media: CardMedia,
}

impl Fleet {
    pub(crate) async fn open_card(&self, dpu: Dpu) -> Result<OpenCard, StepError> {
        let pin = |kind, peer: String| async move {
            let pin = self.store().pin(kind, &peer).await.map_err(local)?;
            Ok::<_, StepError>(pin.map(|pin| pin.fingerprint))
        };
        let certificate = pin(PinKind::TlsCertificate, dpu.imc_redfish.to_string()).await?;
        let imc_key = pin(PinKind::SshHostKey, dpu.imc_ssh.to_string()).await?;
        let login = self.login(&dpu.imc_credential).await?;
        let fleet_key = SshAuth::Key(self.inner.keys.fleet_key.clone());
        let shell_target = self.imc_shell_target(&dpu, &login, imc_key).await?;
        let (mut acc_login, mut acc_auth) = ("root".to_owned(), vec![fleet_key]);
        if let Some(credential) = &dpu.acc_credential {
            let login = self.login(credential).await?;
            acc_auth.push(login.ssh_auth());
            acc_login = login.user;
        }
        let (address, via) = match &dpu.acc {
            AccRoute::Direct(address) => (address.clone(), None),
            AccRoute::ThroughImc(address) => {
                (address.clone(), Some(Box::new(shell_target.clone())))
            }
        };
        let mut acc_target = SshTarget {
            address,
            user: acc_login,
            auth: acc_auth,
            host_key: None,
            via,
        };
        acc_target.host_key = pin(PinKind::SshHostKey, acc_target.peer()).await?;
        let imc = self.imc_link(&dpu, &login, certificate).await?;
        let redfish_setup = CardRedfish {
            fleet: self.clone(),
            imc: dpu.imc_redfish.clone(),
            password: redfish_password(&login)?,
        };
        Ok(OpenCard {
            imc,
            imc_shell: self.remote_link(&dpu.id, shell_target),
            acc: self.remote_link(&dpu.id, acc_target.clone()),
            acc_target,
            redfish_setup,
            media: self.inner.media.towards(&dpu.imc_redfish).await?,
            fleet: self.clone(),
            dpu,
        })
    }

    /// How a card's IMC is logged in to over SSH.
    pub(crate) async fn imc_shell_target(
        &self,
        dpu: &Dpu,
        login: &Login,
        host_key: Option<Fingerprint>,
    ) -> Result<SshTarget, StepError> {
        let (user, auth) = self.imc_ssh_auth(&dpu.imc_ssh_login, login).await?;
        Ok(SshTarget {
            address: dpu.imc_ssh.clone(),
            user,
            auth: vec![SshAuth::Key(self.inner.keys.fleet_key.clone()), auth],
            host_key,
            via: None,
        })
    }

    /// The client of a card's IMC.
    pub(crate) async fn imc_link(
        &self,
        dpu: &Dpu,
        login: &Login,
        pin: Option<Fingerprint>,
    ) -> Result<Arc<RedfishClient>, StepError> {
        let password = redfish_password(login)?;
        let target = self
            .redfish_target(&dpu.imc_redfish, &login.user, password, pin)
            .await?;
        Ok(self.redfish_link(dpu.id.as_str(), target))
    }

    /// The client that is kept for a card or BMC, an address and a pin.
    pub(crate) fn redfish_link(&self, of: &str, target: RedfishTarget) -> Arc<RedfishClient> {
        let key = format!("{of}|{}|{}", target.address, shown(target.pin.as_ref()));
        match self.inner.links.bmc(&key) {
            Some(client) => client,
            None => self.inner.links.keep_bmc(key, RedfishClient::new(target)),
        }
    }

    /// Deletes the sessions at all BMCs, which have room for few. For the end of a shell, which
    /// waits five seconds at most.
    pub async fn end_sessions(&self) {
        let clients = self.inner.links.take_bmcs();
        let closed = futures::future::join_all(clients.iter().map(|client| client.close()));
        // One that is only now logging in is not waited for.
        let _ = tokio::time::timeout(END_OF_SESSIONS, closed).await;
        drop(clients);
        slipway_redfish::goodbyes().await;
    }

    pub(crate) fn remote_link(&self, dpu: &DpuId, target: SshTarget) -> Arc<SshRemote> {
        let via = target
            .via
            .as_ref()
            .map(|hop| shown(hop.host_key.as_ref()))
            .unwrap_or_default();
        let key = format!(
            "{dpu}|{}|{}|{via}",
            target.peer(),
            shown(target.host_key.as_ref())
        );
        match self.inner.links.remote(&key) {
            Some(remote) => remote,
            None => self.inner.links.keep_remote(key, SshRemote::new(target)),
        }
    }
}

fn redfish_password(login: &Login) -> Result<Password, StepError> {
    imc_redfish_password(login.password()).map_err(|error| {
        StepError::new(FailureKind::Authentication, error.to_string())
            .hint("correct the card's credential")
    })
}

pub(crate) fn hex_sha256(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn shown(pin: Option<&Fingerprint>) -> &str {
    pin.map_or("", Fingerprint::as_str)
}

/// What a deployment makes once and must find again: kept as one secret until it ends.
#[derive(Serialize, Deserialize)]
struct DeploymentSecret {
    token: String,
    private: String,
    public: String,
}

pub(crate) fn deployment_key(job: &JobId) -> String {
    format!("deployment/{job}")
}

impl OpenCard {
    pub(crate) fn acc_peer(&self) -> String {
        self.acc_target.peer()
    }

    async fn deployment_secret(&self, job: &JobId) -> Result<DeploymentSecret, StepError> {
        let secrets = &self.fleet.inner.secrets;
        let key = deployment_key(job);
        if let Ok(kept) = secrets.get(&key).await
            && let Ok(kept) = serde_json::from_str(kept.expose())
        {
            return Ok(kept);
        }
        let (private, public) = slipway_remote::generate_key(&format!("slipway-{}", job.short()));
        let made = DeploymentSecret {
            token: slipway_media::new_token(),
            private: private.expose().to_owned(),
            public,
        };
        let text = serde_json::to_string(&made).map_err(local)?;
        secrets
            .put(&key, &Password::new(text))
            .await
            .map_err(local)?;
        Ok(made)
    }
}

#[async_trait]
impl CardAccess for OpenCard {
    fn imc(&self) -> &dyn Bmc {
        self.imc.as_ref()
    }

    fn imc_shell(&self) -> &dyn Remote {
        self.imc_shell.as_ref()
    }

    fn redfish_setup(&self) -> &dyn RedfishSetup {
        &self.redfish_setup
    }

    fn acc(&self) -> &dyn Remote {
        self.acc.as_ref()
    }

    fn acc_showing(&self, key: &Fingerprint) -> Arc<dyn Remote> {
        let target = SshTarget {
            host_key: Some(key.clone()),
            user: "root".into(),
            ..self.acc_target.clone()
        };
        self.fleet.remote_link(&self.dpu.id, target)
    }

    async fn accept_acc_key(&self, key: &Fingerprint, because: &str) -> Result<(), StepError> {
        let (kind, peer) = (PinKind::SshHostKey, self.acc_peer());
        let accepted = self.fleet.accept(kind, peer, key.clone(), because);
        accepted.await.map_err(local)
    }

    async fn host(&self, address: &Address) -> Result<Arc<dyn Remote>, StepError> {
        let target = self.fleet.host_target(address, "root").await?;
        Ok(self.fleet.host_link(target))
    }

    async fn host_bmc(&self, address: &Address) -> Result<Arc<dyn Controller>, StepError> {
        let bmc = self.fleet.server_bmc(address).await?;
        Ok(self.fleet.bmc_client(&bmc).await?)
    }

    async fn others_in_server(&self, address: &Address) -> Result<Vec<(JobId, String)>, StepError> {
        self.fleet.others_in_server(&self.dpu.id, address).await
    }

    fn containers(&self) -> &dyn Containers {
        &self.fleet.inner.podman
    }

    async fn post_secret(&self, which: PostSecret) -> Result<Password, StepError> {
        self.fleet.post_secret(&self.dpu.id, which).await
    }

    async fn forget_post_secrets(&self) -> Result<(), StepError> {
        let forgotten = self.fleet.forget_post_secrets(&self.dpu.id).await;
        forgotten.map_err(local)
    }

    async fn keep_kubeconfig(&self, path: &str, text: &Password) -> Result<(), StepError> {
        write_private(path, text).await
    }

    fn media(&self) -> &dyn MediaServer {
        &self.media
    }

    fn networks(&self) -> &dyn LocalNetworks {
        &self.fleet.inner.ports
    }

    async fn publish(&self, job: &JobId, plan: &DeploymentPlan) -> Result<Prepared, StepError> {
        let secret = self.deployment_secret(job).await?;
        let host_key = slipway_remote::public_key_fingerprint(&secret.public).ok_or_else(|| {
            StepError::new(
                FailureKind::Local,
                "the host key of this deployment can't be read",
            )
        })?;
        let overlay = Overlay {
            hostname: plan.hostname.clone(),
            deployment: job.clone(),
            authorized_keys: plan.authorized_keys.clone(),
            host_key: Password::new(secret.private),
            host_key_public: secret.public,
            origin: plan.origin.clone(),
        };
        let bytes = overlay.render().map_err(local)?;
        let sha = hex_sha256(&bytes);
        let file_name = published_name(&plan.iso_name, &plan.iso_sha256, Some(&sha));
        let publication = Publication {
            token: secret.token.clone(),
            file_name: file_name.clone(),
            iso_path: plan.iso_path.clone().into(),
            size: plan.iso_size,
            overlay: Some((plan.area.offset.0, Arc::new(bytes))),
        };
        let url = self.media.publish(publication).await?;
        self.fleet.changed(ChangeTag::Iso, None);
        Ok(Prepared {
            token: secret.token,
            file_name,
            url,
            host_key,
        })
    }

    async fn unpublish(&self, job: &JobId, prepared: &Prepared) -> Result<(), StepError> {
        self.media.unpublish(&prepared.token).await;
        self.fleet
            .inner
            .secrets
            .delete(&deployment_key(job))
            .await
            .map_err(local)?;
        self.fleet.changed(ChangeTag::Iso, None);
        Ok(())
    }

    async fn resolve(
        &self,
        image: &ImageReference,
        arch: &str,
    ) -> Result<ResolvedImage, RegistryError> {
        self.fleet.registry().await.resolve(image, arch).await
    }

    async fn saw_acc(&self, status: &BootcStatus, greenboot: Greenboot, boot_id: &str) {
        let now = self.fleet.now();
        self.fleet
            .update_facts(&self.dpu.id, |facts| {
                facts.bootc = Some(status.clone());
                facts.greenboot = Some(greenboot);
                facts.boot_id = Some(boot_id.to_owned());
                facts.acc_seen = Some(now);
                facts.acc_silent = None;
            })
            .await;
    }
}
