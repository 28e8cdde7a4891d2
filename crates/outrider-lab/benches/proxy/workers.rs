//! What a second worker brings.
//!
//! With four cores or more the workers have cores of their own. With fewer, hosts and load need a share of the second
//! core, so throughput cannot double; what can be told is whether a request costs more CPU time when workers are two,
//! which is where shared state would show.

use crate::cpu::median;
use crate::hosts::Hosts;
use crate::options::Options;
use crate::process::{self, Failure};
use crate::subject::{DEFAULT, Kind, Subject};
use crate::wrk;

const CONNECTIONS: u32 = 128;

/// Measures and prints the table; Outrider alone.
pub(crate) fn run(options: &Options, hosts: &Hosts) -> Result<(), Failure> {
    if !options.kinds.contains(&Kind::Outrider) {
        return Ok(());
    }
    let subjects = [Subject::outrider(options, hosts, 1, DEFAULT)?, Subject::outrider(options, hosts, 2, DEFAULT)?];
    let mut figures = [(Vec::new(), Vec::new()), (Vec::new(), Vec::new())];
    for _ in 0..options.rounds {
        for (subject, (rates, cpus)) in subjects.iter().zip(&mut figures) {
            let before = subject.process.cpu_seconds()?;
            let run = wrk::run(&subject.url(), CONNECTIONS, options.seconds)?;
            rates.push(run.requests / run.seconds);
            cpus.push((subject.process.cpu_seconds()? - before) * 1e6 / run.requests);
        }
    }
    let [one, two] = figures.map(|(rates, cpus)| (median(&rates), median(&cpus)));
    print(options.rounds, one, two);
    Ok(())
}

fn print(rounds: usize, one: (f64, f64), two: (f64, f64)) {
    println!("\n## One worker and two: {CONNECTIONS} connections, {rounds} rounds, medians\n");
    println!("| workers | requests/s | CPU µs/request |\n|---|---|---|");
    println!("| 1 | {:.0} | {:.2} |\n| 2 | {:.0} | {:.2} |", one.0, one.1, two.0, two.1);
    println!("| ratio | {:.2} | {:.2} |", two.0 / one.0, two.1 / one.1);
    if !process::cores().apart {
        println!("\nHosts and load share the second core here: the ratio of CPU times is what counts.");
    }
}
