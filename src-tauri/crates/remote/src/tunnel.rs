//! A byte stream to a machine behind a hop: `direct-tcpip`, or `nc` run on the hop.
//!
//! An IMC's sshd may refuse forwarding. Then a command that connects there and copies its standard
//! input and output does the same; SSH inside it keeps what passes secret and unchanged.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use russh::{
    Channel, ChannelMsg, ChannelOpenFailure,
    client::{Handle, Msg},
};
use slipway_core::{
    address::Address,
    command::CommandLine,
    ports::{RemoteError, Stage},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream},
    task::JoinHandle,
    time::timeout,
};

use crate::handshake::{Watcher, Wire};

/// For `nc` to end after its input did.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// What `nc` said on standard error and how it ended: the evidence where the handshake fails.
pub(crate) struct Evidence {
    said: Arc<Mutex<String>>,
    copying: JoinHandle<()>,
}

impl Evidence {
    /// Put behind a reason, where there is any. Waits a moment for `nc` to end.
    pub async fn explain(self, reason: String) -> String {
        let _ = timeout(LAST_WORDS, self.copying).await;
        match self.said.lock().as_deref().map(|said| said.trim()) {
            Ok("") | Err(_) => reason,
            Ok(said) => format!("{reason} ({said})"),
        }
    }
}

/// How far the hop let us go.
pub(crate) enum Opened {
    Forwarded(Wire),
    Copied(Wire, Evidence),
}

/// Opens a way to `address` through the hop's session. `peer` names the far machine, for errors.
pub(crate) async fn open(
    hop: &Handle<Watcher>,
    hop_peer: &str,
    peer: &str,
    address: &Address,
) -> Result<Opened, RemoteError> {
    let port = u32::from(address.port);
    let direct = hop
        .channel_open_direct_tcpip(address.host.as_str(), port, "127.0.0.1", 0)
        .await;
    let unreachable = |reason: String| RemoteError::Unreachable {
        peer: peer.to_owned(),
        stage: Stage::Tcp,
        reason,
    };
    match direct {
        Ok(channel) => Ok(Opened::Forwarded(Box::new(channel.into_stream()))),
        Err(russh::Error::ChannelOpenFailure(
            ChannelOpenFailure::AdministrativelyProhibited | ChannelOpenFailure::UnknownChannelType,
        )) => {
            tracing::debug!(hop = hop_peer, "the hop refuses forwarding; trying `nc`");
            let (wire, evidence) = copied_by_nc(hop, hop_peer, address).await?;
            Ok(Opened::Copied(wire, evidence))
        }
        Err(russh::Error::ChannelOpenFailure(ChannelOpenFailure::ConnectFailed)) => Err(
            unreachable(format!("{hop_peer} can't connect to {address}")),
        ),
        Err(russh::Error::ChannelOpenFailure(why)) => {
            Err(unreachable(format!("{hop_peer} opens no channel: {why:?}")))
        }
        Err(error) => Err(RemoteError::Lost {
            peer: hop_peer.to_owned(),
            reason: error.to_string(),
        }),
    }
}

async fn copied_by_nc(
    hop: &Handle<Watcher>,
    hop_peer: &str,
    address: &Address,
) -> Result<(Wire, Evidence), RemoteError> {
    let lost = |error: russh::Error| RemoteError::Lost {
        peer: hop_peer.to_owned(),
        reason: error.to_string(),
    };
    let channel = hop.channel_open_session().await.map_err(lost)?;
    let nc = CommandLine::new(["nc", &address.host, &address.port.to_string()]);
    channel.exec(false, nc.to_string()).await.map_err(lost)?;
    let (ours, theirs) = tokio::io::duplex(256 * 1024);
    let said = Arc::new(Mutex::new(String::new()));
    let copying = tokio::spawn(copy(channel, theirs, said.clone()));
    Ok((Box::new(ours), Evidence { said, copying }))
}

/// Copies until both ends are done, then closes the channel, which ends `nc`.
async fn copy(channel: Channel<Msg>, stream: DuplexStream, said: Arc<Mutex<String>>) {
    let say = |text: &str| {
        if let Ok(mut all) = said.lock()
            && all.len() < 1000
        {
            all.push_str(text);
        }
    };
    let (mut from_nc, to_nc) = channel.split();
    let (mut from_us, mut to_us) = tokio::io::split(stream);
    let up = async {
        let mut buffer = vec![0; 32 * 1024];
        while let Ok(length @ 1..) = from_us.read(&mut buffer).await {
            if to_nc.data_bytes(buffer[..length].to_vec()).await.is_err() {
                break;
            }
        }
    };
    let down = async {
        while let Some(message) = from_nc.wait().await {
            match message {
                ChannelMsg::Data { data } => {
                    // Nobody reads any more; what `nc` says at its end still counts.
                    let _ = to_us.write_all(&data).await;
                }
                ChannelMsg::Eof => {
                    let _ = to_us.shutdown().await;
                }
                ChannelMsg::ExtendedData { data, .. } => say(&String::from_utf8_lossy(&data)),
                ChannelMsg::ExitStatus { exit_status } => {
                    say(&format!(" `nc` ended with status {exit_status}"));
                }
                ChannelMsg::Failure => say("the hop runs no commands"),
                // Of russh, and growing with it: the rest tells nothing about `nc`.
                _ => {}
            }
        }
    };
    tokio::pin!(down);
    tokio::select! {
        () = up => {
            let _ = to_nc.eof().await;
            let _ = timeout(LAST_WORDS, down).await;
        }
        () = &mut down => {}
    }
    let _ = to_nc.close().await;
}
