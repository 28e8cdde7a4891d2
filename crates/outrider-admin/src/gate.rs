//! Who may ask at all, and who may change things.
//!
//! A page in a browser can be made to ask a loopback address under a name of its own that it makes resolve to it (DNS
//! rebinding). It cannot choose the `Host` header, which carries that name: so a name other than `localhost` is refused.
//! Changing needs a token, which such a page does not have.

use std::net::IpAddr;

use http::{HeaderMap, HeaderValue, StatusCode, Version, header};

use crate::problem::Problem;

/// Lets a request through whose `Host` is an address or `localhost`, or that has the token.
pub(crate) fn check_host(headers: &HeaderMap, version: Version, token: Option<&str>) -> Result<(), Problem> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().unwrap_or_default(),
        (None, _) if version <= Version::HTTP_10 => return Ok(()),
        (None, _) => return Err(Problem::new(StatusCode::BAD_REQUEST, "the Host header is missing")),
        (Some(_), Some(_)) => return Err(Problem::new(StatusCode::BAD_REQUEST, "there is more than one Host header")),
    };
    if is_local(without_port(host)) || has_token(headers, token) {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::MISDIRECTED_REQUEST,
        "ask for this address by its IP or as localhost, or send the admin token: other names are refused, because a \
         web page could use one to reach it",
    ))
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

fn is_local(name: &str) -> bool {
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case("localhost") || address.parse::<IpAddr>().is_ok()
}

/// Lets a request through that has the token.
pub(crate) fn check_token(headers: &HeaderMap, token: Option<&str>) -> Result<(), Problem> {
    if token.is_none() {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "changes need a token and none is configured: set admin.token in the configuration or OUTRIDER_ADMIN_TOKEN \
             in the environment, and restart",
        ));
    }
    if has_token(headers, token) {
        return Ok(());
    }
    let detail = if headers.contains_key(header::AUTHORIZATION) {
        "the token is not the right one"
    } else {
        "changes need the admin token: send it as Authorization: Bearer <token>"
    };
    let challenge = HeaderValue::from_static("Bearer realm=\"outrider\"");
    Err(Problem::new(StatusCode::UNAUTHORIZED, detail).header(header::WWW_AUTHENTICATE, challenge))
}

fn has_token(headers: &HeaderMap, token: Option<&str>) -> bool {
    let (Some(token), Some(sent)) = (token, headers.get(header::AUTHORIZATION)) else {
        return false;
    };
    match sent.as_bytes().split_at_checked(BEARER.len()) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case(BEARER) => {
            is_same(rest.trim_ascii(), token.as_bytes()) && !token.is_empty()
        }
        _ => false,
    }
}

const BEARER: &[u8] = b"bearer ";

/// Compares in a time that depends on the length alone, which is no secret.
fn is_same(sent: &[u8], token: &[u8]) -> bool {
    let differs = sent.iter().zip(token).fold(0, |differs, (a, b)| std::hint::black_box(differs | (a ^ b)));
    sent.len() == token.len() && differs == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for &(name, value) in fields {
            let name: http::HeaderName = name.parse().unwrap();
            headers.append(name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn only_names_that_a_page_cannot_choose_are_let_through() {
        for (host, passes) in [
            ("localhost", true),
            ("LOCALHOST:9901", true),
            ("127.0.0.1", true),
            ("127.0.0.1:9901", true),
            ("10.1.2.3:1", true),
            ("[::1]:9901", true),
            ("[::1]", true),
            ("evil.example", false),
            ("evil.example:9901", false),
            ("127.0.0.1.evil.example", false),
            ("localhost.evil.example", false),
            ("localhost:evil", false),
            ("", false),
            (":9901", false),
        ] {
            let sent = headers(&[("host", host)]);
            assert_eq!(check_host(&sent, Version::HTTP_11, None).is_ok(), passes, "{host:?}");
            let with_token = headers(&[("host", host), ("authorization", "Bearer secret")]);
            assert!(check_host(&with_token, Version::HTTP_11, Some("secret")).is_ok(), "{host:?}");
        }
    }

    #[test]
    fn host_is_needed_once() {
        assert!(check_host(&headers(&[]), Version::HTTP_11, None).is_err());
        assert!(check_host(&headers(&[]), Version::HTTP_10, None).is_ok());
        let twice = headers(&[("host", "localhost"), ("host", "localhost")]);
        assert!(check_host(&twice, Version::HTTP_11, None).is_err());
    }

    #[test]
    fn only_the_whole_token_is_the_token() {
        for (sent, passes) in [
            ("Bearer secret", true),
            ("bearer secret", true),
            ("Bearer  secret ", true),
            ("Bearer secre", false),
            ("Bearer secrets", false),
            ("Bearer SECRET", false),
            ("Bearer ", false),
            ("Bearer", false),
            ("Basic secret", false),
            ("secret", false),
            ("", false),
        ] {
            let sent_headers = headers(&[("authorization", sent)]);
            assert_eq!(check_token(&sent_headers, Some("secret")).is_ok(), passes, "{sent:?}");
            assert!(check_token(&sent_headers, None).is_err(), "no token configured: nobody passes");
            assert!(check_token(&sent_headers, Some("")).is_err(), "an empty token is none");
        }
    }
}
