//! The pin: who gets through the handshake, and what is sent before.

#![expect(clippy::unwrap_used, reason = "a panic here is the test's failure")]

mod support;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use slipway_core::ports::{Bmc, BmcError};
use slipway_redfish::{Accepted, RedfishClient, SiteCa, SiteCaError, Timeouts, inspect, tls};
use support::{PASSWORD, Server, certificate, imc, server_config};

#[tokio::test]
async fn without_a_pin_nothing_is_asked() {
    let (server, _) = imc::start().await;
    let mut target = server.target();
    target.pin = None;
    let error = RedfishClient::new(target).identify().await.unwrap_err();
    assert_eq!(
        error,
        BmcError::CertificateUnknown {
            peer: server.address.to_string(),
            seen: server.fingerprint.clone(),
        }
    );
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn a_changed_certificate_blocks_with_both_fingerprints() {
    let (server, _) = imc::start().await;
    let pinned = tls::fingerprint(&certificate().0);
    let mut target = server.target();
    target.pin = Some(pinned.clone());
    let client = RedfishClient::new(target);
    for error in [
        client.identify().await.unwrap_err(),
        client.reset_manager().await.unwrap_err(),
    ] {
        assert_eq!(
            error,
            BmcError::CertificateChanged {
                peer: server.address.to_string(),
                pinned: pinned.clone(),
                seen: server.fingerprint.clone(),
            }
        );
    }
    assert_eq!(server.requests().len(), 0);
}

/// BMCs still sign X.509 v1 certificates for themselves, which webpki does not read.
#[tokio::test]
async fn a_pinned_x509_v1_certificate_is_as_good_over_tls_12_and_13() {
    let certificate =
        CertificateDer::from_pem_slice(include_bytes!("fixtures/x509-v1.pem")).unwrap();
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let key = PrivateKeyDer::from_pem_slice(include_bytes!("fixtures/x509-v1.key")).unwrap();
        let server = v1_server(certificate.clone(), key, version).await;
        let identity = server.client().identify().await;
        assert!(identity.is_ok(), "{version:?}: {identity:?}");
    }
}

/// The certificate is public; only its key proves who shows it.
#[tokio::test]
async fn the_pinned_certificate_with_another_key_does_not_pass() {
    let certificate =
        CertificateDer::from_pem_slice(include_bytes!("fixtures/x509-v1.pem")).unwrap();
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let other =
            rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048)
                .unwrap();
        let key = PrivateKeyDer::try_from(other.serialize_der()).unwrap();
        let server = v1_server(certificate.clone(), key, version).await;
        let error = server.client().identify().await.unwrap_err();
        assert!(
            error.to_string().contains("BadSignature"),
            "{version:?}: {error}"
        );
        assert_eq!(server.requests().len(), 0);
    }
}

async fn v1_server(
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
    version: &'static rustls::SupportedProtocolVersion,
) -> Server {
    let fingerprint = tls::fingerprint(&certificate);
    let config = server_config((certificate, key), &[version]);
    Server::start_with(config, fingerprint, |request| {
        imc::answer(request, &mut imc::State::default())
    })
    .await
}

#[tokio::test]
async fn nothing_prints_the_password() {
    let (server, _) = imc::start().await;
    let shown = format!("{:?} {:?}", server.target(), server.client());
    assert!(!shown.contains(PASSWORD), "{shown}");
}

/// A CA, and a BMC with a certificate that it signed for this name.
async fn signed_for(name: &str) -> (SiteCa, Server) {
    let ca_key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let common_name = "lab 4 CA";
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    let ca = params.self_signed(&ca_key).unwrap();
    let issuer = Issuer::new(params, ca_key);
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let leaf = leaf.signed_by(&key, &issuer).unwrap();
    let fingerprint = tls::fingerprint(leaf.der());
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = server_config((leaf.der().clone(), key), rustls::ALL_VERSIONS);
    let server = Server::start_with(config, fingerprint, |request| {
        imc::answer(request, &mut imc::State::default())
    })
    .await;
    (SiteCa::from_pem(&ca.pem()).unwrap(), server)
}

#[tokio::test]
async fn a_certificate_of_the_sites_ca_needs_no_pin_and_outlives_an_old_one() {
    let (ca, server) = signed_for("127.0.0.1").await;
    for pin in [None, Some(tls::fingerprint(&certificate().0))] {
        let mut target = server.target();
        target.pin = pin;
        target.ca = Some(ca.clone());
        let client = RedfishClient::new(target);
        assert_eq!(client.accepted_certificate(), None);
        client.identify().await.unwrap();
        let by_ca = Accepted::BySiteCa(server.fingerprint.clone());
        assert_eq!(client.accepted_certificate(), Some(by_ca));
    }
    // What is pinned is accepted by its pin.
    let mut target = server.target();
    target.ca = Some(ca);
    let client = RedfishClient::new(target);
    client.identify().await.unwrap();
    let by_pin = Accepted::ByPin(server.fingerprint.clone());
    assert_eq!(client.accepted_certificate(), Some(by_pin));
}

#[tokio::test]
async fn what_the_ca_did_not_sign_or_not_for_this_name_blocks_as_ever() {
    let (ca, other_name) = signed_for("imc-7.lab").await;
    let (_, other_ca) = signed_for("127.0.0.1").await;
    for server in [other_name, other_ca] {
        let mut target = server.target();
        target.pin = None;
        target.ca = Some(ca.clone());
        let error = RedfishClient::new(target.clone()).identify().await;
        let unknown = matches!(error, Err(BmcError::CertificateUnknown { .. }));
        assert!(unknown, "{error:?}");
        target.pin = Some(tls::fingerprint(&certificate().0));
        let error = RedfishClient::new(target).identify().await;
        let changed = matches!(error, Err(BmcError::CertificateChanged { .. }));
        assert!(changed, "{error:?}");
        assert_eq!(server.requests().len(), 0);
    }
}

#[tokio::test]
async fn what_a_certificate_says_of_itself_is_shown_without_asking_anything() {
    let (ca, server) = signed_for("127.0.0.1").await;
    let shown = inspect(&server.address, Some(&ca), Timeouts::default());
    let shown = shown.await.unwrap();
    assert_eq!(shown.fingerprint, server.fingerprint);
    assert_eq!(shown.issuer.as_deref(), Some("CN=lab 4 CA"));
    assert_eq!(shown.names, ["127.0.0.1"]);
    assert!(shown.vouched_by_ca && !shown.self_signed);
    assert!(shown.not_before < shown.not_after);
    let (other, _) = signed_for("127.0.0.1").await;
    let shown = inspect(&server.address, Some(&other), Timeouts::default());
    assert!(!shown.await.unwrap().vouched_by_ca);
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn a_bundle_that_is_none_says_what_is_wrong_with_it() {
    let error = |pem: &str| SiteCa::from_pem(pem).unwrap_err();
    assert_eq!(error("# nothing yet"), SiteCaError::Empty);
    let begin = "-----BEGIN CERTIFICATE-----\n";
    let bad = format!("{begin}AAAA\n-----END CERTIFICATE-----\n");
    let text = error(&bad).to_string();
    assert!(
        text.starts_with("certificate 1 of it can't be used"),
        "{text}"
    );
}
