//! A handshake with a server under the TLS policy that Intel ships for the IMC.
//!
//! GnuTLS itself is the server (`gnutls-serv`, Debian's gnutls-bin) and the policy is its own
//! priority file. It listens on every address, so it and the client live in a network namespace
//! of their own: the test runs itself again inside `unshare`.

#![expect(clippy::unwrap_used, reason = "a panic here is the test's failure")]

mod support;

use std::{
    fs::File,
    net::{Ipv4Addr, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, SignatureAlgorithm};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::CertificateDer,
};
use serde_json::json;
use slipway_core::{
    address::Address,
    ports::{Bmc, BmcError},
    secret::Password,
};
use slipway_redfish::{RedfishClient, RedfishTarget, Timeouts, probe, tls};
use support::{PASSWORD, USER, until};
use tokio_rustls::TlsConnector;

const INSIDE: &str = "SLIPWAY_TEST_IN_NAMESPACE";
const PORT: u16 = 8443;

#[test]
fn an_imc_under_intels_policy_is_reached() {
    if std::env::var_os(INSIDE).is_some() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(meet_each_kind_of_key());
        return;
    }
    // As a user that is not root, the namespace needs a user namespace around it.
    let as_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let output = Command::new("unshare")
        .arg(if as_root { "-n" } else { "-rn" })
        .args(["sh", "-c", r#"ip link set lo up && exec "$0" "$@""#])
        .arg(std::env::current_exe().unwrap())
        .args([
            "an_imc_under_intels_policy_is_reached",
            "--exact",
            "--nocapture",
        ])
        .env(INSIDE, "1")
        .output()
        .expect("unshare (util-linux) runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let stdout = text(&output.stdout);
    assert!(
        output.status.success() && stdout.contains("1 passed"),
        "{stdout}{}",
        text(&output.stderr)
    );
}

async fn meet_each_kind_of_key() {
    let p521 = &rcgen::PKCS_ECDSA_P521_SHA512;
    meet(p521, None).await;
    meet(&rcgen::PKCS_RSA_SHA256, None).await;
    // As Slipway issues it: signed by its CA, whose own key the policy would not serve by.
    meet(p521, Some(&rcgen::PKCS_ECDSA_P256_SHA256)).await;
}

/// `signer`: the key of an authority; `None`: it is self-signed.
async fn meet(algorithm: &'static SignatureAlgorithm, signer: Option<&'static SignatureAlgorithm>) {
    let dir = tempfile::tempdir().unwrap();
    let (serv, certificate, root) = Serv::start(dir.path(), algorithm, signer).await;
    let address = Address::new("127.0.0.1", PORT).unwrap();

    // Our provider gets through, and the same client with rustls's own does not.
    let shake = |provider| handshake(provider, root.clone());
    shake(tls::provider()).await.unwrap();
    let error = shake(Arc::new(aws_lc_rs::default_provider())).await;
    let error = error.unwrap_err().to_string();
    let no_group = error.contains("HandshakeFailure") || error.contains("eof");
    assert!(no_group, "{error}");

    // And so does the client as it is: probed, then with the pin, to a 200.
    let seen = probe(&address).await.unwrap();
    assert_eq!(seen, tls::fingerprint(&certificate));
    let mut target = RedfishTarget {
        address,
        user: USER.to_owned(),
        password: Password::new(PASSWORD),
        pin: Some(seen),
        ca: None,
        timeouts: Timeouts::default(),
    };
    let identity = RedfishClient::new(target.clone()).identify().await.unwrap();
    assert_eq!(identity.service_name, "IPU");
    assert_eq!(identity.firmware.as_deref(), Some("1"));
    target.pin = Some(tls::fingerprint(&support::certificate().0));
    let error = RedfishClient::new(target).identify().await.unwrap_err();
    assert!(
        matches!(error, BmcError::CertificateChanged { .. }),
        "{error}"
    );
    drop(serv);
}

/// A handshake, with nothing of ours but the provider.
async fn handshake(
    provider: Arc<CryptoProvider>,
    root: CertificateDer<'static>,
) -> std::io::Result<()> {
    let mut roots = RootCertStore::empty();
    roots.add(root).unwrap();
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, PORT)).await?;
    let name = "localhost".try_into().unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    connector.connect(name, stream).await.map(drop)
}

/// `gnutls-serv` under the policy; stopped when it is dropped.
struct Serv(Child);

impl Serv {
    async fn start(
        dir: &Path,
        algorithm: &'static SignatureAlgorithm,
        signer: Option<&'static SignatureAlgorithm>,
    ) -> (Self, CertificateDer<'static>, CertificateDer<'static>) {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let (certificate, root) = match signer {
            None => {
                let own = params.self_signed(&key).unwrap();
                (own.clone(), own)
            }
            Some(signer) => {
                let ca_key = KeyPair::generate_for(signer).unwrap();
                let mut ca = CertificateParams::default();
                ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
                let root = ca.self_signed(&ca_key).unwrap();
                let issuer = Issuer::new(ca, ca_key);
                (params.signed_by(&key, &issuer).unwrap(), root)
            }
        };
        let at = |name: &str| dir.join(name);
        std::fs::write(at("key.pem"), key.serialize_pem()).unwrap();
        std::fs::write(at("certificate.pem"), certificate.pem()).unwrap();
        // Its one answer, so it is the root, each collection and each member at once.
        let all = json!({"@odata.id": "/redfish/v1/all", "RedfishVersion": "1.21.0",
            "Name": "IPU", "FirmwareVersion": "1", "Systems": {"@odata.id": "/redfish/v1/all"},
            "Managers": {"@odata.id": "/redfish/v1/all"},
            "Members": [{"@odata.id": "/redfish/v1/all"}]});
        std::fs::write(at("answer.json"), all.to_string()).unwrap();
        let policy =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/intel-tls-policy.ini");
        let log = File::create(at("log")).unwrap();
        let child = Command::new("gnutls-serv")
            .args(["--http", "--quiet", "--disable-client-cert", "--port"])
            .arg(PORT.to_string())
            .args(["--httpdata", "answer.json", "--x509keyfile", "key.pem"])
            .args(["--x509certfile", "certificate.pem"])
            .current_dir(dir)
            .env("GNUTLS_SYSTEM_PRIORITY_FILE", policy)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .expect("gnutls-serv (Debian's gnutls-bin) runs");
        let serv = Self(child);
        until("gnutls-serv listens", || {
            TcpStream::connect((Ipv4Addr::LOCALHOST, PORT)).is_ok()
        })
        .await;
        (serv, certificate.der().clone(), root.der().clone())
    }
}

impl Drop for Serv {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
