//! Connections to hosts: opened on demand, kept for reuse, per worker.
//!
//! Why per worker: a connection never changes threads, so neither it nor the pool needs a lock (the argument against a
//! shared pool is in `docs/adr/0003-data-plane.md`). Why no connection is ever opened ahead of a request: a server with
//! few synchronous workers (gunicorn) would park one on it.
//!
//! Kept at rest: `limits.idle_per_host` connections per host for `upstream_keep_alive`, or for a second less than the
//! host's own `Keep-Alive: timeout`. A burst may leave more; those are closed after a second, so that a closed loop of
//! clients does not open and close connections all the time.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use http::HeaderMap;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::spawn_local;
use tokio::time::timeout;

use crate::body::RequestBody;
use crate::metrics::WorkerMetrics;
use crate::settings::Settings;
use crate::socket::Socket;

/// A connection above the number kept at rest is closed after this long.
const SURPLUS: Duration = Duration::from_secs(1);
/// How long a connection may take, after the last byte of an answer, to be ready for the next request.
const SETTLE: Duration = Duration::from_secs(1);
/// Margin below the time at which a host has said that it will close.
const KEEP_ALIVE_MARGIN: Duration = Duration::from_secs(1);

/// A connection in use. Dropping it closes it.
#[derive(Debug)]
pub(crate) struct Lease {
    pub(crate) sender: SendRequest<RequestBody>,
    address: SocketAddr,
    /// Whether it had carried a request before.
    pub(crate) reused: bool,
    keep: Duration,
}

impl Lease {
    /// The host closes idle connections after `seconds`.
    pub(crate) fn host_keeps_for(&mut self, seconds: u64) {
        let keep = Duration::from_secs(seconds).saturating_sub(KEEP_ALIVE_MARGIN);
        self.keep = self.keep.min(keep);
    }
}

#[derive(Debug)]
struct Idle {
    lease: Lease,
    since: Instant,
}

/// The idle connections of one worker.
#[derive(Debug, Default)]
pub(crate) struct Upstreams {
    idle: RefCell<HashMap<SocketAddr, Vec<Idle>>>,
}

impl Upstreams {
    /// The connection to `address` used last, if one is open that has rested no longer than `max_rest`.
    pub(crate) fn checkout(&self, address: SocketAddr, max_rest: Duration) -> Option<Lease> {
        let mut idle = self.idle.borrow_mut();
        let stack = idle.get_mut(&address)?;
        while let Some(Idle { mut lease, since }) = stack.pop() {
            let rest = since.elapsed();
            if rest > max_rest {
                stack.push(Idle { lease, since });
                return None;
            }
            if rest < lease.keep && lease.sender.is_ready() {
                lease.reused = true;
                return Some(lease);
            }
        }
        None
    }

    /// Keeps a connection whose answer has been read to its end.
    pub(crate) fn give_back(self: &Rc<Self>, mut lease: Lease) {
        if lease.sender.is_ready() {
            self.keep(lease);
        } else if !lease.sender.is_closed() {
            let upstreams = Rc::clone(self);
            spawn_local(async move {
                if let Ok(Ok(())) = timeout(SETTLE, lease.sender.ready()).await {
                    upstreams.keep(lease);
                }
            });
        }
    }

    fn keep(&self, lease: Lease) {
        if lease.keep > Duration::ZERO {
            let since = Instant::now();
            self.idle.borrow_mut().entry(lease.address).or_default().push(Idle { lease, since });
        }
    }

    /// Closes what has rested too long. `keep_at_rest` connections per host may rest longer than a second.
    pub(crate) fn sweep(&self, keep_at_rest: usize) {
        self.idle.borrow_mut().retain(|_, stack| {
            let surplus = stack.len().saturating_sub(keep_at_rest);
            let mut position = 0;
            stack.retain(|idle| {
                let limit = if position < surplus { SURPLUS.min(idle.lease.keep) } else { idle.lease.keep };
                position += 1;
                idle.since.elapsed() < limit && !idle.lease.sender.is_closed()
            });
            !stack.is_empty()
        });
    }

    /// Closes every idle connection.
    pub(crate) fn clear(&self) {
        self.idle.borrow_mut().clear();
    }
}

/// Why no connection could be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    #[error("connecting took longer than {0:?}")]
    Timeout(Duration),
    /// We lack what a connection takes; no host is to blame.
    #[error("this process cannot open a connection: {0}")]
    Local(#[source] io::Error),
    #[error("connecting failed: {0}")]
    Refused(#[source] io::Error),
    #[error("the HTTP connection could not be set up: {0}")]
    Handshake(#[from] hyper::Error),
}

impl From<io::Error> for ConnectError {
    fn from(why: io::Error) -> ConnectError {
        if is_local(&why) { ConnectError::Local(why) } else { ConnectError::Refused(why) }
    }
}

/// Whether `why` tells of a lack at our side: descriptors, memory, local ports. Of these the standard library has a kind
/// for some only. (An IPv6 host of a machine without IPv6 has no local address either, so it counts here too.)
fn is_local(why: &io::Error) -> bool {
    const ENFILE: i32 = 23;
    const EMFILE: i32 = 24;
    const ENOBUFS: i32 = 105;
    matches!(why.kind(), io::ErrorKind::OutOfMemory | io::ErrorKind::WouldBlock | io::ErrorKind::AddrNotAvailable)
        || matches!(why.raw_os_error(), Some(ENFILE | EMFILE | ENOBUFS))
}

/// Opens a connection to `address`; a task of this thread drives it until it closes.
pub(crate) async fn connect(
    address: SocketAddr,
    settings: &Settings,
    metrics: &std::sync::Arc<WorkerMetrics>,
) -> Result<Lease, ConnectError> {
    let opened = open(address, settings, metrics).await;
    match &opened {
        Ok(_) => metrics.upstream_connects.add(1),
        Err(_) => metrics.upstream_connect_failures.add(1),
    }
    opened
}

async fn open(
    address: SocketAddr,
    settings: &Settings,
    metrics: &std::sync::Arc<WorkerMetrics>,
) -> Result<Lease, ConnectError> {
    let allowed = settings.timeouts.connect;
    let stream = timeout(allowed, TcpStream::connect(address)).await.map_err(|_| ConnectError::Timeout(allowed))??;
    stream.set_nodelay(true)?;
    let (sender, connection) = builder(settings).handshake(TokioIo::new(Socket::new(stream))).await?;
    metrics.upstream_connections_open.add(1);
    let metrics = std::sync::Arc::clone(metrics);
    spawn_local(async move {
        // Whoever awaits the answer is told of the error too, and knows what was asked.
        let _ = connection.with_upgrades().await;
        metrics.upstream_connections_open.sub(1);
    });
    Ok(Lease { sender, address, reused: false, keep: settings.timeouts.upstream_keep_alive })
}

/// Reads how long a host keeps an idle connection open (`Keep-Alive: timeout=5`), in seconds.
pub(crate) fn keep_alive_seconds(headers: &HeaderMap) -> Option<u64> {
    let value = headers.get("keep-alive")?.to_str().ok()?;
    value.split(',').find_map(|part| part.trim().strip_prefix("timeout=")?.parse().ok())
}

fn builder(settings: &Settings) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.max_header_size(settings.limits.head_bytes);
    if settings.limits.headers != crate::connection::HYPER_MAX_HEADERS {
        builder.max_headers(settings.limits.headers);
    }
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_we_lack_is_not_held_against_the_host() {
        for (errno, name, local) in [
            (11, "EAGAIN", true),
            (12, "ENOMEM", true),
            (23, "ENFILE", true),
            (24, "EMFILE", true),
            (99, "EADDRNOTAVAIL", true),
            (105, "ENOBUFS", true),
            (101, "ENETUNREACH", false),
            (104, "ECONNRESET", false),
            (110, "ETIMEDOUT", false),
            (111, "ECONNREFUSED", false),
            (113, "EHOSTUNREACH", false),
        ] {
            let error = ConnectError::from(io::Error::from_raw_os_error(errno));
            assert_eq!(matches!(error, ConnectError::Local(_)), local, "{name}: {error}");
        }
    }
}
