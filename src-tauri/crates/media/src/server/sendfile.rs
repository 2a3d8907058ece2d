//! A connection over which parts of files go by sendfile(2): what hyper writes to, and the acceptor
//! that makes it so. Linux only, and not under TLS: what is encrypted passes through our memory.

use std::{
    future::{Ready, ready},
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::{Extension, middleware::AddExtension};
use axum_server::accept::Accept;
use rustix::net::SendFlags;
use tokio::{
    io::{AsyncRead, AsyncWrite, Interest, ReadBuf},
    net::TcpStream,
};
use tower_layer::Layer as _;

use super::{
    newcomers::{Newcomer, Newcomers},
    parts::{Next, Parts},
};

/// Gives each request of a connection that connection's [`Parts`] and [`Newcomer`], as extensions.
#[derive(Debug, Clone)]
pub struct SendfileAcceptor(pub Newcomers);

impl<S> Accept<TcpStream, S> for SendfileAcceptor {
    type Stream = Connection;
    type Service = AddExtension<AddExtension<S, Newcomer>, Parts>;
    type Future = Ready<io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let parts = Parts::default();
        let service = Extension(self.0.came()).layer(service);
        let service = Extension(parts.clone()).layer(service);
        ready(Ok((Connection { stream, parts }, service)))
    }
}

/// Sends a part of a file where it is given what stands in for it.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    parts: Parts,
}

impl Connection {
    /// By `send`, which is tried when the socket takes something.
    fn poll_send(
        &self,
        cx: &mut Context<'_>,
        mut send: impl FnMut() -> rustix::io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.stream.poll_write_ready(cx))?;
            let tried = self
                .stream
                .try_io(Interest::WRITABLE, || send().map_err(io::Error::from));
            match tried {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                tried => return Poll::Ready(tried),
            }
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    /// Sends the first slice or its beginning. hyper comes with the rest.
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.parts.next(slices)? {
            Next::Nothing => Poll::Ready(Ok(0)),
            Next::Memory { bytes, more } => {
                // A head alone would be a packet of its own.
                let more = if more {
                    SendFlags::MORE
                } else {
                    SendFlags::empty()
                };
                let flags = more | SendFlags::NOSIGNAL;
                self.poll_send(cx, || rustix::net::send(&self.stream, bytes, flags))
            }
            Next::Part { file, at, length } => {
                let mut at = at;
                let send = || rustix::fs::sendfile(&self.stream, &file, Some(&mut at), length);
                let sent = ready!(self.poll_send(cx, send))?;
                if sent == 0 {
                    let shorter = "the file got shorter while it was read";
                    return Poll::Ready(Err(io::Error::new(io::ErrorKind::UnexpectedEof, shorter)));
                }
                self.parts.sent(sent);
                Poll::Ready(Ok(sent))
            }
        }
    }

    /// hyper would copy small pieces together else.
    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}
