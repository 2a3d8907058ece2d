//! The ISO server: HTTPS with our own CA (plain HTTP where it is asked for), exactly the published
//! files, nothing else.
//!
//! It speaks HTTP/1.1 and never redirects (an IMC follows none), sets no deadline on a body (a
//! transfer may take an hour), and counts what each reader got. An ISO on disk is one for all
//! cards: a card's kickstart is put over its bytes as they go out.

mod body;
mod http;
mod newcomers;
mod page_cache;
#[cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "only sendfile asks what is next")
)]
mod parts;
mod range;
mod readers;
#[cfg(target_os = "linux")]
mod sendfile;

use std::{
    collections::HashMap,
    fs::File,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use rustls::{ServerConfig, crypto::aws_lc_rs};
use slipway_core::{
    failure::{FailureKind, StepError, chain},
    ports::{Clock, MediaReader, MediaServer, Publication},
    time::ByteCount,
};
use tokio::task::JoinHandle;
use url::Url;

use self::{body::Overlay, newcomers::Newcomers, readers::Readers};
use crate::ca::CertificateAuthority;

/// The next chunk is asked for when less than this of the one before is unsent: hyper's own 400 KB
/// would have a slow reader hold two chunks. It is also the longest head of a request.
const UNSENT: usize = 64 << 10;

/// A path that nobody guesses: 192 random bits, URL-safe, 32 characters.
#[must_use]
pub fn new_token() -> String {
    let mut bytes = [0; 24];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// A file under its token.
struct Published {
    file_name: String,
    iso_path: PathBuf,
    size: ByteCount,
    overlay: Option<Overlay>,
    /// Open since it was published: what is replaced on disk meanwhile does not matter.
    file: Arc<File>,
    etag: String,
    readers: Readers,
    /// Ends the bodies under way.
    revoked: Arc<AtomicBool>,
}

impl Published {
    fn is(&self, publication: &Publication) -> bool {
        self.file_name == publication.file_name
            && self.iso_path == publication.iso_path
            && self.size == publication.size
            && self.overlay == publication.overlay
    }
}

struct Shared {
    published: RwLock<HashMap<String, Arc<Published>>>,
    clock: Arc<dyn Clock>,
}

impl Shared {
    fn find(&self, token: &str, file_name: &str) -> Option<Arc<Published>> {
        let published = self.published.read();
        let published = published.unwrap_or_else(PoisonError::into_inner);
        let found = published.get(token)?;
        (found.file_name == file_name).then(|| found.clone())
    }
}

/// How readers speak to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    Https,
    /// For readers that take nothing else; an IMC does not take it.
    Http,
}

impl Scheme {
    fn name(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Http => "http",
        }
    }
}

/// A running server. Dropping it without [`IsoServer::stop`] cuts every transfer.
pub struct IsoServer {
    shared: Arc<Shared>,
    bound: SocketAddr,
    base: Url,
    ca_certificate_pem: String,
    handle: axum_server::Handle<SocketAddr>,
    serving: Mutex<Option<JoinHandle<()>>>,
}

impl std::fmt::Debug for IsoServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IsoServer")
            .field("bound", &self.bound)
            .field("base", &self.base.as_str())
            .finish_non_exhaustive()
    }
}

impl IsoServer {
    /// Listens on `bind` (port 0 takes a free one). `reader_facing` is the host name or IP address
    /// under which readers see this machine; the certificate is for it and for `bind`'s address.
    ///
    /// # Errors
    /// [`FailureKind::Local`] with what to do: a port in use, an address that is not ours.
    pub fn start(
        bind: SocketAddr,
        reader_facing: &str,
        scheme: Scheme,
        ca: &CertificateAuthority,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StepError> {
        let local = |message: String| StepError::new(FailureKind::Local, message);
        let listener = TcpListener::bind(bind).map_err(|error| bind_error(bind, &error))?;
        let bound = listener
            .local_addr()
            .map_err(|error| bind_error(bind, &error))?;
        let mut names = vec![reader_facing.to_owned()];
        if !bound.ip().is_unspecified() && bound.ip().to_string() != reader_facing {
            names.push(bound.ip().to_string());
        }
        let host = match reader_facing.parse::<std::net::Ipv6Addr>() {
            Ok(address) => format!("[{address}]"),
            Err(_) => reader_facing.to_owned(),
        };
        let base = Url::parse(&format!("{}://{host}:{}/iso/", scheme.name(), bound.port()))
            .map_err(|error| local(format!("`{reader_facing}` is no host: {error}")))?;
        let shared = Arc::new(Shared {
            published: RwLock::default(),
            clock,
        });
        let handle = axum_server::Handle::new();
        let service =
            http::router(shared.clone()).into_make_service_with_connect_info::<SocketAddr>();
        let failed = |error: std::io::Error| bind_error(bind, &error);
        let newcomers = Newcomers::new();
        let mut server = axum_server::from_tcp(listener).map_err(failed)?;
        let serving = match scheme {
            Scheme::Https => {
                let tls = tls_config(ca, &names, shared.clock.as_ref()).map_err(|causes| {
                    let error = local("the ISO server can't make its certificate".into());
                    causes.into_iter().fold(error, StepError::because)
                })?;
                let config = RustlsConfig::from_config(tls);
                server.http_builder().http1().max_buf_size(UNSENT);
                // Before the handshake: a newcomer is one from its accept on.
                let acceptor = RustlsAcceptor::new(config).acceptor(newcomers);
                let server = server.acceptor(acceptor);
                let server = server.http1_only().handle(handle.clone());
                tokio::spawn(async move { told(server.serve(service).await) })
            }
            Scheme::Http => {
                let http = server.http_builder();
                // Not copied together: what stands in for a part of a file is no data.
                http.http1().max_buf_size(UNSENT).writev(true);
                #[cfg(target_os = "linux")]
                let server = server.acceptor(sendfile::SendfileAcceptor(newcomers));
                #[cfg(not(target_os = "linux"))]
                let server = server.acceptor(newcomers);
                let server = server.http1_only().handle(handle.clone());
                tokio::spawn(async move { told(server.serve(service).await) })
            }
        };
        tracing::info!(%bound, base = base.as_str(), "ISO server started");
        Ok(Self {
            shared,
            bound,
            base,
            ca_certificate_pem: ca.certificate_pem().to_owned(),
            handle,
            serving: Mutex::new(Some(serving)),
        })
    }

    /// Where it listens: with the port that was taken.
    #[must_use]
    pub fn bound(&self) -> SocketAddr {
        self.bound
    }

    /// `https://host:port`, as readers name it.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("{}://{}", self.base.scheme(), self.base.authority())
    }

    /// Takes no new connection, and cuts what still runs at the deadline.
    pub async fn stop(&self, deadline: Duration) {
        self.handle.graceful_shutdown(Some(deadline));
        let serving = self.serving.lock();
        let serving = serving.unwrap_or_else(PoisonError::into_inner).take();
        if let Some(serving) = serving {
            let _ = serving.await;
        }
    }
}

fn told(ended: std::io::Result<()>) {
    if let Err(error) = ended {
        tracing::error!(%error, "the ISO server ended");
    }
}

impl Drop for IsoServer {
    fn drop(&mut self) {
        self.handle.shutdown();
    }
}

#[async_trait]
impl MediaServer for IsoServer {
    async fn publish(&self, publication: Publication) -> Result<Url, StepError> {
        let name = |text: &str| {
            let allowed = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
            !text.is_empty() && text.chars().all(allowed) && text != "." && text != ".."
        };
        if !name(&publication.file_name)
            || !name(&publication.token)
            || publication.token.len() < 22
        {
            let message = "a published file needs a token of 128 bits and a plain name";
            return Err(StepError::new(FailureKind::Precondition, message));
        }
        let file = open(publication.iso_path.clone(), publication.size).await?;
        if let Some((offset, bytes)) = &publication.overlay
            && offset
                .checked_add(bytes.len() as u64)
                .is_none_or(|end| end > publication.size.0)
        {
            let message = format!(
                "the card's kickstart does not fit into {}",
                publication.iso_path.display()
            );
            return Err(StepError::new(FailureKind::Precondition, message)
                .hint("import the ISO again: its kickstart area is not where it was"));
        }
        let joined = format!("{}/{}", publication.token, publication.file_name);
        let url = self.base.join(&joined).map_err(|error| {
            StepError::new(FailureKind::Local, format!("no URL for the ISO: {error}"))
        })?;
        let published = self.shared.published.write();
        let mut published = published.unwrap_or_else(PoisonError::into_inner);
        // A step that runs twice must not lose the count of a transfer under way.
        if published
            .get(&publication.token)
            .is_some_and(|known| known.is(&publication))
        {
            return Ok(url);
        }
        let new = Published {
            etag: format!("\"{}\"", publication.file_name),
            file_name: publication.file_name,
            iso_path: publication.iso_path,
            size: publication.size,
            overlay: publication.overlay,
            file: Arc::new(file),
            readers: Readers::default(),
            revoked: Arc::default(),
        };
        if let Some(old) = published.insert(publication.token, Arc::new(new)) {
            old.revoked.store(true, Ordering::Relaxed);
        }
        Ok(url)
    }

    /// Transfers under way end, too.
    async fn unpublish(&self, token: &str) {
        let published = self.shared.published.write();
        let old = published
            .unwrap_or_else(PoisonError::into_inner)
            .remove(token);
        if let Some(old) = old {
            old.revoked.store(true, Ordering::Relaxed);
        }
    }

    fn readers(&self, token: &str) -> Vec<MediaReader> {
        let published = self.shared.published.read();
        let published = published.unwrap_or_else(PoisonError::into_inner);
        published
            .get(token)
            .map(|found| found.readers.list(found.size))
            .unwrap_or_default()
    }

    fn ca_certificate_pem(&self) -> String {
        self.ca_certificate_pem.clone()
    }
}

/// Opens the ISO and compares its size with what was imported.
async fn open(path: PathBuf, size: ByteCount) -> Result<File, StepError> {
    let opened = tokio::task::spawn_blocking(move || open_blocking(&path, size)).await;
    opened.unwrap_or_else(|error| Err(StepError::new(FailureKind::Local, error.to_string())))
}

fn open_blocking(path: &Path, size: ByteCount) -> Result<File, StepError> {
    let shown = path.display();
    let opened = File::open(path).and_then(|file| Ok((file.metadata()?, file)));
    let (metadata, file) = opened.map_err(|error| {
        StepError::new(FailureKind::Local, format!("the ISO {shown} can't be read"))
            .because(error.to_string())
            .hint("put the file back, or import it again")
    })?;
    if !metadata.is_file() || metadata.len() != size.0 {
        let now = ByteCount(metadata.len());
        return Err(
            StepError::new(FailureKind::Local, format!("the ISO {shown} has changed"))
                .because(format!("imported with {size}, now {now}"))
                .hint("import it again"),
        );
    }
    Ok(file)
}

fn tls_config(
    ca: &CertificateAuthority,
    names: &[String],
    clock: &dyn Clock,
) -> Result<Arc<ServerConfig>, Vec<String>> {
    let identity = ca.issue(names, clock.now()).map_err(|e| chain(&e))?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| chain(&e))?
        .with_no_client_auth()
        .with_single_cert(vec![identity.certificate], identity.key)
        .map_err(|e| chain(&e))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn bind_error(bind: SocketAddr, error: &std::io::Error) -> StepError {
    use std::io::ErrorKind;
    let (message, hint) = match error.kind() {
        ErrorKind::AddrInUse => (
            format!("port {} on {} is in use", bind.port(), bind.ip()),
            "stop the program that uses it, or serve on another address (`--media-address`)",
        ),
        ErrorKind::AddrNotAvailable => (
            format!("this machine does not have the address {}", bind.ip()),
            "choose one of this machine's addresses (`--media-address`)",
        ),
        ErrorKind::PermissionDenied => (
            format!("port {} may not be opened", bind.port()),
            "use a port from 1024 on",
        ),
        _ => (
            format!("the ISO server can't listen on {bind}"),
            "check the ISO server's address (`--media-address`)",
        ),
    };
    StepError::new(FailureKind::Local, message)
        .because(error.to_string())
        .hint(hint)
}
