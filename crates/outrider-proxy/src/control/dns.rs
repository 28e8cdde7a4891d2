//! Names of hosts: asked again when their time to live has passed, kept when nobody answers.
//!
//! A and AAAA are asked apart, because a lookup of both at once hides that one of them failed: hosts would vanish for a
//! lost packet. The system's hosts file comes before DNS, and alone if it has the name, as in `getaddrinfo`. A name that
//! is gone (NXDOMAIN) is a failure like any other: stale addresses serve better than none, and health checks watch them.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use hickory_resolver::config::{ResolveHosts, ResolverConfig, ResolverOpts};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::op::Query;
use hickory_resolver::proto::rr::{Name, RecordType};
use hickory_resolver::{Hosts, TokioResolver};
use tokio::time::timeout;

/// No answer is believed for less than this.
const TTL_MIN: Duration = Duration::from_secs(1);
/// No answer is believed for longer.
const TTL_MAX: Duration = Duration::from_secs(300);
/// How long an entry of the hosts file is believed.
const HOSTS_FILE_TTL: Duration = Duration::from_secs(5);
/// A lookup with all its tries is over after this.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(5);
/// Waits after failures double up to this.
const RETRY_MAX: Duration = Duration::from_secs(30);

/// What one address family answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// There are addresses.
    Found(Vec<IpAddr>),
    /// The name has none of this family.
    Nothing,
    /// No answer.
    Failed(String),
}

/// What was learnt about a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) v4: Family,
    pub(super) v6: Family,
    /// For how long it may be believed.
    pub(super) ttl: Duration,
}

impl Answer {
    fn failed(why: &str) -> Answer {
        Answer { v4: Family::Failed(why.to_owned()), v6: Family::Failed(why.to_owned()), ttl: TTL_MIN }
    }

    fn found_something(&self) -> bool {
        matches!(self.v4, Family::Found(_)) || matches!(self.v6, Family::Found(_))
    }
}

/// The addresses that a name has as far as we know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    v4: Vec<IpAddr>,
    v6: Vec<IpAddr>,
    failures_in_a_row: u32,
    /// Why the last lookup failed, wholly or in one family.
    pub(crate) failure: Option<String>,
}

impl Known {
    /// All addresses, sorted, IPv4 first.
    pub(crate) fn addresses(&self) -> Vec<IpAddr> {
        self.v4.iter().chain(&self.v6).copied().collect()
    }

    /// Takes in an answer; returns how long to wait until the next lookup.
    pub(super) fn learn(&mut self, answer: Answer) -> Duration {
        self.failure = failure(&answer);
        if answer.found_something() {
            replace(&mut self.v4, answer.v4);
            replace(&mut self.v6, answer.v6);
        }
        if self.failure.is_some() {
            self.failures_in_a_row = self.failures_in_a_row.saturating_add(1);
            let doublings = self.failures_in_a_row.min(6) - 1;
            return (TTL_MIN * 2u32.pow(doublings)).min(RETRY_MAX);
        }
        self.failures_in_a_row = 0;
        answer.ttl.clamp(TTL_MIN, TTL_MAX)
    }

    /// Takes in that nobody answered in time; returns how long to wait until the next lookup.
    pub(super) fn no_answer_within(&mut self, limit: Duration) -> Duration {
        self.learn(Answer::failed(&format!("no answer within {limit:?}")))
    }
}

fn failure(answer: &Answer) -> Option<String> {
    match (&answer.v4, &answer.v6) {
        (Family::Nothing, Family::Nothing) => Some("the name has no addresses".to_owned()),
        (Family::Failed(why), Family::Failed(_)) => Some(why.clone()),
        (Family::Failed(why), _) => Some(format!("IPv4: {why}")),
        (_, Family::Failed(why)) => Some(format!("IPv6: {why}")),
        _ => None,
    }
}

fn replace(addresses: &mut Vec<IpAddr>, family: Family) {
    match family {
        Family::Found(mut found) => {
            found.sort_unstable();
            found.dedup();
            *addresses = found;
        }
        Family::Nothing => addresses.clear(),
        Family::Failed(_) => {}
    }
}

/// Asks for addresses.
#[derive(Debug)]
pub(crate) struct Names {
    servers: Servers,
    // Built when first asked and again after a failure, so that a new `resolv.conf` is seen.
    resolver: Mutex<Option<TokioResolver>>,
}

#[derive(Debug)]
enum Servers {
    System,
    #[cfg_attr(not(test), allow(dead_code))]
    These(ResolverConfig),
}

impl Names {
    /// Asks whom the system asks: its hosts file, then the servers of its `resolv.conf`.
    pub(crate) fn system() -> Names {
        Names { servers: Servers::System, resolver: Mutex::new(None) }
    }

    /// Asks these servers and no file.
    #[cfg(test)]
    pub(crate) fn servers(config: ResolverConfig) -> Names {
        Names { servers: Servers::These(config), resolver: Mutex::new(None) }
    }

    /// The addresses of `name` now. Takes five seconds at most.
    pub(super) async fn ask(&self, name: &str) -> Answer {
        if let Some(answer) = literal(name).or_else(|| self.hosts_file(name)) {
            return answer;
        }
        let answer = match self.resolver() {
            Ok(resolver) => timeout(LOOKUP_TIMEOUT, lookup(&resolver, name)).await,
            Err(error) => Ok(Answer::failed(&error.to_string())),
        };
        let answer = answer.unwrap_or_else(|_| Answer::failed("no answer in time"));
        if failure(&answer).is_some() {
            *self.resolver.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        answer
    }

    /// What the hosts file says, if it has the name at all. A small local file: reading it does not hold up the thread.
    fn hosts_file(&self, name: &str) -> Option<Answer> {
        if !matches!(self.servers, Servers::System) {
            return None;
        }
        let hosts = Hosts::from_system().ok()?;
        let name = Name::from_str_relaxed(name).ok()?;
        let family = |kind| match hosts.lookup_static_host(&Query::query(name.clone(), kind)) {
            Some(lookup) => Family::Found(addresses(&lookup)),
            None => Family::Nothing,
        };
        let (v4, v6) = (family(RecordType::A), family(RecordType::AAAA));
        (v4 != Family::Nothing || v6 != Family::Nothing).then_some(Answer { v4, v6, ttl: HOSTS_FILE_TTL })
    }

    fn resolver(&self) -> Result<TokioResolver, NetError> {
        let mut current = self.resolver.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(resolver) = &*current {
            return Ok(resolver.clone());
        }
        let mut builder = match &self.servers {
            Servers::System => TokioResolver::builder_tokio()?,
            Servers::These(config) => {
                TokioResolver::builder_with_config(config.clone(), TokioRuntimeProvider::default())
            }
        };
        limit(builder.options_mut());
        let resolver = builder.build()?;
        *current = Some(resolver.clone());
        Ok(resolver)
    }
}

/// Our own schedule is the cache: an answer is asked for when the last one has run out.
fn limit(options: &mut ResolverOpts) {
    options.cache_size = 0;
    options.use_hosts_file = ResolveHosts::Never;
    options.timeout = options.timeout.min(Duration::from_secs(2));
    options.attempts = options.attempts.min(2);
}

fn literal(name: &str) -> Option<Answer> {
    let address: IpAddr = name.parse().ok()?;
    let found = Family::Found(vec![address]);
    let (v4, v6) = match address {
        IpAddr::V4(_) => (found, Family::Nothing),
        IpAddr::V6(_) => (Family::Nothing, found),
    };
    let ttl = TTL_MAX;
    Some(Answer { v4, v6, ttl })
}

async fn lookup(resolver: &TokioResolver, name: &str) -> Answer {
    let (v4, v6) = tokio::join!(resolver.lookup(name, RecordType::A), resolver.lookup(name, RecordType::AAAA),);
    let now = Instant::now();
    let valid_until = [&v4, &v6].into_iter().flatten().map(Lookup::valid_until).min();
    Answer {
        v4: family(v4),
        v6: family(v6),
        ttl: valid_until.map_or(TTL_MIN, |until| until.saturating_duration_since(now)),
    }
}

fn family(result: Result<Lookup, NetError>) -> Family {
    match result {
        Ok(lookup) => match addresses(&lookup) {
            none if none.is_empty() => Family::Nothing,
            found => Family::Found(found),
        },
        Err(error) if error.is_no_records_found() => Family::Nothing,
        Err(error) => Family::Failed(error.to_string()),
    }
}

fn addresses(lookup: &Lookup) -> Vec<IpAddr> {
    lookup.answers().iter().filter_map(|record| record.data.ip_addr()).collect()
}

#[cfg(test)]
mod tests;
