//! An HTTPS server that answers what a test tells it to, also what no HTTP library would send.
#![expect(dead_code, reason = "each test binary uses its part of it")]
#![expect(clippy::unwrap_used, reason = "a panic here is the test's failure")]

pub mod imc;
pub mod outline;
pub mod tree;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use rcgen::{CertificateParams, KeyPair};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    sign::{CertifiedKey, SingleCertAndKey},
};
use serde_json::Value;
use slipway_core::{address::Address, secret::Password, trust::Fingerprint};
use slipway_redfish::{RedfishClient, RedfishTarget, Timeouts, tls};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

pub const USER: &str = "root";
/// Looked for in every error text.
pub const PASSWORD: &str = "sentinel-password";

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// Which connection it came over.
    pub connection: usize,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// What is sent back.
#[derive(Debug, Clone)]
pub enum Reply {
    Answer {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    },
    /// These bytes, and then the connection is closed.
    Raw(Vec<u8>),
    /// These bytes, and nothing more, while the connection stays.
    Stall(Vec<u8>),
    /// These bytes, and then a space every few milliseconds, without end.
    Drip(Vec<u8>),
    /// Nothing, and the connection is closed.
    Close,
    /// The other, once there is a permit.
    Held(Arc<Semaphore>, Box<Reply>),
}

impl Reply {
    pub fn json(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::Answer {
            status,
            headers: vec![("Content-Type", "application/json".into())],
            body: body.into(),
        }
    }

    pub fn value(body: &Value) -> Self {
        Self::json(200, body.to_string())
    }

    pub fn status(status: u16) -> Self {
        Self::Answer {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.push((name, value.into()));
        }
        self
    }
}

type Script = dyn Fn(&Request) -> Reply + Send + Sync;

pub struct Server {
    pub address: Address,
    pub fingerprint: Fingerprint,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    script: Box<Script>,
    requests: Mutex<Vec<Request>>,
    connections: AtomicUsize,
    in_flight: AtomicUsize,
    most_in_flight: AtomicUsize,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// A self-signed certificate of today's kind.
pub fn certificate() -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    (certificate.der().clone(), key)
}

pub fn server_config(
    (certificate, key): (CertificateDer<'static>, PrivateKeyDer<'static>),
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let signing = provider.key_provider.load_private_key(key).unwrap();
    // Not `with_single_cert`: a test wants a key that isn't the certificate's.
    let identity = CertifiedKey::new(vec![certificate], signing);
    ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(identity)))
}

impl Server {
    pub async fn start(script: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let identity = certificate();
        let fingerprint = tls::fingerprint(&identity.0);
        let config = server_config(identity, rustls::ALL_VERSIONS);
        Self::start_with(config, fingerprint, script).await
    }

    pub async fn start_with(
        config: ServerConfig,
        fingerprint: Fingerprint,
        script: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            script: Box::new(script),
            requests: Mutex::default(),
            connections: AtomicUsize::new(0),
            in_flight: AtomicUsize::new(0),
            most_in_flight: AtomicUsize::new(0),
        });
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let accepting = tokio::spawn({
            let shared = shared.clone();
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(serve(acceptor.clone(), stream, shared.clone()));
                }
            }
        });
        Self {
            address: Address::new("127.0.0.1", port).unwrap(),
            fingerprint,
            shared,
            accepting,
        }
    }

    pub fn target(&self) -> RedfishTarget {
        RedfishTarget {
            address: self.address.clone(),
            user: USER.to_owned(),
            password: Password::new(PASSWORD),
            pin: Some(self.fingerprint.clone()),
            ca: None,
            timeouts: Timeouts::default(),
        }
    }

    pub fn client(&self) -> RedfishClient {
        RedfishClient::new(self.target())
    }

    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// The requests with this method, as `path body`.
    pub fn of_method(&self, method: &str) -> Vec<String> {
        let requests = self.requests().into_iter();
        requests
            .filter(|r| r.method == method)
            .map(|r| format!("{} {}", r.path, r.body))
            .collect()
    }

    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    pub fn in_flight(&self) -> usize {
        self.shared.in_flight.load(Ordering::SeqCst)
    }

    pub fn most_in_flight(&self) -> usize {
        self.shared.most_in_flight.load(Ordering::SeqCst)
    }
}

async fn serve(acceptor: TlsAcceptor, stream: TcpStream, shared: Arc<Shared>) {
    let Ok(stream) = acceptor.accept(stream).await else {
        return;
    };
    let connection = shared.connections.fetch_add(1, Ordering::SeqCst);
    let mut stream = BufReader::new(stream);
    while let Some(request) = read_request(&mut stream, connection).await {
        shared.requests.lock().unwrap().push(request.clone());
        let now = shared.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        shared.most_in_flight.fetch_max(now, Ordering::SeqCst);
        let mut reply = (shared.script)(&request);
        while let Reply::Held(gate, then) = reply {
            gate.acquire().await.unwrap().forget();
            reply = *then;
        }
        shared.in_flight.fetch_sub(1, Ordering::SeqCst);
        match reply {
            Reply::Answer {
                status,
                headers,
                body,
            } => {
                let mut head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n", body.len());
                for (name, value) in headers {
                    head += &format!("{name}: {value}\r\n");
                }
                head += "\r\n";
                let sent = stream.write_all(&[head.as_bytes(), &body].concat()).await;
                if sent.is_err() || stream.flush().await.is_err() {
                    return;
                }
            }
            Reply::Raw(bytes) => {
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
                return;
            }
            Reply::Stall(bytes) => {
                let _ = stream.write_all(&bytes).await;
                let _ = stream.flush().await;
                std::future::pending::<()>().await;
            }
            Reply::Drip(bytes) => {
                let mut sent = stream.write_all(&bytes).await;
                while sent.is_ok() && stream.flush().await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    sent = stream.write_all(b" ").await;
                }
                return;
            }
            Reply::Close => return,
            Reply::Held(..) => unreachable!("unwrapped above"),
        }
    }
}

async fn read_request<S>(stream: &mut BufReader<S>, connection: usize) -> Option<Request>
where
    S: tokio::io::AsyncRead + Unpin,
{
    let mut first = String::new();
    stream.read_line(&mut first).await.ok()?;
    let mut words = first.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => headers.push((name.to_lowercase(), value.trim().to_owned())),
            None => break,
        }
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Request {
        method,
        path,
        headers,
        body: String::from_utf8(body).unwrap(),
        connection,
    })
}

/// Waits for a condition; fails the test after half a minute.
pub async fn until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain for: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
