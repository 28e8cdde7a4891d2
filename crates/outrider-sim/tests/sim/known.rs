//! Whether what the pilot learns of its hosts is so, and what it does with it.

use std::time::Duration;

use outrider_pilot::StrategyKind;
use outrider_sim::{FleetSource, HostSample, Rule, Scenario, by_name, fly};

const PREDICTIVE: Rule = Rule::Pilot(StrategyKind::Predictive);

/// Hosts of `uneven-mixed` at `load` whose parallelism was learnt to within one, and all hosts.
fn well_known(load: f64) -> (usize, usize) {
    let known = (1..=4).flat_map(|seed| {
        let scenario = by_name("uneven-mixed").expect("it is built in").with_requests(40_000, load, seed);
        let flown = fly(&scenario.expect("it makes sense"), PREDICTIVE, load, seed).expect("it can be flown");
        let truth = flown.measured.hosts.into_iter().map(|host| host.parallelism as f64);
        let is_near = |(learnt, truth): (Option<f64>, f64)| learnt.is_some_and(|learnt| (learnt - truth).abs() <= 1.0);
        flown.learnt_parallelism.into_iter().zip(truth).map(is_near).collect::<Vec<bool>>()
    });
    let known: Vec<bool> = known.collect();
    (known.iter().filter(|near| **near).count(), known.len())
}

/// At 0.5 the bar is missed: it holds for 43 of these 48 hosts.
#[test]
fn parallelism_is_learnt_to_within_one_on_nine_hosts_of_ten_at_0_7_and_0_85() {
    let shown: Vec<_> = [0.7, 0.85].map(|load| (load, well_known(load))).to_vec();
    assert!(shown.iter().all(|(_, (near, all))| near * 10 >= all * 9), "{shown:?}");
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
