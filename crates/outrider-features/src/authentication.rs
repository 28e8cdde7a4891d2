//! How a request says who asks: by the names of headers and the scheme alone, never by a secret.
//!
//! Whoever is known is often served otherwise (no cache, more rights checked), so the kind tells costs apart.

use crate::Headers;

/// Headers that carry an API key.
const API_KEYS: [&str; 4] = ["x-api-key", "api-key", "apikey", "x-goog-api-key"];

/// The kind of authentication of a request: `Authorization` before an API key before a cookie.
#[inline]
pub(crate) fn kind_of<H: Headers>(headers: &H) -> &'static str {
    if let Some(value) = headers.get("authorization") {
        return of_scheme(value);
    }
    if API_KEYS.iter().any(|name| headers.get(name).is_some()) {
        return "api-key";
    }
    match headers.get("cookie") {
        Some(_) => "cookie",
        None => "none",
    }
}

fn of_scheme(value: &[u8]) -> &'static str {
    let scheme = value.split(|&byte| byte == b' ').next().unwrap_or_default();
    match scheme {
        scheme if scheme.eq_ignore_ascii_case(b"basic") => "basic",
        scheme if scheme.eq_ignore_ascii_case(b"bearer") => "bearer",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::HeaderList;

    #[test]
    fn the_kind_is_read_off_names_and_scheme() {
        let list = |headers: &[(&str, &str)]| kind_of(&HeaderList::of(headers));
        assert_eq!(list(&[]), "none");
        assert_eq!(list(&[("authorization", "Basic abc")]), "basic");
        assert_eq!(list(&[("authorization", "bearer abc"), ("cookie", "a=b")]), "bearer");
        assert_eq!(list(&[("authorization", "AWS4-HMAC-SHA256 Credential=x")]), "other");
        assert_eq!(list(&[("authorization", "")]), "other");
        assert_eq!(list(&[("authorization", "\u{ff}")]), "other");
        assert_eq!(list(&[("x-api-key", "k"), ("cookie", "a=b")]), "api-key");
        assert_eq!(list(&[("cookie", "a=b")]), "cookie");
    }
}
