//! Keep-alive connections to one address: as many as requests in flight need, up to a cap, the longest idle one first, so
//! that all of them carry traffic (a balancer spreads connections, not requests, over its cores).

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, SemaphorePermit};

pub(super) type Sender = SendRequest<Full<Bytes>>;

pub(super) struct Connections {
    address: SocketAddr,
    /// One permit per connection that may be in use.
    seats: Semaphore,
    idle: RefCell<VecDeque<Sender>>,
    opened: RefCell<u64>,
}

/// A connection in use. Dropped without [`Connection::give_back`] it is closed.
pub(super) struct Connection<'a> {
    pub(super) sender: Sender,
    home: &'a Connections,
    _seat: SemaphorePermit<'a>,
}

impl Connections {
    pub(super) fn new(address: SocketAddr, max: usize) -> Connections {
        Connections {
            address,
            seats: Semaphore::new(max.clamp(1, Semaphore::MAX_PERMITS)),
            idle: RefCell::default(),
            opened: RefCell::new(0),
        }
    }

    /// An open connection: idle, or new; waits in line when all are in use.
    pub(super) async fn take(&self) -> io::Result<Connection<'_>> {
        let seat = self.seats.acquire().await.expect("the seats are never closed");
        let sender = match self.pop_idle() {
            Some(sender) => sender,
            None => self.open().await?,
        };
        Ok(Connection { sender, home: self, _seat: seat })
    }

    /// Connections opened so far.
    pub(super) fn opened(&self) -> u64 {
        *self.opened.borrow()
    }

    fn pop_idle(&self) -> Option<Sender> {
        let mut idle = self.idle.borrow_mut();
        std::iter::from_fn(|| idle.pop_front()).find(Sender::is_ready)
    }

    async fn open(&self) -> io::Result<Sender> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        *self.opened.borrow_mut() += 1;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        // What breaks is reported to the request that was on it.
        tokio::task::spawn_local(connection);
        Ok(sender)
    }
}

impl Connection<'_> {
    /// Keeps the connection for the next request, once it is ready for one.
    pub(super) async fn give_back(mut self) {
        if self.sender.ready().await.is_ok() {
            self.home.idle.borrow_mut().push_back(self.sender);
        }
    }
}
