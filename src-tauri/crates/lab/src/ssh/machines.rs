//! IMC and ACC as machines that people log in to.

use std::{sync::Arc, time::Duration};

use futures::future::{BoxFuture, FutureExt as _};
use tokio::{
    io::{AsyncRead, AsyncWrite, DuplexStream},
    net::TcpStream,
};

use super::server::{SshMachine, serve};
use crate::{
    acc::AUTHORIZED_KEYS,
    card::Card,
    faults::Fault,
    shell::{ShellOutput, Stdin, acc_command, host_command, imc_command},
};

/// Where an IMC sees its ACC.
const ACC: &str = "192.168.0.2";

/// One connection to the IMC's sshd.
pub async fn serve_imc(card: Arc<Card>, stream: TcpStream) {
    serve(Arc::new(Imc(card)), stream).await;
}

/// One connection to the ACC's sshd; ends with the boot that it began in.
pub async fn serve_acc(card: Arc<Card>, stream: TcpStream) {
    serve_acc_on(card, stream).await;
}

async fn serve_acc_on<S>(card: Arc<Card>, stream: S)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let mut open = card.acc_open();
    let generation = card.acc().generation();
    let session = serve(Arc::new(AccOs { card, generation }), stream);
    tokio::select! {
        () = session => {}
        _ = open.wait_for(|open| !*open) => {}
    }
}

struct Imc(Arc<Card>);

impl SshMachine for Imc {
    fn host_key(&self) -> Option<String> {
        Some(self.0.secrets().imc_host_key)
    }

    fn password_opens(&self, user: &str, password: &str) -> bool {
        let secrets = self.0.secrets();
        let right = match self.0.faults.has(Fault::SshWithoutPassword) {
            true => "",
            false => &secrets.imc_password,
        };
        user == secrets.imc_user && password == right
    }

    fn authorized_keys(&self, user: &str) -> String {
        let keys = self.0.imc().files.read_text(AUTHORIZED_KEYS);
        keys.ok().filter(|_| user == "root").unwrap_or_default()
    }

    fn rejection(&self) -> Duration {
        self.0.timings.wrong_password
    }

    fn alive(&self) -> bool {
        self.0.imc_is_up()
    }

    fn exec(&self, command: String, stdin: Stdin) -> BoxFuture<'static, ShellOutput> {
        let card = Arc::clone(&self.0);
        async move { imc_command(&card, &command, stdin).await }.boxed()
    }

    fn forward(&self, host: &str, port: u32) -> Option<Result<DuplexStream, ()>> {
        if host != ACC {
            return None;
        }
        if port != 22 || !self.0.acc().reachable() {
            return Some(Err(()));
        }
        let (near, far) = tokio::io::duplex(64 << 10);
        let card = Arc::clone(&self.0);
        tokio::spawn(serve_acc_on(card, far));
        Some(Ok(near))
    }
}

/// One connection to the DPU host's sshd.
pub async fn serve_host(card: Arc<Card>, stream: TcpStream) {
    serve(Arc::new(Host(card)), stream).await;
}

struct Host(Arc<Card>);

impl SshMachine for Host {
    fn host_key(&self) -> Option<String> {
        Some(self.0.host().host_key.clone())
    }

    fn password_opens(&self, user: &str, password: &str) -> bool {
        let host = self.0.host();
        // A Marvell's host is entered as `core`, which may use sudo.
        (user == host.user || user == "core") && password == host.password
    }

    fn authorized_keys(&self, user: &str) -> String {
        let keys = self.0.host().files.read_text(AUTHORIZED_KEYS);
        let known = user == "root" || user == "core";
        keys.ok().filter(|_| known).unwrap_or_default()
    }

    fn rejection(&self) -> Duration {
        self.0.timings.wrong_password
    }

    fn alive(&self) -> bool {
        true
    }

    fn exec(&self, command: String, stdin: Stdin) -> BoxFuture<'static, ShellOutput> {
        let card = Arc::clone(&self.0);
        async move { host_command(&card, &command, stdin).await }.boxed()
    }

    fn forward(&self, _host: &str, _port: u32) -> Option<Result<DuplexStream, ()>> {
        None
    }
}

struct AccOs {
    card: Arc<Card>,
    /// Of the boot that the session began in.
    generation: u64,
}

impl SshMachine for AccOs {
    fn host_key(&self) -> Option<String> {
        self.card.acc().disk()?.host_key_pem()
    }

    fn password_opens(&self, user: &str, password: &str) -> bool {
        let acc = self.card.acc();
        let known = acc.disk().and_then(|disk| disk.password.as_deref());
        user == "root" && known == Some(password)
    }

    fn authorized_keys(&self, user: &str) -> String {
        let acc = self.card.acc();
        let keys = acc
            .disk()
            .and_then(|disk| disk.files.read_text(AUTHORIZED_KEYS).ok());
        keys.filter(|_| user == "root").unwrap_or_default()
    }

    fn rejection(&self) -> Duration {
        self.card.timings.wrong_password
    }

    fn alive(&self) -> bool {
        let acc = self.card.acc();
        acc.reachable() && acc.generation() == self.generation
    }

    fn exec(&self, command: String, stdin: Stdin) -> BoxFuture<'static, ShellOutput> {
        let card = Arc::clone(&self.card);
        async move { acc_command(&card, &command, stdin).await }.boxed()
    }

    fn forward(&self, _host: &str, _port: u32) -> Option<Result<DuplexStream, ()>> {
        None
    }
}
