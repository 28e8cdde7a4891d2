//! A bad host loses its traffic, whatever the strategy, and a host that fails fast does not gain any first.

use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use outrider_pilot::StrategyKind;

use crate::host::{Fault, Host, PROBE};
use crate::load::Load;
use crate::rig::Rig;

/// Balancers that run at a time.
const TOGETHER: usize = 5;
const HOSTS: usize = 4;
/// The share of each of them.
const FAIR: f64 = 0.25;
const RATE_PER_S: u32 = 200;
/// The balancer's time to notice: part of the promise, so it is waited for.
const NOTICE: Duration = Duration::from_secs(2);
/// How long the share is taken afterwards.
const WATCH: Duration = Duration::from_secs(3);

/// Shares of all picks that the bad host had.
#[derive(Debug)]
struct Shares {
    /// From the fault until it should have been noticed.
    first: f64,
    /// From then on.
    then: f64,
    /// Requests that clients saw fail.
    failed: usize,
}

#[test]
fn a_host_that_hangs_loses_its_traffic() {
    lose_traffic(Fault::Hangs);
}

#[test]
fn a_host_that_refuses_loses_its_traffic() {
    lose_traffic(Fault::Refuses);
}

#[test]
fn a_host_that_fails_fast_loses_its_traffic() {
    lose_traffic(Fault::FailsFast);
}

fn lose_traffic(fault: Fault) {
    let shares = of_every_strategy(|strategy| shares(fault, &format!(", {}", keys(strategy))));
    // What was refused had not begun, so it can be repeated elsewhere.
    let lost = |shares: &Shares| fault == Fault::Refuses && shares.failed > 0;
    let bad = shares.iter().filter(|(_, shares)| shares.then >= 0.01 || shares.first > FAIR || lost(shares));
    let bad: Vec<String> = bad.map(|(strategy, shares)| format!("{strategy}: {shares:?}")).collect();
    assert!(bad.is_empty(), "{fault:?}: {bad:#?}");
}

/// Without ejection only the strategy can tell. Those that read load must not take a quick failure for a quick answer.
#[test]
fn failing_fast_attracts_nothing_even_without_ejection() {
    let shares = of_every_strategy(|strategy| {
        shares(Fault::FailsFast, &format!(", {}, ejection: {{ enabled: false }}", keys(strategy)))
    });
    // Five standard deviations of what chance does to `random`.
    let fair = 1.4 * FAIR;
    let bad: Vec<String> = shares
        .iter()
        .filter(|(_, shares)| shares.first > fair || shares.then > fair)
        .map(|(strategy, shares)| format!("{strategy}: {shares:?}"))
        .collect();
    assert!(bad.is_empty(), "{bad:#?}");
}

/// Several at a time: they mostly wait.
fn of_every_strategy(measure: impl Fn(&str) -> Shares + Sync) -> Vec<(&'static str, Shares)> {
    let (names, measure) = (StrategyKind::ALL.map(StrategyKind::name), &measure);
    let together = |names: &[&'static str]| -> Vec<(&'static str, Shares)> {
        thread::scope(|scope| {
            let running: Vec<_> = names.iter().map(|&name| (name, scope.spawn(move || measure(name)))).collect();
            let joined = running.into_iter();
            joined.map(|(name, running)| (name, running.join().expect("a measurement does not panic"))).collect()
        })
    };
    names.chunks(TOGETHER).flat_map(together).collect()
}

/// The keys of a pool that picks by `strategy`.
fn keys(strategy: &str) -> String {
    let probe =
        if strategy == StrategyKind::Prequal.name() { format!(", probe: {{ path: {PROBE} }}") } else { String::new() };
    format!("strategy: {strategy}{probe}")
}

fn shares(fault: Fault, pool: &str) -> Shares {
    let hosts: Vec<Host> = (0..HOSTS).map(|_| Host::start()).collect();
    let addresses: Vec<SocketAddr> = hosts.iter().map(|host| host.address).collect();
    let rig = Rig::start(&addresses, pool);
    let load = Load::start(rig.balancer.address, RATE_PER_S);
    load.answer(100);
    let before = rig.picks(&addresses);
    hosts[0].fail(fault);
    thread::sleep(NOTICE);
    let noticed = rig.picks(&addresses);
    thread::sleep(WATCH);
    let after = rig.picks(&addresses);
    let failed = load.tally().failed.len();
    let shares = Shares { first: share(&before, &noticed), then: share(&noticed, &after), failed };
    eprintln!("{fault:?}{pool}: {shares:?}, {} requests reached it", hosts[0].requests());
    shares
}

/// Of all picks between two counts, those of the first host.
#[expect(clippy::cast_precision_loss, reason = "counts of a few thousand")]
fn share(before: &[u64], after: &[u64]) -> f64 {
    let picks: Vec<u64> = before.iter().zip(after).map(|(before, after)| after - before).collect();
    let all: u64 = picks.iter().sum();
    assert!(all > 100, "only {all} picks to judge by");
    picks[0] as f64 / all as f64
}
