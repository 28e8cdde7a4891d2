//! Parts of HTTP: paths, header names and values, host patterns, statuses.

use outrider_pilot::HostPattern;

use crate::config::forms::address::check_dns_name;
use crate::config::forms::{Flaw, Form, parse_host, refuse_if};

/// The path of a request that we send.
pub(crate) const URL_PATH: Form = Form {
    what: "path",
    expected: "a path that begins with `/`, such as `/healthz`",
    pattern: "^/[!-~]*$",
    max_chars: 1024,
    check: |text| check_path(text, "#"),
};

/// The beginning of the paths that a route takes.
pub(crate) const PATH_PREFIX: Form = Form {
    what: "path",
    expected: "a path that begins with `/`, such as `/api`",
    pattern: "^/[!-~]*$",
    max_chars: 1024,
    check: check_path_prefix,
};

/// Paths of one class: `/users/{id}/orders`.
pub(crate) const PATH_PATTERN: Form = Form {
    what: "path pattern",
    expected: "a path such as `/users/{id}`: `{id}` is one whole segment, a last `*` or `{rest...}` is all that follows",
    pattern: "^/[!-~]*$",
    max_chars: 256,
    check: check_path_pattern,
};

/// The `Host` header of a request that we send.
pub(crate) const HOST_HEADER: Form = Form {
    what: "host name",
    expected: "a host name such as `api.example.com`, with a port if need be",
    pattern: "^[0-9A-Za-z.:_\\[\\]-]+$",
    max_chars: 260,
    check: check_host_header,
};

/// Host names that a route takes.
pub(crate) const HOST_PATTERN: Form = Form {
    what: "host name",
    expected: "a host name such as `example.com`, or `\"*.example.com\"` for what lies below it",
    pattern: "^(\\*\\.)?[0-9A-Za-z.:_\\[\\]-]+$",
    max_chars: 255,
    check: check_host_pattern,
};

/// The name of a header.
pub(crate) const HEADER_NAME: Form = Form {
    what: "header name",
    expected: "a header name such as `x-tenant`",
    pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$",
    max_chars: 64,
    check: |text| refuse_if(!is_token(text)),
};

/// The name of a cookie: a token (RFC 6265, section 4.1.1).
pub(crate) const COOKIE_NAME: Form = Form {
    what: "cookie name",
    expected: "the name of a cookie such as `session`",
    pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$",
    max_chars: 64,
    check: |text| refuse_if(!is_token(text)),
};

/// A name in a query, as it is spelt there.
pub(crate) const QUERY_NAME: Form = Form {
    what: "query name",
    expected: "a name in the query such as `size`",
    pattern: "^[0-9A-Za-z._~-]+$",
    max_chars: 64,
    check: |text| refuse_if(!text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._~-".contains(&byte))),
};

/// A header that we set on every request.
pub(crate) const REQUEST_ID_HEADER: Form = Form {
    what: "header name",
    expected: "a header name of its own, such as `x-request-id`",
    pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$",
    max_chars: 64,
    check: check_request_id_header,
};

/// The whole value of a header.
pub(crate) const HEADER_VALUE: Form = Form {
    what: "text",
    expected: "the whole value of a header, in visible characters",
    pattern: "^[!-~]([ -~]*[!-~])?$",
    max_chars: 1024,
    check: |text| refuse_if(!is_visible(text) || text.trim() != text),
};

/// Our name in `Via` and `Proxy-Status`: a token of RFC 9110.
pub(crate) const PROXY_NAME: Form = Form {
    what: "name",
    expected: "a name of letters, digits, `-`, `_` and `.`, beginning with a letter",
    pattern: "^[A-Za-z][0-9A-Za-z_.-]*$",
    max_chars: 64,
    check: check_proxy_name,
};

/// Headers whose meaning is HTTP's own (RFC 9110, RFC 9112): an id in one of them would break the message.
const TAKEN: [&str; 14] = [
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "authorization",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
];

fn check_path(text: &str, refused: &str) -> Result<(), Flaw> {
    refuse_if(text.is_empty() || !text.bytes().all(|b| b.is_ascii_graphic()))?;
    if let Some(c) = text.chars().find(|c| refused.contains(*c)) {
        return Err(Flaw::because(format!("with a `{c}` in it")));
    }
    if !text.starts_with('/') {
        let flaw = Flaw::because("without a leading `/`");
        return Err(if text.contains("://") { flaw } else { flaw.write(format_args!("/{text}")) });
    }
    Ok(())
}

fn check_path_prefix(text: &str) -> Result<(), Flaw> {
    if let Some(prefix) = text.strip_suffix("/*").filter(|p| check_path(p, "?#*").is_ok()) {
        return Err(Flaw::because("with a `*`, which a prefix does not need").write(prefix));
    }
    check_path(text, "?#*")
}

fn check_path_pattern(text: &str) -> Result<(), Flaw> {
    check_path(text, "?#")?;
    let segments: Vec<&str> = text.split('/').skip(1).collect();
    let (last, inner) = segments.split_last().unwrap_or((&"", &[]));
    refuse_if(!inner.iter().all(|s| is_literal(s) || is_placeholder(s)))?;
    let rest = |s: &str| s == "*" || s.strip_suffix("...}").is_some_and(|s| is_placeholder(&format!("{s}}}")));
    refuse_if(!(is_literal(last) || is_placeholder(last) || rest(last)))
}

fn is_literal(segment: &str) -> bool {
    !segment.contains(['{', '}', '*'])
}

fn is_placeholder(segment: &str) -> bool {
    let inner = segment.strip_prefix('{').and_then(|s| s.strip_suffix('}'));
    inner.is_some_and(|name| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
    })
}

fn check_host_header(text: &str) -> Result<(), Flaw> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let is_ip = bare.parse::<std::net::Ipv4Addr>().is_ok()
        || text.starts_with('[') && text.ends_with(']') && bare.parse::<std::net::Ipv6Addr>().is_ok();
    refuse_if(!is_ip && check_dns_name(text).is_err() && parse_host(text).is_err())
}

fn check_host_pattern(text: &str) -> Result<(), Flaw> {
    if let Some((host, port)) = text.rsplit_once(':')
        && port.bytes().all(|b| b.is_ascii_digit())
        && is_host_pattern(host)
    {
        return Err(Flaw::because("with a port, which routes do not look at").write(host));
    }
    if let Some(name) = text.strip_suffix('.').filter(|name| is_host_pattern(name)) {
        return Err(Flaw::because("with a final dot").write(name));
    }
    refuse_if(!is_host_pattern(text))
}

/// A pattern that means something here: `*` alone is what a route without `hosts` says.
fn is_host_pattern(text: &str) -> bool {
    text != "*" && HostPattern::parse(text).is_ok()
}

fn check_request_id_header(text: &str) -> Result<(), Flaw> {
    refuse_if(!is_token(text))?;
    let lower = text.to_ascii_lowercase();
    if TAKEN.contains(&lower.as_str()) || lower.starts_with("x-forwarded-") {
        return Err(Flaw::because("a header that has a meaning already").write("x-request-id"));
    }
    Ok(())
}

fn check_proxy_name(text: &str) -> Result<(), Flaw> {
    let inner = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    refuse_if(!text.starts_with(|c: char| c.is_ascii_alphabetic()) || !text.bytes().all(inner))
}

/// A token of RFC 9110, section 5.6.2.
fn is_token(text: &str) -> bool {
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !text.is_empty() && text.bytes().all(token)
}

fn is_visible(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b == b' ' || b.is_ascii_graphic())
}

/// A status or a range of them, both ends included.
///
/// # Errors
/// Anything but `204` or `200-399`, within 100 to 599, the lower one first.
pub(crate) fn parse_statuses(text: &str) -> Result<(u16, u16), Flaw> {
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    let (Some(low), Some(high)) = (status(low), status(high)) else {
        return Err(Flaw::PLAIN);
    };
    if low > high {
        return Err(Flaw::because("a range that ends before it begins").write(format_args!("{high}-{low}")));
    }
    Ok((low, high))
}

fn status(text: &str) -> Option<u16> {
    let sound = text.len() == 3 && text.bytes().all(|b| b.is_ascii_digit());
    sound.then(|| text.parse().ok())?.filter(|s| (100..=599).contains(s))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_take_the_good_and_refuse_the_bad() {
        let table: [(&Form, &[&str], &[&str]); 11] = [
            (&URL_PATH, &["/", "/healthz?full=1"], &["", "healthz", "/a b", "/a#b", "/é", "/\r\nx"]),
            (&PATH_PREFIX, &["/", "/api", "/api/"], &["api", "/api?x", "/api/*", "/a b"]),
            (
                &PATH_PATTERN,
                &["/users/{id}", "/", "/a/{b-c}/d/*", "/files/{rest...}"],
                &["/users/{}", "/a{b}", "/*/a", "/{rest...}/a", "users/{id}", "/{a b}"],
            ),
            (&HOST_HEADER, &["api", "api.example.com:8080", "10.0.0.1", "[::1]"], &["", "a b", "http://a", "1.2.3"]),
            (&HOST_PATTERN, &["example.com", "*.example.com", "10.0.0.1"], &["*", "*.", "a.*.b", "example.com:80", ""]),
            (&HEADER_NAME, &["x-tenant", "X-A_b"], &["", "x tenant", "x:y", "é"]),
            (&COOKIE_NAME, &["session", "__Host-sid"], &["", "a=b", "a b", "a;"]),
            (&QUERY_NAME, &["size", "n_1", "a.b-c~d"], &["a=b", "a&b", "a b", "%41", "é"]),
            (&HEADER_VALUE, &["gold", "a b"], &["", " gold", "a\nb", "é"]),
            (&PROXY_NAME, &["outrider", "edge-1"], &["", "1", "a b", "a/b"]),
            (&REQUEST_ID_HEADER, &["x-request-id"], &["Host", "content-length", "X-Forwarded-For", "a b"]),
        ];
        for (form, good, bad) in table {
            for text in good {
                assert_eq!(form.check(text), Ok(()), "{} {text}", form.what);
            }
            for text in bad {
                assert!(form.check(text).is_err(), "{} {text}", form.what);
            }
        }
    }

    #[test]
    fn statuses_are_ranges() {
        assert_eq!(parse_statuses("200-399"), Ok((200, 399)));
        assert_eq!(parse_statuses("204"), Ok((204, 204)));
        let backwards = parse_statuses("399-200").unwrap_err();
        assert_eq!(backwards.instead.unwrap(), "200-399");
        for bad in ["", "2xx", "99", "600", "200-", "+20", "200-300-400"] {
            assert!(parse_statuses(bad).is_err(), "{bad}");
        }
    }
}
