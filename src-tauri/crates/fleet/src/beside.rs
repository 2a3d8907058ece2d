//! What deployments do beside the installation, as far as this desk is asked: the DPU host's login, the
//! BMC of its server, the secrets of post steps, kubeconfigs.

use std::{
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use slipway_core::{
    address::Address,
    bmc::KnownBmc,
    failure::{FailureKind, StepError},
    ids::{DpuId, JobId},
    job::deployment::PostSecret,
    ports::SecretsError,
    secret::Password,
    trust::{Fingerprint, PinKind},
};
use slipway_remote::{SshAuth, SshRemote, SshTarget};

use crate::{
    Fleet,
    access::{hex_sha256, local},
};

fn post_key(dpu: &DpuId, which: PostSecret) -> String {
    format!("post/{dpu}/{}", which.name())
}

impl Fleet {
    /// By the fleet's key, then by the profile whose addresses fit (as its user), else by the agent's
    /// keys.
    pub(crate) async fn host_target(
        &self,
        address: &Address,
        user: &str,
    ) -> Result<SshTarget, StepError> {
        let peer = address.to_string();
        let pin = self.store().pin(PinKind::SshHostKey, &peer).await;
        let pin = pin.map_err(local)?;
        let profiles = self.store().credentials().await.map_err(local)?;
        let fitting = profiles
            .into_iter()
            .find(|profile| profile.shared && profile.scope.fits(&address.host, &[]));
        let (user, auth) = match fitting {
            Some(profile) => {
                let login = self.login(&profile.id).await?;
                (login.user.clone(), login.ssh_auth())
            }
            None => (user.to_owned(), SshAuth::Agent),
        };
        Ok(SshTarget {
            address: address.clone(),
            user,
            auth: vec![SshAuth::Key(self.inner.keys.fleet_key.clone()), auth],
            host_key: pin.map(|pin| pin.fingerprint),
            via: None,
        })
    }

    /// The connection that is kept for a host, a login and a pin.
    pub(crate) fn host_link(&self, target: SshTarget) -> Arc<SshRemote> {
        let pin = target.host_key.as_ref().map_or("", Fingerprint::as_str);
        // A login that was changed is another one.
        let mut login = String::new();
        for auth in &target.auth {
            login.push_str(match auth {
                SshAuth::Key(secret) | SshAuth::Password(secret) => secret.expose(),
                SshAuth::Agent => "agent",
                SshAuth::None => "none",
            });
        }
        let login = hex_sha256(login.as_bytes());
        let key = format!("host|{}@{}|{pin}|{login}", target.user, target.peer());
        match self.inner.links.remote(&key) {
            Some(remote) => remote,
            None => self.inner.links.keep_remote(key, SshRemote::new(target)),
        }
    }

    /// The BMC of a server, by the address that a plan has of it.
    pub(crate) async fn server_bmc(&self, address: &Address) -> Result<KnownBmc, StepError> {
        let known = self.store().bmc_named(&address.to_string()).await;
        let known = known.map_err(local)?.filter(|bmc| bmc.dpu.is_none());
        known.ok_or_else(|| {
            StepError::new(
                FailureKind::Precondition,
                format!("the BMC {address} of the card's server is not in Slipway"),
            )
            .because("the plan cold-boots that server after the flash")
            .hint(format!(
                "add it (`slipctl bmc add {address}`); or take `bmc_host` out of the file, and cold-boot the server by hand"
            ))
        })
    }

    /// Jobs that run on other cards of a server.
    pub(crate) async fn others_in_server(
        &self,
        card: &DpuId,
        address: &Address,
    ) -> Result<Vec<(JobId, String)>, StepError> {
        let server = self.server_bmc(address).await?;
        let mut others = Vec::new();
        for pairing in self.store().pairings().await.map_err(local)? {
            if pairing.host != server.id || pairing.dpu == *card {
                continue;
            }
            let job = self.active_job(&pairing.dpu).await;
            if let Some(job) = job.map_err(local)? {
                let other = self.store().dpu(&pairing.dpu).await.map_err(local)?.name;
                others.push((job.id.clone(), format!("{} on {other}", job.kind_name())));
            }
        }
        Ok(others)
    }

    /// Keeps what a post step of this card needs, until it is done.
    pub(crate) async fn keep_post_secret(
        &self,
        dpu: &DpuId,
        which: PostSecret,
        secret: &Password,
    ) -> Result<(), SecretsError> {
        let key = post_key(dpu, which);
        self.inner.secrets.put(&key, secret).await
    }

    pub(crate) async fn post_secret(
        &self,
        dpu: &DpuId,
        which: PostSecret,
    ) -> Result<Password, StepError> {
        let found = self.inner.secrets.get(&post_key(dpu, which)).await;
        found.map_err(|error| {
            StepError::new(
                FailureKind::Local,
                format!("the {} of this card is not kept here", which.name()),
            )
            .because(error.to_string())
            .hint("open the secret store; or deploy the cluster file again")
        })
    }

    pub(crate) async fn forget_post_secrets(&self, dpu: &DpuId) -> Result<(), SecretsError> {
        for which in PostSecret::ALL {
            self.inner.secrets.delete(&post_key(dpu, which)).await?;
        }
        Ok(())
    }
}

/// As a whole, by a rename, and only for its owner.
pub(crate) async fn write_private(path: &str, text: &Password) -> Result<(), StepError> {
    let (path, text) = (PathBuf::from(path), text.clone());
    let shown = path.display().to_string();
    let written = tokio::task::spawn_blocking(move || replace(&path, &text)).await;
    written.map_err(local)?.map_err(|error| {
        StepError::new(FailureKind::Local, format!("{shown} can't be written"))
            .because(error.to_string())
            .hint("choose another folder with --kubeconfigs")
    })
}

fn replace(path: &Path, text: &Password) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    // A left-over could have other permissions.
    let _ = std::fs::remove_file(&new);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(&new)?.write_all(text.expose().as_bytes())?;
    std::fs::rename(&new, path)
}
