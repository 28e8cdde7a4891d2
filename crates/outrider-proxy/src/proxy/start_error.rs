//! Why the proxy did not start, or did not change.

use std::io;
use std::net::SocketAddr;

use crate::control::ControlError;
use crate::links::LinkFileError;

/// Why the proxy did not start, or did not accept new settings. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum ProxyStartError {
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The access log cannot be opened.
    #[error("cannot open the access log {path}: {source}")]
    AccessLog {
        /// Its path.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// The file of link probes cannot be appended to.
    #[error("link_probes: {0}")]
    LinkProbes(#[from] LinkFileError),
    /// The system lacks something.
    #[error("cannot start a thread: {0}")]
    Thread(#[from] io::Error),
    /// The control thread refuses.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// The number of workers is fixed at start.
    #[error("workers: {now} cannot become {wanted} while the process runs; restart it")]
    Workers {
        /// How many there are.
        now: usize,
        /// How many were asked for.
        wanted: usize,
    },
}
