//! A host's listening socket, which a fault can shut and a recovery open again on the same port.
//!
//! While shut, the port stays bound without listening: the kernel refuses connections, and nobody else can be given the
//! port meanwhile.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1024;
/// After a failed accept or bind (descriptors used up), before the next try.
const PAUSE: Duration = Duration::from_millis(10);

#[derive(Debug)]
pub(crate) struct Door {
    address: SocketAddr,
    socket: Socket,
}

#[derive(Debug)]
enum Socket {
    Listening(TcpListener),
    /// Bound, or not even that if binding failed.
    Shut(Option<TcpSocket>),
}

impl Door {
    /// Listens on `address`; port 0 lets the system choose. Needs a runtime around it.
    pub(crate) fn open(address: SocketAddr) -> io::Result<Door> {
        let listener = bound(address)?.listen(BACKLOG)?;
        Ok(Door { address: listener.local_addr()?, socket: Socket::Listening(listener) })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next connection. Never ends while shut.
    pub(crate) async fn accept(&self) -> TcpStream {
        let Socket::Listening(listener) = &self.socket else {
            return std::future::pending().await;
        };
        loop {
            match listener.accept().await {
                Ok((stream, _)) => return stream,
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    pub(crate) fn shut(&mut self) {
        if matches!(self.socket, Socket::Listening(_)) {
            // The listener must be gone before its port can be bound again.
            self.socket = Socket::Shut(None);
            self.socket = Socket::Shut(bound(self.address).ok());
        }
    }

    /// Listens again, trying until it can.
    pub(crate) async fn reopen(&mut self) {
        while let Socket::Shut(reserved) = &mut self.socket {
            let socket = reserved.take().map_or_else(|| bound(self.address), Ok);
            match socket.and_then(|s| s.listen(BACKLOG)) {
                Ok(listener) => self.socket = Socket::Listening(listener),
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }
}

fn bound(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}
