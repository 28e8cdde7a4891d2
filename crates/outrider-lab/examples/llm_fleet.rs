//! All rules side by side on `llm-fleet`: p99 and mean of each, geometric means over five seeds.
//!
//! `cargo run --release -p outrider-lab --example llm_fleet -- FOLDER`

#![expect(clippy::print_stdout, reason = "the table is what it is for")]

use std::path::PathBuf;

use outrider_lab::with_data;
use outrider_pilot::StrategyKind;
use outrider_sim::{Rule, Scenario, by_name, fly, quantile};

const SEEDS: u64 = 5;

fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_default());
    let scenario = by_name("llm-fleet").expect("it is built in");
    let scenario = with_data(scenario, &folder).unwrap_or_else(|error| panic!("{error}"));
    let fleet = scenario.fleet(1).expect("it has been checked");
    println!("{} hosts, {:.1} requests/s at load 1", fleet.hosts.len(), fleet.capacity_per_s());
    println!("{:24} {:>9} {:>9} {:>9}", "", "p99 s", "mean s", "failed");
    let pilot = StrategyKind::ALL.into_iter().map(Rule::Pilot);
    for rule in pilot.chain([Rule::Weighted(StrategyKind::LeastRequest), Rule::Weighted(StrategyKind::RoundRobin)]) {
        let shown: Vec<(f64, f64, f64)> = (1..=SEEDS).map(|seed| shown(&scenario, rule, seed)).collect();
        let mean =
            |of: fn(&(f64, f64, f64)) -> f64| (shown.iter().map(of).map(f64::ln).sum::<f64>() / SEEDS as f64).exp();
        let failed = shown.iter().map(|shown| shown.2).sum::<f64>();
        println!("{:24} {:9.2} {:9.2} {failed:9.0}", rule.name(), mean(|s| s.0), mean(|s| s.1));
    }
}

/// p99 and mean, s, and requests that failed.
fn shown(scenario: &Scenario, rule: Rule, seed: u64) -> (f64, f64, f64) {
    let flown = fly(scenario, rule, scenario.loads[0], seed).unwrap_or_else(|error| panic!("{error}")).measured;
    let latencies_ms = flown.latencies_ms();
    let failed = flown.counted().filter(|row| !row.end.is_good()).count();
    let mean_ms = latencies_ms.iter().sum::<f64>() / latencies_ms.len() as f64;
    (quantile(&latencies_ms, 0.99) / 1e3, mean_ms / 1e3, failed as f64)
}
