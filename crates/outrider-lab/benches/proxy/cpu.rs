//! CPU time per forwarded request with the proxy's core saturated, small answers.

use crate::hosts::Hosts;
use crate::options::Options;
use crate::process::Failure;
use crate::subject::{Kind, Subject};
use crate::wrk;

const CONNECTIONS: [u32; 2] = [16, 128];

/// One proxy under one load.
#[derive(Default)]
struct Figures {
    cpu_us: Vec<f64>,
    rate_per_s: Vec<f64>,
    connects_per_1000: Vec<f64>,
}

/// Measures all proxies and prints the table.
pub(crate) fn run(options: &Options, hosts: &Hosts) -> Result<(), Failure> {
    compare(options, hosts, &Subject::all(options, hosts)?)
}

/// Measures `strategy` beside `p2c`, which looks at two hosts and no more, and prints the table.
pub(crate) fn run_strategy(options: &Options, hosts: &Hosts, strategy: &str) -> Result<(), Failure> {
    compare(options, hosts, &Subject::strategies(options, hosts, &[strategy, "p2c"])?)
}

fn compare(options: &Options, hosts: &Hosts, subjects: &[Subject]) -> Result<(), Failure> {
    println!("\n## CPU time per forwarded request: one worker, 128-byte answers, {} rounds\n", options.rounds);
    println!("| connections | proxy | CPU µs/request, median (least to most) | requests/s | connects per 1000 |");
    println!("|---|---|---|---|---|");
    for connections in CONNECTIONS {
        let figures = measure(options, hosts, subjects, connections)?;
        print(connections, subjects, &figures);
    }
    Ok(())
}

/// Rounds over all proxies, each beginning with another one.
fn measure(options: &Options, hosts: &Hosts, subjects: &[Subject], connections: u32) -> Result<Vec<Figures>, Failure> {
    let mut figures: Vec<Figures> = subjects.iter().map(|_| Figures::default()).collect();
    for subject in subjects {
        wrk::run(&subject.url(), connections, 1)?;
    }
    for round in 0..options.rounds {
        for turn in 0..subjects.len() {
            let number = (round + turn) % subjects.len();
            sample(&subjects[number], options, hosts, connections, &mut figures[number])?;
        }
    }
    Ok(figures)
}

fn sample(
    subject: &Subject,
    options: &Options,
    hosts: &Hosts,
    connections: u32,
    figures: &mut Figures,
) -> Result<(), Failure> {
    let (accepted, before) = (hosts.accepted()?, subject.process.cpu_seconds()?);
    let run = wrk::run(&subject.url(), connections, options.seconds)?;
    let (cpu, connects) = (subject.process.cpu_seconds()? - before, hosts.accepted()? - accepted);
    figures.cpu_us.push(cpu * 1e6 / run.requests);
    figures.rate_per_s.push(run.requests / run.seconds);
    #[expect(clippy::cast_precision_loss, reason = "a count of connections")]
    figures.connects_per_1000.push(connects as f64 * 1000.0 / run.requests);
    Ok(())
}

fn print(connections: u32, subjects: &[Subject], figures: &[Figures]) {
    for (subject, figures) in subjects.iter().zip(figures) {
        println!(
            "| {connections} | {} | {:.2} ({:.2} to {:.2}) | {:.0} | {:.1} |",
            subject.name,
            median(&figures.cpu_us),
            figures.cpu_us.iter().copied().fold(f64::INFINITY, f64::min),
            figures.cpu_us.iter().copied().fold(0.0, f64::max),
            median(&figures.rate_per_s),
            median(&figures.connects_per_1000),
        );
    }
    if let Some((ratio, rival)) = ratio(subjects, figures) {
        let ours = &subjects[0].name;
        println!("| {connections} | **{ours} / {rival}** | **{ratio:.2}**, median of the rounds' ratios | | |");
    }
}

/// The first one, if that is Outrider, over the better of the others, round by round.
fn ratio<'a>(subjects: &'a [Subject], figures: &[Figures]) -> Option<(f64, &'a str)> {
    let mut all = subjects.iter().zip(figures);
    let (_, ours) = all.next().filter(|(subject, _)| subject.kind == Kind::Outrider)?;
    let (rival, theirs) = all.min_by(|(_, a), (_, b)| median(&a.cpu_us).total_cmp(&median(&b.cpu_us)))?;
    let ratios: Vec<f64> = ours.cpu_us.iter().zip(&theirs.cpu_us).map(|(ours, theirs)| ours / theirs).collect();
    Some((median(&ratios), &rival.name))
}

/// The middle one; 0 of none.
pub(crate) fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}
