//! Registries: how they are asked, logins, tags.

use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Serialize};
use slipway_core::{image::ImageReference, ports::RegistryError, secret::Password};
use slipway_media::{
    OciRegistry,
    registry::{Access, Login, auth, tls, usual_places},
};

use crate::{
    AppError, ErrorCode, Fleet,
    image_views::{
        AuthPlace, ImageTagView, ImageTags, LoginSource, PlatformImage, RegistryLogin,
        RegistryLoginView, RegistrySettings, RegistrySettingsView,
    },
};

const SETTING: &str = "registry";

/// As it is kept. The passwords are in the secret store.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Kept {
    settings: RegistrySettings,
    /// Registry and user.
    logins: BTreeMap<String, String>,
    /// Grows with each change, so that another process sees that a password is another one now.
    changes: u64,
}

fn secret_key(registry: &str) -> String {
    format!("registry/{registry}")
}

/// podman's places on this machine.
pub(crate) fn places() -> Vec<PathBuf> {
    usual_places(
        |name| std::env::var_os(name),
        slipway_media::podman::is_root(),
    )
}

impl Fleet {
    async fn kept(&self) -> Result<Kept, AppError> {
        Ok(self.store().setting(SETTING).await?.unwrap_or_default())
    }

    /// The registry client with the logins of now: another process may have changed them.
    pub(crate) async fn registry(&self) -> &OciRegistry {
        match self.kept().await {
            Ok(kept) => {
                let known = self.inner.registry_kept.lock().await.clone();
                if known.as_ref() != Some(&kept) {
                    let access = self.access_of(&kept).await;
                    self.inner.registry.set_access(access);
                    *self.inner.registry_kept.lock().await = Some(kept);
                }
            }
            Err(error) => tracing::warn!(%error, "the registry settings can't be read"),
        }
        &self.inner.registry
    }

    /// A client that asks with a chosen auth.json, and with our own logins before it; `None` where
    /// none was chosen.
    pub(crate) async fn registry_with(&self, auth_file: Option<&str>) -> Option<OciRegistry> {
        let chosen = PathBuf::from(auth_file?);
        let kept = match self.kept().await {
            Ok(kept) => kept,
            Err(error) => {
                tracing::warn!(%error, "the registry settings can't be read");
                Kept::default()
            }
        };
        let mut access = self.access_of(&kept).await;
        access.auth_files = vec![chosen];
        Some(OciRegistry::with(access))
    }

    async fn access_of(&self, kept: &Kept) -> Access {
        let home = std::env::var_os("HOME").map(PathBuf::from);
        let mut certs_dirs: Vec<PathBuf> =
            kept.settings.certs_dir.iter().map(PathBuf::from).collect();
        certs_dirs.extend(tls::usual_folders(home.as_deref()));
        certs_dirs.push(self.accepted_certificates().folder().to_owned());
        Access {
            auth_files: match &kept.settings.auth_file {
                Some(file) => vec![file.into()],
                None => places(),
            },
            own: self.own_logins(kept).await,
            certs_dirs,
            site: self.site_certificates().await,
        }
    }

    async fn own_logins(&self, kept: &Kept) -> Vec<(String, Login)> {
        let mut own = Vec::new();
        for (registry, user) in &kept.logins {
            match self.inner.secrets.get(&secret_key(registry)).await {
                Ok(password) => own.push((
                    registry.clone(),
                    Login {
                        user: user.clone(),
                        password,
                    },
                )),
                Err(error) => tracing::warn!(%error, registry, "a login's password is not there"),
            }
        }
        own
    }

    /// What podman is given for a job, where Slipway has logins of its own: the chosen auth file's
    /// entries, or those of podman's first one, and ours on top. `None`: podman finds its own.
    ///
    /// # Errors
    /// The chosen file can't be read.
    pub(crate) async fn auth_for_podman(
        &self,
        chosen: Option<&str>,
    ) -> Result<Option<Password>, AppError> {
        let kept = self.kept().await?;
        let own = self.own_logins(&kept).await;
        if own.is_empty() {
            return Ok(None);
        }
        let chosen = chosen
            .or(kept.settings.auth_file.as_deref())
            .map(PathBuf::from);
        let base = match chosen {
            Some(path) => Some(path),
            None => places().into_iter().find(|path| path.is_file()),
        };
        let (base, shown) = match base {
            Some(path) => {
                let shown = path.display().to_string();
                let text = std::fs::read_to_string(&path).map_err(|error| {
                    AppError::new(ErrorCode::Other, format!("{shown} can't be read"))
                        .because(error.to_string())
                        .hint("choose another auth file")
                })?;
                (Some(text), shown)
            }
            None => (None, String::new()),
        };
        let merged = auth::merged(base.as_deref(), &own).map_err(|why| {
            AppError::invalid(format!("{shown}: {why}")).hint("choose another auth file")
        })?;
        Ok(Some(merged))
    }

    /// How registries are asked, and which logins there are.
    ///
    /// # Errors
    /// The database.
    pub async fn registry_settings(&self) -> Result<RegistrySettingsView, AppError> {
        let kept = self.kept().await?;
        let usual = places();
        let mut logins: Vec<RegistryLoginView> = kept
            .logins
            .iter()
            .map(|(registry, user)| RegistryLoginView {
                registry: registry.clone(),
                user: Some(user.clone()),
                source: LoginSource::Slipway,
            })
            .collect();
        let chosen = kept.settings.auth_file.iter().map(PathBuf::from);
        let files: Vec<PathBuf> = match &kept.settings.auth_file {
            Some(_) => chosen.collect(),
            None => usual.clone(),
        };
        for file in files {
            let Ok(json) = std::fs::read_to_string(&file) else {
                continue;
            };
            let path = file.display().to_string();
            for (registry, known) in auth::listed(&json).unwrap_or_default() {
                logins.push(match known {
                    Ok(user) => RegistryLoginView {
                        registry,
                        user: Some(user),
                        source: LoginSource::AuthFile { path: path.clone() },
                    },
                    Err(helper) => RegistryLoginView {
                        registry,
                        user: None,
                        source: LoginSource::Helper {
                            path: path.clone(),
                            helper,
                        },
                    },
                });
            }
        }
        let usual_places = usual
            .into_iter()
            .map(|path| AuthPlace {
                exists: path.is_file(),
                path: path.display().to_string(),
            })
            .collect();
        Ok(RegistrySettingsView {
            settings: kept.settings,
            usual_places,
            logins,
            accepted: self.accepted_registries(),
        })
    }

    /// From now on, for upgrade checks too.
    ///
    /// # Errors
    /// A file or folder that is not there; the database.
    pub async fn set_registry_settings(&self, settings: &RegistrySettings) -> Result<(), AppError> {
        if let Some(file) = &settings.auth_file {
            let json = std::fs::read_to_string(file).map_err(|error| {
                AppError::invalid(format!("{file} can't be read")).because(error.to_string())
            })?;
            auth::listed(&json).map_err(|why| AppError::invalid(format!("{file}: {why}")))?;
        }
        if let Some(folder) = &settings.certs_dir
            && !PathBuf::from(folder).is_dir()
        {
            return Err(AppError::invalid(format!("there is no folder {folder}")));
        }
        let mut kept = self.kept().await?;
        kept.settings = settings.clone();
        kept.changes += 1;
        Ok(self.store().set_setting(SETTING, &kept).await?)
    }

    /// Tries a login, and keeps it where the registry takes it.
    ///
    /// # Errors
    /// The registry refuses it, or does not answer.
    pub async fn registry_login(&self, login: RegistryLogin) -> Result<(), AppError> {
        let registry = login.registry.trim().trim_end_matches('/').to_owned();
        let tried = Login {
            user: login.user.clone(),
            password: Password::new(login.password.clone()),
        };
        let client = self.registry().await;
        if let Err(error) = client.try_login(&registry, tried).await {
            return Err(match error {
                RegistryError::Unauthorized { .. } => AppError::new(
                    ErrorCode::Authentication,
                    format!("{registry} refuses the login of {}", login.user),
                )
                .hint("check user and password; many registries want a token instead"),
                other => other.into(),
            });
        }
        let password = Password::new(login.password);
        self.inner
            .secrets
            .put(&secret_key(&registry), &password)
            .await?;
        let mut kept = self.kept().await?;
        kept.logins.insert(registry, login.user);
        kept.changes += 1;
        Ok(self.store().set_setting(SETTING, &kept).await?)
    }

    /// Forgets a login of our own; podman's stay.
    ///
    /// # Errors
    /// There is none.
    pub async fn registry_logout(&self, registry: &str) -> Result<(), AppError> {
        let mut kept = self.kept().await?;
        if kept.logins.remove(registry).is_none() {
            return Err(
                AppError::not_found(format!("Slipway keeps no login for {registry}"))
                    .hint("`podman logout` forgets podman's"),
            );
        }
        kept.changes += 1;
        self.inner.secrets.delete(&secret_key(registry)).await?;
        Ok(self.store().set_setting(SETTING, &kept).await?)
    }

    /// The tags of a repository, one page.
    ///
    /// # Errors
    /// As the registry answers.
    pub async fn image_tags(
        &self,
        reference: &ImageReference,
        after: Option<&str>,
    ) -> Result<ImageTags, AppError> {
        let page = self.registry().await.tags(reference, after).await?;
        Ok(ImageTags {
            repository: reference.without_tag(),
            tags: page.tags,
            next: page.next,
        })
    }

    /// What a tag stands for: one image, or one for each architecture.
    ///
    /// # Errors
    /// As the registry answers.
    pub async fn image_tag(&self, reference: &ImageReference) -> Result<ImageTagView, AppError> {
        let tag = self.registry().await.describe(reference).await?;
        Ok(ImageTagView {
            reference: reference.to_string(),
            digest: tag.digest,
            is_index: tag.is_index,
            images: tag
                .images
                .into_iter()
                .map(|image| PlatformImage {
                    architecture: image.architecture,
                    digest: image.digest,
                    version: image.version,
                    size: Some(image.size),
                    is_bootc: image.is_bootc,
                })
                .collect(),
        })
    }
}

impl From<RegistryError> for AppError {
    fn from(error: RegistryError) -> Self {
        let code = match &error {
            RegistryError::Unreachable { .. } => ErrorCode::Unreachable,
            RegistryError::NotFound { .. } | RegistryError::NoSuchArchitecture { .. } => {
                ErrorCode::NotFound
            }
            RegistryError::Unauthorized { .. } | RegistryError::CredentialHelper { .. } => {
                ErrorCode::Authentication
            }
            RegistryError::Certificate { .. } => ErrorCode::TrustUnknown,
            RegistryError::Protocol { .. } => ErrorCode::Other,
        };
        let retryable = matches!(error, RegistryError::Unreachable { .. });
        let mut app = Self::new(code, error.to_string()).hint(error.hint());
        app.retryable = retryable;
        app
    }
}
