//! From a request to its class key.

use std::net::IpAddr;

use outrider_core::ClassKey;

use crate::{ClassSettings, Headers, RequestFacts};

/// Folds requests into class keys.
#[derive(Debug)]
pub struct Classifier {
    settings: ClassSettings,
    seed: u64,
}

impl Classifier {
    /// A classifier whose keys are the same in every process: for tests.
    pub fn new(settings: &ClassSettings) -> Classifier {
        Classifier::new_seeded(settings, 0)
    }

    /// A classifier whose keys depend on `seed`.
    pub fn new_seeded(settings: &ClassSettings, seed: u64) -> Classifier {
        Classifier {
            settings: settings.clone(),
            seed,
        }
    }

    /// The key of a request; allocates nothing.
    pub fn key<H: Headers>(&self, facts: &RequestFacts<'_, H>) -> ClassKey {
        let mut hash = self.seed ^ 0xcbf2_9ce4_8422_2325;
        for byte in facts.method.bytes().chain(facts.path.bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
        ClassKey(hash)
    }

    /// The name of the class a request belongs to.
    pub fn name<H: Headers>(&self, facts: &RequestFacts<'_, H>) -> String {
        format!("{} {}", facts.method, facts.path)
    }

    /// The region a request comes from.
    pub fn region<'a, H: Headers>(&'a self, facts: &'a RequestFacts<'_, H>) -> Option<&'a str> {
        let origin = self.settings.origin.as_ref()?;
        let named = origin.header.as_deref().and_then(|h| facts.headers.get(h));
        named
            .and_then(|value| std::str::from_utf8(value).ok())
            .or_else(|| self.of_network(facts.client))
    }

    fn of_network(&self, client: IpAddr) -> Option<&str> {
        let networks = &self.settings.origin.as_ref()?.networks;
        networks
            .iter()
            .filter(|(net, _)| net.contains(&client))
            .max_by_key(|(net, _)| net.prefix_len())
            .map(|(_, region)| region.as_str())
    }
}
