//! The classifier from outside: names and keys agree, nothing a client sends makes a name long or unprintable.

use std::net::IpAddr;

use outrider_features::{BodySize, ClassSettings, Classifier, Headers, OriginSettings, RequestFacts};
use proptest::prelude::*;

#[derive(Clone, Debug, Default)]
struct HeaderList(Vec<(String, Vec<u8>)>);

impl Headers for HeaderList {
    fn get(&self, name: &str) -> Option<&[u8]> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_slice())
    }
}

/// A request that owns its parts.
#[derive(Clone, Debug)]
struct Request {
    method: String,
    path: String,
    body: BodySize,
    headers: HeaderList,
    client: IpAddr,
}

impl Request {
    fn get(path: &str) -> Request {
        Request {
            method: "GET".to_owned(),
            path: path.to_owned(),
            body: BodySize::None,
            headers: HeaderList::default(),
            client: [127, 0, 0, 1].into(),
        }
    }

    fn header(mut self, name: &str, value: &str) -> Request {
        self.headers.0.push((name.to_owned(), value.as_bytes().to_vec()));
        self
    }

    fn facts(&self) -> RequestFacts<'_, HeaderList> {
        RequestFacts {
            method: &self.method,
            path: &self.path,
            body: self.body,
            headers: &self.headers,
            client: self.client,
        }
    }
}

fn everything() -> ClassSettings {
    ClassSettings {
        paths: vec!["/users/{id}".to_owned(), "/static/{rest...}".to_owned()],
        authentication: true,
        client_kind: true,
        origin: Some(OriginSettings {
            header: Some("x-region".to_owned()),
            networks: vec![("10.0.0.0/8".parse().expect("a network"), "inside".to_owned())],
        }),
        headers: vec!["x-tenant".to_owned(), "x-kind".to_owned()],
        ..ClassSettings::default()
    }
}

fn requests() -> impl Strategy<Value = Request> {
    let method = prop_oneof!["(GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH|get|PURGE)", any::<String>(),];
    let path = prop_oneof!["(/(users|orders|static|a|b|42|1a2b3c4d|x.jpg|caf%C3%A9)?){1,4}", any::<String>(),];
    let body = prop_oneof![
        Just(BodySize::None),
        Just(BodySize::Unknown),
        any::<u64>().prop_map(BodySize::Known),
        (0..5000_u64).prop_map(BodySize::Known),
    ];
    let name = "(authorization|x-api-key|cookie|user-agent|x-region|x-tenant|x-kind|accept)";
    let value = prop_oneof!["(Basic|Bearer) [a-z]{3}|eu|us|Mozilla/5.0 Windows|curl/8", any::<String>(),];
    let value = prop_oneof![value.prop_map(String::into_bytes), proptest::collection::vec(any::<u8>(), 0..60),];
    let headers = proptest::collection::vec((name, value), 0..4).prop_map(HeaderList);
    let client = prop_oneof![
        any::<[u8; 4]>().prop_map(IpAddr::from),
        any::<[u8; 16]>().prop_map(IpAddr::from),
        Just(IpAddr::from([10, 0, 0, 1])),
    ];
    (method, path, body, headers, client).prop_map(|(method, path, body, headers, client)| Request {
        method,
        path,
        body,
        headers,
        client,
    })
}

proptest! {
    #[test]
    fn equal_names_are_equal_keys(requests in proptest::collection::vec(requests(), 8), seed: u64) {
        for settings in [ClassSettings::default(), everything()] {
            let classifier = Classifier::new_seeded(&settings, seed);
            for a in &requests {
                for b in &requests {
                    prop_assert_eq!(
                        classifier.name(&a.facts()) == classifier.name(&b.facts()),
                        classifier.key(&a.facts()) == classifier.key(&b.facts()),
                    );
                }
            }
        }
    }

    #[test]
    fn names_are_bounded_and_printable_and_know_no_seed(request in requests(), seed: u64) {
        let classifier = Classifier::new_seeded(&everything(), seed);
        let name = classifier.name(&request.facts());
        prop_assert!(name.len() <= Classifier::NAME_BYTES_MAX);
        prop_assert!(name.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()), "{}", name);
        prop_assert_eq!(&name, &Classifier::new(&everything()).name(&request.facts()));
    }

    #[test]
    fn what_is_not_configured_does_not_matter(request in requests()) {
        let classifier = Classifier::new(&ClassSettings::default());
        let bare = Request { headers: HeaderList::default(), client: [1, 1, 1, 1].into(), ..request.clone() };
        prop_assert_eq!(classifier.name(&request.facts()), classifier.name(&bare.facts()));
        prop_assert_eq!(classifier.region(&request.facts()), None);
    }
}

#[test]
fn names_read_as_the_documentation_says() {
    let classifier = Classifier::new(&ClassSettings::default());
    let sized = Request { method: "PURGE".to_owned(), body: BodySize::Known(100), ..Request::get("/items/1234.jpg") };
    assert_eq!(classifier.name(&Request::get("/users/42").facts()), "GET /users/{n}");
    assert_eq!(classifier.name(&sized.facts()), "other /items/{n}.jpg 1KiB");

    let request = Request::get("/users/anna")
        .header("authorization", "Bearer secret")
        .header("user-agent", "curl/8")
        .header("x-region", "eu")
        .header("x-tenant", "acme");
    let classifier = Classifier::new(&everything());
    let expected = "GET /users/{id} auth=bearer client=library from=eu x-tenant=acme";
    assert_eq!(classifier.name(&request.facts()), expected);
    assert_eq!(classifier.region(&request.facts()), Some("eu"));
}

#[test]
fn the_longest_name_keeps_to_the_bound() {
    let headers: Vec<String> = (0..4).map(|n| format!("x-{n}{}", "a".repeat(61))).collect();
    let settings = ClassSettings { headers: headers.clone(), ..everything() };
    assert_eq!(settings.mistakes(), []);
    let mut request = Request::get(&format!("/{}", "a-word-of-30-bytes-and-no-more/".repeat(8)))
        .header("authorization", "Negotiate x")
        .header("user-agent", "Mozilla Windows")
        .header("x-region", &"r".repeat(32));
    request.body = BodySize::Unknown;
    request.method = "CONNECT".to_owned();
    for name in &headers {
        request = request.header(name, &"v".repeat(32));
    }
    let name = Classifier::new(&settings).name(&request.facts());
    assert!((500..=Classifier::NAME_BYTES_MAX).contains(&name.len()), "{}", name.len());
}

#[test]
fn the_seed_changes_every_key() {
    let request = Request::get("/users/42");
    let key = |seed| Classifier::new_seeded(&ClassSettings::default(), seed).key(&request.facts());
    assert_ne!(key(1), key(2));
    assert_eq!(key(0), Classifier::new(&ClassSettings::default()).key(&request.facts()));
}
