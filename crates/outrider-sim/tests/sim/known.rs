//! Whether what the pilot learns of its hosts is so, and what it does with it.

use std::time::Duration;

use outrider_pilot::StrategyKind;
use outrider_sim::{FleetSource, HostSample, Rule, Scenario, fly};

use crate::knowledge::knowledge;

const PREDICTIVE: Rule = Rule::Pilot(StrategyKind::Predictive);

#[test]
fn parallelism_is_learnt_to_within_one_on_nine_hosts_of_ten_and_quantiles_hold_as_often_as_they_say() {
    for load in [0.5, 0.7, 0.85] {
        let known = knowledge(load, 1..=5, 40_000);
        assert!(known.within_one * 10 >= known.hosts * 9, "{} of {} hosts at {load}", known.within_one, known.hosts);
        let (p50, p90) = known.mean();
        assert!((p50 - 0.5).abs() < 0.04 && (p90 - 0.9).abs() < 0.02, "{p50} within p50, {p90} within p90 at {load}");
        let [(p50_least, p50_most), (p90_least, p90_most)] = known.range();
        assert!(p50_least > 0.4 && p50_most < 0.6, "{p50_least} to {p50_most} within p50 at {load}");
        assert!(p90_least > 0.84 && p90_most < 0.94, "{p90_least} to {p90_most} within p90 at {load}");
    }
}

/// A host's share of what is sent between two looks.
fn share(samples: &[HostSample], host: usize, (from_s, to_s): (u64, u64)) -> f64 {
    let at = |second: u64| {
        let look = samples.iter().find(|sample| sample.at >= Duration::from_secs(second));
        look.and_then(|sample| sample.picks.as_ref()).expect("looks last as long as the round")
    };
    let sent: Vec<u64> = at(to_s).iter().zip(at(from_s)).map(|(to, from)| to - from).collect();
    sent[host] as f64 / sent.iter().sum::<u64>() as f64
}

/// Tables are published all the while a host's live factor and its fingerprint both take over that it is slower: if both
/// counted it, its share would fall below where it ends.
#[test]
fn a_host_that_turns_twice_as_slow_is_not_counted_down_twice() {
    let slow = "host=2,at=20s,kind=slow,factor=2".parse().expect("the line can be read");
    let scenario = Scenario {
        faults: vec![slow],
        orca: true,
        warm_up: Duration::from_secs(10),
        measured: Duration::from_secs(110),
        ..Scenario::new("doubled", FleetSource::UnevenMixed { hosts: 8, antagonists: false })
    };
    let flown = |seed| fly(&scenario, PREDICTIVE, 0.6, seed).expect("it can be flown").measured.samples;
    let rounds: Vec<Vec<HostSample>> = (1..=4).map(flown).collect();
    let mean = |window| rounds.iter().map(|looks| share(looks, 2, window)).sum::<f64>() / rounds.len() as f64;
    let (before, end) = (mean((10, 20)), mean((90, 118)));
    assert!(end < 0.8 * before, "{before} before, {end} at the end");
    for from_s in (25..85).step_by(10) {
        let meanwhile = mean((from_s, from_s + 10));
        assert!(meanwhile > 0.9 * end, "{meanwhile} from {from_s} s on, {end} at the end");
    }
}
