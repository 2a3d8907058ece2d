//! What an IMC trusts as a TLS client: only what `update-ca-trust` put in force, at its own time.

use std::{fmt, sync::Arc, time::Duration};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, UnixTime, pem::PemObject},
    time_provider::TimeProvider,
};

use crate::card::Card;

/// Why a transfer failed, in libcurl's words (CURLcode and `curl_easy_strerror`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CurlError {
    #[error("Unsupported protocol")]
    UnsupportedProtocol,
    #[error("URL using bad/illegal format or missing URL")]
    BadUrl,
    #[error("Could not resolve hostname")]
    NoHost,
    #[error("Could not connect to server")]
    NoConnection,
    #[error("Weird server reply")]
    WeirdReply,
    #[error("Transferred a partial file")]
    PartialFile,
    #[error("HTTP response code said error")]
    HttpStatus,
    #[error("Failed writing received data to disk/application")]
    WriteFailed,
    #[error("Timeout was reached")]
    TimedOut,
    #[error("SSL connect error")]
    TlsHandshake,
    #[error("Server returned nothing (no headers, no data)")]
    NothingCame,
    #[error("Failure when receiving data from the peer")]
    ReceiveFailed,
    #[error("SSL peer certificate or SSH remote key was not OK")]
    BadCertificate,
    #[error("Maximum file size exceeded")]
    TooLarge,
    #[error("Problem with the SSL CA cert (path? access rights?)")]
    BadAuthorities,
}

impl CurlError {
    /// What the program `curl` exits with.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::UnsupportedProtocol => 1,
            Self::BadUrl => 3,
            Self::NoHost => 6,
            Self::NoConnection => 7,
            Self::WeirdReply => 8,
            Self::PartialFile => 18,
            Self::HttpStatus => 22,
            Self::WriteFailed => 23,
            Self::TimedOut => 28,
            Self::TlsHandshake => 35,
            Self::NothingCame => 52,
            Self::ReceiveFailed => 56,
            Self::BadCertificate => 60,
            Self::TooLarge => 63,
            Self::BadAuthorities => 77,
        }
    }

    /// The nearest of libcurl's codes.
    #[must_use]
    pub fn of(error: &reqwest::Error) -> Self {
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            if let Some(tls) = find_tls(cause) {
                return match tls {
                    rustls::Error::InvalidCertificate(_) => Self::BadCertificate,
                    _ => Self::TlsHandshake,
                };
            }
            let text = cause.to_string();
            if text.contains("dns error") || text.contains("failed to lookup") {
                return Self::NoHost;
            }
            source = cause.source();
        }
        if error.is_timeout() {
            Self::TimedOut
        } else if error.is_connect() {
            Self::NoConnection
        } else if error.is_body() || error.is_decode() {
            Self::ReceiveFailed
        } else {
            Self::NothingCame
        }
    }
}

/// rustls' own error, which comes wrapped in `io::Error`s: those hide what they wrap from `source`.
fn find_tls<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a rustls::Error> {
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        return Some(tls);
    }
    let io = error.downcast_ref::<std::io::Error>()?;
    find_tls(io.get_ref()?)
}

struct ImcClock(jiff::Timestamp);

impl fmt::Debug for ImcClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ImcClock")
    }
}

impl TimeProvider for ImcClock {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.as_second()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

/// An HTTPS client that trusts what this IMC trusts, now. No redirects, HTTP/1.1.
///
/// # Errors
/// The client could not be built.
pub fn client(card: &Card) -> Result<reqwest::Client, reqwest::Error> {
    let trusted = card.imc().trusted.clone();
    client_trusting(card, &trusted)
}

/// The same with these certificates (PEM) in place of the IMC's own: `curl --cacert`.
///
/// # Errors
/// The client could not be built.
pub fn client_trusting(card: &Card, trusted: &[String]) -> Result<reqwest::Client, reqwest::Error> {
    let mut roots = RootCertStore::empty();
    for pem in trusted {
        let certificates = CertificateDer::pem_slice_iter(pem.as_bytes());
        // What is no certificate is passed over, as `update-ca-trust` does.
        roots.add_parsable_certificates(certificates.flatten());
    }
    let clock = Arc::new(ImcClock(card.imc_now()));
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_details(provider, clock)
        .with_safe_default_protocol_versions()
        .expect("the provider has suites for TLS 1.2 and 1.3");
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    reqwest::Client::builder()
        .tls_backend_preconfigured(config)
        .http1_only()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(Duration::from_secs(10))
        .build()
}
