//! What `outrider lab load` prints: JSON keys with their units, or lines in columns.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use crate::limits::confessions;
use crate::load::{LoadEnd, Summary};

/// What a run of load was like. Latencies count from the schedule to the end of a user's last try, over answers below 500
/// and timeouts.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Report {
    url: String,
    pattern: &'static str,
    /// The rate asked for; the pattern's own mean is `mean_rate_per_s`.
    rate_per_s: f64,
    mean_rate_per_s: f64,
    #[serde(flatten)]
    figures: Figures,
    timeouts: u64,
    broken: u64,
    tries_per_request: f64,
    goodput_per_s: f64,
    by_class: BTreeMap<String, Figures>,
    by_host: BTreeMap<String, f64>,
    connections: u64,
    took_s: f64,
    stopped: bool,
    bench: Bench,
    warnings: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
struct Figures {
    requests: u64,
    mean_ms: f64,
    p50_ms: f64,
    p90_ms: f64,
    p95_ms: f64,
    p99_ms: f64,
    p999_ms: f64,
    max_ms: f64,
    sd_ms: f64,
    errors: u64,
    error_rate: f64,
}

/// The generator's own errors.
#[derive(Clone, Debug, Serialize)]
struct Bench {
    late_p50_ms: f64,
    late_p99_ms: f64,
    late_max_ms: f64,
    pacer_late_p50_ms: f64,
    pacer_late_p99_ms: f64,
    pacer_late_max_ms: f64,
    connection_wait_p99_ms: f64,
    connection_wait_max_ms: f64,
    loader_cpu_cores: f64,
    process_cpu_cores: f64,
}

/// What was asked of the run, in words and figures.
pub(super) struct Asked {
    pub(super) url: String,
    pub(super) pattern: &'static str,
    pub(super) rate_per_s: f64,
    pub(super) mean_rate_per_s: f64,
    /// Time that figures are of, s.
    pub(super) measured_s: f64,
    /// Names of the classes; one for a single path.
    pub(super) classes: Vec<String>,
}

impl Report {
    /// Figures of all requests, and of each class.
    pub(super) fn new(asked: Asked, all: &Summary, classes: &[Summary], end: &LoadEnd) -> Report {
        let share = |host: &std::sync::Arc<str>| (host.to_string(), all.share(host));
        let named = asked.classes.into_iter().zip(classes);
        let measured_s = asked.measured_s.min(end.took.as_secs_f64()).max(1e-9);
        Report {
            url: asked.url,
            pattern: asked.pattern,
            rate_per_s: asked.rate_per_s,
            mean_rate_per_s: asked.mean_rate_per_s,
            figures: Figures::new(all),
            timeouts: all.timeouts,
            broken: all.broken,
            tries_per_request: all.tries_per_request(),
            goodput_per_s: (all.requests - all.errors) as f64 / measured_s,
            by_class: named.map(|(name, class)| (name, Figures::new(class))).collect(),
            by_host: all.by_host.keys().map(share).collect(),
            connections: end.connections,
            took_s: end.took.as_secs_f64(),
            stopped: end.stopped,
            bench: Bench::new(all, end),
            warnings: confessions(all, end),
        }
    }

    pub(super) fn print_text(&self, out: &mut impl Write) -> io::Result<()> {
        let early = if self.stopped { ", stopped early" } else { "" };
        let (requests, url, took_s) = (self.figures.requests, &self.url, self.took_s);
        let (pattern, rate) = (self.pattern, self.mean_rate_per_s);
        writeln!(out, "{requests} requests to {url} at {rate:.1}/s on average ({pattern}), {took_s:.1} s{early}\n")?;
        self.print_figures(out)?;
        writeln!(
            out,
            "\nerrors      {} ({:.2} %), of them {} timed out, {} without a connection",
            self.figures.errors,
            self.figures.error_rate * 100.0,
            self.timeouts,
            self.broken
        )?;
        writeln!(out, "goodput     {:.1}/s, {:.3} tries per request", self.goodput_per_s, self.tries_per_request)?;
        if !self.by_host.is_empty() {
            let share = |(host, share): (&String, &f64)| format!("{host} {:.1} %", share * 100.0);
            writeln!(out, "hosts       {}", self.by_host.iter().map(share).collect::<Vec<_>>().join("  "))?;
        }
        self.bench.print_text(out, self.connections)?;
        for warning in &self.warnings {
            writeln!(out, "\n{warning}")?;
        }
        out.flush()
    }

    fn print_figures(&self, out: &mut impl Write) -> io::Result<()> {
        let classes = self.by_class.iter().filter(|_| self.by_class.len() > 1);
        let widest = classes.clone().map(|(name, _)| name.len()).max().unwrap_or(0).max(10);
        writeln!(
            out,
            "{:<widest$}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}{:>9}",
            "latency, ms", "requests", "mean", "p50", "p90", "p99", "p99.9", "max", "errors"
        )?;
        let all = "all".to_owned();
        for (name, f) in std::iter::once((&all, &self.figures)).chain(classes) {
            writeln!(
                out,
                "{name:<widest$} {:>10}{:>10.2}{:>10.2}{:>10.2}{:>10.2}{:>10.2}{:>10.2}{:>9}",
                f.requests, f.mean_ms, f.p50_ms, f.p90_ms, f.p99_ms, f.p999_ms, f.max_ms, f.errors
            )?;
        }
        Ok(())
    }
}

impl Figures {
    fn new(summary: &Summary) -> Figures {
        Figures {
            requests: summary.requests,
            mean_ms: summary.mean_ms(),
            p50_ms: summary.quantile_ms(0.5),
            p90_ms: summary.quantile_ms(0.9),
            p95_ms: summary.quantile_ms(0.95),
            p99_ms: summary.quantile_ms(0.99),
            p999_ms: summary.quantile_ms(0.999),
            max_ms: summary.quantile_ms(1.0),
            sd_ms: summary.sd_ms(),
            errors: summary.errors,
            error_rate: summary.error_rate(),
        }
    }
}

impl Bench {
    fn new(all: &Summary, end: &LoadEnd) -> Bench {
        let (effort, took_s) = (&end.effort, end.took.as_secs_f64().max(1e-9));
        Bench {
            late_p50_ms: all.late_ms(0.5),
            late_p99_ms: all.late_ms(0.99),
            late_max_ms: all.late_ms(1.0),
            pacer_late_p50_ms: effort.pacer_late_p50.as_secs_f64() * 1e3,
            pacer_late_p99_ms: effort.pacer_late_p99.as_secs_f64() * 1e3,
            pacer_late_max_ms: effort.pacer_late_max.as_secs_f64() * 1e3,
            connection_wait_p99_ms: all.waited_ms(0.99),
            connection_wait_max_ms: all.waited_ms(1.0),
            loader_cpu_cores: effort.loader_cpu.as_secs_f64() / took_s,
            process_cpu_cores: effort.process_cpu.as_secs_f64() / took_s,
        }
    }

    fn print_text(&self, out: &mut impl Write, connections: u64) -> io::Result<()> {
        writeln!(out, "\nthe generator itself, ms{:>13}{:>10}{:>10}", "p50", "p99", "max")?;
        writeln!(
            out,
            "  requests taken up late  {:>10.2}{:>10.2}{:>10.2}",
            self.late_p50_ms, self.late_p99_ms, self.late_max_ms
        )?;
        writeln!(
            out,
            "  of it the pacer's timer {:>10.2}{:>10.2}{:>10.2}",
            self.pacer_late_p50_ms, self.pacer_late_p99_ms, self.pacer_late_max_ms
        )?;
        writeln!(
            out,
            "  waits for a connection  {:>10}{:>10.2}{:>10.2}",
            "", self.connection_wait_p99_ms, self.connection_wait_max_ms
        )?;
        writeln!(
            out,
            "  {connections} connections; {:.2} cores in all, {:.2} of them the thread that sends and receives",
            self.process_cpu_cores, self.loader_cpu_cores
        )
    }
}
