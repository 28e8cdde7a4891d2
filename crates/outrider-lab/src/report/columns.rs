//! The columns of every table, once: the terminal shows some, Markdown and the page show more.

use super::detail::Detail;
use super::numbers::{interval, ms, percent, three_digits};
use super::ratio::{Ratio, Times, Verdict};
use super::run::Run;

/// All that is known of one strategy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) run: &'a Run,
    pub(crate) detail: &'a Detail,
    /// Against the first of its group; none for the first itself.
    pub(crate) ratio: Option<&'a Ratio>,
}

/// One column of a table.
#[derive(Clone, Copy)]
pub(crate) struct Column {
    pub(crate) head: &'static str,
    /// What it means, for a reader who does not know.
    pub(crate) meaning: &'static str,
    pub(crate) cell: fn(&Entry<'_>) -> String,
    /// What is compared to find the best, which is the least; none where there is no better.
    pub(crate) least: Option<fn(&Entry<'_>) -> Option<f64>>,
}

const fn plain(head: &'static str, meaning: &'static str, cell: fn(&Entry<'_>) -> String) -> Column {
    Column { head, meaning, cell, least: None }
}

pub(crate) const STRATEGY: Column =
    plain("strategy", "how a host is picked; `haproxy ...` and `nginx ...` are other balancers", |e| {
        e.run.strategy.clone()
    });
const REQUESTS: Column = plain("requests", "requests of users, over all seeds", |e| e.run.requests.to_string());
const MEAN: Column = Column {
    head: "mean ms",
    meaning: "mean latency from the scheduled arrival",
    cell: |e| ms(e.run.mean_ms),
    least: Some(|e| e.run.mean_ms),
};
const P50: Column = Column {
    head: "p50",
    meaning: "median, ms; over all requests of all seeds",
    cell: |e| ms(e.run.p50_ms),
    least: Some(|e| e.run.p50_ms),
};
const P90: Column =
    Column { head: "p90", meaning: "quantile 0.9, ms", cell: |e| ms(e.run.p90_ms), least: Some(|e| e.run.p90_ms) };
const P95: Column =
    Column { head: "p95", meaning: "quantile 0.95, ms", cell: |e| ms(e.run.p95_ms), least: Some(|e| e.run.p95_ms) };
const P99: Column = Column {
    head: "p99",
    meaning: "geometric mean over seeds of each seed's quantile 0.99, ms",
    cell: |e| ms(e.run.p99_ms),
    least: Some(|e| e.run.p99_ms),
};
const P99_INTERVAL: Column = plain("95 % interval", "Student's interval of p99 over seeds, ms", |e| {
    interval(e.run.p99_ms_low, e.run.p99_ms_high)
});
const P999: Column = Column {
    head: "p99.9",
    meaning: "quantile 0.999, ms; a dash where fewer than five requests lie beyond it",
    cell: |e| ms(e.run.p999_ms),
    least: Some(|e| e.run.p999_ms),
};
const SD: Column = plain("sd ms", "standard deviation of latency", |e| ms(e.run.sd_ms));
const CV: Column = plain("CV", "coefficient of variation: standard deviation over mean", |e| ms(e.run.cv));
const P99_RATIO: Column = plain(
    "p99 vs first",
    "geometric mean of the seeds' ratios of p99 to that of the first strategy, with its 95 % interval; < lower and > higher beyond doubt",
    |e| times(e.ratio.and_then(|ratio| ratio.p99)),
);
const MEAN_RATIO: Column = plain("mean vs first", "the same of means", |e| times(e.ratio.and_then(|ratio| ratio.mean)));
const ERRORS: Column = Column {
    head: "errors",
    meaning: "requests without a good answer (below 400) over requests",
    cell: |e| percent(e.run.error_rate),
    least: None,
};
const GOODPUT: Column =
    plain("goodput/s", "good answers per second of measured time", |e| three_digits(e.run.goodput_per_s));
const ATTEMPTS: Column =
    plain("attempts", "requests that hosts were given over requests of users", |e| ms(e.run.attempts_per_request));
const SHARES: Column =
    plain("share by host", "the least and the greatest share of requests that a host was given", |e| {
        let shares = || e.run.by_host.values().copied();
        let most = shares().fold(0.0, f64::max);
        e.run.min_host_share.map_or_else(String::new, |least| format!("{:.1} to {:.1} %", least * 100.0, most * 100.0))
    });
const FAIR: Column =
    plain("least/fair", "the least share of a host over its share of the capacity; below 0.5 it starved", |e| {
        ms(e.detail.min_fair_share)
    });
const FAIR_AFTER: Column = plain(
    "least after",
    "the least share of a host over its share of the capacity, after the fault and over the hosts that it did not touch",
    |e| ms(e.detail.min_fair_share_after),
);
const HOST_LOAD: Column = plain(
    "max load",
    "the most that a host was given over what it can serve; above 1 its queue grew as long as the round lasted",
    |e| ms(e.detail.max_host_load),
);
const RECOVERY: Column = Column {
    head: "recovery s",
    meaning: "time from the fault to recovery as the experiment defines it; median over seeds, never = a dash",
    cell: |e| ms(e.run.recovery_s),
    least: Some(|e| e.run.recovery_s),
};
const CORES: Column =
    plain("CPU cores", "CPU time of the balancer's processes over time", |e| ms(e.detail.balancer_cpu_cores));

const ALL: [Column; 22] = [
    STRATEGY,
    MEAN,
    P50,
    P90,
    P95,
    P99,
    P99_INTERVAL,
    P999,
    P99_RATIO,
    ERRORS,
    RECOVERY,
    SHARES,
    FAIR,
    FAIR_AFTER,
    ATTEMPTS,
    GOODPUT,
    MEAN_RATIO,
    SD,
    CV,
    HOST_LOAD,
    CORES,
    REQUESTS,
];
const TERMINAL: [Column; 9] = [STRATEGY, MEAN, P50, P99, P99_INTERVAL, P999, P99_RATIO, ERRORS, SHARES];
const TERMINAL_FAULT: [Column; 9] = [STRATEGY, P50, P99, P99_INTERVAL, ERRORS, GOODPUT, ATTEMPTS, RECOVERY, FAIR_AFTER];

/// Every column that says anything about one of `entries`.
pub(crate) fn all(entries: &[Entry<'_>]) -> Vec<Column> {
    telling(ALL.into_iter(), entries)
}

/// Those that fit a terminal; after a fault other ones matter.
pub(crate) fn for_terminal(entries: &[Entry<'_>]) -> Vec<Column> {
    let columns = if has_fault(entries) { TERMINAL_FAULT } else { TERMINAL };
    telling(columns.into_iter(), entries)
}

fn telling(columns: impl Iterator<Item = Column>, entries: &[Entry<'_>]) -> Vec<Column> {
    let tells = |column: &Column| entries.iter().any(|entry| !matches!((column.cell)(entry).as_str(), "" | "-"));
    columns.filter(tells).collect()
}

fn has_fault(entries: &[Entry<'_>]) -> bool {
    entries.iter().any(|entry| !entry.detail.phases.is_empty())
}

/// Whether `entry` has the least value of `column` among `entries`, and not all have it.
pub(crate) fn is_best(column: &Column, entry: &Entry<'_>, entries: &[Entry<'_>]) -> bool {
    let Some(value) = column.least else {
        return false;
    };
    let Some(own) = value(entry) else {
        return false;
    };
    let others = || entries.iter().map(value);
    others().flatten().all(|other| own <= other) && others().any(|other| other != Some(own))
}

/// A ratio with its interval, and which side of 1 it lies on beyond doubt.
pub(crate) fn times(times: Option<Times>) -> String {
    let Some(times) = times else {
        return String::new();
    };
    let range = times.low.zip(times.high).map_or_else(String::new, |(low, high)| format!(" ({low:.2} to {high:.2})"));
    let side = match times.verdict() {
        Verdict::Lower => " <",
        Verdict::Higher => " >",
        Verdict::Open => "",
    };
    format!("{:.2}{range}{side}", times.ratio)
}
