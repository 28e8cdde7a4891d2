//! Hosts as they are written: one by one, or a few of them over and over.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{FleetError, FleetHost, HOSTS_MAX};

/// `{ times: 50, of: [{ parallelism: 4 }, { speed: 0.5, parallelism: 4 }] }`: a hundred hosts, every other one half as fast.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Repeated {
    times: usize,
    of: Vec<FleetHost>,
}

impl Repeated {
    fn hosts(self) -> Result<Vec<FleetHost>, FleetError> {
        let count = self.of.len().saturating_mul(self.times);
        // Counted before they are made: nobody shall ask for more hosts than there is memory.
        if count > HOSTS_MAX {
            return Err(FleetError::Hosts(count));
        }
        Ok(self.of.iter().cycle().take(count).cloned().collect())
    }
}

struct HostsVisitor;

/// For the field of hosts: `#[serde(deserialize_with = "hosts::deserialize")]`.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<FleetHost>, D::Error> {
    from.deserialize_any(HostsVisitor)
}

impl<'de> Visitor<'de> for HostsVisitor {
    type Value = Vec<FleetHost>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of hosts, or { times: 50, of: [hosts] }")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<FleetHost>, A::Error> {
        let mut hosts = Vec::new();
        while let Some(host) = list.next_element()? {
            hosts.push(host);
        }
        Ok(hosts)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Vec<FleetHost>, A::Error> {
        Repeated::deserialize(MapAccessDeserializer::new(map))?.hosts().map_err(A::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use crate::Fleet;

    fn read(hosts: &str) -> Result<Fleet, serde_json::Error> {
        serde_json::from_str(&format!(r#"{{"mix": [{{"name": "all", "mean_ms": 10, "share": 1}}], "hosts": {hosts}}}"#))
    }

    #[test]
    fn a_few_hosts_over_and_over_are_the_same_hosts_written_out() {
        let fleet = read(r#"{"times": 3, "of": [{"parallelism": 4}, {"speed": 0.5, "parallelism": 2}]}"#).unwrap();
        let seen: Vec<(f64, usize)> = fleet.hosts.iter().map(|host| (host.speed, host.parallelism)).collect();
        assert_eq!(seen, [(1.0, 4), (0.5, 2)].repeat(3));
        assert_eq!(serde_json::from_str::<Fleet>(&serde_json::to_string(&fleet).unwrap()).unwrap(), fleet);
    }

    #[test]
    fn too_many_hosts_and_other_keys_are_refused() {
        let told = |hosts: &str| read(hosts).unwrap_err().to_string();
        let host = r#""of": [{"parallelism": 4}]"#;
        assert!(told(&format!(r#"{{"times": 1025, {host}}}"#)).contains("1 to 1024 hosts, not 1025"));
        assert!(told(&format!(r#"{{"times": {}, {host}}}"#, u64::MAX)).contains("1 to 1024 hosts"));
        assert!(told(&format!(r#"{{"count": 2, {host}}}"#)).contains("unknown field"));
        assert!(told("5").contains("a list of hosts, or"));
    }
}
