//! A TCP port that refuses connections while its machine is away, and never gets lost meanwhile.
//!
//! A socket that is bound and does not listen refuses connections and keeps the port from others:
//! that is how a vanished IMC looks, and how it comes back under the same address.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::watch,
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

/// A port that is ours: bound, and listening or not yet.
#[derive(Debug)]
pub struct HeldPort {
    state: Held,
    address: SocketAddr,
}

#[derive(Debug)]
enum Held {
    Refusing(TcpSocket),
    Listening(TcpListener),
}

impl HeldPort {
    /// Port 0 takes a free one.
    ///
    /// # Errors
    /// The port is taken.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = if address.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        let address = socket.local_addr()?;
        let state = Held::Refusing(socket);
        Ok(Self { state, address })
    }

    /// Whether no other lab holds the port: two held ports may share an address, as neither listens.
    #[must_use]
    pub fn nobody_has(address: SocketAddr) -> bool {
        let alone = if address.is_ipv4() {
            TcpSocket::new_v4()
        } else {
            TcpSocket::new_v6()
        };
        alone.is_ok_and(|socket| socket.bind(address).is_ok())
    }

    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// # Errors
    /// Somebody else listens there.
    pub fn listen(self) -> io::Result<TcpListener> {
        match self.state {
            Held::Refusing(socket) => socket.listen(1024),
            Held::Listening(listener) => Ok(listener),
        }
    }

    /// Listens from now on, so that who connects before [`Self::serve`] runs is not refused.
    ///
    /// # Errors
    /// Somebody else listens there.
    pub fn open(self) -> io::Result<Self> {
        let address = self.address;
        let state = Held::Listening(self.listen()?);
        Ok(Self { state, address })
    }

    /// Accepts while `open` says so and refuses while not. A closing breaks every connection off.
    /// Runs until `stop`.
    pub async fn serve<F, S>(
        self,
        mut open: watch::Receiver<bool>,
        stop: CancellationToken,
        session: F,
    ) where
        F: Fn(TcpStream, SocketAddr) -> S,
        S: Future<Output = ()> + Send + 'static,
    {
        let address = self.address;
        let mut held = Some(self);
        loop {
            // An error means that the card is gone: nobody will open the port again.
            let opened = tokio::select! {
                () = stop.cancelled() => return,
                opened = open.wait_for(|open| *open) => opened.is_ok(),
            };
            if !opened {
                return;
            }
            let Some(port) = held.take() else { return };
            let listener = match port.listen() {
                Ok(listener) => listener,
                Err(error) => {
                    tracing::error!(%address, %error, "a lab port can't listen");
                    return;
                }
            };
            if !accept_while_open(&listener, &mut open, &stop, &session).await {
                return;
            }
            drop(listener);
            held = Self::take_again(address).await;
        }
    }

    /// The port again after its listener has closed. Between the two somebody may have taken it.
    async fn take_again(address: SocketAddr) -> Option<Self> {
        for _ in 0..100 {
            match Self::bind(address) {
                Ok(port) => return Some(port),
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
        tracing::error!(%address, "a lab port was taken by somebody else");
        None
    }
}

/// Accepts until the port is closed (true) or served no more (false); the sessions end with it.
async fn accept_while_open<F, S>(
    listener: &TcpListener,
    open: &mut watch::Receiver<bool>,
    stop: &CancellationToken,
    session: &F,
) -> bool
where
    F: Fn(TcpStream, SocketAddr) -> S,
    S: Future<Output = ()> + Send + 'static,
{
    let mut sessions = JoinSet::new();
    let closed = async { open.wait_for(|open| !*open).await.is_ok() };
    tokio::pin!(closed);
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return false,
            closed = &mut closed => return closed,
            Some(_) = sessions.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                // Only about speed.
                let _ = stream.set_nodelay(true);
                sessions.spawn(session(stream, peer));
            }
            // Out of descriptors, or a peer that went away at once.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    #[tokio::test]
    async fn a_closed_port_refuses_breaks_connections_off_and_comes_back() {
        let port = HeldPort::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = port.address();
        assert!(!HeldPort::nobody_has(address));
        assert!(TcpStream::connect(address).await.is_err());
        let (gate, open) = watch::channel(true);
        let stop = CancellationToken::new();
        let server = tokio::spawn(port.serve(open, stop.clone(), |stream, _| async move {
            let _held = stream;
            std::future::pending::<()>().await;
        }));
        let connect = || async move {
            for _ in 0..500 {
                if let Ok(stream) = TcpStream::connect(address).await {
                    return stream;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            panic!("the port did not open");
        };
        let mut stream = connect().await;
        gate.send(false).unwrap();
        assert!(matches!(stream.read(&mut [0; 1]).await, Ok(0) | Err(_)));
        let refused = async {
            while TcpStream::connect(address).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(5), refused)
            .await
            .unwrap();
        gate.send(true).unwrap();
        connect().await;
        stop.cancel();
        server.await.unwrap();
    }
}
