//! `outrider lab load`: open-loop load at any URL.

use std::io::{self, Write};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use http::uri::PathAndQuery;
use outrider_workload::{Fleet, Pattern, TraceFile, parse_span};
use serde::Serialize;
use thiserror::Error;

use super::print_json;
use crate::load::{self, Ask, LoadEnd, LoadError, Patience, Planned, RecordingError, Summary, Target, read_trace};
use crate::stop::Stop;

/// Send requests at a fixed rate, whatever becomes of them; latency counts from when each was due
#[derive(Clone, Debug, clap::Args)]
pub struct LoadArgs {
    /// Where to: http://host:port/path
    #[arg(long)]
    pub url: Uri,
    /// Requests per second on average
    #[arg(long, default_value_t = 100.0)]
    pub rate: f64,
    /// For how long, such as 10s
    #[arg(long, default_value = "10s", value_parser = parse_span)]
    pub duration: Duration,
    /// Left out of the figures at the beginning
    #[arg(long, default_value = "0s", value_parser = parse_span)]
    pub warm_up: Duration,
    /// How arrivals are spread: poisson, pace, low (0.3 of the rate), medium (0.6), ramp,from=0.2,to=2,
    /// burst,factor=3,length=1s,every=5s (factors on the rate), or trace
    #[arg(long, default_value = "poisson", value_name = "PATTERN")]
    pub pattern: Pattern<TraceFile>,
    /// The recording that the pattern `trace` replays: CSV with a column of times, .gz or not
    #[arg(long, value_name = "PATH")]
    pub data: Option<PathBuf>,
    /// Requests of the lab's class mix (/c/NAME?size=..&n=..) instead of the URL's path
    #[arg(long)]
    pub mix: bool,
    /// Seed of the arrivals
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// A request without a whole answer this long after it was due has failed
    #[arg(long, default_value = "30s", value_parser = parse_span)]
    pub timeout: Duration,
    /// Connections at a time at most
    #[arg(long, default_value_t = 1024)]
    pub connections: usize,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Why load could not be sent.
#[derive(Debug, Error)]
pub enum RunLoadError {
    /// Not a URL that this generator speaks.
    #[error("{0} is no URL of the form http://host:port/path")]
    Url(Uri),
    /// The host's name has no address.
    #[error("{host} has no address: {source}")]
    Resolve {
        /// The name and port.
        host: String,
        /// Why not.
        source: io::Error,
    },
    /// A rate that is none.
    #[error("the rate {0} must be above 0 and at most 1000000 requests per second")]
    Rate(f64),
    /// The recording cannot be replayed.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// Nothing could be sent.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Standard output or signals are not to be had.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// What a run of load was like. Latencies count from the schedule, over answers below 500 and timeouts.
#[derive(Clone, Debug, Serialize)]
struct Report {
    url: String,
    pattern: &'static str,
    rate_per_s: f64,
    requests: u64,
    mean_ms: f64,
    p50_ms: f64,
    p90_ms: f64,
    p95_ms: f64,
    p99_ms: f64,
    p999_ms: f64,
    max_ms: f64,
    sd_ms: f64,
    error_rate: f64,
    errors: u64,
    timeouts: u64,
    broken: u64,
    by_host: std::collections::BTreeMap<String, f64>,
    late_p50_ms: f64,
    late_p99_ms: f64,
    late_max_ms: f64,
    connections: u64,
    took_s: f64,
    stopped: bool,
}

/// Sends the load and prints what it met. Ctrl-C ends it early, with the figures so far.
///
/// # Errors
/// When the URL, its host or the rate are none, or nothing can be sent. Failed requests are figures, not errors.
pub fn run_load(args: &LoadArgs) -> Result<(), RunLoadError> {
    let stop = Stop::on_signals()?;
    let target = target(args)?;
    let mut summary = Summary::default();
    let warm_ms = args.warm_up.as_millis();
    let end = load::run(&target, plan(args)?, &stop, |record| {
        if u128::from(record.scheduled.as_millis()) >= warm_ms {
            summary.add(record);
        }
    })?;
    let report = report(args, &summary, end);
    if args.json {
        print_json(&report)?;
    } else {
        print_text(&report)?;
    }
    Ok(())
}

fn target(args: &LoadArgs) -> Result<Target, RunLoadError> {
    let url = || RunLoadError::Url(args.url.clone());
    let authority = args.url.authority().ok_or_else(url)?;
    if args.url.scheme_str() != Some("http") || authority.as_str().contains('@') {
        return Err(url());
    }
    let name = authority.host().trim_matches(['[', ']']);
    let address = resolve(name, authority.port_u16().unwrap_or(80))?;
    Ok(Target {
        address,
        authority: authority.as_str().to_owned(),
        patience: Patience::once(args.timeout),
        connections: args.connections,
    })
}

fn resolve(name: &str, port: u16) -> Result<SocketAddr, RunLoadError> {
    let error = |source| RunLoadError::Resolve { host: name.to_owned(), source };
    let mut addresses = (name, port).to_socket_addrs().map_err(error)?;
    addresses.next().ok_or_else(|| error(io::ErrorKind::NotFound.into()))
}

type Plan = Box<dyn Iterator<Item = Planned> + Send>;

fn plan(args: &LoadArgs) -> Result<Plan, RunLoadError> {
    let (rate, seed) = (args.rate, args.seed);
    let pattern = &pattern(args)?;
    if !(rate > 0.0 && rate <= 1e6) {
        return Err(RunLoadError::Rate(rate));
    }
    let duration = args.warm_up + args.duration;
    if args.mix {
        let fleet = Fleet::uneven_mixed(1, seed);
        return Ok(Box::new(load::plan::mixed(&fleet, pattern, rate, duration, seed)));
    }
    let root = || PathAndQuery::from_static("/");
    let path = args.url.path_and_query().cloned().unwrap_or_else(root);
    Ok(Box::new(load::plan::plain(path, Ask::default(), pattern, rate, duration, seed)))
}

/// The pattern asked for, its trace read.
fn pattern(args: &LoadArgs) -> Result<Pattern, RecordingError> {
    args.pattern.clone().with_trace(|mut trace| {
        if let Some(data) = &args.data {
            trace.file.clone_from(data);
        }
        read_trace(&trace).map(Arc::new)
    })
}

fn report(args: &LoadArgs, summary: &Summary, end: LoadEnd) -> Report {
    let share = |host: &std::sync::Arc<str>| (host.to_string(), summary.share(host));
    Report {
        url: args.url.to_string(),
        pattern: args.pattern.name(),
        rate_per_s: args.rate,
        requests: summary.requests,
        mean_ms: summary.mean_ms(),
        p50_ms: summary.quantile_ms(0.5),
        p90_ms: summary.quantile_ms(0.9),
        p95_ms: summary.quantile_ms(0.95),
        p99_ms: summary.quantile_ms(0.99),
        p999_ms: summary.quantile_ms(0.999),
        max_ms: summary.quantile_ms(1.0),
        sd_ms: summary.sd_ms(),
        error_rate: summary.error_rate(),
        errors: summary.errors,
        timeouts: summary.timeouts,
        broken: summary.broken,
        by_host: summary.by_host.keys().map(share).collect(),
        late_p50_ms: summary.late_ms(0.5),
        late_p99_ms: summary.late_ms(0.99),
        late_max_ms: summary.late_ms(1.0),
        connections: end.connections,
        took_s: end.took.as_secs_f64(),
        stopped: end.stopped,
    }
}

fn print_text(r: &Report) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let early = if r.stopped { ", stopped early" } else { "" };
    writeln!(
        out,
        "{} requests to {} at {}/s ({}), {:.1} s{early}",
        r.requests, r.url, r.rate_per_s, r.pattern, r.took_s
    )?;
    writeln!(
        out,
        "latency from schedule, ms: mean {:.2}  p50 {:.2}  p90 {:.2}  p99 {:.2}  p99.9 {:.2}  max {:.2}",
        r.mean_ms, r.p50_ms, r.p90_ms, r.p99_ms, r.p999_ms, r.max_ms
    )?;
    writeln!(
        out,
        "errors: {} ({:.2} %), of them {} timed out, {} without a connection",
        r.errors,
        r.error_rate * 100.0,
        r.timeouts,
        r.broken
    )?;
    writeln!(
        out,
        "the generator itself was late by, ms: p50 {:.2}  p99 {:.2}  max {:.2}; {} connections",
        r.late_p50_ms, r.late_p99_ms, r.late_max_ms, r.connections
    )?;
    for (host, share) in &r.by_host {
        writeln!(out, "  {host:<8} {:5.1} %", share * 100.0)?;
    }
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(clap::Parser)]
    struct Cli {
        #[command(flatten)]
        args: LoadArgs,
    }

    fn parse(line: &str) -> LoadArgs {
        Cli::try_parse_from(line.split(' ')).unwrap().args
    }

    #[test]
    fn a_url_becomes_a_target() {
        let target = target(&parse("x --url http://127.0.0.1:8080/a?b=1")).unwrap();
        assert_eq!(target.address, "127.0.0.1:8080".parse().unwrap());
        assert_eq!(target.authority, "127.0.0.1:8080");
        let six = super::target(&parse("x --url http://[::1]:8080")).unwrap();
        assert_eq!(six.address, "[::1]:8080".parse().unwrap());
    }

    #[test]
    fn what_is_no_url_or_no_rate_is_refused() {
        for url in ["https://127.0.0.1/", "127.0.0.1:80", "/path", "http://me@127.0.0.1/"] {
            assert!(matches!(target(&parse(&format!("x --url {url}"))), Err(RunLoadError::Url(_))));
        }
        for rate in ["0", "NaN", "1e9"] {
            let args = parse(&format!("x --url http://127.0.0.1/ --rate {rate}"));
            assert!(matches!(plan(&args), Err(RunLoadError::Rate(_))));
        }
    }

    #[test]
    fn the_plan_asks_for_the_path_of_the_url() {
        let args = parse("x --url http://127.0.0.1/a?b=1 --rate 50 --duration 1s --pattern pace");
        let planned: Vec<Planned> = plan(&args).unwrap().collect();
        assert_eq!((planned.len(), planned[0].path.as_str()), (49, "/a?b=1"));
    }
}
