//! How much is asked of the hosts, in which pattern, and under which seeds.

use outrider_workload::{Pattern, TraceFile};
use serde_saphyr::Spanned;

use super::{Judge, LISTED_MAX, LOADS, NAMES, RATES_PER_S, is_name};
use crate::experiment::written::{Written, WrittenPatterns, WrittenSeeds};
use crate::experiment::{Demand, Named};

const SEEDS_MAX: usize = 1_000;
const DEFAULT_SEEDS: u64 = 5;

impl Judge {
    pub(super) fn demands(&mut self, written: &Written) -> Vec<Demand> {
        match (&written.loads, &written.rate_per_s) {
            (Some(loads), None) => self.loads(loads),
            (None, Some(rate)) => vec![Demand::RatePerS(self.number(Some(rate), &RATES_PER_S, "rate_per_s", 1.0))],
            (Some(_), Some(rate)) => {
                self.note(rate, "either loads or rate_per_s, not both");
                Vec::new()
            }
            (None, None) => {
                self.note(
                    &written.name,
                    "how much is asked of the hosts? loads: [0.7] of their capacity, or rate_per_s: 200",
                );
                Vec::new()
            }
        }
    }

    fn loads(&mut self, loads: &Spanned<Vec<Spanned<f64>>>) -> Vec<Demand> {
        if !(1..=LISTED_MAX).contains(&loads.value.len()) {
            self.note(loads, format!("loads has 1 to {LISTED_MAX} entries"));
        }
        let mut demands = Vec::new();
        for load in &loads.value {
            let demand = Demand::Load(self.number(Some(load), &LOADS, "a load", 1.0));
            if demands.contains(&demand) {
                self.note(load, format!("the load {} is there already", load.value));
            }
            demands.push(demand);
        }
        demands
    }

    pub(super) fn patterns(&mut self, written: &Written) -> Vec<Named<Pattern<TraceFile>>> {
        match (&written.pattern, &written.patterns) {
            (pattern, None) => {
                let it = pattern.as_ref().map_or_else(Pattern::default, |pattern| self.pattern(pattern));
                vec![Named { name: String::new(), it }]
            }
            (None, Some(patterns)) => self.listed_patterns(patterns),
            (Some(pattern), Some(_)) => {
                self.note(pattern, "either pattern or patterns, not both");
                Vec::new()
            }
        }
    }

    fn listed_patterns(&mut self, patterns: &Spanned<WrittenPatterns>) -> Vec<Named<Pattern<TraceFile>>> {
        let listed = &patterns.value.0;
        if !(1..=LISTED_MAX).contains(&listed.len()) {
            self.note(patterns, format!("patterns has 1 to {LISTED_MAX} entries"));
        }
        for (name, pattern) in listed {
            if !is_name(name) {
                self.note(patterns, format!("the pattern {name:?}: a name is {NAMES}"));
            }
            if let Err(error) = pattern.clone().checked() {
                self.note(patterns, format!("the pattern {name}: {error}"));
            }
        }
        listed.iter().map(|(name, it)| Named { name: name.clone(), it: it.clone() }).collect()
    }

    fn pattern(&mut self, pattern: &Spanned<Pattern<TraceFile>>) -> Pattern<TraceFile> {
        if let Err(error) = pattern.value.clone().checked() {
            self.note(pattern, error);
        }
        pattern.value.clone()
    }

    pub(super) fn seeds(&mut self, seeds: Option<&Spanned<WrittenSeeds>>) -> Vec<u64> {
        let Some(seeds) = seeds else {
            return (1..=DEFAULT_SEEDS).collect();
        };
        let listed: Vec<u64> = match &seeds.value {
            // One more than there may be is enough to be refused.
            &WrittenSeeds::Count(count) => (1..=count).take(SEEDS_MAX + 1).collect(),
            WrittenSeeds::These(seeds) => seeds.clone(),
        };
        if !(1..=SEEDS_MAX).contains(&listed.len()) {
            self.note(seeds, format!("seeds are 1 to {SEEDS_MAX}: how many (5), or which ([1, 2, 3])"));
        }
        let mut sorted = listed.clone();
        sorted.sort_unstable();
        if sorted.windows(2).any(|two| two[0] == two[1]) {
            self.note(seeds, "a seed is listed twice: it would count twice");
        }
        listed
    }
}
