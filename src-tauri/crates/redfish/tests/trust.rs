//! The pin: who gets through the handshake, and what is sent before.

mod support;

use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use slipway_core::ports::{Bmc, BmcError};
use slipway_redfish::{RedfishClient, tls};
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
