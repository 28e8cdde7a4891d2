//! A storm with and without the storm guard, in virtual time: users served, and their tries, before, during and after.
//!
//! `cargo run --release -p outrider-sim --example storm -- [SEEDS]`

#![expect(clippy::print_stdout, reason = "the table is what it is for")]

use std::ops::Range;
use std::time::Duration;

use outrider_pilot::{PoolSettings, StrategyKind};
use outrider_sim::{Measured, Row, Rule, Scenario, by_name, fly_pool};

/// How long after the dip it is looked at, s.
const AFTER_S: u64 = 70;
/// Hosts are slow from 30 s to 50 s.
const PHASES_S: [(&str, Range<u64>); 4] =
    [("before", 10..30), ("during", 30..50), ("to 20 s after", 50..70), ("to 70 s after", 70..50 + AFTER_S)];
const BIN_S: u64 = 5;
/// A share of the users served before, above which the storm is over.
const RECOVERED: f64 = 0.9;

fn main() {
    let seeds: u64 = std::env::args().nth(1).map_or(5, |text| text.parse().expect("a number of seeds"));
    for (notices_leaving, enabled) in [(true, true), (true, false), (false, true), (false, false)] {
        let hosts = if notices_leaving { "notice" } else { "do not notice" };
        println!("\nhosts {hosts} who has left, storm guard {}", if enabled { "on" } else { "off" });
        println!("seed{}  back after s", PHASES_S.map(|(name, _)| format!("{name:>15} tries")).concat());
        for seed in 1..=seeds {
            let measured = storm(notices_leaving, enabled, seed);
            let phase = |(_, span): (_, Range<u64>)| {
                format!("{:13.1}/s {:5.2}", served_per_s(&measured, &span), tries(&measured, &span))
            };
            let back = back_after_s(&measured).map_or("never".to_owned(), |s| s.to_string());
            println!("{seed:4}{}  {back:>12}", PHASES_S.map(phase).concat());
        }
    }
}

fn storm(notices_leaving: bool, enabled: bool, seed: u64) -> Measured {
    let scenario = by_name("storm").expect("it is built in");
    let measured = Duration::from_secs(50 + AFTER_S) - scenario.warm_up;
    let scenario = Scenario { notices_leaving, measured, ..scenario };
    let mut pool = PoolSettings::named("pool");
    pool.storm_guard.enabled = enabled;
    let load = scenario.loads[0];
    let flown = fly_pool(&scenario, Rule::Pilot(StrategyKind::LeastRequest), &pool, load, seed);
    flown.unwrap_or_else(|error| panic!("{error}")).measured
}

/// Users who came within `span`, s.
fn rows<'a>(measured: &'a Measured, span: &Range<u64>) -> impl Iterator<Item = &'a Row> {
    let span = span.start * 1_000_000..span.end * 1_000_000;
    measured.rows.iter().filter(move |row| span.contains(&row.scheduled_us))
}

fn served_per_s(measured: &Measured, span: &Range<u64>) -> f64 {
    rows(measured, span).filter(|row| row.end.is_good()).count() as f64 / (span.end - span.start) as f64
}

fn tries(measured: &Measured, span: &Range<u64>) -> f64 {
    let (sum, count) = rows(measured, span).fold((0, 0), |(sum, count), row| (sum + u32::from(row.tries), count + 1));
    f64::from(sum) / f64::from(count)
}

/// How long after the hosts are well again most users are served, and from then on always.
fn back_after_s(measured: &Measured) -> Option<u64> {
    let [(_, before), _, (_, after), (_, end)] = PHASES_S;
    let enough = RECOVERED * served_per_s(measured, &before);
    let bins = (after.start..end.end).filter(|from| from.is_multiple_of(BIN_S)).rev();
    let good = bins.take_while(|&from| served_per_s(measured, &(from..from + BIN_S)) >= enough);
    good.last().map(|from| from - after.start)
}
