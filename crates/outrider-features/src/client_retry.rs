//! Which requests are tries that a client makes again: what their heads say, and marks by which a repeat is known.
//!
//! Three families of clients number their tries: gRPC (`grpc-previous-rpc-attempts`, proposal A6: how many came before),
//! the AWS SDKs (`amz-sdk-request: attempt=2; max=3`) and Envoy (`x-envoy-attempt-count`, from 1). What is not such a
//! number, or larger than any client tries, is as good as absent. All others are known by what they repeat:
//!
//! * the same `Idempotency-Key`, for the same method, host and path, whoever sends it: it is unique by contract;
//! * the same request of the same client after a failure: method, host, path with its query, and body, where the client
//!   is its address with its `User-Agent` and `Authorization`. Bodies pass unread, so that what stands for one is its
//!   digest (`Content-Digest` or `Repr-Digest`, RFC 9530). A request with a body and without a digest has no mark.
//!
//! A mark is a hash of 64 bits under a seed of the process; nothing of the request can be read off it.

use crate::spelling::KeyHash;
use crate::{BodySize, Headers, RequestFacts};

/// Nobody tries more often.
const ATTEMPTS_MAX: u32 = 1_000;

/// Who numbers its tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeclaredBy {
    /// `grpc-previous-rpc-attempts`.
    Grpc,
    /// `amz-sdk-request`.
    AwsSdk,
    /// `x-envoy-attempt-count`.
    Envoy,
}

/// The number of a try, as its client says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declared {
    /// By which header.
    pub by: DeclaredBy,
    /// From 1, the first try, to 1000.
    pub attempt: u32,
}

/// The headers that tell a try from a retry: the first of each.
#[derive(Clone, Copy, Debug, Default)]
pub struct RetryHeaders<'a> {
    idempotency_key: Option<&'a [u8]>,
    user_agent: Option<&'a [u8]>,
    authorization: Option<&'a [u8]>,
    content_digest: Option<&'a [u8]>,
    repr_digest: Option<&'a [u8]>,
    grpc: Option<&'a [u8]>,
    aws: Option<&'a [u8]>,
    envoy: Option<&'a [u8]>,
}

impl<'a> RetryHeaders<'a> {
    /// Those among `headers`, whose names are in lower case. One pass over the few that there are costs less than a
    /// look-up for each of eight names.
    #[inline]
    pub fn among(headers: impl Iterator<Item = (&'a str, &'a [u8])>) -> RetryHeaders<'a> {
        let mut found = RetryHeaders::default();
        for (name, value) in headers {
            if let Some(place) = found.place(name) {
                place.get_or_insert(value);
            }
        }
        found
    }

    #[inline]
    fn place(&mut self, name: &str) -> Option<&mut Option<&'a [u8]>> {
        match name {
            "idempotency-key" => Some(&mut self.idempotency_key),
            "user-agent" => Some(&mut self.user_agent),
            "authorization" => Some(&mut self.authorization),
            "content-digest" => Some(&mut self.content_digest),
            "repr-digest" => Some(&mut self.repr_digest),
            "grpc-previous-rpc-attempts" => Some(&mut self.grpc),
            "amz-sdk-request" => Some(&mut self.aws),
            "x-envoy-attempt-count" => Some(&mut self.envoy),
            _ => None,
        }
    }
}

/// What the headers say of the number of this try; the highest number, where they differ: whoever stands between a client
/// and us may try again too.
pub fn declared(headers: &RetryHeaders<'_>) -> Option<Declared> {
    let text = |value: Option<_>| std::str::from_utf8(value?).ok();
    let grpc = text(headers.grpc).and_then(number).map(|before| (DeclaredBy::Grpc, before + 1));
    let aws = text(headers.aws).and_then(aws_attempt).map(|attempt| (DeclaredBy::AwsSdk, attempt));
    let envoy = text(headers.envoy).and_then(number).map(|attempt| (DeclaredBy::Envoy, attempt));
    let said = [envoy, aws, grpc].into_iter().flatten();
    let plausible = said.filter(|&(_, attempt)| (1..=ATTEMPTS_MAX).contains(&attempt));
    plausible.map(|(by, attempt)| Declared { by, attempt }).max_by_key(|declared| declared.attempt)
}

/// Digits and nothing else, few enough.
fn number(text: &str) -> Option<u32> {
    let text = text.trim_ascii();
    let is_number = !text.is_empty() && text.len() <= 6 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// `attempt=2; max=3`, in any order and with more besides (`ttl=...`).
fn aws_attempt(text: &str) -> Option<u32> {
    text.split(';').find_map(|part| number(part.trim_ascii().strip_prefix("attempt=")?))
}

/// What a request is known again by. Equal marks, equal requests (up to collisions of 64 bits).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestMark(pub u64);

/// Makes marks. Immutable; shared by every core.
#[derive(Clone, Copy, Debug)]
pub struct Marker {
    blank: KeyHash,
}

impl Marker {
    /// A marker whose marks depend on `seed`, a secret of the process: strangers must not be able to make requests that
    /// are taken for those of others.
    pub fn new(seed: u64) -> Marker {
        Marker { blank: KeyHash::new(seed) }
    }

    /// The mark of the request's `Idempotency-Key`; none if it has none. `authority` is the host asked for.
    pub fn by_key<H: Headers>(
        &self,
        facts: &RequestFacts<'_, H>,
        headers: &RetryHeaders<'_>,
        authority: &str,
    ) -> Option<RequestMark> {
        let key = headers.idempotency_key.filter(|key| !key.is_empty())?;
        Some(self.of([b"key", facts.method.as_bytes(), authority.as_bytes(), facts.path.as_bytes(), key]))
    }

    /// The mark of the request as a whole; none if it has a body that nothing stands for. `query` is what follows the
    /// path.
    pub fn by_look<H: Headers>(
        &self,
        facts: &RequestFacts<'_, H>,
        headers: &RetryHeaders<'_>,
        authority: &str,
        query: Option<&str>,
    ) -> Option<RequestMark> {
        let body = match facts.body {
            BodySize::None => b"".as_slice(),
            BodySize::Known(_) | BodySize::Unknown => headers.content_digest.or(headers.repr_digest)?,
        };
        let address = match facts.client {
            std::net::IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
            std::net::IpAddr::V6(v6) => v6.octets(),
        };
        Some(self.of([
            b"look".as_slice(),
            &address,
            headers.user_agent.unwrap_or_default(),
            headers.authorization.unwrap_or_default(),
            facts.method.as_bytes(),
            authority.as_bytes(),
            facts.path.as_bytes(),
            query.unwrap_or_default().as_bytes(),
            body,
        ]))
    }

    /// Each part with its length, so that no two lists of parts read alike; whole, since long queries and tokens often
    /// differ in their ends alone. How long they can be is bounded with the head of the request.
    fn of<const N: usize>(&self, parts: [&[u8]; N]) -> RequestMark {
        let mut hash = self.blank;
        for part in parts {
            hash.part(part);
        }
        RequestMark(hash.key().0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::request::tests::HeaderList;

    fn facts<'a>(
        headers: &'a HeaderList,
        method: &'a str,
        path: &'a str,
        body: BodySize,
    ) -> RequestFacts<'a, HeaderList> {
        RequestFacts { method, path, body, headers, client: "192.0.2.1".parse().unwrap() }
    }

    fn of(headers: &HeaderList) -> RetryHeaders<'_> {
        RetryHeaders::among(headers.all())
    }

    #[test]
    fn of_headers_that_come_twice_the_first_counts() {
        let twice = HeaderList::of(&[("x-envoy-attempt-count", "2"), ("x-envoy-attempt-count", "3")]);
        assert_eq!(declared(&of(&twice)).map(|said| said.attempt), Some(2));
    }

    #[test]
    fn tries_are_numbered_as_their_clients_say() {
        use DeclaredBy::{AwsSdk, Envoy, Grpc};
        for (name, value, expected) in [
            ("grpc-previous-rpc-attempts", "1", Some((Grpc, 2))),
            ("grpc-previous-rpc-attempts", "0", Some((Grpc, 1))),
            ("amz-sdk-request", "attempt=1; max=3", Some((AwsSdk, 1))),
            ("amz-sdk-request", "attempt=3; max=3", Some((AwsSdk, 3))),
            ("amz-sdk-request", "ttl=20260101T000000Z; attempt=2;max=5", Some((AwsSdk, 2))),
            ("x-envoy-attempt-count", " 4 ", Some((Envoy, 4))),
            ("x-envoy-attempt-count", "0", None),
            ("x-envoy-attempt-count", "-2", None),
            ("x-envoy-attempt-count", "+2", None),
            ("x-envoy-attempt-count", "two", None),
            ("x-envoy-attempt-count", "1001", None),
            ("x-envoy-attempt-count", "99999999999999999999999", None),
            ("x-envoy-attempt-count", "", None),
            ("grpc-previous-rpc-attempts", "1000", None),
            ("amz-sdk-request", "max=3", None),
            ("amz-sdk-request", "attempt=", None),
            ("amz-sdk-request", "attempt=2 of 3", None),
        ] {
            let declared = declared(&of(&HeaderList::of(&[(name, value)])));
            assert_eq!(declared.map(|said| (said.by, said.attempt)), expected, "{name}: {value}");
        }
        assert_eq!(declared(&of(&HeaderList::raw("amz-sdk-request", b"attempt=\xff"))), None);
        let both = HeaderList::of(&[("amz-sdk-request", "attempt=1; max=3"), ("x-envoy-attempt-count", "2")]);
        assert_eq!(declared(&of(&both)), Some(Declared { by: Envoy, attempt: 2 }));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_plausible_number_or_none(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            for name in ["grpc-previous-rpc-attempts", "amz-sdk-request", "x-envoy-attempt-count"] {
                let said = declared(&of(&HeaderList::raw(name, &bytes)));
                prop_assert!(said.is_none_or(|said| (1..=ATTEMPTS_MAX).contains(&said.attempt)));
            }
        }

        #[test]
        fn marks_are_equal_exactly_for_equal_requests(
            a in ("[A-Z]{1,3}", "[a-z.]{0,6}", "/[a-z]{0,6}", "[a-z=]{0,6}", "[a-z ]{0,6}"),
            b in ("[A-Z]{1,3}", "[a-z.]{0,6}", "/[a-z]{0,6}", "[a-z=]{0,6}", "[a-z ]{0,6}"),
            seed: u64,
        ) {
            let look = |(method, authority, path, query, agent): &(String, String, String, String, String), seed| {
                let headers = HeaderList::of(&[("user-agent", agent)]);
                Marker::new(seed).by_look(&facts(&headers, method, path, BodySize::None), &of(&headers), authority, Some(query))
            };
            prop_assert_eq!(a == b, look(&a, seed) == look(&b, seed));
            prop_assert_ne!(look(&a, seed), look(&a, !seed));
        }
    }

    #[test]
    fn a_body_is_known_by_its_digest_alone() {
        let marker = Marker::new(7);
        let look =
            |headers: &HeaderList, body| marker.by_look(&facts(headers, "POST", "/", body), &of(headers), "a", None);
        let plain = HeaderList::of(&[]);
        assert!(look(&plain, BodySize::None).is_some());
        assert_eq!(look(&plain, BodySize::Known(3)), None);
        assert_eq!(look(&plain, BodySize::Unknown), None);
        let digest = |value| look(&HeaderList::of(&[("content-digest", value)]), BodySize::Known(3));
        assert!(digest("sha-256=:AA==:").is_some());
        assert_ne!(digest("sha-256=:AA==:"), digest("sha-256=:BB==:"));
    }

    #[test]
    fn a_key_is_one_whoever_sends_it_and_is_bound_to_what_it_is_for() {
        let marker = Marker::new(7);
        let key = |key, path| {
            let headers = HeaderList::of(&[("idempotency-key", key), ("user-agent", "x")]);
            marker.by_key(&facts(&headers, "POST", path, BodySize::Known(3)), &of(&headers), "a")
        };
        let elsewhere = HeaderList::of(&[("idempotency-key", "k-1")]);
        let other = marker.by_key(&facts(&elsewhere, "POST", "/pay", BodySize::Unknown), &of(&elsewhere), "a");
        assert_eq!(key("k-1", "/pay"), other);
        assert_ne!(key("k-1", "/pay"), key("k-2", "/pay"));
        assert_ne!(key("k-1", "/pay"), key("k-1", "/refund"));
        assert_eq!(key("", "/pay"), None);
    }

    #[test]
    fn long_values_that_differ_in_their_last_byte_differ() {
        let (marker, none) = (Marker::new(7), HeaderList::of(&[]));
        let look = |query: &str| {
            marker.by_look(&facts(&none, "GET", "/graphql", BodySize::None), &of(&none), "a", Some(query))
        };
        let long = "x".repeat(4_000);
        assert_ne!(look(&format!("{long}1")), look(&format!("{long}2")));
    }
}
