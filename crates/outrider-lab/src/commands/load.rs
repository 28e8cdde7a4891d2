//! `outrider lab load`: open-loop load at any URL.

mod progress;
mod report;

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use http::uri::PathAndQuery;
use outrider_core::Time;
use outrider_workload::{Fleet, Form, FormError, Pattern, TraceFile, parse_span};
use thiserror::Error;

use super::print_json;
use progress::Progress;
use report::{Asked, Report};

use crate::load::{self, Ask, LoadError, Patience, Planned, RecordingError, Summary, Target, read_trace};
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
    /// A try without a whole answer this long after it was due has failed, and its connection is closed
    #[arg(long, default_value = "30s", value_parser = parse_span)]
    pub timeout: Duration,
    /// Further tries after a timeout, a 429, a 5xx or a broken connection
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=254))]
    pub retries: u8,
    /// The longest wait before the second try, doubled for each further one up to 20 s; waits are drawn evenly below it
    #[arg(long, default_value = "50ms", value_parser = parse_span)]
    pub backoff: Duration,
    /// Number the tries in the header amz-sdk-request, as AWS SDKs do
    #[arg(long)]
    pub tell_attempts: bool,
    /// The method; without it GET, or POST with a body
    #[arg(long, conflicts_with = "mix")]
    pub method: Option<String>,
    /// Bytes of each request's body
    #[arg(long, default_value_t = 0, value_name = "BYTES", conflicts_with = "mix")]
    pub body_bytes: usize,
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
    /// Requests that cannot be sent.
    #[error(transparent)]
    Form(#[from] FormError),
    /// Nothing could be sent.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Standard output or signals are not to be had.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Sends the load and prints what it met. Ctrl-C ends it early, with the figures so far.
///
/// # Errors
/// When the URL, its host or the rate are none, or nothing can be sent. Failed requests are figures, not errors.
pub fn run_load(args: &LoadArgs) -> Result<(), RunLoadError> {
    let stop = Stop::on_signals()?;
    let target = target(args)?;
    let plan = plan(args)?;
    let warm = Time::ZERO + args.warm_up;
    let mut all = Summary::default();
    let mut by_class = vec![Summary::default(); plan.classes.len()];
    let mut progress = Progress::new(args.warm_up + args.duration);
    let end = load::run(&target, plan.requests, &stop, |record| {
        if record.scheduled >= warm {
            all.add(record);
            by_class[record.class].add(record);
            progress.update(&all);
        }
    })?;
    drop(progress);
    let report = Report::new(asked(args, plan.classes), &all, &by_class, &end);
    if args.json {
        print_json(&report)?;
    } else {
        report.print_text(&mut super::printer())?;
    }
    Ok(())
}

fn asked(args: &LoadArgs, classes: Vec<String>) -> Asked {
    Asked {
        url: args.url.to_string(),
        pattern: args.pattern.name(),
        rate_per_s: args.rate,
        mean_rate_per_s: args.rate * args.pattern.mean_factor(args.warm_up + args.duration),
        measured_s: args.duration.as_secs_f64(),
        classes,
    }
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
        patience: Patience {
            retries: args.retries,
            backoff: args.backoff,
            tell: args.tell_attempts,
            ..Patience::once(args.timeout)
        },
        connections: args.connections,
    })
}

fn resolve(name: &str, port: u16) -> Result<SocketAddr, RunLoadError> {
    let error = |source| RunLoadError::Resolve { host: name.to_owned(), source };
    let mut addresses = (name, port).to_socket_addrs().map_err(error)?;
    addresses.next().ok_or_else(|| error(io::ErrorKind::NotFound.into()))
}

/// Requests to send, and the names of the classes that they index.
struct Plan {
    requests: Box<dyn Iterator<Item = Planned> + Send>,
    classes: Vec<String>,
}

fn plan(args: &LoadArgs) -> Result<Plan, RunLoadError> {
    let (rate, seed) = (args.rate, args.seed);
    if !(rate > 0.0 && rate <= 1e6) {
        return Err(RunLoadError::Rate(rate));
    }
    let pattern = &pattern(args)?;
    let duration = args.warm_up + args.duration;
    if args.mix {
        let fleet = Fleet::uneven_mixed(1, seed);
        let requests = Box::new(load::plan::mixed(&fleet, pattern, rate, duration, seed));
        return Ok(Plan { requests, classes: fleet.mix.classes().iter().map(|class| class.name.clone()).collect() });
    }
    let form = Form { method: args.method.clone(), body_bytes: args.body_bytes, ..Form::default() };
    form.check()?;
    let ask = Ask::new(&form).expect("a checked form can be sent");
    let path = args.url.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
    let requests = Box::new(load::plan::plain(path, ask, pattern, rate, duration, seed));
    Ok(Plan { requests, classes: vec!["all".to_owned()] })
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
            assert!(matches!(plan(&args).map(|_| ()), Err(RunLoadError::Rate(_))));
        }
    }

    #[test]
    fn patterns_and_patience_are_read_from_options() {
        let args = parse("x --url http://127.0.0.1/ --pattern ramp,from=0,to=2 --rate 50 --duration 4s --retries 3");
        assert_eq!(target(&args).unwrap().patience.tries_max(), 4);
        let planned: Vec<Planned> = plan(&args).unwrap().requests.collect();
        let late = planned.iter().filter(|p| p.at >= Time::from_millis(2_000)).count() as f64;
        // A rising line has three quarters of its arrivals in its second half.
        assert!((late / planned.len() as f64 - 0.75).abs() < 0.15);
        let trace = plan(&parse("x --url http://127.0.0.1/ --pattern trace"));
        assert!(matches!(trace.map(|_| ()), Err(RunLoadError::Recording(RecordingError::NoFile))));
        let form = plan(&parse("x --url http://127.0.0.1/ --method get"));
        assert!(matches!(form.map(|_| ()), Err(RunLoadError::Form(_))));
    }

    #[test]
    fn the_plan_asks_for_the_path_of_the_url() {
        let args = parse("x --url http://127.0.0.1/a?b=1 --rate 50 --duration 1s --pattern pace");
        let planned: Vec<Planned> = plan(&args).unwrap().requests.collect();
        assert_eq!((planned.len(), planned[0].path.as_str()), (49, "/a?b=1"));
    }
}
