//! Whom a registry's certificate may be from: the system's authorities, those that podman's `certs.d`
//! folders name for the registry, those that a person accepted by their fingerprint, and else the
//! site's. A certificate that lies in such a folder is taken as itself too, as podman does it: for the
//! names that it is for, and while it is valid.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme,
    client::{
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _},
    server::ParsedCertificate,
};
use rustls_platform_verifier::Verifier;
use slipway_core::failure::chain;
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};

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
    let platform =
        Verifier::new_with_extra_roots(roots.clone(), provider.clone()).map_err(|e| chain(&e))?;
    let verifier = OrItself {
        platform,
        given: roots,
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| chain(&e))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(config)
}

/// Verifies as the platform does, and takes a certificate that was given as itself.
#[derive(Debug)]
struct OrItself {
    platform: Verifier,
    given: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for OrItself {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.platform.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        if verified.is_ok() || !self.given.iter().any(|given| given == end_entity) {
            return verified;
        }
        verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
        in_time(end_entity, now)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.platform.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.platform.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.platform.supported_verify_schemes()
    }
}

fn in_time(certificate: &CertificateDer<'_>, now: UnixTime) -> Result<(), Error> {
    let (_, parsed) = X509Certificate::from_der(certificate)
        .map_err(|_| Error::InvalidCertificate(CertificateError::BadEncoding))?;
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let validity = parsed.validity();
    if now < validity.not_before.timestamp() {
        return Err(Error::InvalidCertificate(CertificateError::NotValidYet));
    }
    if now > validity.not_after.timestamp() {
        return Err(Error::InvalidCertificate(CertificateError::Expired));
    }
    Ok(())
}

/// The certificates that a person accepted for single registries, each a folder like those of
/// `certs.d`, which podman and skopeo read too.
#[derive(Debug, Clone)]
pub struct AcceptedCertificates {
    folder: PathBuf,
}

const ACCEPTED: &str = "accepted.crt";

impl AcceptedCertificates {
    #[must_use]
    pub fn in_folder(folder: PathBuf) -> Self {
        Self { folder }
    }

    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Registries and their certificates, as DER.
    #[must_use]
    pub fn all(&self) -> Vec<(String, Vec<u8>)> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut all: Vec<_> = entries
            .filter_map(|entry| {
                let registry = entry.file_name().into_string().ok()?;
                let der = self.of(&registry)?;
                Some((registry, der))
            })
            .collect();
        all.sort();
        all
    }

    /// The one of a registry.
    #[must_use]
    pub fn of(&self, registry: &str) -> Option<Vec<u8>> {
        let pem = fs::read(self.folder.join(registry).join(ACCEPTED)).ok()?;
        let der = CertificateDer::from_pem_slice(&pem).ok()?;
        Some(der.to_vec())
    }

    /// In place of one before. `registry` is `host[:port]`, as references begin.
    ///
    /// # Errors
    /// The disk's.
    pub fn keep(&self, registry: &str, der: &[u8]) -> std::io::Result<()> {
        let folder = self.folder.join(registry);
        fs::create_dir_all(&folder)?;
        let part = folder.join("accepted.part");
        fs::write(&part, pem_of(der))?;
        fs::rename(part, folder.join(ACCEPTED))
    }

    /// Answers whether there was one.
    ///
    /// # Errors
    /// The disk's.
    pub fn forget(&self, registry: &str) -> std::io::Result<bool> {
        match fs::remove_dir_all(self.folder.join(registry)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn pem_of(der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    let lines: Vec<&str> = (0..text.len())
        .step_by(64)
        .map(|at| &text[at..text.len().min(at + 64)])
        .collect();
    format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        lines.join("\n")
    )
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
