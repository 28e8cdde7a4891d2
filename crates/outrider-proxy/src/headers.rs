//! Which headers pass, which end here, and which we add (RFC 9110 section 7.6, RFC 7239, de-facto `X-Forwarded-*`).
//!
//! Cost: one pass over the names with a few integer compares each; removals only of what was seen.

use std::net::{IpAddr, SocketAddr};

use http::header::{self, Entry, HeaderMap, HeaderName, HeaderValue};
use ipnet::IpNet;

static FORWARDED: HeaderName = header::FORWARDED;
static X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
static X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
static X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
static KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
static PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");

/// Where a request came from and where it came in.
#[derive(Clone, Debug)]
pub(crate) struct Arrival<'a> {
    /// The address of the other end of the connection, and the same as text, made once per connection.
    pub(crate) peer: IpAddr,
    pub(crate) peer_text: &'a HeaderValue,
    /// Our end.
    pub(crate) local: IpAddr,
    /// Whether the peer's own forwarding headers are believed.
    pub(crate) trusted: bool,
    /// The host that the client asked for; none in an HTTP/1.0 request that names none.
    pub(crate) host: Option<HeaderValue>,
}

/// Whether `peer` is one whose forwarding headers are believed.
pub(crate) fn is_trusted(peer: IpAddr, networks: &[IpNet]) -> bool {
    let peer = peer.to_canonical();
    networks.iter().any(|network| network.contains(&peer))
}

/// The client behind the peer: the last address of `X-Forwarded-For` that is not itself trusted. Without trust, or
/// when the header says nothing usable, the peer.
pub(crate) fn client_address(headers: &HeaderMap, peer: IpAddr, networks: &[IpNet]) -> IpAddr {
    let mut client = peer.to_canonical();
    for value in headers.get_all(&X_FORWARDED_FOR).iter().rev() {
        for entry in value.to_str().unwrap_or_default().rsplit(',') {
            if !is_trusted(client, networks) {
                return client;
            }
            match parse_node(entry.trim()) {
                Some(address) => client = address.to_canonical(),
                None => return client,
            }
        }
    }
    client
}

/// An address as `X-Forwarded-For` carries it: bare, or with a port.
fn parse_node(text: &str) -> Option<IpAddr> {
    text.parse::<IpAddr>().or_else(|_| text.parse::<SocketAddr>().map(|a| a.ip())).ok()
}

/// Whether an answer's body is coded in a way that we could not undo: hyper takes off `chunked` alone.
pub(crate) fn has_other_coding(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => false,
        (Some(coding), None) => !coding.as_bytes().eq_ignore_ascii_case(b"chunked"),
        (Some(_), Some(_)) => true,
    }
}

/// Whether an answer has a length beside an encoding. The encoding counts (RFC 9112, section 6.3); the length goes, and the
/// connection is not to be trusted with another request.
pub(crate) fn settle_length(headers: &mut HeaderMap) -> bool {
    headers.contains_key(header::TRANSFER_ENCODING) && headers.remove(header::CONTENT_LENGTH).is_some()
}

/// Removes what concerns only the connection it came on. `Trailer` stays: hyper forwards the trailers that it names.
pub(crate) fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let mut seen = Seen::default();
    for name in headers.keys() {
        seen.note(name);
    }
    if seen.connection {
        remove_nominated(headers);
        headers.remove(header::CONNECTION);
    }
    for (was_seen, name) in [
        (seen.keep_alive, &KEEP_ALIVE),
        (seen.proxy_connection, &PROXY_CONNECTION),
        (seen.proxy_authorization, &header::PROXY_AUTHORIZATION),
        (seen.proxy_authenticate, &header::PROXY_AUTHENTICATE),
        (seen.te, &header::TE),
        (seen.transfer_encoding, &header::TRANSFER_ENCODING),
        (seen.upgrade, &header::UPGRADE),
    ] {
        if was_seen {
            headers.remove(name);
        }
    }
}

#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "one flag per header name")]
struct Seen {
    connection: bool,
    keep_alive: bool,
    proxy_connection: bool,
    proxy_authorization: bool,
    proxy_authenticate: bool,
    te: bool,
    transfer_encoding: bool,
    upgrade: bool,
}

impl Seen {
    fn note(&mut self, name: &HeaderName) {
        self.connection |= *name == header::CONNECTION;
        self.proxy_authorization |= *name == header::PROXY_AUTHORIZATION;
        self.proxy_authenticate |= *name == header::PROXY_AUTHENTICATE;
        self.te |= *name == header::TE;
        self.transfer_encoding |= *name == header::TRANSFER_ENCODING;
        self.upgrade |= *name == header::UPGRADE;
        self.keep_alive |= *name == KEEP_ALIVE;
        self.proxy_connection |= *name == PROXY_CONNECTION;
    }
}

/// Removes the headers that `Connection` names, save those that frame or address the message.
fn remove_nominated(headers: &mut HeaderMap) {
    let nominated: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|&byte| byte == b','))
        .filter_map(|token| HeaderName::from_bytes(token.trim_ascii()).ok())
        .filter(|name| *name != header::HOST && *name != header::CONTENT_LENGTH)
        .collect();
    for name in nominated {
        headers.remove(name);
    }
}

/// Whether a comma-separated header holds `token`, in any case.
pub(crate) fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|part| part.trim().eq_ignore_ascii_case(token))
}

/// Says who forwards for whom.
pub(crate) fn add_forwarding(headers: &mut HeaderMap, arrival: &Arrival<'_>, via: &HeaderValue, forwarded: bool) {
    if !arrival.trusted {
        remove_forwarding(headers);
    }
    append_forwarded_for(headers, arrival.peer_text);
    if let Entry::Vacant(entry) = headers.entry(&X_FORWARDED_PROTO) {
        entry.insert(HeaderValue::from_static("http"));
    }
    if let Some(host) = &arrival.host
        && let Entry::Vacant(entry) = headers.entry(&X_FORWARDED_HOST)
    {
        entry.insert(host.clone());
    }
    if forwarded {
        append_forwarded(headers, arrival);
    }
    headers.append(header::VIA, via.clone());
}

/// A stranger's word on whom it forwards for. Most send none.
fn remove_forwarding(headers: &mut HeaderMap) {
    let claims: Vec<HeaderName> = headers.keys().filter(|name| is_claim(name)).cloned().collect();
    for name in claims {
        headers.remove(name);
    }
}

/// `Forwarded`, `X-Real-IP` and every `X-Forwarded-*`, also with underscores: to CGI and WSGI programs those are the same
/// variables.
fn is_claim(name: &HeaderName) -> bool {
    let name = name.as_str();
    let starts = |prefix: &str| {
        let matches = |(have, want): (u8, u8)| have == want || (have == b'_' && want == b'-');
        name.len() >= prefix.len() && name.bytes().zip(prefix.bytes()).all(matches)
    };
    name == "forwarded"
        || (name.starts_with('x') && (starts("x-forwarded-") || (starts("x-real-ip") && name.len() == 9)))
}

fn append_forwarded_for(headers: &mut HeaderMap, peer: &HeaderValue) {
    let value = match joined(headers, &X_FORWARDED_FOR) {
        Some(earlier) => HeaderValue::try_from(format!("{earlier}, {}", peer.to_str().unwrap_or_default())),
        None => Ok(peer.clone()),
    };
    if let Ok(value) = value {
        headers.insert(&X_FORWARDED_FOR, value);
    }
}

/// RFC 7239, section 4: IPv6 addresses and anything with a colon are quoted.
fn append_forwarded(headers: &mut HeaderMap, arrival: &Arrival<'_>) {
    let node = |ip: IpAddr| match ip {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("\"[{v6}]\""),
    };
    let own = format!(
        "for={};by={};host=\"{}\";proto=http",
        node(arrival.peer),
        node(arrival.local),
        arrival.host.as_ref().and_then(|host| host.to_str().ok()).unwrap_or_default(),
    );
    let value = match joined(headers, &FORWARDED) {
        Some(earlier) => format!("{earlier}, {own}"),
        None => own,
    };
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(&FORWARDED, value);
    }
}

/// All values of a list header as one; none when it is absent.
fn joined(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let mut values = headers.get_all(name).iter().filter_map(|v| v.to_str().ok());
    let first = values.next()?.to_owned();
    Some(values.fold(first, |all, value| all + ", " + value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::from_static(name), value.parse().unwrap());
        }
        headers
    }

    static PEER: HeaderValue = HeaderValue::from_static("203.0.113.9");

    fn arrival(trusted: bool) -> Arrival<'static> {
        Arrival {
            peer: "203.0.113.9".parse().unwrap(),
            peer_text: &PEER,
            local: "192.0.2.1".parse().unwrap(),
            trusted,
            host: Some(HeaderValue::from_static("shop.example")),
        }
    }

    fn forwarded(trusted: bool, pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = map(pairs);
        let via = HeaderValue::from_static("1.1 outrider");
        add_forwarding(&mut headers, &arrival(trusted), &via, true);
        headers
    }

    #[test]
    fn what_concerns_the_connection_ends_here() {
        let mut headers = map(&[
            ("connection", "keep-alive, X-Secret"),
            ("connection", "host, content-length"),
            ("x-secret", "1"),
            ("keep-alive", "timeout=5"),
            ("proxy-connection", "keep-alive"),
            ("proxy-authorization", "Basic eA=="),
            ("te", "trailers"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("host", "a"),
            ("content-length", "3"),
            ("trailer", "x-sum"),
            ("accept", "*/*"),
        ]);
        remove_hop_by_hop(&mut headers);
        let mut left: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(left, ["accept", "content-length", "host", "trailer"]);
    }

    #[test]
    fn a_stranger_cannot_say_who_it_forwards_for() {
        let headers = forwarded(
            false,
            &[
                ("x-forwarded-for", "10.0.0.1"),
                ("x-forwarded-proto", "https"),
                ("x-forwarded-prefix", "/admin"),
                ("x_forwarded_for", "10.0.0.1"),
                ("x-real-ip", "10.0.0.1"),
                ("forwarded", "for=10.0.0.1"),
            ],
        );
        for name in ["x-forwarded-prefix", "x_forwarded_for", "x-real-ip"] {
            assert!(!headers.contains_key(name), "{name}");
        }
        assert_eq!(headers["x-forwarded-for"], "203.0.113.9");
        assert_eq!(headers["x-forwarded-proto"], "http");
        assert_eq!(headers["x-forwarded-host"], "shop.example");
        assert_eq!(headers["forwarded"], "for=203.0.113.9;by=192.0.2.1;host=\"shop.example\";proto=http");
        assert_eq!(headers["via"], "1.1 outrider");
    }

    #[test]
    fn a_trusted_peer_is_extended() {
        let headers = forwarded(
            true,
            &[
                ("x-forwarded-for", "198.51.100.7"),
                ("x-forwarded-for", "10.0.0.1"),
                ("x-forwarded-proto", "https"),
                ("x-forwarded-host", "www.example"),
                ("via", "1.1 edge"),
            ],
        );
        assert_eq!(headers["x-forwarded-for"], "198.51.100.7, 10.0.0.1, 203.0.113.9");
        assert_eq!(headers["x-forwarded-proto"], "https");
        assert_eq!(headers["x-forwarded-host"], "www.example");
        let via: Vec<_> = headers.get_all("via").iter().collect();
        assert_eq!(via, ["1.1 edge", "1.1 outrider"]);
    }

    #[test]
    fn the_client_is_the_last_address_that_nobody_vouches_for() {
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap()];
        let client = |peer: &str, forwarded_for: &str| {
            let headers = map(&[("x-forwarded-for", forwarded_for)]);
            client_address(&headers, peer.parse().unwrap(), &trusted).to_string()
        };
        assert_eq!(client("10.0.0.1", "198.51.100.7, 10.0.0.2"), "198.51.100.7");
        assert_eq!(client("10.0.0.1", "6.6.6.6, 198.51.100.7"), "198.51.100.7");
        assert_eq!(client("203.0.113.9", "198.51.100.7"), "203.0.113.9");
        assert_eq!(client("10.0.0.1", "nonsense"), "10.0.0.1");
        assert_eq!(client("::ffff:10.0.0.1", "[2001:db8::1]:80"), "2001:db8::1");
    }
}
