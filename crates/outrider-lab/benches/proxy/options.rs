//! What the command line asks for.

use std::env;
use std::path::PathBuf;

use crate::process::Failure;
use crate::subject::Kind;

/// What to measure, of what, for how long.
pub(crate) struct Options {
    /// The proxies, in the order of the tables.
    pub(crate) kinds: Vec<Kind>,
    /// Interleaved rounds per figure.
    pub(crate) rounds: usize,
    /// Seconds of load per measurement.
    pub(crate) seconds: u32,
    /// One part alone.
    only: Option<Part>,
    /// Profile instead of measuring.
    pub(crate) profile: bool,
    /// Instead of all else: what this strategy costs beside `p2c`.
    pub(crate) strategy: Option<String>,
    /// The binary under test.
    pub(crate) binary: PathBuf,
}

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Cpu,
    Latency,
    Workers,
    Idle,
}

impl Options {
    /// Whether a part is asked for.
    pub(crate) fn does(&self, part: Part) -> bool {
        self.only.is_none_or(|only| only == part)
    }
}

/// Reads the command line.
pub(crate) fn read() -> Result<Options, Failure> {
    let mut options = defaults()?;
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            // What cargo bench adds.
            "--bench" => {}
            "--profile" => options.profile = true,
            "--proxy" => options.kinds = vec![Kind::named(&value()?)?],
            "--rounds" => options.rounds = number(&value()?)?,
            "--seconds" => options.seconds = number(&value()?)?,
            "--only" => options.only = Some(part(&value()?)?),
            "--strategy" => options.strategy = Some(value()?),
            "--binary" => options.binary = PathBuf::from(value()?),
            other => return Err(format!("{other} is not an option; see the head of benches/proxy.rs").into()),
        }
    }
    if options.kinds.contains(&Kind::Outrider) && !options.binary.is_file() {
        return Err(format!("{} is missing: cargo build --release makes it", options.binary.display()).into());
    }
    Ok(options)
}

fn defaults() -> Result<Options, Failure> {
    // target/release/deps/proxy-HASH → target/release/outrider
    let own = env::current_exe()?;
    let binary = own.parent().and_then(|deps| deps.parent()).unwrap_or(&own).join("outrider");
    Ok(Options { kinds: Kind::ALL.to_vec(), rounds: 7, seconds: 3, only: None, profile: false, strategy: None, binary })
}

fn number<N: std::str::FromStr>(text: &str) -> Result<N, Failure> {
    text.parse().map_err(|_| format!("{text} is not a number").into())
}

fn part(name: &str) -> Result<Part, Failure> {
    match name {
        "cpu" => Ok(Part::Cpu),
        "latency" => Ok(Part::Latency),
        "workers" => Ok(Part::Workers),
        "idle" => Ok(Part::Idle),
        other => Err(format!("{other} is none of cpu, latency, workers, idle").into()),
    }
}
