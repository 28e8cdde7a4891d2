//! What comes in: is it a request that may be forwarded, and what is it?
//!
//! hyper has parsed the head strictly and has settled how the body is framed (`docs/adr/0004-request-smuggling.md`); here is
//! what remains to be refused, and nothing is forwarded as it came: the request is written anew from its parts.

use std::net::IpAddr;
use std::sync::Arc;

use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, Request, Uri, Version, request};
use hyper::body::{Body, Incoming};
use hyper::upgrade::OnUpgrade;
use outrider_features::{BodySize, Headers};

use crate::activity::Activity;
use crate::body::{BodyProgress, RequestBody};
use crate::errors::ProxyError;
use crate::headers::has_token;

/// A request that may be forwarded.
#[derive(Debug)]
pub(crate) struct Inbound {
    pub(crate) parts: request::Parts,
    pub(crate) body: RequestBody,
    pub(crate) body_size: BodySize,
    /// The client's half of the tunnel, if the request asks for an upgrade that can be passed on.
    pub(crate) upgrade: Option<OnUpgrade>,
}

impl Inbound {
    /// Checks `request` and takes it apart. `limit_bytes` bounds the body; 0 = no limit.
    pub(crate) fn admit(
        mut request: Request<Incoming>,
        activity: &Arc<Activity>,
        progress: &Arc<BodyProgress>,
        limit_bytes: u64,
    ) -> Result<Inbound, ProxyError> {
        check_method(request.method())?;
        check_target(request.method(), request.uri())?;
        check_host(&request)?;
        check_expectation(request.headers())?;
        let body_size = body_size(&request)?;
        check_length(body_size, limit_bytes)?;
        let upgrade = wants_upgrade(&request, body_size).then(|| hyper::upgrade::on(&mut request));
        let (parts, incoming) = request.into_parts();
        let body = match body_size {
            BodySize::None => RequestBody::empty(progress),
            BodySize::Known(_) | BodySize::Unknown => {
                activity.expect_body();
                RequestBody::stream(incoming, activity, progress, limit_bytes)
            }
        };
        Ok(Inbound { parts, body, body_size, upgrade })
    }

    /// The host that the client asked for, with its port; empty for an HTTP/1.0 request that names none.
    pub(crate) fn authority(&self) -> &str {
        authority(&self.parts.uri, &self.parts.headers)
    }

    /// The same as a header's value, if there is one.
    pub(crate) fn host_value(&self) -> Option<HeaderValue> {
        match self.parts.uri.authority() {
            Some(authority) => HeaderValue::from_str(authority.as_str()).ok(),
            None => self.parts.headers.get(header::HOST).cloned(),
        }
    }

    /// Whether sending it twice is as good as once (RFC 9110, section 9.2.2) and there is no body to send again.
    pub(crate) fn is_repeatable(&self) -> bool {
        matches!(self.body_size, BodySize::None) && self.parts.method.is_idempotent()
    }
}

fn check_method(method: &Method) -> Result<(), ProxyError> {
    if *method == Method::CONNECT {
        return Err(ProxyError::ConnectMethod);
    }
    Ok(())
}

fn check_target(method: &Method, uri: &Uri) -> Result<(), ProxyError> {
    if uri.path() == "*" && *method != Method::OPTIONS {
        return Err(ProxyError::BadRequest("only OPTIONS may ask for *"));
    }
    if uri.scheme().is_some_and(|scheme| *scheme != http::uri::Scheme::HTTP) {
        return Err(ProxyError::BadRequest("the request target's scheme must be http"));
    }
    if uri.authority().is_some() && uri.scheme().is_none() {
        return Err(ProxyError::BadRequest("the request target must be a path or an http URL"));
    }
    Ok(())
}

/// RFC 9112, section 3.2: exactly one `Host` in HTTP/1.1, and a valid one.
fn check_host(request: &Request<Incoming>) -> Result<(), ProxyError> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let first = hosts.next();
    if hosts.next().is_some() {
        return Err(ProxyError::BadRequest("there must be one Host header"));
    }
    match first {
        None if request.version() >= Version::HTTP_11 => Err(ProxyError::BadRequest("the Host header is missing")),
        None => Ok(()),
        Some(value) if is_authority(value.as_bytes()) => Ok(()),
        Some(_) => Err(ProxyError::BadRequest("the Host header is not a host name with an optional port")),
    }?;
    match request.uri().authority() {
        Some(authority) if !is_authority(authority.as_str().as_bytes()) => {
            Err(ProxyError::BadRequest("the request target's host is not valid"))
        }
        _ => Ok(()),
    }
}

/// `host[:port]` of RFC 3986 without user information: a name, an IPv4 address or a bracketed IPv6 address.
fn is_authority(text: &[u8]) -> bool {
    let (host, port) = split_port(text);
    let host_is_valid = match host {
        [b'[', inner @ .., b']'] => {
            !inner.is_empty() && inner.iter().all(|c| c.is_ascii_hexdigit() || matches!(c, b':' | b'.'))
        }
        name => !name.is_empty() && name.iter().all(|c| c.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=".contains(c)),
    };
    let port_is_valid = port.is_none_or(|port| port.len() <= 5 && port.iter().all(u8::is_ascii_digit));
    host_is_valid && port_is_valid
}

/// The last colon outside brackets begins the port.
fn split_port(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    match text.iter().rposition(|c| matches!(c, b':' | b']')) {
        Some(at) if text[at] == b':' => (&text[..at], Some(&text[at + 1..])),
        _ => (text, None),
    }
}

/// The host without its port.
pub(crate) fn without_port(authority: &str) -> &str {
    let (host, _) = split_port(authority.as_bytes());
    &authority[..host.len()]
}

fn authority<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> &'a str {
    match uri.authority() {
        Some(authority) => authority.as_str(),
        None => headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default(),
    }
}

fn check_expectation(headers: &HeaderMap) -> Result<(), ProxyError> {
    match headers.get(header::EXPECT) {
        Some(value) if !value.as_bytes().eq_ignore_ascii_case(b"100-continue") => Err(ProxyError::UnknownExpectation),
        _ => Ok(()),
    }
}

/// hyper has refused what is ambiguous; a coding besides `chunked` it lets through, and we could not undo it.
fn body_size(request: &Request<Incoming>) -> Result<BodySize, ProxyError> {
    let mut codings = request.headers().get_all(header::TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => Ok(match request.body().size_hint().exact() {
            Some(0) => BodySize::None,
            Some(bytes) => BodySize::Known(bytes),
            None => BodySize::Unknown,
        }),
        (Some(value), None) if value.as_bytes().eq_ignore_ascii_case(b"chunked") => Ok(BodySize::Unknown),
        (Some(_), Some(_)) => Err(ProxyError::BadRequest("there must be one Transfer-Encoding header")),
        (Some(value), None) if repeats_chunked(value) => Err(ProxyError::BadRequest("chunked may be applied once")),
        (Some(_), None) => Err(ProxyError::UnknownCoding),
    }
}

fn repeats_chunked(value: &HeaderValue) -> bool {
    let codings = value.to_str().unwrap_or_default().split(',');
    codings.filter(|coding| coding.trim().eq_ignore_ascii_case("chunked")).count() > 1
}

fn check_length(size: BodySize, limit_bytes: u64) -> Result<(), ProxyError> {
    match size {
        BodySize::Known(bytes) if limit_bytes > 0 && bytes > limit_bytes => Err(ProxyError::BodyTooLarge),
        _ => Ok(()),
    }
}

/// An upgrade that can be passed on. Never to HTTP/2: what followed would be requests that we do not see. Never with a body:
/// nobody could tell where it ends and the tunnel begins.
fn wants_upgrade(request: &Request<Incoming>, body: BodySize) -> bool {
    let headers = request.headers();
    headers.contains_key(header::UPGRADE)
        && matches!(body, BodySize::None)
        && request.version() == Version::HTTP_11
        && has_token(headers, &header::CONNECTION, "upgrade")
        && !has_token(headers, &header::UPGRADE, "h2c")
        && !has_token(headers, &header::UPGRADE, "h2")
}

/// A header map as the classifier and the router read it.
pub(crate) struct HeaderView<'a>(pub(crate) &'a HeaderMap);

impl Headers for HeaderView<'_> {
    fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(HeaderValue::as_bytes)
    }
}

/// The facts about a request that its class is made from.
pub(crate) fn facts<'a>(
    inbound: &'a Inbound,
    view: &'a HeaderView<'a>,
    client: IpAddr,
) -> outrider_features::RequestFacts<'a, HeaderView<'a>> {
    outrider_features::RequestFacts {
        method: inbound.parts.method.as_str(),
        path: inbound.parts.uri.path(),
        body: inbound.body_size,
        headers: view,
        client,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorities() {
        for good in ["a", "a.example:80", "127.0.0.1", "[::1]", "[::1]:8080", "xn--p1ai", "a_b.example", "a:"] {
            assert!(is_authority(good.as_bytes()), "{good}");
        }
        for bad in ["", ":80", "a b", "a/b", "user@a", "a:80:80", "a:http", "a:123456", "[::1", "[]", "a\0", "[g]"] {
            assert!(!is_authority(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn ports_are_cut_off_outside_brackets_only() {
        assert_eq!(without_port("a.example:80"), "a.example");
        assert_eq!(without_port("a.example"), "a.example");
        assert_eq!(without_port("[::1]:80"), "[::1]");
        assert_eq!(without_port("[::1]"), "[::1]");
    }
}
