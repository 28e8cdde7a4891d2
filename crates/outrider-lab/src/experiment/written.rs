//! An experiment's file as it is written, with the places of what is judged later.

use std::fmt;
use std::time::Duration;

use outrider_workload::{Fleet, Law, Pattern, TraceFile};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use serde_saphyr::Spanned;

use crate::load::Patience;
use crate::{ScriptedFault, parse_span};

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    pub(super) name: Spanned<String>,
    pub(super) about: Spanned<String>,
    pub(super) fleet: Spanned<WrittenFleet>,
    #[serde(default)]
    pub(super) scale: Option<Spanned<f64>>,
    #[serde(default)]
    pub(super) loads: Option<Spanned<Vec<Spanned<f64>>>>,
    #[serde(default)]
    pub(super) rate_per_s: Option<Spanned<f64>>,
    #[serde(default)]
    pub(super) pattern: Option<Spanned<Pattern<TraceFile>>>,
    #[serde(default)]
    pub(super) patterns: Option<Spanned<WrittenPatterns>>,
    pub(super) warm_up: Spanned<WrittenSpan>,
    pub(super) measured: Spanned<WrittenSpan>,
    #[serde(default)]
    pub(super) seeds: Option<Spanned<WrittenSeeds>>,
    #[serde(default)]
    pub(super) clients: Option<Spanned<Patience>>,
    #[serde(default)]
    pub(super) orca: Option<bool>,
    #[serde(default)]
    pub(super) faults: Vec<Spanned<ScriptedFault>>,
    #[serde(default)]
    pub(super) joins: Vec<Spanned<WrittenJoin>>,
    #[serde(default)]
    pub(super) recovery: Option<Spanned<WrittenRecovery>>,
    #[serde(default)]
    pub(super) jobs: Option<Spanned<usize>>,
    #[serde(default)]
    pub(super) workers: Option<Spanned<usize>>,
    pub(super) balancers: Spanned<Vec<Spanned<WrittenBalancer>>>,
}

/// Where hosts come from.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum WrittenFleet {
    UnevenMixed {
        hosts: usize,
        #[serde(default = "yes")]
        antagonists: bool,
        #[serde(default)]
        seed: Option<u64>,
    },
    Equal {
        hosts: usize,
        parallelism: usize,
        mean: WrittenSpan,
        noise: Law,
    },
    Full(Fleet),
}

/// A time with its unit.
#[derive(Clone, Copy, Debug)]
pub(super) struct WrittenSpan(pub(super) Duration);

/// How many seeds, from 1 on, or which.
#[derive(Debug)]
pub(super) enum WrittenSeeds {
    Count(u64),
    These(Vec<u64>),
}

/// Patterns by name, in their order.
#[derive(Debug)]
pub(super) struct WrittenPatterns(pub(super) Vec<(String, Pattern<TraceFile>)>);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenJoin {
    pub(super) host: usize,
    pub(super) at: WrittenSpan,
}

#[derive(Debug)]
pub(super) enum WrittenRecovery {
    Goodput,
    Latency,
    Host(usize),
}

/// A balancer: a lone word, or exactly one of the kinds with what goes with it.
#[derive(Debug)]
pub(super) enum WrittenBalancer {
    Word(String),
    Long(Box<LongBalancer>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LongBalancer {
    #[serde(default)]
    pub(super) outrider: Option<String>,
    #[serde(default)]
    pub(super) haproxy: Option<String>,
    #[serde(default)]
    pub(super) nginx: Option<String>,
    #[serde(default)]
    pub(super) command: Option<Vec<String>>,
    #[serde(default)]
    pub(super) direct: Option<usize>,
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) weights: Option<WrittenWeights>,
    #[serde(default)]
    pub(super) pool: Option<Map<String, Value>>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum WrittenWeights {
    Capacity,
}

fn yes() -> bool {
    true
}

impl<'de> Deserialize<'de> for WrittenSpan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<WrittenSpan, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_span(&text).map(WrittenSpan).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for WrittenPatterns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<WrittenPatterns, D::Error> {
        deserializer.deserialize_map(PatternsVisitor)
    }
}

struct PatternsVisitor;

impl<'de> Visitor<'de> for PatternsVisitor {
    type Value = WrittenPatterns;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("patterns by name, such as low: poisson")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<WrittenPatterns, A::Error> {
        let mut patterns = Vec::new();
        while let Some(entry) = map.next_entry()? {
            patterns.push(entry);
        }
        Ok(WrittenPatterns(patterns))
    }
}

impl<'de> Deserialize<'de> for WrittenSeeds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<WrittenSeeds, D::Error> {
        deserializer.deserialize_any(SeedsVisitor)
    }
}

struct SeedsVisitor;

impl<'de> Visitor<'de> for SeedsVisitor {
    type Value = WrittenSeeds;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("how many seeds (5), or which ([1, 2, 3])")
    }

    fn visit_u64<E: Error>(self, count: u64) -> Result<WrittenSeeds, E> {
        Ok(WrittenSeeds::Count(count))
    }

    fn visit_i64<E: Error>(self, count: i64) -> Result<WrittenSeeds, E> {
        u64::try_from(count).map(WrittenSeeds::Count).map_err(|_| E::custom("seeds are whole numbers from 0 on"))
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<WrittenSeeds, A::Error> {
        let mut seeds = Vec::new();
        while let Some(seed) = list.next_element()? {
            seeds.push(seed);
        }
        Ok(WrittenSeeds::These(seeds))
    }
}

impl<'de> Deserialize<'de> for WrittenRecovery {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<WrittenRecovery, D::Error> {
        deserializer.deserialize_any(RecoveryVisitor)
    }
}

struct RecoveryVisitor;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecoveryHost {
    host: usize,
}

impl<'de> Visitor<'de> for RecoveryVisitor {
    type Value = WrittenRecovery;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("goodput, latency, or { host: 2 }")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<WrittenRecovery, E> {
        match word {
            "goodput" => Ok(WrittenRecovery::Goodput),
            "latency" => Ok(WrittenRecovery::Latency),
            _ => Err(E::custom(format!("{word:?} is no recovery: goodput, latency, or {{ host: 2 }}"))),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<WrittenRecovery, A::Error> {
        let RecoveryHost { host } = RecoveryHost::deserialize(MapAccessDeserializer::new(map))?;
        Ok(WrittenRecovery::Host(host))
    }
}

impl<'de> Deserialize<'de> for WrittenBalancer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<WrittenBalancer, D::Error> {
        deserializer.deserialize_any(BalancerVisitor)
    }
}

struct BalancerVisitor;

impl<'de> Visitor<'de> for BalancerVisitor {
    type Value = WrittenBalancer;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a rule (least_request), or outrider, haproxy, nginx, command or direct with what it needs")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<WrittenBalancer, E> {
        Ok(WrittenBalancer::Word(word.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<WrittenBalancer, A::Error> {
        let long = LongBalancer::deserialize(MapAccessDeserializer::new(map))?;
        Ok(WrittenBalancer::Long(Box::new(long)))
    }
}
