//! What a registry has for a reference: the port [`Registry`] over reqwest, its tags, and whether a
//! login is taken.
//!
//! Reading only: a tag's manifest, the one of an architecture, its version label. Own code and not
//! `oci-client` 0.18, which was looked at: it builds its own HTTP client and takes no TLS
//! configuration, so it depends on a process-wide crypto provider or on reqwest's features for all
//! of us; it brings chrono, regex, oci-spec and olpc-cjson; and it pulls images, of which these
//! GETs are the smallest part.

pub mod auth;
mod question;
mod tags;
pub mod tls;

use std::{
    net::IpAddr,
    path::PathBuf,
    sync::{Mutex, RwLock},
    time::Duration,
};

use async_trait::async_trait;
use reqwest::Client;
use rustls::ClientConfig;
use slipway_core::{
    failure::chain,
    image::ImageReference,
    ports::{Registry, RegistryError, ResolvedImage},
};
use url::Url;

use self::question::Question;
pub use self::{
    auth::{Login, usual_places},
    tags::{DescribedImage, DescribedTag, TagPage},
};

const CONNECT_DEADLINE: Duration = Duration::from_secs(10);
const ANSWER_DEADLINE: Duration = Duration::from_secs(30);

/// Logins and authorities that registries are asked with.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// auth.json files as `podman login` writes them, in the order in which they count. They are
    /// read at each question, so a new login counts at once; a file that isn't there is no login.
    pub auth_files: Vec<PathBuf>,
    /// Logins of our own; they come before the files.
    pub own: Vec<(String, Login)>,
    /// Folders like `/etc/containers/certs.d`.
    pub certs_dirs: Vec<PathBuf>,
    /// A folder with the site's authorities (`*.crt`), for registries that no certs.d names.
    pub site: Option<PathBuf>,
}

impl Access {
    /// The folder whose `*.crt` are trusted for a registry besides the system's authorities.
    fn certificates_for(&self, registry: &str) -> Option<PathBuf> {
        let own = tls::folder_of(&self.certs_dirs, registry);
        own.or_else(|| self.site.clone().filter(|site| tls::holds_some(site)))
    }

    fn tls(&self, registry: &str, near: bool) -> Kind {
        let folder = self.certificates_for(registry);
        Kind::Tls {
            extra: folder.as_deref().map(tls::read).unwrap_or_default(),
            near,
        }
    }
}

/// Asks registries over HTTPS with the system's trusted roots and podman's `certs.d`, and over
/// plain HTTP where the registry is on this machine and speaks no TLS.
#[derive(Debug, Default)]
pub struct OciRegistry {
    access: RwLock<Access>,
    clients: Mutex<Vec<(Kind, Client)>>,
}

/// What makes one HTTP client another than the next.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Plain,
    /// With these authorities besides the system's; not by a proxy where it is on this machine.
    Tls {
        extra: Vec<u8>,
        near: bool,
    },
}

/// A login that was found, or the helper that would know it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Found {
    pub login: Option<Login>,
    pub helper: Option<String>,
}

impl OciRegistry {
    /// With one auth.json.
    #[must_use]
    pub fn new(auth_file: Option<PathBuf>) -> Self {
        Self::with(Access {
            auth_files: auth_file.into_iter().collect(),
            ..Access::default()
        })
    }

    #[must_use]
    pub fn with(access: Access) -> Self {
        Self {
            access: RwLock::new(access),
            clients: Mutex::default(),
        }
    }

    /// From now on.
    pub fn set_access(&self, access: Access) {
        if let Ok(mut now) = self.access.write() {
            *now = access;
        }
    }

    fn access(&self) -> Access {
        self.access
            .read()
            .map(|now| now.clone())
            .unwrap_or_default()
    }

    async fn client(&self, kind: Kind) -> Result<Client, Vec<String>> {
        let known = self.clients.lock().ok().and_then(|clients| {
            let known = clients.iter().find(|(other, _)| *other == kind);
            known.map(|(_, client)| client.clone())
        });
        if let Some(client) = known {
            return Ok(client);
        }
        let build = kind.clone();
        // Reading the system's roots takes long enough to leave the runtime's threads.
        let client = tokio::task::spawn_blocking(move || http_client(&build)).await;
        let client = client.map_err(|e| chain(&e))??;
        if let Ok(mut clients) = self.clients.lock() {
            clients.push((kind, client.clone()));
        }
        Ok(client)
    }

    async fn login(access: &Access, registry: &str, repository: &str) -> Result<Found, String> {
        let full = format!("{registry}/{repository}");
        let own = access
            .own
            .iter()
            .filter_map(|(key, login)| Some((auth::matching(key, &full)?, login)))
            .max_by_key(|(length, _)| *length);
        if let Some((_, login)) = own {
            return Ok(Found {
                login: Some(login.clone()),
                helper: None,
            });
        }
        let mut found = Found::default();
        for path in &access.auth_files {
            let shown = path.display();
            let json = match tokio::fs::read_to_string(path).await {
                Ok(json) => json,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => return Err(format!("{shown}: {error}")),
            };
            let entry = auth::entry(&json, registry, repository);
            match entry.map_err(|why| format!("{shown}: {why}"))? {
                Some(auth::Entry::Login(login)) => {
                    found.login = Some(login);
                    return Ok(found);
                }
                Some(auth::Entry::Helper(helper)) => {
                    found.helper.get_or_insert(helper);
                }
                None => {}
            }
        }
        Ok(found)
    }

    /// A question to the reference's registry, over whatever it speaks.
    async fn question<'a>(
        &self,
        reference: &'a ImageReference,
    ) -> Result<Question<'a>, RegistryError> {
        let registry = reference.registry();
        let unreachable = |reason| RegistryError::Unreachable {
            registry: registry.to_owned(),
            reason,
        };
        let access = self.access();
        let found = Self::login(&access, registry, reference.repository())
            .await
            .map_err(unreachable)?;
        let near = is_loopback(registry);
        let tls = access.tls(registry, near);
        let kind = if near && self.speaks_plain_http(registry, &tls).await? {
            Kind::Plain
        } else {
            tls
        };
        let plain = kind == Kind::Plain;
        let client = self.client(kind).await;
        let client = client.map_err(|causes| unreachable(causes.join(": ")))?;
        Ok(Question::new(client, near, plain, reference, found))
    }

    /// Whether a registry on this machine speaks no TLS. One that does, with a certificate that is
    /// not to be trusted, is an error and is not asked in the clear.
    async fn speaks_plain_http(&self, registry: &str, tls: &Kind) -> Result<bool, RegistryError> {
        let unreachable = |reason| RegistryError::Unreachable {
            registry: registry.to_owned(),
            reason,
        };
        let client = self.client(tls.clone()).await;
        let client = client.map_err(|causes| unreachable(causes.join(": ")))?;
        let Err(error) = client.get(format!("https://{registry}/v2/")).send().await else {
            return Ok(false);
        };
        match tls::trouble(&error) {
            tls::Trouble::NotTls => Ok(true),
            tls::Trouble::Certificate(reason) => Err(RegistryError::Certificate {
                registry: registry.to_owned(),
                reason,
            }),
            tls::Trouble::Other => Err(unreachable(chain(&error.without_url()).join(": "))),
        }
    }

    /// The user whose login the reference's registry is asked with; `None`: with none.
    pub async fn user_for(&self, reference: &ImageReference) -> Option<String> {
        let access = self.access();
        let found = Self::login(&access, reference.registry(), reference.repository()).await;
        found.ok()?.login.map(|login| login.user)
    }

    /// For podman, which must be told: whether the registry is on this machine and speaks no TLS.
    pub async fn is_plain_http(&self, registry: &str) -> bool {
        let tls = self.access().tls(registry, true);
        is_loopback(registry)
            && self
                .speaks_plain_http(registry, &tls)
                .await
                .unwrap_or(false)
    }

    /// Whether the registry's TLS is trusted, with whatever lies in the folders now.
    ///
    /// # Errors
    /// [`RegistryError::Certificate`] where it is not; it speaks no TLS, or does not answer.
    pub async fn trusts(&self, registry: &str) -> Result<(), RegistryError> {
        let tls = self.access().tls(registry, is_loopback(registry));
        match self.speaks_plain_http(registry, &tls).await? {
            false => Ok(()),
            true => Err(RegistryError::Unreachable {
                registry: registry.to_owned(),
                reason: "it speaks no TLS".into(),
            }),
        }
    }

    /// For podman's `--cert-dir`: the folder with the registry's authority.
    #[must_use]
    pub fn cert_dir(&self, registry: &str) -> Option<PathBuf> {
        self.access().certificates_for(registry)
    }

    /// The tags of a repository, one page; `after` is the last tag of the page before.
    ///
    /// # Errors
    /// As the registry answers.
    pub async fn tags(
        &self,
        reference: &ImageReference,
        after: Option<&str>,
    ) -> Result<TagPage, RegistryError> {
        self.question(reference).await?.tags(after).await
    }

    /// What a reference stands for: one image, or one for each architecture.
    ///
    /// # Errors
    /// As the registry answers.
    pub async fn describe(
        &self,
        reference: &ImageReference,
    ) -> Result<DescribedTag, RegistryError> {
        self.question(reference).await?.describe().await
    }

    /// Tries a login. A registry that wants none takes any.
    ///
    /// # Errors
    /// [`RegistryError::Unauthorized`] where it is refused.
    pub async fn try_login(&self, registry: &str, login: Login) -> Result<(), RegistryError> {
        let host = registry.split('/').next().unwrap_or(registry);
        let reference: ImageReference =
            format!("{host}/v2")
                .parse()
                .map_err(|_| RegistryError::Unreachable {
                    registry: registry.to_owned(),
                    reason: "this is no registry's name (host[:port])".into(),
                })?;
        let mut question = self.question(&reference).await?;
        question.try_login(login).await
    }
}

/// TLS with the system's trusted roots.
pub(crate) fn tls_config() -> Result<ClientConfig, Vec<String>> {
    tls::config(&[])
}

fn http_client(kind: &Kind) -> Result<Client, Vec<String>> {
    let builder = Client::builder()
        .user_agent(concat!("slipway/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_DEADLINE)
        .timeout(ANSWER_DEADLINE);
    let builder = match kind {
        // Never plain HTTP, not even after a redirect.
        Kind::Tls { extra, near } => {
            let builder = builder
                .tls_backend_preconfigured(tls::config(extra)?)
                .https_only(true);
            if *near { builder.no_proxy() } else { builder }
        }
        // reqwest builds a TLS configuration in any case; ours needs no process-wide provider.
        Kind::Plain => builder
            .tls_backend_preconfigured(no_roots().map_err(|e| chain(&e))?)
            .no_proxy(),
    };
    builder.build().map_err(|e| chain(&e))
}

fn no_roots() -> Result<ClientConfig, rustls::Error> {
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth())
}

/// `localhost`, 127.0.0.0/8 and ::1, with or without a port.
fn is_loopback(registry: &str) -> bool {
    let Ok(url) = Url::parse(&format!("http://{registry}/")) else {
        return false;
    };
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(url::Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        None => false,
    }
}

#[async_trait]
impl Registry for OciRegistry {
    async fn resolve(
        &self,
        reference: &ImageReference,
        architecture: &str,
    ) -> Result<ResolvedImage, RegistryError> {
        self.question(reference).await?.resolve(architecture).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_asked_without_tls() {
        for near in [
            "localhost",
            "localhost:5000",
            "127.0.0.1:5055",
            "127.8.9.1",
            "[::1]:5000",
        ] {
            assert!(is_loopback(near), "{near}");
        }
        for far in [
            "quay.io",
            "localhost.evil.io",
            "10.0.0.1:5000",
            "127.0.0.1.evil.io",
            "::1",
        ] {
            assert!(!is_loopback(far), "{far}");
        }
    }

    #[test]
    fn clients_can_be_built_without_a_process_wide_provider() {
        let tls = Kind::Tls {
            extra: vec![],
            near: true,
        };
        assert!(http_client(&Kind::Plain).is_ok() && http_client(&tls).is_ok());
        assert!(rustls::crypto::CryptoProvider::get_default().is_none());
    }
}
