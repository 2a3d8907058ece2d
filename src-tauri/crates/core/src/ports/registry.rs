//! A container registry.

use async_trait::async_trait;

use crate::image::{ImageDigest, ImageReference};

/// What a registry has for a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedImage {
    /// Of the image manifest for the asked architecture, never of an index.
    pub digest: ImageDigest,
    /// The label `org.opencontainers.image.version`.
    pub version: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    #[error("the registry {registry} does not answer: {reason}")]
    Unreachable { registry: String, reason: String },
    #[error("{reference} does not exist in its registry")]
    NotFound { reference: ImageReference },
    #[error("the registry {registry} wants a login for {repository}")]
    Unauthorized {
        registry: String,
        repository: String,
    },
    /// Only the program that an auth.json names knows the login, and we don't call it.
    #[error("the registry {registry} wants a login, and only the helper `{helper}` knows it")]
    CredentialHelper { registry: String, helper: String },
    #[error("the certificate of the registry {registry} is not to be trusted: {reason}")]
    Certificate { registry: String, reason: String },
    #[error("{reference} has no image for {architecture}")]
    NoSuchArchitecture {
        reference: ImageReference,
        architecture: String,
    },
    #[error("the registry {registry} answered something that makes no sense: {evidence}")]
    Protocol { registry: String, evidence: String },
}

impl RegistryError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Unreachable { .. } => {
                "check the registry's name, the network and the proxy; then try again".into()
            }
            Self::NotFound { .. } => {
                "check the reference; a private repository may also say this without a login".into()
            }
            Self::Unauthorized { registry, .. } => format!(
                "log in (`slipctl image login {registry}`), or choose an auth file with its login"
            ),
            Self::CredentialHelper { registry, .. } => format!(
                "Slipway calls no credential helpers: `podman login {registry}` or `slipctl image \
                 login {registry}` keeps a login that it can use"
            ),
            Self::Certificate { registry, .. } => format!(
                "where its authority is the site's own, give it: Settings, Trust, or `slipctl trust ca \
                 set FILE`. For this registry alone compare and accept its certificate: Images, \
                 Logins, or `slipctl image trust {registry}`; or put its authority into \
                 /etc/containers/certs.d/{registry}/ca.crt, which podman reads too"
            ),
            Self::NoSuchArchitecture { architecture, .. } => {
                format!("build and push the image for {architecture}")
            }
            Self::Protocol { .. } => {
                "check that it is a container registry, and not a web page or a proxy".into()
            }
        }
    }
}

/// A container registry.
#[async_trait]
pub trait Registry: Send + Sync {
    /// `architecture` in OCI's words: `arm64`, `amd64`.
    async fn resolve(
        &self,
        reference: &ImageReference,
        architecture: &str,
    ) -> Result<ResolvedImage, RegistryError>;
}
