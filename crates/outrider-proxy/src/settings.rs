//! What the proxy is told to do, after the configuration has been read, checked and given its defaults.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use outrider_features::ClassSettings;
use outrider_pilot::{HostSpec, Labels, PoolSettings, Route};

/// Everything, as one value: applied whole or refused whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Where clients connect.
    pub listeners: Vec<Listener>,
    /// The pools and where their hosts come from.
    pub pools: Vec<Pool>,
    /// What picks a pool, first match wins. `Route::pool` is an index into `pools`.
    pub routes: Vec<Route>,
    /// How requests are told apart.
    pub classes: ClassSettings,
    /// What a peer may take.
    pub limits: Limits,
    /// How long a peer may take.
    pub timeouts: Timeouts,
    /// Who we say we are, and whom we believe.
    pub forwarding: Forwarding,
    /// One JSON line per request; none unless configured.
    pub access_log: Option<AccessLog>,
    /// Round trips of links, written to a file; none unless configured.
    pub link_probes: Option<LinkProbes>,
    /// Threads that forward, each with a runtime of its own. Fixed at start.
    pub workers: usize,
    /// How the process leaves.
    pub drain: Drain,
}

/// One address to accept on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// IP address and port; port 0 lets the system choose.
    pub address: SocketAddr,
}

/// A pool and the sources of its hosts.
#[derive(Clone, Debug, PartialEq)]
pub struct Pool {
    /// What the pilot needs to know.
    pub settings: PoolSettings,
    /// Where its hosts are listed.
    pub sources: Vec<HostSource>,
    /// Where what it learns by Q-learning is kept over restarts; nowhere unless configured.
    pub values_file: Option<PathBuf>,
}

/// Where hosts come from.
#[derive(Clone, Debug, PartialEq)]
pub enum HostSource {
    /// Written in the configuration.
    Static(HostSpec),
    /// A DNS name: every A and AAAA record is a host, resolved again when its TTL has passed.
    Dns {
        /// The name.
        name: String,
        /// The port of every address.
        port: u16,
        /// The weight of every address.
        weight: u32,
        /// The labels of every address.
        labels: Labels,
    },
    /// A file in the form of a `hosts:` list, read again when it changes.
    File {
        /// Its path, resolved against the configuration's folder.
        path: PathBuf,
    },
}

/// What a peer may take.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Bytes of a request or response head; more is answered 431 or 502.
    pub head_bytes: usize,
    /// Fields of a request or response head.
    pub headers: usize,
    /// Bytes of a request body; 0 = no limit.
    pub body_bytes: u64,
    /// Client connections at a time, over all workers; more wait in the accept queue.
    pub connections: usize,
    /// Idle connections kept to each host by each worker.
    pub idle_per_host: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { head_bytes: 64 * 1024, headers: 100, body_bytes: 0, connections: 100_000, idle_per_host: 2 }
    }
}

/// How long a peer may take. Zero is not allowed.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeouts {
    /// To open a connection to a host.
    pub connect: Duration,
    /// For a client to send a whole request head, from its first byte.
    pub head: Duration,
    /// For a host to begin its answer, from the end of the request.
    pub first_byte: Duration,
    /// Without a byte in either direction: a body, a tunnel.
    pub idle: Duration,
    /// A client connection without a request.
    pub keep_alive: Duration,
    /// An unused connection to a host.
    pub upstream_keep_alive: Duration,
    /// From a request's first byte to its answer's last; none = no limit.
    pub request: Option<Duration>,
}

impl Default for Timeouts {
    fn default() -> Self {
        Timeouts {
            connect: Duration::from_secs(2),
            head: Duration::from_secs(10),
            first_byte: Duration::from_secs(60),
            idle: Duration::from_secs(60),
            keep_alive: Duration::from_secs(75),
            upstream_keep_alive: Duration::from_secs(4),
            request: None,
        }
    }
}

/// Forwarding headers.
#[derive(Clone, Debug, PartialEq)]
pub struct Forwarding {
    /// Peers whose `Forwarded` and `X-Forwarded-*` are believed and extended; others' are replaced.
    pub trusted: Vec<IpNet>,
    /// Whether `Forwarded` (RFC 7239) is written beside `X-Forwarded-*`.
    pub forwarded: bool,
    /// Our name in `Via` and `Proxy-Status`.
    pub name: String,
    /// The request id's header, lower case.
    pub request_id_header: String,
}

impl Default for Forwarding {
    fn default() -> Self {
        Forwarding {
            trusted: Vec::new(),
            forwarded: false,
            name: "outrider".to_owned(),
            request_id_header: "x-request-id".to_owned(),
        }
    }
}

/// The access log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessLog {
    /// Where it goes.
    pub to: LogTarget,
    /// Whether lines say what every host that was compared was to cost, where the pool predicts.
    pub explain: bool,
}

/// Where the access log goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogTarget {
    /// Standard output.
    Stdout,
    /// Appended to a file; opened again on SIGHUP, so that it can be rotated.
    File(PathBuf),
}

/// Probes of the links to hosts, a row each in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkProbes {
    /// The file; when it is full it is renamed, `NAME.csv` to `NAME.1.csv`.
    pub file: PathBuf,
    /// From one probe of a host to the next.
    pub every: Duration,
    /// A probe that takes longer is lost. Not longer than `every`.
    pub timeout: Duration,
    /// Bytes of the file; with the renamed one twice as many at most.
    pub max_bytes: u64,
}

impl LinkProbes {
    /// Probes into `file`, everything else by default.
    pub fn into_file(file: PathBuf) -> LinkProbes {
        LinkProbes { file, every: Duration::from_secs(60), timeout: Duration::from_secs(1), max_bytes: 32 << 20 }
    }
}

/// How the process leaves.
#[derive(Clone, Debug, PartialEq)]
pub struct Drain {
    /// Client connections without a request are closed after this long.
    pub idle: Duration,
    /// What still runs after this long is cut.
    pub timeout: Duration,
}

impl Default for Drain {
    fn default() -> Self {
        Drain { idle: Duration::from_secs(1), timeout: Duration::from_secs(30) }
    }
}
