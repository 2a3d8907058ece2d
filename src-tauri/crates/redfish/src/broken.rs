//! What a broken connection means, and how far it came. Decides whether a second try may help.

use std::{error::Error as StdError, io, time::Duration};

use slipway_core::ports::{BmcError, Stage};
use tokio::{net::TcpStream, time};

use crate::{
    tls::{self, Unaccepted},
    transport::Transport,
};

/// A request that got no answer.
pub(crate) struct Broken {
    pub error: BmcError,
    /// The connection broke in a way that a second try may not meet.
    pub passing: bool,
}

impl Broken {
    /// An error that no second try changes.
    pub(crate) fn for_good(error: BmcError) -> Self {
        Self {
            error,
            passing: false,
        }
    }
}

impl Transport {
    /// What a request's error means, and how far the connection came.
    pub(crate) async fn why(&self, error: &reqwest::Error) -> Broken {
        if let Some(unaccepted) = Unaccepted::in_chain(error) {
            let peer = self.peer();
            let seen = unaccepted.seen.clone();
            let error = match unaccepted.pinned.clone() {
                Some(pinned) => BmcError::CertificateChanged { peer, pinned, seen },
                None => BmcError::CertificateUnknown { peer, seen },
            };
            return Broken {
                error,
                passing: false,
            };
        }
        if let Some(tls) = tls::tls_error_in_chain(error) {
            let reason = match tls {
                rustls::Error::InvalidMessage(_) => format!("it does not speak TLS ({tls})"),
                other => other.to_string(),
            };
            return self.broken(Stage::Tls, &reason, false);
        }
        let deepest = deepest(error);
        if error.is_dns() || chain_says(error, "dns error") {
            return self.broken(Stage::Name, &deepest, false);
        }
        if error.is_timeout() && error.is_connect() {
            let within = self.timeouts.connect.as_secs_f32();
            let stage = self.stage_of_silence().await;
            let what = match stage {
                Stage::Name => "no answer to its name",
                Stage::Tcp => "no TCP connection",
                Stage::Tls | Stage::Http | Stage::Ssh => "no TLS handshake",
            };
            return self.broken(stage, &format!("{what} within {within} s"), false);
        }
        if error.is_timeout() {
            let within = self.timeouts.request.as_secs_f32();
            return self.broken(Stage::Http, &format!("no answer within {within} s"), false);
        }
        if error.is_connect() {
            // What is no TCP error is the handshake's: tokio-rustls says "tls handshake eof".
            let tcp = chain_says(error, "tcp ");
            let stage = if tcp { Stage::Tcp } else { Stage::Tls };
            return self.broken(stage, &deepest, broke_off(error));
        }
        let reason = format!("the connection broke before the answer was complete: {deepest}");
        self.broken(Stage::Http, &reason, true)
    }

    /// Where a connection that timed out came to: one timeout covers name, TCP and TLS, so the
    /// first two are tried by themselves.
    async fn stage_of_silence(&self) -> Stage {
        let patience = self.timeouts.connect.min(Duration::from_secs(2));
        let host = (self.address.host.as_str(), self.address.port);
        let Ok(Ok(found)) = time::timeout(patience, tokio::net::lookup_host(host)).await else {
            return Stage::Name;
        };
        let found: Vec<_> = found.collect();
        match time::timeout(patience, TcpStream::connect(found.as_slice())).await {
            Ok(Ok(_)) => Stage::Tls,
            Ok(Err(_)) | Err(_) => Stage::Tcp,
        }
    }

    pub(crate) fn broken(&self, stage: Stage, reason: &str, passing: bool) -> Broken {
        Broken {
            error: BmcError::Unreachable {
                peer: self.peer(),
                stage,
                reason: self.quote(reason),
            },
            passing,
        }
    }
}

fn chain(error: &reqwest::Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    let first: &(dyn StdError + 'static) = error;
    std::iter::successors(Some(first), |e: &&(dyn StdError + 'static)| (*e).source())
}

/// The last sentence of the chain: what the operating system or the protocol said.
fn deepest(error: &reqwest::Error) -> String {
    chain(error)
        .last()
        .map(ToString::to_string)
        .unwrap_or_default()
}

fn chain_says(error: &reqwest::Error, beginning: &str) -> bool {
    chain(error).any(|e| e.to_string().starts_with(beginning))
}

/// Whether the peer dropped the connection, as opposed to refusing it.
fn broke_off(error: &reqwest::Error) -> bool {
    chain(error).any(|e| {
        let kind = e.downcast_ref::<io::Error>().map(io::Error::kind);
        matches!(
            kind,
            Some(
                io::ErrorKind::ConnectionReset
                    | io::ErrorKind::ConnectionAborted
                    | io::ErrorKind::BrokenPipe
                    | io::ErrorKind::UnexpectedEof
            )
        )
    })
}
