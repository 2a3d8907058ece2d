//! HTTPS servers that are no IMC's.

use std::{net::TcpListener, sync::Arc};

use axum::{Router, http::header::CONTENT_TYPE};
use axum_server::tls_rustls::RustlsConfig;
use rcgen::{CertificateParams, KeyPair};
use rustls::{ServerConfig, crypto::aws_lc_rs};
use tokio::runtime::Handle;

/// Answers every question with the same text. Runs as long as the runtime.
pub fn answers(on: &Handle, content_type: &'static str, text: &'static str) -> String {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["127.0.0.1".into()])
        .unwrap()
        .self_signed(&key)
        .unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key.into())
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let router =
        Router::new().fallback(move || async move { ([(CONTENT_TYPE, content_type)], text) });
    let _guard = on.enter();
    let server =
        axum_server::from_tcp_rustls(listener, RustlsConfig::from_config(Arc::new(config)))
            .unwrap();
    on.spawn(async move { server.serve(router.into_make_service()).await.unwrap() });
    address
}
