//! Equal seeds give equal worlds, event by event; what is random in a world comes from its seed alone.

use std::time::Duration;

use outrider_pilot::{PoolSettings, PredictSettings, StrategyKind};
use outrider_sim::{Clients, FAMILY, FleetSource, Flown, Rule, Scenario, fly, fly_pool};
use outrider_workload::Law;

/// Everything that can happen does: faults, retries of both kinds, hosts that come and go, messages that overtake.
fn eventful() -> Scenario {
    let faults = [
        "host=0,at=2s,kind=slow,factor=20",
        "host=1,at=3s,kind=hang,for=3s",
        "host=2,at=3s,kind=fail_fast,for=4s",
        "host=3,at=4s,kind=flap,period=500ms,for=3s",
        "host=4,at=5s,kind=die,for=2s",
    ];
    let line = |text: &str| text.parse().expect("the line can be read");
    let clients = Clients { timeout: Duration::from_millis(800), retries: 2, ..Clients::default() };
    Scenario {
        clients,
        instances: 3,
        network_ms: Law::Exponential { mean: 0.3 },
        orca: true,
        faults: faults.map(line).to_vec(),
        joins: vec![outrider_sim::Move { host: 5, at: Duration::from_secs(4) }],
        leaves: vec![outrider_sim::Move { host: 6, at: Duration::from_secs(6) }],
        warm_up: Duration::from_secs(1),
        measured: Duration::from_secs(9),
        ..Scenario::new("eventful", FleetSource::UnevenMixed { hosts: 8, antagonists: true })
    }
}

fn rules() -> impl Iterator<Item = Rule> {
    StrategyKind::ALL.into_iter().map(Rule::Pilot).chain(FAMILY.into_iter().map(Rule::Clairvoyant))
}

fn flown(rule: Rule, seed: u64) -> Flown {
    fly(&eventful(), rule, 0.6, seed).expect("the scenario makes sense")
}

fn asked(flown: &Flown) -> Vec<(u64, u16)> {
    flown.measured.rows.iter().map(|row| (row.scheduled_us, row.class)).collect()
}

#[test]
fn a_world_repeats_with_its_seed_differs_with_its_rule_and_asks_all_rules_the_same() {
    let (mut traces, mut first) = (Vec::new(), None);
    for rule in rules() {
        let (one, other) = (flown(rule, 1), flown(rule, 1));
        assert_eq!((one.trace, one.events), (other.trace, other.events), "{}", rule.name());
        assert_eq!(one.measured, other.measured, "{}", rule.name());
        assert_eq!(*first.get_or_insert_with(|| asked(&one)), asked(&one), "{}", rule.name());
        traces.push(one.trace);
    }
    traces.sort_unstable();
    traces.dedup();
    assert_eq!(traces.len(), rules().count());
}

/// Nothing is routed by what is only observed.
#[test]
fn a_pool_that_observes_flies_as_one_that_does_not() {
    for kind in StrategyKind::ALL.into_iter().filter(|kind| *kind != StrategyKind::Predictive) {
        let flown = |observe: bool| {
            let pool = PoolSettings::named("pool");
            let pool = PoolSettings { predict: PredictSettings { observe, ..pool.predict }, ..pool };
            let flown = fly_pool(&eventful(), Rule::Pilot(kind), &pool, 0.6, 1).expect("the scenario makes sense");
            (flown.trace, flown.events)
        };
        assert_eq!(flown(true), flown(false), "{}", kind.name());
    }
}

#[test]
fn another_seed_gives_another_world() {
    let mut traces: Vec<u64> = (1..6).map(|seed| flown(Rule::Pilot(StrategyKind::P2c), seed).trace).collect();
    traces.sort_unstable();
    traces.dedup();
    assert_eq!(traces.len(), 5);
}

#[test]
fn an_eventful_world_has_what_it_is_meant_to_have() {
    let flown = flown(Rule::Pilot(StrategyKind::RoundRobin), 1).measured;
    assert_eq!(flown.marks.len(), 11, "{:?}", flown.marks);
    assert!(flown.rows.iter().any(|row| row.tries > 1));
    assert!(flown.rows.iter().any(|row| !row.end.is_good()));
    let good = flown.rows.iter().filter(|row| row.end.is_good()).count();
    assert!(good * 100 > flown.rows.len() * 95, "{good} of {}", flown.rows.len());
}
