//! Who is there when a round begins: hosts and balancers.

use std::sync::Arc;

use outrider_core::Random;
use outrider_pilot::{PoolSettings, StrategyKind};
use outrider_workload::Fleet;

use super::PICKERS;
use crate::balancer::Balancer;
use crate::host::{Host, LineSpec};
use crate::rule::Rule;
use crate::scenario::Scenario;

/// The hosts of `fleet`, which report, answer probes and divide themselves as the scenario says.
pub(super) fn hosts(scenario: &Scenario, rule: Rule, fleet: &Fleet, seed: u64) -> Vec<Host> {
    let times = scenario.host_times();
    let reports = scenario.orca;
    let probed = rule.strategy() == StrategyKind::Prequal || scenario.probes;
    let line = |index: usize| LineSpec { discipline: scenario.discipline, times: times.get(index) };
    let host = |index| Host::new(fleet, index, line(index), (reports, probed), seed);
    (0..fleet.hosts.len()).map(host).collect()
}

/// The balancers, before the hosts that are there at first.
pub(super) fn balancers(
    scenario: &Scenario,
    rule: Rule,
    pool: &PoolSettings,
    fleet: &Fleet,
    seed: u64,
) -> Vec<Balancer> {
    let weights = weights(rule, fleet);
    let is_late = |host: usize| scenario.joins.iter().any(|join| join.host == host && !join.at.is_zero());
    let present: Vec<bool> = (0..fleet.hosts.len()).map(|host| !is_late(host)).collect();
    let balancer = |instance: u16| {
        let mut settings = rule.settings(pool);
        settings.balancers = u32::from(scenario.instances);
        settings.probe.path = scenario.probes.then(|| "/probe".to_owned());
        let random = Random::stream(seed, PICKERS + u64::from(instance));
        Balancer::new(settings, &weights, present.clone(), random)
    };
    (0..scenario.instances).map(balancer).collect()
}

/// Equal weights, or the hosts' capacities with the least of them as 100.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "ratios of capacities, above 0")]
fn weights(rule: Rule, fleet: &Fleet) -> Arc<[u32]> {
    let capacities: Vec<f64> = (0..fleet.hosts.len()).map(|host| fleet.host_capacity_per_s(host)).collect();
    let least = capacities.iter().copied().fold(f64::INFINITY, f64::min);
    let weigh = |capacity: &f64| match rule {
        Rule::Weighted(_) => (capacity / least * 100.0).round() as u32,
        Rule::Pilot(_) | Rule::Ablated(_) | Rule::Clairvoyant(_) => 1,
    };
    capacities.iter().map(weigh).collect()
}
