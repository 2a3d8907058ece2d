//! Logins: from a profile or a credential of one's own to what an adapter takes.

use slipway_core::{
    address::Address,
    credential::{CredentialKind, ImcSshLogin},
    dpu::Dpu,
    failure::{FailureKind, StepError},
    ids::CredentialId,
    secret::Password,
    trust::Fingerprint,
};
use slipway_redfish::RedfishTarget;
use slipway_remote::SshAuth;
use slipway_store::CredentialProfile;

use crate::{
    AppError, Fleet,
    access::local,
    views::{CardLogins, LoginView, NewLogin},
};

/// A login with its secret; printed without it.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    pub user: String,
    pub kind: CredentialKind,
    /// Empty where the kind has none.
    secret: Password,
    /// The profile that it is of; `None`: to be kept as one machine's own.
    pub profile: Option<CredentialId>,
}

impl Login {
    /// The password, of a login that [`Self::for_redfish`] let pass.
    pub fn password(&self) -> &Password {
        &self.secret
    }

    /// Itself, where Redfish takes it.
    pub fn for_redfish(self) -> Result<Self, AppError> {
        if self.kind.is_for_redfish() {
            return Ok(self);
        }
        Err(
            AppError::invalid("Redfish takes a user name and a password")
                .because("this profile is for SSH")
                .hint("choose a profile with a password; the other one can be the IMC's SSH login"),
        )
    }

    pub fn ssh_auth(&self) -> SshAuth {
        match self.kind {
            CredentialKind::Password => SshAuth::Password(self.secret.clone()),
            CredentialKind::SshKey => SshAuth::Key(self.secret.clone()),
            CredentialKind::SshAgent => SshAuth::Agent,
        }
    }

    /// The profile, or a new credential of this machine's own.
    pub async fn keep(
        self,
        fleet: &Fleet,
        machine: &str,
        of: &str,
    ) -> Result<CredentialId, AppError> {
        if let Some(profile) = self.profile {
            return Ok(profile);
        }
        let id = CredentialId::new();
        fleet
            .inner
            .secrets
            .put(&credential_key(&id), &self.secret)
            .await?;
        let own = CredentialProfile {
            id: id.clone(),
            name: format!("{machine} {of} {}", id.short()),
            user_name: self.user,
            kind: self.kind,
            shared: false,
            scope: slipway_core::credential::CredentialScope::default(),
            created_at: fleet.now(),
        };
        fleet.store().add_credential(&own).await?;
        Ok(id)
    }
}

pub(crate) fn credential_key(id: &CredentialId) -> String {
    format!("credential/{id}")
}

impl Fleet {
    /// What somebody chose, with its secret.
    pub(crate) async fn chosen(&self, login: NewLogin) -> Result<Login, AppError> {
        match login {
            NewLogin::Profile { profile } => Ok(self.login(&profile).await?),
            NewLogin::Own { user, password } => Ok(Login {
                user,
                kind: CredentialKind::Password,
                secret: Password::new(password),
                profile: None,
            }),
        }
    }

    /// A stored credential with its secret.
    pub(crate) async fn login(&self, id: &CredentialId) -> Result<Login, StepError> {
        let profile = self.store().credential(id).await.map_err(local)?;
        let secret = if profile.kind.has_secret() {
            let key = credential_key(id);
            self.inner.secrets.get(&key).await.map_err(|error| {
                StepError::new(FailureKind::Local, error.to_string())
                    .hint("open the secret store, or enter the password again")
            })?
        } else {
            Password::new("")
        };
        Ok(Login {
            user: profile.user_name,
            kind: profile.kind,
            secret,
            profile: profile.shared.then(|| id.clone()),
        })
    }

    /// How the IMC's SSH is logged in to after the fleet key was offered: user, and what follows.
    pub(crate) async fn imc_ssh_auth(
        &self,
        ssh: &ImcSshLogin,
        redfish: &Login,
    ) -> Result<(String, SshAuth), StepError> {
        match ssh {
            ImcSshLogin::AsRedfish => Ok((redfish.user.clone(), redfish.ssh_auth())),
            ImcSshLogin::Profile(id) => {
                let login = self.login(id).await?;
                Ok((login.user.clone(), login.ssh_auth()))
            }
            ImcSshLogin::EmptyPassword => Ok(("root".to_owned(), SshAuth::None)),
        }
    }

    pub(crate) async fn check_ssh_login(&self, login: &ImcSshLogin) -> Result<(), AppError> {
        if let ImcSshLogin::Profile(id) = login {
            self.store().credential(id).await?;
        }
        Ok(())
    }

    /// Where and as whom Redfish is asked, with the site's own authorities.
    pub(crate) async fn redfish_target(
        &self,
        address: &Address,
        user: &str,
        password: Password,
        pin: Option<Fingerprint>,
    ) -> Result<RedfishTarget, StepError> {
        Ok(RedfishTarget {
            address: address.clone(),
            user: user.to_owned(),
            password,
            pin,
            ca: self
                .site_authorities()
                .await
                .map_err(|error| StepError::new(FailureKind::Local, error.message))?,
            timeouts: slipway_redfish::Timeouts::default(),
        })
    }

    /// Deletes credentials that were one machine's own and are used by nobody now. Profiles stay.
    pub(crate) async fn forget_own(&self, all: impl Iterator<Item = &CredentialId>) {
        for id in all {
            let own = self.store().credential(id).await.is_ok_and(|p| !p.shared);
            if own && self.store().remove_credential(id).await.is_ok() {
                let _ = self.inner.secrets.delete(&credential_key(id)).await;
            }
        }
    }

    pub(crate) async fn card_logins(&self, dpu: &Dpu) -> Result<CardLogins, AppError> {
        let imc_ssh_text = match &dpu.imc_ssh_login {
            ImcSshLogin::AsRedfish => "as Redfish".to_owned(),
            ImcSshLogin::Profile(id) => self.login_view(id).await?.text,
            ImcSshLogin::EmptyPassword => "root without a password".to_owned(),
        };
        Ok(CardLogins {
            imc: self.login_view(&dpu.imc_credential).await?,
            imc_ssh: dpu.imc_ssh_login.clone(),
            imc_ssh_text,
            acc: match &dpu.acc_credential {
                Some(id) => Some(self.login_view(id).await?),
                None => None,
            },
        })
    }

    pub(crate) async fn login_view(&self, id: &CredentialId) -> Result<LoginView, AppError> {
        let profile = self.store().credential(id).await?;
        let kind = match profile.kind {
            CredentialKind::Password => "",
            CredentialKind::SshKey => ", SSH key",
            CredentialKind::SshAgent => ", SSH agent",
        };
        let text = if profile.shared {
            format!("profile {} ({}{kind})", profile.name, profile.user_name)
        } else {
            format!("its own ({}{kind})", profile.user_name)
        };
        Ok(LoginView {
            user_name: profile.user_name,
            profile: profile.shared.then_some(profile.id),
            text,
        })
    }
}
