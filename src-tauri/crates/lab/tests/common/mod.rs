//! What the lab's integration tests share: a Redfish client with a pin, and a media server with a
//! certificate authority of its own.

use std::{
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use axum_server::{Handle, tls_rustls::RustlsConfig};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::{
    ClientConfig, DigitallySignedStruct, ServerConfig, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime},
};
use sha2::{Digest, Sha256};
use slipway_core::trust::Fingerprint;
use slipway_lab::LabCard;

/// How long anything may take on a slow machine.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// Polls until there is something.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut poll: impl FnMut() -> F) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = poll().await {
            return found;
        }
        assert!(start.elapsed() < DEADLINE, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

#[derive(Debug)]
struct Pin {
    fingerprint: Fingerprint,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pin {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let seen = format!(
            "SHA256:{}",
            STANDARD_NO_PAD.encode(Sha256::digest(end_entity))
        );
        if seen == self.fingerprint.as_str() {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(rustls::Error::General("another certificate".into()))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// A client of one IMC's Redfish.
pub struct Imc {
    client: reqwest::Client,
    pub base: String,
    pub user: String,
    pub password: String,
}

impl Imc {
    pub fn new(card: &LabCard) -> Self {
        let pin = Pin {
            fingerprint: card.imc_tls_fingerprint.clone(),
            provider: provider(),
        };
        let config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(pin))
            .with_no_client_auth();
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(config)
            .no_proxy()
            // A reset breaks kept connections off.
            .pool_max_idle_per_host(0)
            .build()
            .unwrap();
        Self {
            client,
            base: format!("https://{}", card.imc_redfish),
            user: card.imc_user.clone(),
            password: card.imc_password.clone(),
        }
    }

    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        self.client.request(method, format!("{}{path}", self.base))
    }

    pub fn authorised(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.request(method, path)
            .basic_auth(&self.user, Some(&self.password))
    }
}

#[derive(Clone)]
struct Served {
    files: Arc<Vec<(String, Bytes)>>,
    seen: Arc<Mutex<Vec<String>>>,
}

/// Serves files over HTTPS with a certificate of its own authority.
pub struct MediaServer {
    pub base: String,
    /// PEM.
    pub ca: String,
    seen: Arc<Mutex<Vec<String>>>,
    handle: Handle<SocketAddr>,
}

impl MediaServer {
    pub fn start(files: Vec<(String, Bytes)>) -> Self {
        let ca_key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        // rcgen begins in 1975, and a clock that is years behind would still take it.
        let year = jiff::Timestamp::now().strftime("%Y").to_string();
        let not_before = rcgen::date_time_ymd(year.parse::<i32>().unwrap() - 1, 1, 1);
        params.not_before = not_before;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, "test media CA");
        let ca = params.self_signed(&ca_key).unwrap();
        let issuer = Issuer::new(params, ca_key);
        let key = KeyPair::generate().unwrap();
        let names = vec!["127.0.0.1".to_owned()];
        let mut leaf = CertificateParams::new(names).unwrap();
        // A trust anchor's own dates are not looked at, so the leaf needs them.
        leaf.not_before = not_before;
        let leaf = leaf.signed_by(&key, &issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], key)
            .unwrap();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let base = format!("https://{}", listener.local_addr().unwrap());
        let served = Served {
            files: Arc::new(files),
            seen: Arc::default(),
        };
        let seen = Arc::clone(&served.seen);
        let router = Router::new().fallback(serve_file).with_state(served);
        let handle = Handle::new();
        let config = RustlsConfig::from_config(Arc::new(config));
        let server = axum_server::from_tcp_rustls(listener, config)
            .unwrap()
            .handle(handle.clone());
        tokio::spawn(server.serve(router.into_make_service()));
        Self {
            base,
            ca: ca.pem(),
            seen,
            handle,
        }
    }

    /// `GET /boot.iso`, in order.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for MediaServer {
    fn drop(&mut self) {
        self.handle.shutdown();
    }
}

async fn serve_file(State(served): State<Served>, method: Method, uri: Uri) -> Response {
    let line = format!("{method} {}", uri.path());
    served.seen.lock().unwrap().push(line);
    let found = served.files.iter().find(|(path, _)| path == uri.path());
    match found {
        Some((_, bytes)) if method == Method::HEAD => {
            ([("content-length", bytes.len().to_string())], ()).into_response()
        }
        Some((_, bytes)) => bytes.clone().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A folder that goes when the test ends.
pub fn folder() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_owned();
    (dir, path)
}
