//! A login on a machine that keeps its connection: the port [`Remote`] over russh.

use std::{future::Future, path::PathBuf, pin::Pin, sync::Arc, time::Duration};

use async_trait::async_trait;
use russh::{Channel, client::Msg};
use slipway_core::{
    command::CommandLine,
    ports::{CommandOutput, Remote, RemoteError, Stage},
    trust::Fingerprint,
};
use tokio::{
    sync::{Mutex, Semaphore},
    time::{Instant, timeout, timeout_at},
};

use crate::{
    auth::log_in,
    exec::{self, Running},
    handshake::{CONNECT_DEADLINE, Shaken, Wire, dial, shake_hands},
    target::SshTarget,
    tunnel::{self, Evidence, Opened},
};

/// OpenSSH allows ten sessions per connection (`MaxSessions`); one may be a tunnel.
const COMMANDS_AT_ONCE: usize = 8;
/// PAM answers a wrong password after seconds, and there may be several ways to try.
const LOGIN_DEADLINE: Duration = Duration::from_secs(20);

/// Runs commands on one machine. Cheap to make: it connects at the first command, keeps the
/// connection, shares it among commands, and connects again after a loss.
pub struct SshRemote {
    target: SshTarget,
    peer: String,
    hop: Option<Box<SshRemote>>,
    agent_socket: Option<PathBuf>,
    link: Mutex<Option<Arc<Shaken>>>,
    commands: Semaphore,
}

impl std::fmt::Debug for SshRemote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SshRemote")
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

impl SshRemote {
    #[must_use]
    pub fn new(target: SshTarget) -> Self {
        let hop = target.via.as_deref().cloned();
        Self {
            peer: target.peer(),
            hop: hop.map(|hop| Box::new(Self::new(hop))),
            target,
            agent_socket: None,
            link: Mutex::new(None),
            commands: Semaphore::new(COMMANDS_AT_ONCE),
        }
    }

    /// Asks the agent behind this socket instead of the one in `SSH_AUTH_SOCK`, for hops too.
    #[must_use]
    pub fn with_agent_socket(mut self, socket: PathBuf) -> Self {
        self.hop = self
            .hop
            .map(|hop| Box::new(hop.with_agent_socket(socket.clone())));
        self.agent_socket = Some(socket);
        self
    }

    /// The kept session, or a new one; and whether it is new.
    async fn link(&self) -> Result<(Arc<Shaken>, bool), RemoteError> {
        let mut kept = self.link.lock().await;
        if let Some(link) = kept.as_ref().filter(|link| !link.handle.is_closed()) {
            return Ok((link.clone(), false));
        }
        *kept = None;
        let mut session = self.shake(self.target.host_key.as_ref()).await?;
        let login = log_in(
            &mut session,
            &self.peer,
            &self.target.user,
            &self.target.auth,
            self.agent_socket.as_deref(),
        );
        match timeout(LOGIN_DEADLINE, login).await {
            Ok(result) => result?,
            Err(_) => return Err(self.lost("it does not finish the login".into())),
        }
        let link = Arc::new(session);
        *kept = Some(link.clone());
        Ok((link, true))
    }

    /// Connects as far as the host key.
    async fn shake(&self, pinned: Option<&Fingerprint>) -> Result<Shaken, RemoteError> {
        let (wire, evidence): (Wire, Option<Evidence>) = match &self.hop {
            None => {
                let until = Instant::now() + CONNECT_DEADLINE;
                let stream = dial(&self.peer, &self.target.address, until).await?;
                let shaken = shake_hands(&self.peer, Box::new(stream), pinned, until);
                return shaken.await;
            }
            Some(hop) => match hop.tunnel(&self.target, &self.peer).await? {
                Opened::Forwarded(wire) => (wire, None),
                Opened::Copied(wire, evidence) => (wire, Some(evidence)),
            },
        };
        let until = Instant::now() + CONNECT_DEADLINE;
        let shaken = shake_hands(&self.peer, wire, pinned, until).await;
        match (shaken, evidence) {
            (
                Err(RemoteError::Unreachable {
                    peer,
                    stage,
                    reason,
                }),
                Some(evidence),
            ) => Err(RemoteError::Unreachable {
                peer,
                stage,
                reason: evidence.explain(format!("through `nc`: {reason}")).await,
            }),
            (shaken, _) => shaken,
        }
    }

    /// As the hop: a way to the target behind. Boxed, since a hop may have a hop.
    fn tunnel<'a>(
        &'a self,
        behind: &'a SshTarget,
        peer: &'a str,
    ) -> Boxed<'a, Result<Opened, RemoteError>> {
        Box::pin(async move {
            loop {
                let (link, new) = self.link().await?;
                let open = tunnel::open(&link.handle, &self.peer, peer, &behind.address);
                let problem = match timeout(CONNECT_DEADLINE, open).await {
                    Ok(Err(problem @ RemoteError::Lost { .. })) => problem,
                    Ok(result) => return result,
                    Err(_) => RemoteError::Unreachable {
                        peer: peer.to_owned(),
                        stage: Stage::Tcp,
                        reason: format!("no answer through {}", self.peer),
                    },
                };
                self.forget(&link).await;
                if new {
                    return Err(problem);
                }
            }
        })
    }

    /// A channel for a command. A kept session may have died unnoticed: then once over a new one,
    /// which is safe because no command was sent yet.
    async fn channel(&self) -> Result<Channel<Msg>, RemoteError> {
        loop {
            let (link, new) = self.link().await?;
            let reason = match timeout(CONNECT_DEADLINE, link.handle.channel_open_session()).await {
                Ok(Ok(channel)) => return Ok(channel),
                Ok(Err(russh::Error::ChannelOpenFailure(why))) => {
                    return Err(self.lost(format!("it opens no channel for a command: {why:?}")));
                }
                Ok(Err(error)) => match link.observed.ended.get() {
                    Some(ended) => ended.clone(),
                    None => error.to_string(),
                },
                Err(_) => "it stopped answering".to_owned(),
            };
            self.forget(&link).await;
            if new {
                return Err(self.lost(reason));
            }
            tracing::debug!(peer = self.peer, reason, "connecting again");
        }
    }

    async fn forget(&self, link: &Arc<Shaken>) {
        let mut kept = self.link.lock().await;
        if kept.as_ref().is_some_and(|kept| Arc::ptr_eq(kept, link)) {
            *kept = None;
        }
    }

    fn lost(&self, reason: String) -> RemoteError {
        RemoteError::Lost {
            peer: self.peer.clone(),
            reason,
        }
    }
}

#[async_trait]
impl Remote for SshRemote {
    async fn run(
        &self,
        command: &CommandLine,
        stdin: Option<&[u8]>,
        deadline: Duration,
    ) -> Result<CommandOutput, RemoteError> {
        let work = async {
            let _permit = self.commands.acquire().await;
            let (mut reader, writer) = self.channel().await?.split();
            // Dropped with this future, so at the deadline as well: it stops the command.
            let running = Running::new(writer);
            let stdin = stdin.unwrap_or_default();
            let result = exec::run(&mut reader, &running, command, stdin).await;
            result.map_err(|reason| self.lost(reason))
        };
        match timeout_at(Instant::now() + deadline, work).await {
            Ok(result) => result,
            Err(_) => Err(RemoteError::TimedOut {
                peer: self.peer.clone(),
                command: shortened(&command.to_string()),
                seconds: deadline.as_secs(),
            }),
        }
    }
}

/// A script may be long; the beginning says which command it was.
fn shortened(command: &str) -> String {
    const SHOWN: usize = 100;
    match command.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &command[..end]),
        None => command.to_owned(),
    }
}

/// The host key that a machine shows now. Only shakes hands with it; a hop is logged in to, under
/// its own pin.
///
/// # Errors
/// [`RemoteError`] where no host key could be seen.
pub async fn host_key(target: SshTarget) -> Result<Fingerprint, RemoteError> {
    let remote = SshRemote::new(target);
    match remote.shake(None).await {
        Err(RemoteError::HostKeyUnknown { peer, seen }) if peer == remote.peer => Ok(seen),
        Err(error) => Err(error),
        Ok(_) => Err(remote.lost("it took part without a host key".into())),
    }
}
