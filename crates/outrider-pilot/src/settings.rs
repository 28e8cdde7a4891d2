//! What a pool is told to do, after the configuration has been read, checked and given its defaults.

mod q_learning;
mod strategy;

use std::net::SocketAddr;
use std::time::Duration;

use outrider_features::keyed_hash;

pub use q_learning::QLearningSettings;
pub use strategy::StrategyKind;

/// One pool: hosts that serve the same thing.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolSettings {
    /// Its name, unique.
    pub name: String,
    /// What its hosts are.
    pub kind: PoolKind,
    /// How a host is picked.
    pub strategy: StrategyKind,
    /// How many balancers send to these hosts, this one included: `c3` takes each to have as much there as itself.
    pub balancers: u32,
    /// What sticks to a host under `consistent_hash`, and how much a host takes.
    pub hash: HashSettings,
    /// Active health checks.
    pub health: HealthSettings,
    /// Ejection of outliers, from what passes.
    pub ejection: EjectionSettings,
    /// Tries beyond the first.
    pub retry: RetrySettings,
    /// Local rejection while hosts reject.
    pub storm_guard: StormGuardSettings,
    /// Limits per host.
    pub breaker: BreakerSettings,
    /// HAProxy agent checks; none unless configured.
    pub agent: Option<AgentSettings>,
    /// How hosts are asked for their load, where the strategy asks them.
    pub probe: ProbeSettings,
    /// What is learnt of hosts and requests, and how it is used.
    pub predict: PredictSettings,
    /// How the rules of Q-learning learn.
    pub q_learning: QLearningSettings,
}

impl PoolSettings {
    /// A pool of containers with every default.
    pub fn named(name: &str) -> PoolSettings {
        PoolSettings {
            name: name.to_owned(),
            kind: PoolKind::Container,
            strategy: StrategyKind::LeastRequest,
            balancers: 1,
            hash: HashSettings::seeded(name),
            health: HealthSettings::default(),
            ejection: EjectionSettings::default(),
            retry: RetrySettings::default(),
            storm_guard: StormGuardSettings::default(),
            breaker: BreakerSettings::default(),
            agent: None,
            probe: ProbeSettings::default(),
            predict: PredictSettings::default(),
            q_learning: QLearningSettings::default(),
        }
    }
}

/// What the hosts of a pool are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolKind {
    /// Long-running servers.
    Container,
    /// Functions that start on demand.
    Serverless,
}

/// What sticks to a host, and how firmly.
#[derive(Clone, Debug, PartialEq)]
pub struct HashSettings {
    /// What of a request is hashed.
    pub key: HashKey,
    /// No host takes more than this times its share of what is in flight; above 1. The lower, the more evenly requests
    /// are spread and the more often they leave their host.
    pub load_factor: f64,
    /// Equal at all balancers of a pool, so that they agree; see [`HashSettings::seed_of`].
    pub seed: u64,
}

/// What of a request is hashed. Requests without it go anywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HashKey {
    /// The client's address.
    Client,
    /// The path, without the query.
    Path,
    /// The value of this header, named in lower case; of several the first.
    Header(String),
    /// The value of this cookie.
    Cookie(String),
}

impl HashSettings {
    /// By client address, with the paper's default of 1.25, under the seed of `text`.
    pub fn seeded(text: &str) -> HashSettings {
        HashSettings { key: HashKey::Client, load_factor: 1.25, seed: HashSettings::seed_of(text) }
    }

    /// The seed that `text` stands for, in every process.
    pub fn seed_of(text: &str) -> u64 {
        keyed_hash(0, text.as_bytes())
    }
}

/// One host as its source lists it.
#[derive(Clone, Debug, PartialEq)]
pub struct HostSpec {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its share relative to the others; 0 = no new requests.
    pub weight: u32,
    /// What is known of it.
    pub labels: Labels,
}

/// What is known of a host besides its address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    /// Where it stands.
    pub region: Option<String>,
    /// What machine it is: hosts of one kind start from one prior.
    pub kind: Option<String>,
}

/// Active health checks: an HTTP GET where a path is given, else whether a TCP connection opens.
#[derive(Clone, Debug, PartialEq)]
pub struct HealthSettings {
    /// Off: every host counts as healthy until traffic says otherwise.
    pub enabled: bool,
    /// Path of the GET; none: TCP connect only.
    pub path: Option<String>,
    /// The `Host` header of the GET; none: the address.
    pub host: Option<String>,
    /// Time between two checks of one host.
    pub interval: Duration,
    /// A check that takes longer has failed.
    pub timeout: Duration,
    /// Failures in a row until a host is unhealthy.
    pub unhealthy_after: u32,
    /// Successes in a row until it is healthy again.
    pub healthy_after: u32,
    /// Statuses that count as healthy, both ends included.
    pub statuses: (u16, u16),
}

impl Default for HealthSettings {
    fn default() -> Self {
        HealthSettings {
            enabled: true,
            path: None,
            host: None,
            interval: Duration::from_secs(1),
            timeout: Duration::from_secs(1),
            unhealthy_after: 2,
            healthy_after: 2,
            statuses: (200, 399),
        }
    }
}

/// Ejection of hosts that traffic shows to be bad.
#[derive(Clone, Debug, PartialEq)]
pub struct EjectionSettings {
    /// Off: only active health counts.
    pub enabled: bool,
    /// Failures in a row (5xx, broken or refused connections, timeouts) that eject.
    pub consecutive_failures: u32,
    /// Success rate below the pool's mean by this many standard deviations ejects.
    pub success_rate_deviations: f64,
    /// Answers a host must have given in the window before its success rate is judged.
    pub success_rate_min_requests: u32,
    /// The window over which success rates are taken.
    pub window: Duration,
    /// A host with requests in flight that answers nothing for this long, or for three times its slowest recent
    /// answer if that is longer, has stalled. Fewer than three requests must wait three times as long.
    pub stall: Duration,
    /// First ejection lasts this long; each further one as much longer.
    pub base_time: Duration,
    /// No ejection lasts longer.
    pub max_time: Duration,
    /// At most this share of a pool is ejected at a time, 0 to 1.
    pub max_share: f64,
}

impl Default for EjectionSettings {
    fn default() -> Self {
        EjectionSettings {
            enabled: true,
            consecutive_failures: 5,
            success_rate_deviations: 1.9,
            success_rate_min_requests: 50,
            window: Duration::from_secs(10),
            stall: Duration::from_secs(1),
            base_time: Duration::from_secs(30),
            max_time: Duration::from_secs(300),
            max_share: 0.5,
        }
    }
}

/// Tries beyond the first, of what is safe to repeat.
#[derive(Clone, Debug, PartialEq)]
pub struct RetrySettings {
    /// At most this many tries more. 0: never.
    pub max: u32,
    /// Retries over requests in the window, 0 to 1.
    pub budget_ratio: f64,
    /// Retries that are always allowed, per second.
    pub budget_min_per_s: u32,
    /// Statuses of a host that are tried again elsewhere.
    pub statuses: Vec<u16>,
}

impl Default for RetrySettings {
    fn default() -> Self {
        RetrySettings { max: 2, budget_ratio: 0.2, budget_min_per_s: 10, statuses: vec![502, 503, 504] }
    }
}

/// Local rejection of what hosts would reject, see `guards/storm.rs`.
#[derive(Clone, Debug, PartialEq)]
pub struct StormGuardSettings {
    /// Off: whatever comes is sent.
    pub enabled: bool,
    /// How many requests are sent for each one that was accepted, above 1.
    pub multiplier: f64,
    /// Statuses by which a host says that it does not accept a request.
    pub statuses: Vec<u16>,
}

impl Default for StormGuardSettings {
    fn default() -> Self {
        StormGuardSettings { enabled: true, multiplier: 2.0, statuses: vec![429, 503] }
    }
}

/// Limits per host, over all cores.
#[derive(Clone, Debug, PartialEq)]
pub struct BreakerSettings {
    /// Requests (and with HTTP/1.1, connections) in use at a time.
    pub max_connections: u32,
    /// Requests that may wait for one of them.
    pub max_pending: u32,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        BreakerSettings { max_connections: 1024, max_pending: 1024 }
    }
}

/// HAProxy agent checks (a TCP line such as `75%`, `drain`, `down`).
#[derive(Clone, Debug, PartialEq)]
pub struct AgentSettings {
    /// The port asked on every host.
    pub port: u16,
    /// Sent after connecting, if anything.
    pub send: Option<String>,
    /// Time between two asks of one host.
    pub interval: Duration,
}

/// What is learnt of hosts and requests, and how `predictive` goes by it.
///
/// The five that are on by default are there to be switched off one at a time, to see what each is worth.
#[derive(Clone, Debug, PartialEq)]
pub struct PredictSettings {
    /// Also learnt, computed and exported under another strategy; nothing is routed by it then.
    pub observe: bool,
    /// How often the table is written anew.
    pub refresh: Duration,
    /// Tell classes apart.
    pub classes: bool,
    /// Go by the size of requests.
    pub sizes: bool,
    /// Go by how each host does now.
    pub correction: bool,
    /// Count what waits on a host.
    pub wait: bool,
    /// Take every host to serve so many requests at a time; none: learn it.
    pub slots: Option<u32>,
    /// Hand over to the fallback while simple averages predict better.
    pub guard: bool,
    /// Never use the table: pick by the fallback alone.
    pub fallback_only: bool,
}

impl Default for PredictSettings {
    fn default() -> Self {
        PredictSettings {
            observe: false,
            refresh: Duration::from_millis(250),
            classes: true,
            sizes: true,
            correction: true,
            wait: true,
            slots: None,
            guard: true,
            fallback_only: false,
        }
    }
}

/// Probes: a GET of a path that the host answers at once, with what it has in flight and how fast it lately was.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbeSettings {
    /// Path of the GET; none: no probes are sent.
    pub path: Option<String>,
    /// The `Host` header of the GET; none: the address.
    pub host: Option<String>,
    /// A probe that takes longer has failed.
    pub timeout: Duration,
    /// Probes that each request pays for, on average, > 0.
    pub per_request: f64,
}

impl Default for ProbeSettings {
    fn default() -> Self {
        ProbeSettings { path: None, host: None, timeout: Duration::from_millis(100), per_request: 1.0 }
    }
}
