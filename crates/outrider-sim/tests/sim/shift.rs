//! The mix and a host's speed change in mid-round.

use std::time::Duration;

use outrider_pilot::StrategyKind;
use outrider_sim::{Measured, Omniscience, Rule, Scenario, by_name, fly};
use outrider_workload::MixChange;

const AT: Duration = Duration::from_secs(25);
/// So soon users have to be served as well again as they can be.
const SOON: Duration = Duration::from_secs(10);

/// The scenario `shift`, cut short.
fn scenario() -> Scenario {
    let scenario = by_name("shift").expect("it is built in");
    Scenario {
        mix_change: scenario.mix_change.map(|change| MixChange { at: AT, ..change }),
        faults: scenario.faults.into_iter().map(|fault| outrider_workload::ScriptedFault { at: AT, ..fault }).collect(),
        warm_up: Duration::from_secs(10),
        measured: AT + SOON - Duration::from_secs(10),
        ..scenario
    }
}

/// Mean latency of those who came after the shift, ms.
fn mean_after_ms(round: &Measured) -> f64 {
    let after = round.rows.iter().filter(|row| u128::from(row.scheduled_us) >= AT.as_micros());
    let all_us: Vec<u64> = after.map(|row| row.latency_us).collect();
    all_us.iter().sum::<u64>() as f64 / all_us.len() as f64 / 1e3
}

#[test]
fn what_has_been_learnt_of_other_traffic_and_of_a_faster_host_does_no_harm_for_long() {
    let flown = |rule, seed| fly(&scenario(), rule, 0.6, seed).expect("it can be flown").measured;
    for seed in 1..=2 {
        let learnt = flown(Rule::Pilot(StrategyKind::Predictive), seed);
        assert!(learnt.marks.iter().any(|mark| mark.at == AT && mark.what == "the mix changes"), "{:?}", learnt.marks);
        let known = flown(Rule::Clairvoyant(Omniscience::Externality(0.3)), seed);
        let (learnt_ms, known_ms) = (mean_after_ms(&learnt), mean_after_ms(&known));
        // Its first ten seconds, whoever counts alone takes half as long again.
        assert!(learnt_ms < 1.2 * known_ms, "seed {seed}: {learnt_ms} ms, {known_ms} with all known");
        let counted_ms = mean_after_ms(&flown(Rule::Pilot(StrategyKind::LeastRequest), seed));
        assert!(counted_ms > 1.4 * known_ms, "seed {seed}: {counted_ms} ms, {known_ms} with all known");
    }
}
