//! The demo's last word: what was run, a table, what it says, and how far to believe it.

use std::fmt::Write;

use super::report::{DemoReport, FleetReport, StrategyReport};
use crate::statistics::geometric_mean_ratio;

/// A host given this much of what it can serve was overloaded; a little above 1 is the luck of cheap requests.
const OVERLOADED: f64 = 1.3;

/// The report for a person. `bold` marks headings with the terminal's bold face.
pub fn render(report: &DemoReport, bold: bool) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = heading(&mut text, report)
        .and_then(|()| table(&mut text, report, bold))
        .and_then(|()| comparison(&mut text, &report.runs))
        .and_then(|()| truth(&mut text, report));
    text
}

fn heading(text: &mut String, report: &DemoReport) -> std::fmt::Result {
    let fleet = &report.fleet;
    let (load, seeds) = report.runs.first().map_or((0.0, 0), |r| (r.load, r.seeds));
    writeln!(
        text,
        "{} SIMULATED hosts: service times are generated, nothing is computed. {}",
        fleet.hosts.len(),
        hosts(fleet)
    )?;
    writeln!(
        text,
        "Load {load:.2}: {:.0} of {:.0} requests/s that they can serve, Poisson, open loop; {}.",
        fleet.rate_per_s,
        fleet.capacity_per_s,
        classes(fleet)
    )?;
    writeln!(
        text,
        "{seeds} interleaved rounds of {:.1} s each after {:.1} s of warm-up; the same requests for every strategy.\n",
        fleet.measured_s, fleet.warm_up_s
    )
}

fn hosts(fleet: &FleetReport) -> String {
    let range = |pick: fn(&super::report::HostReport) -> f64| {
        let values: Vec<f64> = fleet.hosts.iter().map(pick).collect();
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        (low, values.iter().copied().fold(0.0, f64::max))
    };
    let (slow, fast) = range(|h| h.speed);
    let (narrow, wide) = range(|h| h.parallelism as f64);
    format!("Speeds {slow:.2} to {fast:.2}, {narrow} to {wide} requests at a time each.")
}

fn classes(fleet: &FleetReport) -> String {
    let means = || fleet.class_mean_ms.values().copied();
    let (low, high) = (means().fold(f64::INFINITY, f64::min), means().fold(0.0, f64::max));
    format!("{} classes of {low:.0} to {high:.0} ms", fleet.class_mean_ms.len())
}

fn table(text: &mut String, report: &DemoReport, bold: bool) -> std::fmt::Result {
    let (on, off) = if bold { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
    writeln!(
        text,
        "{on}{:<14} {:>8} {:>8} {:>8} {:>8} {:>8}  {:<15} {:>7}  {:<15}{off}",
        "strategy", "requests", "mean ms", "p50 ms", "p90 ms", "p99 ms", "(95 % interval)", "errors", "share by host"
    )?;
    report.runs.iter().try_for_each(|run| row(text, run))
}

fn row(text: &mut String, run: &StrategyReport) -> std::fmt::Result {
    let number = |x: Option<f64>| x.map_or_else(|| "-".to_owned(), |x| format!("{x:.0}"));
    let interval = format!("({} to {})", number(run.p99_ms_low), number(run.p99_ms_high));
    let share = format!("{:.1} to {:.1} %", run.min_host_share * 100.0, run.max_host_share() * 100.0);
    writeln!(
        text,
        "{:<14} {:>8} {:>8.1} {:>8.1} {:>8.1} {:>8}  {:<15} {:>5.2} %  {:<15}",
        run.strategy,
        run.requests,
        run.mean_ms,
        run.p50_ms,
        run.p90_ms,
        number(run.p99_ms),
        interval,
        run.error_rate * 100.0,
        share
    )
}

/// Every other strategy against the first, paired by seed.
fn comparison(text: &mut String, runs: &[StrategyReport]) -> std::fmt::Result {
    writeln!(text, "\nLatency counts from the scheduled arrival; the interval is over seeds.")?;
    let Some((first, others)) = runs.split_first() else {
        return Ok(());
    };
    let base = first.p99_by_seed();
    for run in others {
        let Some(ratio) = geometric_mean_ratio(&run.p99_by_seed(), &base) else {
            continue;
        };
        write!(text, "p99 of {} is {:.2} times that of {}", run.strategy, ratio.center, first.strategy)?;
        if let (Some(low), Some(high)) = (ratio.low, ratio.high) {
            write!(text, " ({low:.2} to {high:.2}, paired by seed)")?;
        }
        writeln!(text, ".")?;
    }
    runs.iter().filter(|run| run.max_host_load > OVERLOADED).try_for_each(|run| {
        writeln!(
            text,
            "{} gave one host {:.1} times what it can serve: its queue grew, and longer rounds would show more.",
            run.strategy, run.max_host_load
        )
    })
}

fn truth(text: &mut String, report: &DemoReport) -> std::fmt::Result {
    let bench = &report.bench;
    writeln!(
        text,
        "The bench itself: requests late by {:.2} ms (p50), {:.2} ms (p99), {:.1} ms (worst); answers of the simulated \
         hosts late by {:.2} ms on average, {:.1} ms at worst.",
        bench.late_p50_ms, bench.late_p99_ms, bench.late_max_ms, bench.timer_lag_mean_ms, bench.timer_lag_max_ms
    )?;
    report.warnings.iter().try_for_each(|warning| writeln!(text, "WARNING: {warning}"))
}
