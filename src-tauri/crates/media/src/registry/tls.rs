//! Whom a registry's certificate may be from: the system's authorities, those that podman's `certs.d`
//! folders name for the registry, and else the site's.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    ClientConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use rustls_platform_verifier::Verifier;
use slipway_core::failure::chain;

/// Where podman looks for authorities of single registries (containers-certs.d(5)).
#[must_use]
pub fn usual_folders(home: Option<&Path>) -> Vec<PathBuf> {
    let system = ["/etc/containers/certs.d", "/etc/docker/certs.d"].map(PathBuf::from);
    let own = home.map(|home| home.join(".config/containers/certs.d"));
    own.into_iter().chain(system).collect()
}

/// `<folder>/<host:port>` that holds something, the first one.
#[must_use]
pub fn folder_of(folders: &[PathBuf], registry: &str) -> Option<PathBuf> {
    // Never a path out of the folder.
    if registry.contains('/') || registry.starts_with('.') {
        return None;
    }
    folders
        .iter()
        .map(|folder| folder.join(registry))
        .find(|folder| holds_some(folder))
}

/// Whether a folder has `*.crt` files.
#[must_use]
pub fn holds_some(folder: &Path) -> bool {
    !certificates(folder).is_empty()
}

/// The `*.crt` files of a folder, as they stand.
fn certificates(folder: &Path) -> Vec<Vec<u8>> {
    let Ok(entries) = fs::read_dir(folder) else {
        return vec![];
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let certificates = paths
        .iter()
        .filter(|path| path.extension().is_some_and(|e| e == "crt"));
    certificates
        .filter_map(|path| fs::read(path).ok())
        .collect()
}

/// The certificates of a folder: PEM, one after the other.
#[must_use]
pub fn read(folder: &Path) -> Vec<u8> {
    certificates(folder).join(&b'\n')
}

/// TLS with the system's authorities and these.
///
/// # Errors
/// For people.
pub fn config(extra: &[u8]) -> Result<ClientConfig, Vec<String>> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let roots: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(extra)
        .collect::<Result<_, _>>()
        .map_err(|error| {
            vec![
                "a certificate in certs.d can't be read".into(),
                error.to_string(),
            ]
        })?;
    let verifier =
        Verifier::new_with_extra_roots(roots, provider.clone()).map_err(|e| chain(&e))?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| chain(&e))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(config)
}

/// How a connection that failed stands to TLS.
#[derive(Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The peer's certificate is not to be trusted, and why.
    Certificate(String),
    /// Whoever answers speaks no TLS.
    NotTls,
    Other,
}

/// Looks for rustls' own error in an error's causes. I/O errors hold it, one in another.
pub fn trouble(error: &(dyn std::error::Error + 'static)) -> Trouble {
    let mut next = Some(error);
    while let Some(at) = next {
        match at.downcast_ref::<rustls::Error>() {
            Some(rustls::Error::InvalidCertificate(why)) => {
                return Trouble::Certificate(why.to_string());
            }
            Some(rustls::Error::InvalidMessage(_)) => return Trouble::NotTls,
            Some(_) | None => {}
        }
        let io = at.downcast_ref::<std::io::Error>();
        if io.is_some_and(|io| {
            matches!(
                io.kind(),
                std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::ConnectionReset
            )
        }) {
            return Trouble::NotTls;
        }
        next = match io.and_then(std::io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => at.source(),
        };
    }
    Trouble::Other
}
