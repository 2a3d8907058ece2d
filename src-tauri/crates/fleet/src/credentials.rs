//! Credential profiles: adding, changing and removing them, and giving cards another login.

use slipway_core::{
    credential::{CredentialKind, CredentialScope},
    dpu::Dpu,
    ids::{BmcId, CredentialId, DpuId},
    secret::Password,
    trust::PinKind,
};
use slipway_store::CredentialProfile;

use crate::{
    AppError, ChangeTag, ErrorCode, Fleet,
    cards::{identify, imc_password},
    logins::{Login, credential_key},
    views::{CredentialForm, CredentialUser, CredentialView, NewLogin, SetCardLogin},
};

impl Fleet {
    /// Every profile, by name. What is one machine's own is not among them.
    ///
    /// # Errors
    /// The database.
    pub async fn credentials(&self) -> Result<Vec<CredentialView>, AppError> {
        let mut views = Vec::new();
        for profile in self.store().credentials().await? {
            if profile.shared {
                views.push(self.credential_view(profile).await?);
            }
        }
        Ok(views)
    }

    /// By id or by name: what people type.
    ///
    /// # Errors
    /// [`ErrorCode::NotFound`].
    pub async fn find_credential(&self, text: &str) -> Result<CredentialView, AppError> {
        let profile = match text.parse::<CredentialId>() {
            Ok(id) => self.store().credential(&id).await.ok(),
            Err(_) => self.store().credential_named(text).await?,
        };
        match profile.filter(|profile| profile.shared) {
            Some(profile) => self.credential_view(profile).await,
            None => Err(
                AppError::not_found(format!("there is no credential profile `{text}`"))
                    .hint("`slipctl credential list` shows all profiles"),
            ),
        }
    }

    async fn credential_view(
        &self,
        profile: CredentialProfile,
    ) -> Result<CredentialView, AppError> {
        let users = self.store().credential_users(&profile.id).await?;
        let used_by: Vec<CredentialUser> = users
            .into_iter()
            .map(|(id, name, is_card)| CredentialUser {
                name,
                dpu: is_card.then(|| id.parse().ok()).flatten(),
                bmc: (!is_card).then(|| id.parse().ok()).flatten(),
            })
            .collect();
        let why_not_remove = match used_by.as_slice() {
            [] => None,
            [one] => Some(format!("{} logs in by it", one.name)),
            [first, rest @ ..] => Some(format!(
                "{} and {} more log in by it",
                first.name,
                rest.len()
            )),
        };
        Ok(CredentialView {
            id: profile.id,
            name: profile.name,
            user_name: profile.user_name,
            kind: profile.kind,
            scope: profile.scope,
            used_by,
            why_not_remove,
            created_at: profile.created_at,
        })
    }

    /// Adds a profile, or changes one: everybody who logs in by it does so by the new one from
    /// then on.
    ///
    /// # Errors
    /// A name that is taken, a secret that is missing or can't be one.
    pub async fn save_credential(&self, form: CredentialForm) -> Result<CredentialId, AppError> {
        let name = form.name.trim().to_owned();
        if name.is_empty() {
            return Err(AppError::invalid("a profile needs a name"));
        }
        let user_name = form.user_name.trim().to_owned();
        if user_name.is_empty() {
            return Err(AppError::invalid("a profile needs a user name"));
        }
        let kept = match &form.id {
            Some(id) => Some(self.store().credential(id).await?),
            None => None,
        };
        let stays = kept
            .as_ref()
            .is_some_and(|profile| profile.kind == form.kind);
        let secret = checked_secret(form.kind, form.secret, stays)?;
        if kept.is_some() && !form.kind.is_for_redfish() {
            self.refuse_for_redfish(form.id.as_ref()).await?;
        }
        let profile = CredentialProfile {
            id: form.id.unwrap_or_default(),
            name,
            user_name,
            kind: form.kind,
            shared: true,
            scope: tidy(form.scope),
            created_at: kept
                .as_ref()
                .map_or(self.now(), |profile| profile.created_at),
        };
        let key = credential_key(&profile.id);
        if kept.is_some() {
            self.store().update_credential(&profile).await?;
            if let Some(secret) = secret {
                self.inner.secrets.put(&key, &secret).await?;
            } else if !profile.kind.has_secret() {
                self.inner.secrets.delete(&key).await?;
            }
            self.login_changed(&profile.id).await?;
        } else {
            if let Some(secret) = secret {
                self.inner.secrets.put(&key, &secret).await?;
            }
            if let Err(error) = self.store().add_credential(&profile).await {
                self.inner.secrets.delete(&key).await?;
                return Err(error.into());
            }
        }
        self.changed(ChangeTag::Credential, Some(profile.id.to_string()));
        Ok(profile.id)
    }

    async fn refuse_for_redfish(&self, id: Option<&CredentialId>) -> Result<(), AppError> {
        let Some(id) = id else { return Ok(()) };
        for (user, name, is_card) in self.store().credential_users(id).await? {
            let by_redfish = match user.parse::<DpuId>() {
                Ok(dpu) if is_card => self.store().dpu(&dpu).await?.imc_credential == *id,
                Ok(_) | Err(_) => true,
            };
            if by_redfish {
                return Err(AppError::refused(format!(
                    "{name} logs in to Redfish by this profile, which takes only a password"
                ))
                .hint("make another profile for SSH"));
            }
        }
        Ok(())
    }

    /// Connections that were made by a login are closed, and who was refused by it is asked again.
    async fn login_changed(&self, id: &CredentialId) -> Result<(), AppError> {
        for (user, _, _) in self.store().credential_users(id).await? {
            self.login_of_changed(&user).await?;
        }
        Ok(())
    }

    pub(crate) async fn login_of_changed(&self, machine: &str) -> Result<(), AppError> {
        self.inner.links.forget(machine);
        if let Ok(bmc) = machine.parse::<BmcId>() {
            self.look_soon(&bmc).await?;
        }
        Ok(())
    }

    /// Removes a profile and its secret.
    ///
    /// # Errors
    /// Refused while cards or BMCs log in by it: they are named.
    pub async fn remove_credential(&self, id: &CredentialId) -> Result<(), AppError> {
        self.store().remove_credential(id).await?;
        self.inner.secrets.delete(&credential_key(id)).await?;
        self.changed(ChangeTag::Credential, Some(id.to_string()));
        Ok(())
    }

    /// Another password for a card's IMC, tried before it is kept.
    ///
    /// # Errors
    /// One that no IMC takes, or that this one refuses; then the old one stays.
    pub async fn set_imc_password(&self, id: &DpuId, password: Password) -> Result<(), AppError> {
        let dpu = self.store().dpu(id).await?;
        let profile = self.store().credential(&dpu.imc_credential).await?;
        self.set_card_login(SetCardLogin {
            dpu: id.clone(),
            imc: Some(NewLogin::Own {
                user: profile.user_name,
                password: password.expose().to_owned(),
            }),
            imc_ssh: None,
            acc: None,
        })
        .await
    }

    /// Another login for a card. That of its IMC's Redfish is tried before it is kept.
    ///
    /// # Errors
    /// One that no IMC takes, or that this one refuses; then everything stays as it was.
    pub async fn set_card_login(&self, change: SetCardLogin) -> Result<(), AppError> {
        let before = self.store().dpu(&change.dpu).await?;
        let mut dpu = before.clone();
        let imc = match change.imc {
            Some(login) => {
                let login = self.chosen(login).await?.for_redfish()?;
                self.try_imc(&dpu, &login).await?;
                Some(login)
            }
            None => None,
        };
        let acc = match change.acc {
            Some(login) => Some(self.chosen(login).await?),
            None => None,
        };
        if let Some(login) = change.imc_ssh {
            self.check_ssh_login(&login).await?;
            dpu.imc_ssh_login = login;
        }
        if let Some(login) = imc {
            dpu.imc_credential = login.keep(self, &dpu.name, "IMC").await?;
        }
        if let Some(login) = acc {
            dpu.acc_credential = Some(login.keep(self, &dpu.name, "ACC").await?);
        }
        if let Err(error) = self.store().update_dpu(&dpu).await {
            let made = dpu
                .credentials()
                .filter(|id| before.credentials().all(|old| old != *id));
            self.forget_own(made).await;
            return Err(error.into());
        }
        let dropped = before
            .credentials()
            .filter(|id| dpu.credentials().all(|new| new != *id));
        self.forget_own(dropped).await;
        self.login_of_changed(dpu.id.as_str()).await?;
        self.changed(ChangeTag::Dpu, Some(dpu.id.to_string()));
        self.changed(ChangeTag::Credential, None);
        Ok(())
    }

    /// Whether an IMC lets us in so. One try: a refusal is not repeated.
    async fn try_imc(&self, dpu: &Dpu, login: &Login) -> Result<(), AppError> {
        let peer = dpu.imc_redfish.to_string();
        let pin = self.store().pin(PinKind::TlsCertificate, &peer).await?;
        let target = self
            .redfish_target(
                &dpu.imc_redfish,
                &login.user,
                imc_password(login.password())?,
                pin.map(|pin| pin.fingerprint),
            )
            .await?;
        identify(&slipway_redfish::RedfishClient::new(target)).await?;
        Ok(())
    }
}

/// Blank patterns and labels are none.
fn tidy(scope: CredentialScope) -> CredentialScope {
    let tidied = |all: Vec<String>| {
        let trimmed = all.into_iter().map(|text| text.trim().to_owned());
        trimmed.filter(|text| !text.is_empty()).collect()
    };
    CredentialScope {
        addresses: tidied(scope.addresses),
        labels: tidied(scope.labels),
    }
}

/// The secret to store; `None` where none belongs to it, or where the old one stays.
fn checked_secret(
    kind: CredentialKind,
    given: Option<String>,
    may_stay: bool,
) -> Result<Option<Password>, AppError> {
    let given = given.filter(|secret| !secret.is_empty());
    match (kind, given) {
        (CredentialKind::SshAgent, None) => Ok(None),
        (CredentialKind::SshAgent, Some(_)) => Err(AppError::invalid(
            "the agent keeps its keys: a profile of it has no secret",
        )),
        (CredentialKind::Password | CredentialKind::SshKey, None) if may_stay => Ok(None),
        (CredentialKind::Password, None) => {
            Err(AppError::invalid("the profile's password is missing")
                .hint("an IMC whose root has no password is set so at the card, not in a profile"))
        }
        (CredentialKind::SshKey, None) => {
            Err(AppError::invalid("the profile's private key is missing"))
        }
        (CredentialKind::Password, Some(password)) => Ok(Some(Password::new(password))),
        (CredentialKind::SshKey, Some(key)) => {
            let key = Password::new(key);
            slipway_remote::check_private_key(&key).map_err(|reason| {
                AppError::new(ErrorCode::Invalid, "this is no private key that can be used")
                    .because(reason)
                    .hint("give an OpenSSH or PKCS#8 key without a passphrase; a key with one belongs into the agent")
            })?;
            Ok(Some(key))
        }
    }
}
