//! From a request to its pool: by host name, path prefix and headers, first match wins.
//!
//! Cost: one comparison per route until the first match; nothing is allocated.

use std::fmt;
use std::str::FromStr;

use outrider_features::Headers;

/// One rule. Everything it names must match; what it leaves out matches anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// Host names, one of which must match. Empty: any.
    pub hosts: Vec<HostPattern>,
    /// The path must begin with these segments: `/api` matches `/api` and `/api/x`, not `/apix`. None: any.
    pub path_prefix: Option<String>,
    /// Headers (name in lower case) whose first value must be exactly this.
    pub headers: Vec<(String, String)>,
    /// The index of the pool that it picks.
    pub pool: usize,
}

/// `example.com`, or `*.example.com` for every name below it (but not itself), or `*` for any.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostPattern {
    /// Without the `*`, lower case: `example.com`, `.example.com`, or empty.
    name: String,
    wildcard: bool,
}

/// A text that is no host pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither a host name nor `*.` and a host name")]
pub struct HostPatternError(String);

impl HostPattern {
    /// Reads a pattern. Upper and lower case are the same.
    pub fn parse(text: &str) -> Result<HostPattern, HostPatternError> {
        let wildcard = text.starts_with('*');
        let name = text.strip_prefix('*').unwrap_or(text);
        let labels = if wildcard { name.strip_prefix('.').unwrap_or("*") } else { name };
        if !(is_host_name(labels) || text == "*") {
            return Err(HostPatternError(text.to_owned()));
        }
        Ok(HostPattern { name: name.to_ascii_lowercase(), wildcard })
    }

    /// Whether `host` (no port, any case) is meant. A final dot is ignored.
    pub fn matches(&self, host: &str) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host).as_bytes();
        let name = self.name.as_bytes();
        match host.len().checked_sub(name.len()) {
            Some(0) => host.eq_ignore_ascii_case(name) && (!self.wildcard || name.is_empty()),
            Some(more) => self.wildcard && host[more..].eq_ignore_ascii_case(name),
            None => false,
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let star = if self.wildcard { "*" } else { "" };
        write!(f, "{star}{}", self.name)
    }
}

impl FromStr for HostPattern {
    type Err = HostPatternError;

    fn from_str(text: &str) -> Result<HostPattern, HostPatternError> {
        HostPattern::parse(text)
    }
}

/// Labels of letters, digits, `-` and `_`, or an IP address (in brackets if it is one of version 6).
fn is_host_name(text: &str) -> bool {
    let is_label =
        |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let inner = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
    text.len() <= 255
        && match inner {
            Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
            None => text.split('.').all(is_label),
        }
}

/// All routes, ready to be asked.
#[derive(Clone, Debug, Default)]
pub struct Router {
    routes: Vec<Route>,
}

impl Router {
    /// A router that tries `routes` in their order.
    pub fn new(routes: &[Route]) -> Router {
        Router { routes: routes.iter().map(normalised).collect() }
    }

    /// The index of the pool for a request; `None` if no route matches. `host` is without port, in any case; `path`
    /// without query.
    pub fn route<H: Headers>(&self, host: &str, path: &str, headers: &H) -> Option<usize> {
        self.routes.iter().find(|route| matches(route, host, path, headers)).map(|route| route.pool)
    }
}

/// A prefix ends without a slash, so that `/api/` and `/api` mean the same and `/` means everything.
fn normalised(route: &Route) -> Route {
    let trimmed = route.path_prefix.as_deref().map(|p| p.trim_end_matches('/').to_owned());
    Route { path_prefix: trimmed.filter(|p| !p.is_empty()), ..route.clone() }
}

fn matches<H: Headers>(route: &Route, host: &str, path: &str, headers: &H) -> bool {
    let host_fits = route.hosts.is_empty() || route.hosts.iter().any(|h| h.matches(host));
    host_fits
        && route.path_prefix.as_deref().is_none_or(|prefix| is_below(path, prefix))
        && route.headers.iter().all(|(name, value)| headers.get(name) == Some(value.as_bytes()))
}

fn is_below(path: &str, prefix: &str) -> bool {
    let rest = path.strip_prefix(prefix);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
