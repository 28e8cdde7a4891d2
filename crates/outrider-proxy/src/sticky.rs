//! What of a request sticks to a host, for pools that go by `consistent_hash`. Other pools pay one comparison.
//!
//! Values are hashed whole and as they came; nothing is copied.

use std::net::IpAddr;

use http::{HeaderMap, HeaderValue, header};
use outrider_features::keyed_hash;
use outrider_pilot::{HashKey, PoolSettings, StrategyKind};

/// The hash of what sticks; none where the pool does not go by it or the request does not have it.
pub(crate) fn key(settings: &PoolSettings, headers: &HeaderMap, path: &str, client: IpAddr) -> Option<u64> {
    if settings.strategy != StrategyKind::ConsistentHash {
        return None;
    }
    let hashed = |bytes: &[u8]| keyed_hash(settings.hash.seed, bytes);
    match &settings.hash.key {
        HashKey::Client => Some(match client.to_canonical() {
            IpAddr::V4(ip) => hashed(&ip.octets()),
            IpAddr::V6(ip) => hashed(&ip.octets()),
        }),
        HashKey::Path => Some(hashed(path.as_bytes())),
        HashKey::Header(name) => headers.get(name).map(|value| hashed(value.as_bytes())),
        HashKey::Cookie(name) => cookie(headers, name).map(hashed),
    }
}

/// The value of the first cookie called `name` (RFC 6265, section 4.2.1: `a=b; c=d`).
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a [u8]> {
    let lines = headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes);
    let pairs = lines.flat_map(|line| line.split(|&byte| byte == b';')).map(<[u8]>::trim_ascii);
    pairs.filter_map(|pair| pair.strip_prefix(name.as_bytes())?.strip_prefix(b"=")).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for &(name, value) in lines {
            headers.append(name, HeaderValue::from_static(value));
        }
        headers
    }

    fn settings(key: HashKey) -> PoolSettings {
        let mut settings = PoolSettings { strategy: StrategyKind::ConsistentHash, ..PoolSettings::named("api") };
        settings.hash.key = key;
        settings
    }

    #[test]
    fn cookies_are_found_among_others() {
        let table = [
            ("sid=abc", Some("abc")),
            ("a=1; sid=abc; b=2", Some("abc")),
            ("a=1;sid=abc", Some("abc")),
            ("sid=x=y", Some("x=y")),
            ("sid=", Some("")),
            ("xsid=abc; sid2=abc", None),
            ("sid", None),
            ("", None),
        ];
        for (line, expected) in table {
            let headers = headers(&[("cookie", "first=1"), ("cookie", line)]);
            assert_eq!(cookie(&headers, "sid"), expected.map(str::as_bytes), "{line}");
        }
    }

    #[test]
    fn each_key_is_of_what_it_says_and_of_nothing_else() {
        let client: IpAddr = "10.0.0.1".parse().unwrap();
        let other: IpAddr = "10.0.0.2".parse().unwrap();
        let tenant = headers(&[("x-tenant", "gold"), ("cookie", "sid=1")]);
        let of = |key: HashKey, headers: &HeaderMap, path: &str, client: IpAddr| {
            super::key(&settings(key), headers, path, client)
        };
        let header = || HashKey::Header("x-tenant".to_owned());
        assert_eq!(of(HashKey::Client, &tenant, "/a", client), of(HashKey::Client, &headers(&[]), "/b", client));
        assert_ne!(of(HashKey::Client, &tenant, "/a", client), of(HashKey::Client, &tenant, "/a", other));
        assert_eq!(of(HashKey::Path, &tenant, "/a", client), of(HashKey::Path, &headers(&[]), "/a", other));
        assert_ne!(of(HashKey::Path, &tenant, "/a", client), of(HashKey::Path, &tenant, "/b", client));
        assert!(of(header(), &tenant, "/a", client).is_some());
        assert_eq!(of(header(), &tenant, "/a", client), of(header(), &tenant, "/b", other));
        assert_eq!(of(header(), &headers(&[]), "/a", client), None);
        assert_eq!(of(HashKey::Cookie("none".to_owned()), &tenant, "/a", client), None);
        assert_eq!(super::key(&PoolSettings::named("api"), &tenant, "/a", client), None);
    }

    #[test]
    fn an_address_is_the_same_in_both_spellings_and_another_under_another_seed() {
        let four: IpAddr = "10.0.0.1".parse().unwrap();
        let six: IpAddr = "::ffff:10.0.0.1".parse().unwrap();
        let api = settings(HashKey::Client);
        let web = PoolSettings { strategy: StrategyKind::ConsistentHash, ..PoolSettings::named("web") };
        let none = HeaderMap::new();
        assert_eq!(key(&api, &none, "/", four), key(&api, &none, "/", six));
        assert_ne!(key(&api, &none, "/", four), key(&web, &none, "/", four));
    }
}
