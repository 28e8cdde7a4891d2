//! `outrider lab backends`: uneven hosts to point a balancer at.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use outrider_workload::{Fleet, FleetError, ScriptedFault};
use serde::Serialize;
use thiserror::Error;

use super::print_json;
use crate::backends::{Backends, BackendsError, BackendsSpec};
use crate::stop::Stop;

/// Start uneven hosts on this machine: generated service times, bounded parallelism, a queue, faults on a script
#[derive(Clone, Debug, clap::Args)]
pub struct BackendsArgs {
    /// Hosts of the uneven-mixed fleet
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u16).range(1..=1024), conflicts_with = "spec")]
    pub hosts: u16,
    /// Port of the first host, the others follow; 0 lets the system choose
    #[arg(long, value_name = "PORT")]
    pub base_port: Option<u16>,
    /// A JSON file that describes fleet, ports, answers and faults instead
    #[arg(long, value_name = "FILE.json")]
    pub spec: Option<PathBuf>,
    /// Seed of the fleet's speeds and of all luck
    #[arg(long)]
    pub seed: Option<u64>,
    /// All times so many times as long as the scenario's
    #[arg(long, default_value_t = 5.0, value_name = "FACTOR", conflicts_with = "spec")]
    pub scale: f64,
    /// Bytes of an answer's body
    #[arg(long, value_name = "BYTES")]
    pub response_bytes: Option<usize>,
    /// Report load in the ORCA header
    #[arg(long)]
    pub orca: bool,
    /// What goes wrong, and when: host=2,at=5s,kind=hang,for=10s
    /// (kinds: slow with factor=, hang, refuse, fail_fast, flap with period=, die, recover)
    #[arg(long = "fault", value_name = "LINE")]
    pub faults: Vec<ScriptedFault>,
    /// Write the addresses as a YAML list of hosts
    #[arg(long, value_name = "PATH")]
    pub hosts_file: Option<PathBuf>,
    /// Print one JSON object instead of a table
    #[arg(long)]
    pub json: bool,
}

/// Why the hosts cannot be had.
#[derive(Debug, Error)]
pub enum RunBackendsError {
    /// The spec cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// Its path.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The spec is no JSON of the right form.
    #[error("{path}: {source}")]
    Json {
        /// Its path.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// The scale makes a time impossible.
    #[error(transparent)]
    Fleet(#[from] FleetError),
    /// The hosts cannot start.
    #[error(transparent)]
    Backends(#[from] BackendsError),
    /// The hosts file cannot be written.
    #[error("cannot write {path}: {source}")]
    HostsFile {
        /// Its path.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Standard output or signals are not to be had.
    #[error(transparent)]
    Io(#[from] io::Error),
}

#[derive(Serialize)]
struct Started {
    capacity_per_s: f64,
    hosts: Vec<StartedHost>,
}

#[derive(Serialize)]
struct StartedHost {
    name: String,
    address: SocketAddr,
    speed: f64,
    parallelism: usize,
    capacity_per_s: f64,
}

/// Starts the hosts, says where they are, and keeps them until Ctrl-C or SIGTERM.
///
/// # Errors
/// When the description cannot be read or makes no sense, an address is taken, or a file cannot be written.
pub fn run_backends(args: &BackendsArgs) -> Result<(), RunBackendsError> {
    let stop = Stop::on_signals()?;
    let backends = Backends::start(spec(args)?)?;
    if let Some(path) = &args.hosts_file {
        write_hosts(path, &backends.addresses()).map_err(|source| {
            let path = path.clone();
            RunBackendsError::HostsFile { path, source }
        })?;
    }
    let started = describe(&backends);
    if args.json {
        print_json(&started)?;
    } else {
        print_table(&mut super::printer(), &started)?;
    }
    stop.wait()?;
    Ok(())
}

/// What the options ask for.
fn spec(args: &BackendsArgs) -> Result<BackendsSpec, RunBackendsError> {
    let mut spec = match &args.spec {
        Some(path) => read_spec(path)?,
        None => {
            let seed = args.seed.unwrap_or(1);
            let fleet = Fleet::uneven_mixed(usize::from(args.hosts), seed).scaled(args.scale)?;
            BackendsSpec::new(fleet, seed)
        }
    };
    spec.base_port = args.base_port.unwrap_or(spec.base_port);
    spec.seed = args.seed.unwrap_or(spec.seed);
    spec.response_bytes = args.response_bytes.unwrap_or(spec.response_bytes);
    spec.orca |= args.orca;
    spec.faults.extend_from_slice(&args.faults);
    Ok(spec)
}

fn read_spec(path: &Path) -> Result<BackendsSpec, RunBackendsError> {
    let path = path.to_path_buf();
    match std::fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|source| RunBackendsError::Json { path, source }),
        Err(source) => Err(RunBackendsError::Read { path, source }),
    }
}

/// Writes the list whole or not at all: whoever watches the file never reads half of it.
fn write_hosts(path: &Path, addresses: &[SocketAddr]) -> io::Result<()> {
    let lines: String = addresses.iter().map(|a| format!("- {a}\n")).collect();
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".new");
    std::fs::write(&unfinished, lines)?;
    std::fs::rename(&unfinished, path)
}

fn describe(backends: &Backends) -> Started {
    let fleet = &backends.spec().fleet;
    let named = backends.names().into_iter().zip(backends.addresses());
    let host = |(index, (name, address)): (usize, (String, SocketAddr))| StartedHost {
        name,
        address,
        speed: fleet.hosts[index].speed,
        parallelism: fleet.hosts[index].parallelism,
        capacity_per_s: fleet.host_capacity_per_s(index),
    };
    Started { capacity_per_s: fleet.capacity_per_s(), hosts: named.enumerate().map(host).collect() }
}

fn print_table(out: &mut impl Write, started: &Started) -> io::Result<()> {
    for host in &started.hosts {
        let StartedHost { name, address, speed, parallelism, capacity_per_s } = host;
        writeln!(
            out,
            "{name:<5} {address}  speed {speed:.2}  parallelism {parallelism}  capacity {capacity_per_s:.0}/s"
        )?;
    }
    let (count, capacity) = (started.hosts.len(), started.capacity_per_s);
    writeln!(out, "{count} simulated hosts, {capacity:.0} requests/s in all; Ctrl-C ends them")?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(clap::Parser)]
    struct Cli {
        #[command(flatten)]
        args: BackendsArgs,
    }

    fn parse(line: &str) -> Result<BackendsArgs, clap::Error> {
        Cli::try_parse_from(line.split(' ')).map(|cli| cli.args)
    }

    #[test]
    fn options_become_a_spec() {
        let args = parse("x --hosts 3 --seed 7 --orca --fault host=2,at=5s,kind=hang,for=10s").unwrap();
        let spec = spec(&args).unwrap();
        assert_eq!(spec.check(), Ok(()));
        assert_eq!((spec.fleet.hosts.len(), spec.seed, spec.orca), (3, 7, true));
        assert_eq!(spec.faults.len(), 1);
    }

    #[test]
    fn every_host_has_its_line_and_its_place_in_the_hosts_file() {
        let backends = Backends::start(spec(&parse("x --hosts 3").unwrap()).unwrap()).unwrap();
        let mut table = Vec::new();
        print_table(&mut table, &describe(&backends)).unwrap();
        let table = String::from_utf8(table).unwrap();
        let path = std::env::temp_dir().join(format!("outrider-lab-hosts-{}.yaml", std::process::id()));
        write_hosts(&path, &backends.addresses()).unwrap();
        let list = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        for (index, address) in backends.addresses().iter().enumerate() {
            assert!(
                table.lines().nth(index).unwrap().starts_with(&format!("h{index}    {address}  speed ")),
                "{table}"
            );
            assert_eq!(list.lines().nth(index).unwrap(), format!("- {address}"));
        }
        assert!(table.contains("3 simulated hosts"));
    }

    #[test]
    fn bad_options_are_refused() {
        for line in ["x --hosts 0", "x --fault host=1,kind=explode", "x --spec a.json --hosts 3"] {
            assert!(parse(line).is_err(), "{line}");
        }
        let missing = parse("x --spec /nowhere/at/all.json").unwrap();
        assert!(matches!(spec(&missing), Err(RunBackendsError::Read { .. })));
    }
}
