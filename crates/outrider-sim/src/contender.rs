//! What takes part in a comparison under one name: a rule, or the family of those that know everything.

use outrider_pilot::StrategyKind;

use crate::clairvoyant::FAMILY;
use crate::host::Discipline;
use crate::measured::{Measured, quantile};
use crate::rule::{Ablation, Rule};
use crate::scenario::{Scenario, ScenarioError};
use crate::world::fly;

/// One that takes part.
#[derive(Clone, Debug, PartialEq)]
pub struct Contender {
    /// Its name in reports.
    pub name: String,
    /// Of these the one with the least p99 is shown, fleet by fleet; at least one.
    rules: Vec<Rule>,
}

impl Contender {
    /// Those that a comparison has unless others are asked for: the pilot's rules, `weighted_least_request`, and
    /// `clairvoyant`, which is the best of its family on each fleet.
    pub fn usual() -> Vec<Contender> {
        let rules = StrategyKind::ALL.into_iter().map(Rule::Pilot);
        let rules = rules.chain([Rule::Weighted(StrategyKind::LeastRequest)]).map(Contender::of);
        let rules_of_limit = FAMILY.into_iter().map(Rule::Clairvoyant).collect();
        rules.chain([Contender { name: "clairvoyant".to_owned(), rules: rules_of_limit }]).collect()
    }

    /// The usual ones, and `predictive` without each of its parts.
    pub fn all() -> Vec<Contender> {
        Contender::usual().into_iter().chain(Ablation::ALL.map(Rule::Ablated).map(Contender::of)).collect()
    }

    /// The one called `name`: any of [`Contender::all`], or one of the family that knows everything.
    pub fn named(name: &str) -> Option<Contender> {
        let family = FAMILY.into_iter().map(Rule::Clairvoyant).map(Contender::of);
        Contender::all().into_iter().chain(family).find(|contender| contender.name == name)
    }

    fn of(rule: Rule) -> Contender {
        Contender { name: rule.name(), rules: vec![rule] }
    }

    /// Whether it can be flown in `scenario`: who knows everything does not know hosts that share their servers.
    pub fn can_fly(&self, scenario: &Scenario) -> bool {
        scenario.discipline == Discipline::Fifo || !self.rules.iter().any(|rule| matches!(rule, Rule::Clairvoyant(_)))
    }

    /// One round of `scenario` at `load` in the world of `seed`.
    ///
    /// # Errors
    /// When the scenario makes no sense.
    pub fn fly(&self, scenario: &Scenario, load: f64, seed: u64) -> Result<Measured, ScenarioError> {
        let (first, others) = self.rules.split_first().expect("a contender has a rule");
        let mut best = fly(scenario, *first, load, seed)?.measured;
        for rule in others {
            let other = fly(scenario, *rule, load, seed)?.measured;
            if p99_ms(&other) < p99_ms(&best) {
                best = other;
            }
        }
        Ok(Measured { strategy: self.name.clone(), ..best })
    }
}

fn p99_ms(measured: &Measured) -> f64 {
    quantile(&measured.latencies_ms(), 0.99)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::by_name;

    #[test]
    fn every_name_is_there_once_and_found() {
        let all = Contender::all();
        assert_eq!(all.len(), StrategyKind::ALL.len() + 2 + 6);
        for contender in &all {
            assert_eq!(Contender::named(&contender.name).as_ref(), Some(contender));
        }
        assert!(Contender::named("clairvoyant_roll_out").is_some());
        assert_eq!(Contender::named("best"), None);
    }

    #[test]
    fn the_limit_is_the_least_of_its_family_and_needs_hosts_that_queue() {
        let scenario = by_name("uneven-mixed").unwrap().with_requests(3_000, 0.7, 1).unwrap();
        let limit = Contender::named("clairvoyant").unwrap();
        let least = p99_ms(&limit.fly(&scenario, 0.7, 1).unwrap());
        let family = FAMILY.map(|one| p99_ms(&fly(&scenario, Rule::Clairvoyant(one), 0.7, 1).unwrap().measured));
        assert_eq!(family.into_iter().fold(f64::INFINITY, f64::min), least);
        assert!(limit.can_fly(&scenario) && !limit.can_fly(&by_name("blind").unwrap()));
    }

    #[test]
    fn each_ablation_changes_what_is_picked() {
        let scenario = by_name("uneven-mixed").unwrap().with_requests(3_000, 0.7, 1).unwrap();
        let rows = |name: &str| Contender::named(name).unwrap().fly(&scenario, 0.7, 1).unwrap().rows;
        let whole = rows("predictive");
        for ablation in Ablation::ALL {
            assert_ne!(rows(&Rule::Ablated(ablation).name()), whole, "{ablation:?}");
        }
    }
}
