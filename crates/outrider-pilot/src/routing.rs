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

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    struct Map(HashMap<&'static str, &'static str>);

    impl Headers for Map {
        fn get(&self, name: &str) -> Option<&[u8]> {
            self.0.get(name).map(|value| value.as_bytes())
        }
    }

    fn none() -> Map {
        Map(HashMap::new())
    }

    fn route(hosts: &[&str], prefix: Option<&str>, headers: &[(&str, &str)], pool: usize) -> Route {
        Route {
            hosts: hosts.iter().map(|h| h.parse().unwrap()).collect(),
            path_prefix: prefix.map(str::to_owned),
            headers: headers.iter().map(|&(n, v)| (n.to_owned(), v.to_owned())).collect(),
            pool,
        }
    }

    #[test]
    fn host_names() {
        let table = [
            ("example.com", "example.com", true),
            ("example.com", "EXAMPLE.com.", true),
            ("Example.Com", "example.com", true),
            ("example.com", "a.example.com", false),
            ("example.com", "example.co", false),
            ("*.example.com", "a.example.com", true),
            ("*.example.com", "a.b.EXAMPLE.com", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", "badexample.com", false),
            ("*.example.com", ".example.com", false),
            ("*", "whatever", true),
            ("*", "", true),
            ("[::1]", "[::1]", true),
            ("127.0.0.1", "127.0.0.1", true),
        ];
        for (pattern, host, expected) in table {
            assert_eq!(HostPattern::parse(pattern).unwrap().matches(host), expected, "{pattern} {host}");
        }
    }

    #[test]
    fn texts_that_are_no_host_pattern() {
        for text in ["", ".", "a..b", "*.", "**", "*a.com", "a.*.com", "a b", "http://a", "a:80", "a/b", "[x]", "*.*"] {
            assert_eq!(HostPattern::parse(text), Err(HostPatternError(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn prefixes_match_whole_segments() {
        let table = [
            ("/api", "/api", true),
            ("/api", "/api/", true),
            ("/api", "/api/x", true),
            ("/api", "/apix", false),
            ("/api", "/", false),
            ("/api", "/API", false),
            ("/api/", "/api", true),
            ("/api/", "/api/x", true),
            ("/", "/anything", true),
            ("/", "*", true),
            ("/a/b", "/a/b/c", true),
            ("/a/b", "/a/bc", false),
        ];
        for (prefix, path, expected) in table {
            let router = Router::new(&[route(&[], Some(prefix), &[], 0)]);
            assert_eq!(router.route("h", path, &none()).is_some(), expected, "{prefix} {path}");
        }
    }

    #[test]
    fn the_first_route_that_matches_in_everything_wins() {
        let router = Router::new(&[
            route(&["a.com", "*.a.com"], Some("/x"), &[("x-tier", "gold")], 1),
            route(&["a.com"], Some("/x"), &[], 2),
            route(&["a.com"], None, &[], 3),
            route(&[], Some("/x"), &[], 4),
        ]);
        let gold = Map(HashMap::from([("x-tier", "gold")]));
        assert_eq!(router.route("a.com", "/x", &gold), Some(1));
        assert_eq!(router.route("b.A.com", "/x/y", &gold), Some(1));
        assert_eq!(router.route("a.com", "/x", &Map(HashMap::from([("x-tier", "golden")]))), Some(2));
        assert_eq!(router.route("a.com", "/y", &gold), Some(3));
        assert_eq!(router.route("b.a.com", "/x", &none()), Some(4));
        assert_eq!(router.route("b.com", "/y", &none()), None);
    }

    proptest! {
        #[test]
        fn nothing_in_a_request_panics(host in "\\PC*", path in "\\PC*") {
            let routes = [route(&["*.a.com", "[::1]"], Some("/x"), &[], 0)];
            let _ = Router::new(&routes).route(&host, &path, &none());
        }

        #[test]
        fn a_pattern_shown_reads_back(text in "(\\*\\.)?[a-z]{1,5}(\\.[a-z]{1,5}){0,3}") {
            let pattern = HostPattern::parse(&text).unwrap();
            prop_assert_eq!(HostPattern::parse(&pattern.to_string()), Ok(pattern));
        }
    }
}
