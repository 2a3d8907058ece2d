//! From an address to an SSH session whose host key was checked: name, TCP, key exchange.
//!
//! No authentication happens here: the host key is checked inside the key exchange, so nothing
//! secret was said to a peer that fails it.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use russh::{
    client::{self, DisconnectReason},
    keys::PublicKeyOrCertificate,
};
use slipway_core::{
    address::Address,
    ports::{RemoteError, Stage},
    trust::Fingerprint,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::{Instant, timeout_at},
};

use crate::keys::fingerprint;

/// For name, TCP and key exchange together; and again for logging in.
pub(crate) const CONNECT_DEADLINE: Duration = Duration::from_secs(10);
/// A dead peer is noticed after four of these.
const KEEPALIVE: Duration = Duration::from_secs(5);

/// A byte stream that SSH can be spoken over.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}
pub(crate) type Wire = Box<dyn Duplex>;

/// What a session told beside its answers.
#[derive(Debug, Default)]
pub(crate) struct Observed {
    pub host_key: OnceLock<Fingerprint>,
    /// Why it ended, in the peer's or the library's words.
    pub ended: OnceLock<String>,
}

/// Checks the host key, at the first exchange and at every later one.
pub(crate) struct Watcher {
    pinned: Option<Fingerprint>,
    observed: Arc<Observed>,
}

impl client::Handler for Watcher {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        key: &PublicKeyOrCertificate,
    ) -> Result<bool, Self::Error> {
        let seen = fingerprint(&key.public_key());
        let accepted = self.pinned.as_ref() == Some(&seen);
        let _ = self.observed.host_key.set(seen);
        Ok(accepted)
    }

    async fn disconnected(
        &mut self,
        reason: DisconnectReason<Self::Error>,
    ) -> Result<(), Self::Error> {
        let reason = match reason {
            DisconnectReason::ReceivedDisconnect(info) => info.message,
            DisconnectReason::Error(error) => error.to_string(),
        };
        let _ = self.observed.ended.set(reason);
        Ok(())
    }
}

/// A session whose host key is the pinned one; nobody is logged in yet.
pub(crate) struct Shaken {
    pub handle: client::Handle<Watcher>,
    pub observed: Arc<Observed>,
}

/// Opens a TCP connection to the first of the host's addresses that answers.
pub(crate) async fn dial(
    peer: &str,
    address: &Address,
    until: Instant,
) -> Result<TcpStream, RemoteError> {
    let unreachable = |stage, reason: String| RemoteError::Unreachable {
        peer: peer.to_owned(),
        stage,
        reason,
    };
    let lookup = tokio::net::lookup_host((address.host.as_str(), address.port));
    let found: Vec<_> = match timeout_at(until, lookup).await {
        Ok(Ok(found)) => found.collect(),
        Ok(Err(error)) => return Err(unreachable(Stage::Name, error.to_string())),
        Err(_) => {
            return Err(unreachable(
                Stage::Name,
                "no answer from the resolver".into(),
            ));
        }
    };
    let mut reason = "the name has no address".to_owned();
    let mut stage = Stage::Name;
    for (position, socket) in found.iter().enumerate() {
        // An address that swallows packets must leave time for the next one.
        let left = until.saturating_duration_since(Instant::now());
        let share = left / u32::try_from(found.len() - position).unwrap_or(1);
        stage = Stage::Tcp;
        match timeout_at(Instant::now() + share, TcpStream::connect(socket)).await {
            Ok(Ok(stream)) => {
                // Commands are small: waiting to fill a packet only delays them.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => reason = error.to_string(),
            Err(_) => reason = format!("no answer from {socket}"),
        }
    }
    Err(unreachable(stage, reason))
}

/// Exchanges keys over `wire` and checks the peer's host key.
pub(crate) async fn shake_hands(
    peer: &str,
    wire: Wire,
    pinned: Option<&Fingerprint>,
    until: Instant,
) -> Result<Shaken, RemoteError> {
    let observed = Arc::new(Observed::default());
    let watcher = Watcher {
        pinned: pinned.cloned(),
        observed: observed.clone(),
    };
    let config = Arc::new(client::Config {
        keepalive_interval: Some(KEEPALIVE),
        ..client::Config::default()
    });
    let shaken = timeout_at(until, client::connect_stream(config, wire, watcher)).await;
    let unreachable = |reason: String| RemoteError::Unreachable {
        peer: peer.to_owned(),
        stage: Stage::Ssh,
        reason,
    };
    let reason = match shaken {
        Ok(Ok(handle)) => return Ok(Shaken { handle, observed }),
        Ok(Err(russh::Error::Disconnect | russh::Error::HUP)) => {
            "it closed the connection before the keys were exchanged".to_owned()
        }
        Ok(Err(russh::Error::Version)) => "it does not speak SSH 2".to_owned(),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "it does not finish the SSH handshake".to_owned(),
    };
    match (observed.host_key.get(), pinned) {
        (Some(seen), None) => Err(RemoteError::HostKeyUnknown {
            peer: peer.to_owned(),
            seen: seen.clone(),
        }),
        (Some(seen), Some(pinned)) if seen != pinned => Err(RemoteError::HostKeyChanged {
            peer: peer.to_owned(),
            pinned: pinned.clone(),
            seen: seen.clone(),
        }),
        (Some(_) | None, Some(_) | None) => Err(unreachable(reason)),
    }
}
