//! What forwarding costs, beside NGINX and HAProxy doing the same work: CPU time per request, added latency, a second
//! worker, memory of idle connections.
//!
//! `cargo bench -p outrider-lab --bench proxy -- [--proxy NAME] [--rounds N] [--seconds N] [--only PART] [--strategy NAME] [--profile]
//! [--binary PATH]`. Everything is on loopback and of one machine: the proxy has a core to itself, hosts and load
//! share another, rounds are interleaved so that whatever else the machine does hits all alike.
#![expect(clippy::print_stdout, reason = "a bench prints its tables")]

#[path = "proxy/cpu.rs"]
mod cpu;
#[path = "proxy/hosts.rs"]
mod hosts;
#[path = "proxy/idle.rs"]
mod idle;
#[path = "proxy/latency.rs"]
mod latency;
#[path = "proxy/options.rs"]
mod options;
#[path = "proxy/process.rs"]
mod process;
#[path = "proxy/profile.rs"]
mod profile;
#[path = "proxy/subject.rs"]
mod subject;
#[path = "proxy/workers.rs"]
mod workers;
#[path = "proxy/wrk.rs"]
mod wrk;

use std::process::ExitCode;

use hosts::Hosts;
use options::{Options, Part};
use process::Failure;

fn main() -> ExitCode {
    match options::read().and_then(|options| run(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("bench-proxy: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Failure> {
    process::allow_open_files(idle::CONNECTIONS + 2000)?;
    let hosts = Hosts::start()?;
    if options.profile {
        return profile::run(options, &hosts);
    }
    if let Some(strategy) = &options.strategy {
        return cpu::run_strategy(options, &hosts, strategy);
    }
    if options.does(Part::Cpu) {
        cpu::run(options, &hosts)?;
    }
    if options.does(Part::Latency) {
        latency::run(options, &hosts)?;
    }
    if options.does(Part::Workers) {
        workers::run(options, &hosts)?;
    }
    if options.does(Part::Idle) {
        idle::run(options, &hosts)?;
    }
    Ok(())
}
