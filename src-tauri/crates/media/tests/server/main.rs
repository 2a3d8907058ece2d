//! The ISO server as its readers meet it: over TLS, with only our CA trusted.

#![expect(clippy::unwrap_used, reason = "a test stops where its set-up fails")]

mod transfers;

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use proptest::{prelude::*, strategy::ValueTree as _};
use reqwest::{Client, Method, Response, StatusCode, header};
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use slipway_core::{
    failure::FailureKind,
    ports::{Clock, MediaReader, MediaServer as _, Publication},
    time::{ByteCount, Timestamp},
};
use slipway_media::{CertificateAuthority, IsoServer, Scheme, new_token};
use url::Url;

struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Timestamp::from_millis(i64::try_from(now.unwrap().as_millis()).unwrap())
    }
}

struct Desk {
    server: IsoServer,
    ca: CertificateAuthority,
    dir: tempfile::TempDir,
}

impl Desk {
    fn open() -> Self {
        Self::over(Scheme::Https)
    }

    fn over(scheme: Scheme) -> Self {
        let ca = CertificateAuthority::create("test", SystemClock.now()).unwrap();
        let server = IsoServer::start(loopback(0), "127.0.0.1", scheme, &ca, Arc::new(SystemClock));
        Self {
            server: server.unwrap(),
            ca,
            dir: tempfile::tempdir().unwrap(),
        }
    }

    fn iso(&self, bytes: &[u8]) -> PathBuf {
        let path = self.dir.path().join("base.iso");
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn publication(&self, bytes: &[u8], overlay: Option<(u64, Vec<u8>)>) -> Publication {
        Publication {
            token: new_token(),
            file_name: "rhel-0123456789ab.iso".into(),
            iso_path: self.iso(bytes),
            size: ByteCount(bytes.len() as u64),
            overlay: overlay.map(|(offset, bytes)| (offset, Arc::new(bytes))),
        }
    }

    /// Trusts this desk's CA and nothing else.
    fn client(&self) -> Client {
        client_trusting(&self.ca)
    }
}

fn client_trusting(ca: &CertificateAuthority) -> Client {
    let (_, pem) = x509_parser::pem::parse_x509_pem(ca.certificate_pem().as_bytes()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(pem.contents.into()).unwrap();
    let tls = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .build()
        .unwrap()
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n * 7 + n / 251) as u8).collect()
}

fn with_overlay(bytes: &[u8], offset: usize, overlay: &[u8]) -> Vec<u8> {
    let mut naive = bytes.to_vec();
    naive[offset..offset + overlay.len()].copy_from_slice(overlay);
    naive
}

async fn part(client: &Client, url: &Url, range: &str) -> Response {
    let request = client.get(url.clone()).header(header::RANGE, range);
    request.send().await.unwrap()
}

fn head(response: &Response, name: header::HeaderName) -> &str {
    response.headers()[name].to_str().unwrap()
}

/// Polls until the readers are so.
async fn readers_until(
    desk: &Desk,
    token: &str,
    so: impl Fn(&[MediaReader]) -> bool,
) -> Vec<MediaReader> {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let readers = desk.server.readers(token);
        if so(&readers) {
            return readers;
        }
        assert!(Instant::now() < until, "{readers:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Under TLS what is sent passes through our memory, and over HTTP not.
const BOTH: [Scheme; 2] = [Scheme::Https, Scheme::Http];

#[tokio::test]
async fn a_reader_gets_the_iso_with_its_own_overlay() {
    for scheme in BOTH {
        a_reader_gets_it(&Desk::over(scheme)).await;
    }
}

async fn a_reader_gets_it(desk: &Desk) {
    let bytes = pattern(5_000_000);
    // Over the border of two chunks.
    let (offset, overlay) = (1_048_576 - 30_000, vec![0xAB; 65_536]);
    let publication = desk.publication(&bytes, Some((offset as u64, overlay.clone())));
    let token = publication.token.clone();
    let url = desk.server.publish(publication).await.unwrap();
    let expected = format!("{}/iso/{token}/rhel-0123456789ab.iso", desk.server.origin());
    assert_eq!(url.as_str(), expected);
    let client = desk.client();

    // First HEAD, as an IMC does; it is no reading.
    let response = client.head(url.clone()).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.version(), reqwest::Version::HTTP_11);
    assert_eq!(head(&response, header::CONTENT_LENGTH), "5000000");
    assert_eq!(head(&response, header::ACCEPT_RANGES), "bytes");
    assert_eq!(head(&response, header::ETAG), "\"rhel-0123456789ab.iso\"");
    assert!(desk.server.readers(&token).is_empty());

    let response = client.get(url.clone()).send().await.unwrap();
    assert_eq!(head(&response, header::CONTENT_LENGTH), "5000000");
    let got = response.bytes().await.unwrap();
    assert!(got == with_overlay(&bytes, offset, &overlay));
    let readers = readers_until(desk, &token, |r| !r[0].active).await;
    assert_eq!(readers.len(), 1);
    assert_eq!(readers[0].peer, "127.0.0.1");
    assert_eq!(readers[0].sent, ByteCount(5_000_000));
    assert_eq!(readers[0].total, ByteCount(5_000_000));
    // The file on disk stays as it was.
    assert!(std::fs::read(desk.dir.path().join("base.iso")).unwrap() == bytes);
}

#[test]
fn every_range_is_that_part_of_the_whole() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for scheme in BOTH {
        runtime.block_on(async { ranges_are_parts(&Desk::over(scheme)).await });
    }
}

async fn ranges_are_parts(desk: &Desk) {
    let bytes = pattern(2_500_000);
    let (offset, overlay) = (1_000_000, vec![0xCD; 65_536]);
    let naive = with_overlay(&bytes, offset, &overlay);
    let publication = desk.publication(&bytes, Some((offset as u64, overlay)));
    let url = desk.server.publish(publication).await.unwrap();
    let client = desk.client();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let near = prop_oneof![0..2_500_000_usize, 990_000..1_070_000_usize];
    let tree = (near, 1..200_000_usize);
    for _ in 0..40 {
        let case = tree.new_tree(&mut runner).unwrap().current();
        let (start, end) = (case.0, (case.0 + case.1).min(naive.len()));
        let response = part(&client, &url, &format!("bytes={start}-{}", end - 1)).await;
        assert_eq!(response.status(), StatusCode::PARTIAL_CONTENT);
        let expected = format!("bytes {start}-{}/2500000", end - 1);
        assert_eq!(head(&response, header::CONTENT_RANGE), expected);
        let got = response.bytes().await.unwrap();
        assert!(got == naive[start..end], "{start}..{end}");
    }
}

#[tokio::test]
async fn ranges_outside_and_stale_ranges() {
    let desk = Desk::open();
    let publication = desk.publication(&pattern(1000), None);
    let token = publication.token.clone();
    let url = desk.server.publish(publication).await.unwrap();
    let client = desk.client();
    let response = part(&client, &url, "bytes=1000-").await;
    assert_eq!(response.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(head(&response, header::CONTENT_RANGE), "bytes */1000");
    let response = part(&client, &url, "bytes=-10").await;
    assert!(response.bytes().await.unwrap() == pattern(1000)[990..]);
    let request = client.get(url.clone()).header(header::RANGE, "bytes=0-9");
    let stale = request
        .try_clone()
        .unwrap()
        .header(header::IF_RANGE, "\"other\"");
    assert_eq!(stale.send().await.unwrap().status(), StatusCode::OK);
    let fresh = request.header(header::IF_RANGE, "\"rhel-0123456789ab.iso\"");
    assert_eq!(
        fresh.send().await.unwrap().status(),
        StatusCode::PARTIAL_CONTENT
    );
    let readers = desk.server.readers(&token);
    assert_eq!(
        readers.len(),
        2,
        "parts together, and one whole: {readers:?}"
    );
}

#[tokio::test]
async fn everything_else_is_not_found() {
    let desk = Desk::open();
    let publication = desk.publication(&pattern(1000), None);
    let token = publication.token.clone();
    let url = desk.server.publish(publication).await.unwrap();
    let client = desk.client();
    let base = url.join("/").unwrap();
    let status = async |method: Method, path: &str| {
        let request = client.request(method, base.join(path).unwrap());
        let response = request.send().await.unwrap();
        let status = response.status();
        assert_eq!(
            response.bytes().await.unwrap().len(),
            0,
            "no reason is given"
        );
        status
    };
    let right = format!("/iso/{token}/rhel-0123456789ab.iso");
    for path in [
        "/",
        "/iso/",
        "/iso/x/rhel-0123456789ab.iso",
        "/etc/passwd",
        &format!("/iso/{token}"),
        &format!("/iso/{token}/"),
        &format!("/iso/{token}/other.iso"),
        &format!("{right}/x"),
        &format!("/iso/{token}/%2e%2e%2fbase.iso"),
    ] {
        assert_eq!(
            status(Method::GET, path).await,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
        assert_eq!(status(method, &right).await, StatusCode::NOT_FOUND);
    }
    desk.server.unpublish(&token).await;
    assert_eq!(status(Method::GET, &right).await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn only_our_ca_vouches_for_the_server() {
    let desk = Desk::open();
    let url = desk
        .server
        .publish(desk.publication(b"x", None))
        .await
        .unwrap();
    let other = CertificateAuthority::create("other", SystemClock.now()).unwrap();
    assert!(
        client_trusting(&other)
            .get(url.clone())
            .send()
            .await
            .is_err()
    );
    let plain = url.as_str().replace("https:", "http:");
    assert!(desk.client().get(plain).send().await.is_err());
    assert_eq!(desk.server.ca_certificate_pem(), desk.ca.certificate_pem());
}

#[tokio::test]
async fn a_port_in_use_says_what_to_do() {
    let desk = Desk::open();
    let taken = desk.server.bound();
    let start = |bind| {
        IsoServer::start(
            bind,
            "desk.lab",
            Scheme::Https,
            &desk.ca,
            Arc::new(SystemClock),
        )
    };
    let error = start(taken).unwrap_err();
    assert_eq!(error.kind, FailureKind::Local);
    let expected = format!("port {} on 127.0.0.1 is in use", taken.port());
    assert_eq!(error.message, expected);
    assert!(error.hint.unwrap().contains("--media-address"));
    // TEST-NET-1 is nobody's.
    let error = start("192.0.2.1:0".parse().unwrap()).unwrap_err();
    assert_eq!(
        error.message,
        "this machine does not have the address 192.0.2.1"
    );
}

#[tokio::test]
async fn what_can_not_be_served_is_refused_when_it_is_published() {
    let desk = Desk::open();
    let good = desk.publication(&pattern(1000), None);
    let refused = async |change: fn(&mut Publication)| {
        let mut publication = good.clone();
        change(&mut publication);
        desk.server.publish(publication).await.unwrap_err()
    };
    assert_eq!(
        refused(|p| p.token = "short".into()).await.kind,
        FailureKind::Precondition
    );
    assert_eq!(
        refused(|p| p.file_name = "../x".into()).await.kind,
        FailureKind::Precondition
    );
    let error = refused(|p| p.overlay = Some((990, Arc::new(vec![0; 11])))).await;
    assert_eq!(error.kind, FailureKind::Precondition);
    let error = refused(|p| p.overlay = Some((u64::MAX, Arc::new(vec![0; 11])))).await;
    assert_eq!(error.kind, FailureKind::Precondition);
    let error = refused(|p| p.size = ByteCount(999)).await;
    assert!(error.message.ends_with("has changed"), "{error:?}");
    let error = refused(|p| p.iso_path = "/no/such.iso".into()).await;
    assert_eq!(
        (error.kind, error.hint.is_some()),
        (FailureKind::Local, true)
    );
}

#[test]
fn tokens_are_long_and_new() {
    let (one, two) = (new_token(), new_token());
    assert_eq!(one.len(), 32);
    assert_ne!(one, two);
}
