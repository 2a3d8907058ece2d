//! What a registry has for a reference: the port [`Registry`] over reqwest.
//!
//! Reading only: a tag's manifest, the one of an architecture, its version label. Own code and not
//! `oci-client` 0.18, which was looked at: it builds its own HTTP client and takes no TLS
//! configuration, so it depends on a process-wide crypto provider or on reqwest's features for all
//! of us; it brings chrono, regex, oci-spec and olpc-cjson; and it pulls images, of which these
//! three GETs are the smallest part.

mod auth;
mod question;

use std::{net::IpAddr, path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use reqwest::Client;
use rustls::{ClientConfig, crypto::aws_lc_rs};
use rustls_platform_verifier::BuilderVerifierExt as _;
use slipway_core::{
    failure::chain,
    image::ImageReference,
    ports::{Registry, RegistryError, ResolvedImage},
};
use tokio::sync::OnceCell;
use url::Url;

use self::{auth::Login, question::Question};

const CONNECT_DEADLINE: Duration = Duration::from_secs(10);
const ANSWER_DEADLINE: Duration = Duration::from_secs(30);

/// Asks registries over HTTPS with the system's trusted roots, and over plain HTTP where the
/// registry is on this machine.
#[derive(Debug)]
pub struct OciRegistry {
    auth_file: Option<PathBuf>,
    remote: OnceCell<Client>,
    loopback: OnceCell<Client>,
}

impl OciRegistry {
    /// `auth_file` is an auth.json as `podman login` writes it. It is read at each question, so a
    /// new login counts at once; a file that isn't there is no login.
    #[must_use]
    pub fn new(auth_file: Option<PathBuf>) -> Self {
        Self {
            auth_file,
            remote: OnceCell::new(),
            loopback: OnceCell::new(),
        }
    }

    async fn client(&self, loopback: bool) -> Result<&Client, Vec<String>> {
        if loopback {
            let build = async || http_client(None);
            return self.loopback.get_or_try_init(build).await;
        }
        // Reading the system's roots takes long enough to leave the runtime's threads.
        let build = async || {
            let tls = tokio::task::spawn_blocking(tls_config).await;
            http_client(Some(tls.map_err(|e| chain(&e))??))
        };
        self.remote.get_or_try_init(build).await
    }

    async fn login(&self, reference: &ImageReference) -> Result<Option<Login>, String> {
        let Some(path) = &self.auth_file else {
            return Ok(None);
        };
        let shown = path.display();
        match tokio::fs::read_to_string(path).await {
            Ok(json) => auth::login(&json, reference.registry(), reference.repository())
                .map_err(|why| format!("{shown}: {why}")),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("{shown}: {error}")),
        }
    }
}

fn tls_config() -> Result<ClientConfig, Vec<String>> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_platform_verifier())
        .map_err(|e| chain(&e))?;
    Ok(config.with_no_client_auth())
}

/// With TLS: never plain HTTP, not even after a redirect. Without: this machine, by no proxy.
fn http_client(tls: Option<ClientConfig>) -> Result<Client, Vec<String>> {
    let builder = Client::builder()
        .user_agent(concat!("slipway/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_DEADLINE)
        .timeout(ANSWER_DEADLINE);
    let builder = match tls {
        Some(tls) => builder.tls_backend_preconfigured(tls).https_only(true),
        // reqwest builds a TLS configuration in any case; ours needs no process-wide provider.
        None => builder
            .tls_backend_preconfigured(no_roots().map_err(|e| chain(&e))?)
            .no_proxy(),
    };
    builder.build().map_err(|e| chain(&e))
}

fn no_roots() -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
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
        let loopback = is_loopback(reference.registry());
        let unreachable = |reason| RegistryError::Unreachable {
            registry: reference.registry().to_owned(),
            reason,
        };
        let client = self.client(loopback).await;
        let client = client.map_err(|causes| unreachable(causes.join(": ")))?;
        let login = self.login(reference).await.map_err(unreachable)?;
        let mut question = Question::new(client, loopback, reference, login);
        question.resolve(architecture).await
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

    #[tokio::test]
    async fn both_clients_can_be_built_without_a_process_wide_provider() {
        assert!(http_client(None).is_ok());
        assert!(rustls::crypto::CryptoProvider::get_default().is_none());
    }
}
