//! From a request to its class key: what it looks like, folded into 64 bits.
//!
//! Route x method x size of the body by default, for that much every request shows and most costs depend on; more by
//! configuration. Not learnt from data: a class must be the same in every process, in the simulator and in next week's
//! record.
//!
//! Cost of [`Classifier::key`] with the defaults: one pass over the path and one over what is spelt, no allocation, no
//! look-up; a header more costs its look-up.

use outrider_core::ClassKey;

use crate::named_header::NamedHeader;
use crate::origin::Origin;
use crate::route::Routes;
use crate::settings::is_header_name;
use crate::spelling::{KeyHash, Spelling};
use crate::{ClassSettings, Headers, RequestFacts, authentication, client_kind, size};

/// Folds requests into class keys. Immutable; shared by every core.
#[derive(Debug)]
pub struct Classifier {
    /// The hash of nothing yet, under the seed.
    blank: KeyHash,
    routes: Routes,
    authentication: bool,
    client_kind: bool,
    origin: Option<Origin>,
    headers: Vec<NamedHeader>,
}

impl Classifier {
    /// No name is longer, in bytes.
    pub const NAME_BYTES_MAX: usize = 640;

    /// A classifier whose keys are the same in every process: for tests and simulations.
    pub fn new(settings: &ClassSettings) -> Classifier {
        Classifier::new_seeded(settings, 0)
    }

    /// A classifier whose keys depend on `seed`. Give every process that meets strangers a secret one of its own, else
    /// they can make requests whose keys collide. Names do not depend on it.
    ///
    /// What [`ClassSettings::mistakes`] objects to is left out.
    pub fn new_seeded(settings: &ClassSettings, seed: u64) -> Classifier {
        let headers = settings.headers.iter().filter(|name| is_header_name(name));
        Classifier {
            blank: KeyHash::new(seed),
            routes: Routes::new(&settings.paths),
            authentication: settings.authentication,
            client_kind: settings.client_kind,
            origin: settings.origin.as_ref().map(Origin::new),
            headers: headers.take(ClassSettings::HEADERS_MAX).map(|name| NamedHeader::new(name)).collect(),
        }
    }

    /// The key of a request. Requests have equal keys exactly if they have equal names (up to collisions of 64 bits).
    #[inline]
    pub fn key<H: Headers>(&self, facts: &RequestFacts<'_, H>) -> ClassKey {
        let mut hash = self.blank;
        self.spell(facts, &mut hash);
        hash.key()
    }

    /// The name of what a request looks like: printable ASCII, at most [`Classifier::NAME_BYTES_MAX`] bytes, such as
    /// `GET /users/{n}` or `PUT /files/{uuid} 16KiB auth=bearer from=eu`.
    pub fn name<H: Headers>(&self, facts: &RequestFacts<'_, H>) -> String {
        let mut name = String::with_capacity(64);
        self.spell(facts, &mut name);
        name
    }

    /// The region a request comes from; none if origin is not configured or nothing tells.
    pub fn region<'a, H: Headers>(&'a self, facts: &RequestFacts<'a, H>) -> Option<&'a str> {
        self.origin.as_ref()?.region(facts.headers, facts.client)
    }

    #[inline]
    fn spell<H: Headers>(&self, facts: &RequestFacts<'_, H>, out: &mut impl Spelling) {
        out.put(method(facts.method));
        out.put(" ");
        self.routes.spell(facts.path, out);
        out.put(size::spelt(facts.body));
        if self.authentication {
            out.put(" auth=");
            out.put(authentication::kind_of(facts.headers));
        }
        if self.client_kind {
            out.put(" client=");
            out.put(client_kind::kind_of(facts.headers.get("user-agent")));
        }
        if let Some(origin) = &self.origin {
            out.put(" from=");
            out.put(origin.region(facts.headers, facts.client).unwrap_or("-"));
        }
        for header in &self.headers {
            header.spell(facts.headers, out);
        }
    }
}

/// The methods of RFC 9110 and RFC 5789 as they are, every other one as `other`.
#[inline]
fn method(method: &str) -> &str {
    match method {
        "GET" | "HEAD" | "POST" | "PUT" | "DELETE" | "CONNECT" | "OPTIONS" | "TRACE" | "PATCH" => method,
        _ => "other",
    }
}
