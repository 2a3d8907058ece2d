//! The protocol: one russh session over one stream, for whatever machine is behind it.

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures::future::BoxFuture;
use russh::{
    Channel, ChannelId, ChannelMsg, ChannelOpenFailure, MethodKind, MethodSet,
    keys::{HashAlg, PrivateKey, PublicKey},
    server::{
        Auth, ChannelOpenHandle, Config, Handler, Msg, PublicKeyOffer, Session, VerifiedPublicKey,
        run_stream,
    },
};
use tokio::{
    io::{AsyncRead, AsyncWrite, DuplexStream},
    sync::mpsc,
};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::shell::{ShellOutput, Stdin};

/// Bytes between the network and russh.
const BETWEEN: usize = 64 << 10;

/// A machine that people log in to.
pub(super) trait SshMachine: Send + Sync + 'static {
    /// PEM; asked at each connection.
    fn host_key(&self) -> Option<String>;
    fn password_opens(&self, user: &str, password: &str) -> bool;
    /// The lines of `authorized_keys`.
    fn authorized_keys(&self, user: &str) -> String;
    /// How long a refusal takes.
    fn rejection(&self) -> Duration;
    /// False once the machine that the session began on is gone.
    fn alive(&self) -> bool;
    fn exec(&self, command: String, stdin: Stdin) -> BoxFuture<'static, ShellOutput>;
    /// A stream to a host and port that can be reached from here: `None` is forbidden, an error
    /// is a refused connection.
    fn forward(&self, host: &str, port: u32) -> Option<Result<DuplexStream, ()>>;
}

/// Serves one connection to its end. Dropped, it breaks everything off that it began.
pub(super) async fn serve<M: SshMachine, S>(machine: Arc<M>, mut stream: S)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let Some(Ok(key)) = machine.host_key().map(PrivateKey::from_openssh) else {
        tracing::warn!("a lab machine has no usable SSH host key");
        return;
    };
    let config = Config {
        methods: MethodSet::from(&[MethodKind::PublicKey, MethodKind::Password][..]),
        auth_rejection_time: machine.rejection(),
        auth_rejection_time_initial: Some(Duration::ZERO),
        keys: vec![key],
        nodelay: true,
        inactivity_timeout: None,
        ..Config::default()
    };
    // russh runs a session in a task of its own that nobody can end from here. Its stream is one
    // half of a pipe: when we are dropped, so is the other half, and the task ends.
    let (ours, theirs) = tokio::io::duplex(BETWEEN);
    let work = CancellationToken::new();
    let handler = Login {
        machine,
        channels: HashMap::new(),
        work: work.clone(),
        _ends_work: work.drop_guard(),
    };
    let session = async {
        if let Ok(running) = run_stream(Arc::new(config), theirs, handler).await {
            // How it ended is the client's affair.
            let _ = running.await;
        }
    };
    let mut ours = ours;
    let pump = async {
        let _ = tokio::io::copy_bidirectional(&mut stream, &mut ours).await;
    };
    tokio::join!(session, pump);
}

struct Login<M> {
    machine: Arc<M>,
    /// Session channels that wait for their command.
    channels: HashMap<ChannelId, Channel<Msg>>,
    work: CancellationToken,
    _ends_work: DropGuard,
}

impl<M: SshMachine> Login<M> {
    fn key_opens(&self, user: &str, key: &PublicKey) -> bool {
        let wanted = key.fingerprint(HashAlg::Sha256);
        self.machine
            .authorized_keys(user)
            .lines()
            .filter_map(|line| PublicKey::from_openssh(line.trim()).ok())
            .any(|known| known.fingerprint(HashAlg::Sha256) == wanted)
    }

    fn verdict(opens: bool) -> Auth {
        if opens { Auth::Accept } else { Auth::reject() }
    }
}

impl<M: SshMachine> Handler for Login<M> {
    type Error = russh::Error;

    /// OpenSSH's sshd with `PermitEmptyPasswords` lets people in by asking nothing.
    async fn auth_none(&mut self, user: &str) -> Result<Auth, Self::Error> {
        Ok(Self::verdict(self.machine.password_opens(user, "")))
    }

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, Self::Error> {
        Ok(Self::verdict(self.machine.password_opens(user, password)))
    }

    async fn auth_publickey_offered(
        &mut self,
        user: &str,
        offer: PublicKeyOffer<'_>,
    ) -> Result<Auth, Self::Error> {
        Ok(Self::verdict(self.key_opens(user, offer.public_key)))
    }

    async fn auth_publickey(
        &mut self,
        user: &str,
        key: VerifiedPublicKey<'_>,
    ) -> Result<Auth, Self::Error> {
        Ok(Self::verdict(self.key_opens(user, key.public_key)))
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        if !self.machine.alive() {
            return Err(russh::Error::Disconnect);
        }
        self.channels.insert(channel.id(), channel);
        reply.accept().await;
        Ok(())
    }

    async fn channel_open_direct_tcpip(
        &mut self,
        channel: Channel<Msg>,
        host_to_connect: &str,
        port_to_connect: u32,
        _originator_address: &str,
        _originator_port: u32,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        match self.machine.forward(host_to_connect, port_to_connect) {
            None => {
                reply
                    .reject(ChannelOpenFailure::AdministrativelyProhibited)
                    .await;
            }
            Some(Err(())) => reply.reject(ChannelOpenFailure::ConnectFailed).await,
            Some(Ok(mut far)) => {
                reply.accept().await;
                let work = self.work.clone();
                tokio::spawn(async move {
                    let mut near = channel.into_stream();
                    let both = tokio::io::copy_bidirectional(&mut near, &mut far);
                    let _ = work.run_until_cancelled(both).await;
                });
            }
        }
        Ok(())
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        data: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let Some(opened) = self.channels.remove(&channel) else {
            return session.channel_failure(channel);
        };
        session.channel_success(channel)?;
        let command = String::from_utf8_lossy(data).into_owned();
        let machine = Arc::clone(&self.machine);
        let work = self.work.clone();
        tokio::spawn(async move {
            work.run_until_cancelled(exec(machine, opened, command))
                .await
        });
        Ok(())
    }

    async fn shell_request(
        &mut self,
        channel: ChannelId,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_success(channel)?;
        let text = "This is a simulated machine without an interactive shell.\r\n\
            Run one command: ssh HOST COMMAND\r\n";
        session.extended_data(channel, 1, text.as_bytes().to_vec())?;
        session.exit_status_request(channel, 1)?;
        session.eof(channel)?;
        session.close(channel)
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        _term: &str,
        _col_width: u32,
        _row_height: u32,
        _pix_width: u32,
        _pix_height: u32,
        _modes: &[(russh::Pty, u32)],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_success(channel)
    }

    async fn env_request(
        &mut self,
        channel: ChannelId,
        _name: &str,
        _value: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_success(channel)
    }

    async fn subsystem_request(
        &mut self,
        channel: ChannelId,
        _name: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_failure(channel)
    }
}

/// Runs one command on its channel.
async fn exec<M: SshMachine>(machine: Arc<M>, channel: Channel<Msg>, command: String) {
    let (mut from, to) = channel.split();
    let (pieces, stdin) = mpsc::unbounded_channel();
    // Always read, also where the command doesn't: a full channel stops the whole connection.
    let reading = async {
        while let Some(message) = from.wait().await {
            match message {
                ChannelMsg::Data { data } => {
                    // The command is over or does not read.
                    let _ = pieces.send(data.to_vec());
                }
                ChannelMsg::Eof | ChannelMsg::Close => break,
                _ => {}
            }
        }
        drop(pieces);
        // The end of the input is not the end of the command.
        std::future::pending::<()>().await;
    };
    let running = async {
        let output = machine.exec(command, Stdin::channel(stdin)).await;
        // A client that has gone does not hear it.
        let _ = to.data(output.stdout.as_slice()).await;
        let _ = to.extended_data(1, output.stderr.as_slice()).await;
        let _ = to.exit_status(output.exit).await;
        let _ = to.eof().await;
        let _ = to.close().await;
    };
    tokio::select! {
        () = reading => {}
        () = running => {}
    }
}
