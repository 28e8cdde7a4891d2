//! How fast rules learn, in virtual time, from nothing known: mean latency in windows of requests beside that of the first
//! rule, requests until a rule beats it for good, and what it comes to over the whole round and after the warm-up.
//!
//! `cargo run --release -p outrider-sim --example learning -- [SCENARIO]* [--load L]* [--seeds N] [--requests N] [--window N]
//! [--hosts N] [--only a,b]`

#![expect(clippy::print_stdout, reason = "the tables are what it is for")]

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};

use outrider_pilot::StrategyKind;
use outrider_sim::{FleetSource, Measured, Rule, Scenario, by_name, fly, quantile};

/// Windows at most, in a printed curve.
const LINES: usize = 20;
/// Two-sided 95 % of Student's t, by degrees of freedom from 1.
const STUDENT: [f64; 9] = [12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];

struct Options {
    scenarios: Vec<Scenario>,
    loads: Vec<f64>,
    seeds: u64,
    requests: Option<u32>,
    window: usize,
    hosts: Option<usize>,
    only: Vec<StrategyKind>,
}

/// One rule in one round.
struct Shown {
    /// Mean latency of every window of requests in the order of their arrival, ms.
    windows_ms: Vec<f64>,
    /// Over the whole round, ms.
    mean_ms: f64,
    /// After the warm-up, ms.
    later_ms: f64,
    p99_ms: f64,
}

impl Shown {
    fn of(measured: &Measured, window: usize) -> Shown {
        // Who got no answer waited that long for nothing: it counts as it is.
        let all: Vec<f64> = measured.rows.iter().map(|row| row.latency_us as f64 / 1e3).collect();
        let mut later: Vec<f64> = measured.counted().map(|row| row.latency_us as f64 / 1e3).collect();
        later.sort_unstable_by(f64::total_cmp);
        let windows_ms = all.chunks_exact(window).map(mean).collect();
        Shown { windows_ms, mean_ms: mean(&all), later_ms: mean(&later), p99_ms: quantile(&later, 0.99) }
    }

    /// Requests after which every window has a lower mean than `base` has; `None` if the last has not.
    fn beats_for_good(&self, base: &Shown, window: usize) -> Option<usize> {
        let windows = self.windows_ms.len();
        let behind = (0..windows).rfind(|&nth| self.windows_ms[nth] >= base.windows_ms[nth]);
        let from = behind.map_or(0, |nth| nth + 1);
        (from < windows).then_some(from * window)
    }
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len() as f64
}

fn main() {
    let options = options();
    for scenario in &options.scenarios {
        let loads = if options.loads.is_empty() { &scenario.loads } else { &options.loads };
        for &load in loads {
            report(scenario, load, &options);
        }
    }
}

fn report(scenario: &Scenario, load: f64, options: &Options) {
    let shown: Vec<Vec<Shown>> = options.only.iter().map(|kind| fly_all(scenario, *kind, load, options)).collect();
    println!("\n{}, load {load:.3}, {} seeds", scenario.name, options.seeds);
    print_curve(&shown, options);
    println!(
        "\n{:18} {:>9} {:>24} {:>9} {:>24} {:>24}  requests until it is ahead for good, by seed",
        "", "mean ms", "vs first, whole round", "later ms", "vs first, later", "p99 vs first, later"
    );
    for (kind, rounds) in options.only.iter().zip(&shown) {
        let against = |of: fn(&Shown) -> f64| interval(rounds.iter().zip(&shown[0]).map(|(a, b)| of(a) / of(b)));
        let all = |of: fn(&Shown) -> f64| mean(&rounds.iter().map(of).collect::<Vec<_>>());
        let ahead = rounds.iter().zip(&shown[0]).map(|(round, base)| round.beats_for_good(base, options.window));
        let ahead: Vec<String> = ahead
            .map(|requests| requests.map_or_else(|| "never".to_owned(), |requests| requests.to_string()))
            .collect();
        println!(
            "{:18} {:9.2} {:>24} {:9.2} {:>24} {:>24}  {}",
            kind.name(),
            all(|s| s.mean_ms),
            against(|s| s.mean_ms),
            all(|s| s.later_ms),
            against(|s| s.later_ms),
            against(|s| s.p99_ms),
            if *kind == options.only[0] { "-".to_owned() } else { ahead.join(", ") },
        );
    }
}

/// Means over the seeds, window by window.
fn print_curve(shown: &[Vec<Shown>], options: &Options) {
    let windows = shown.iter().flatten().map(|shown| shown.windows_ms.len()).min().unwrap_or(0);
    let names: Vec<String> = options.only.iter().map(|kind| format!("{:>18}", kind.name())).collect();
    println!("mean ms of requests {}", names.concat());
    for nth in (0..windows).filter(|nth| *nth < LINES / 2 || nth % (windows / LINES).max(1) == 0) {
        let of = |rounds: &Vec<Shown>| mean(&rounds.iter().map(|shown| shown.windows_ms[nth]).collect::<Vec<_>>());
        let cells: Vec<String> = shown.iter().map(|rounds| format!("{:18.1}", of(rounds))).collect();
        println!("{:>8} to {:>8}{}", nth * options.window, (nth + 1) * options.window, cells.concat());
    }
}

/// Every seed under one rule, as many at a time as there are cores.
fn fly_all(scenario: &Scenario, kind: StrategyKind, load: f64, options: &Options) -> Vec<Shown> {
    let next = AtomicUsize::new(0);
    let (seeds, cores) = (usize::try_from(options.seeds).expect("a few"), std::thread::available_parallelism());
    let run = || {
        let mut flown = Vec::new();
        while let Some(seed) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|nth| *nth < seeds) {
            flown.push((seed, fly_one(scenario, kind, load, seed as u64 + 1, options)));
        }
        flown
    };
    let mut flown: Vec<(usize, Shown)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores.map_or(1, NonZero::get)).map(|_| scope.spawn(run)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a round does not panic")).collect()
    });
    flown.sort_by_key(|(seed, _)| *seed);
    flown.into_iter().map(|(_, shown)| shown).collect()
}

fn fly_one(scenario: &Scenario, kind: StrategyKind, load: f64, seed: u64, options: &Options) -> Shown {
    let fitted = options.requests.map(|requests| scenario.with_requests(requests, load, seed));
    let scenario = fitted.unwrap_or_else(|| Ok(scenario.clone())).unwrap_or_else(|error| panic!("{error}"));
    let flown = fly(&scenario, Rule::Pilot(kind), load, seed).unwrap_or_else(|error| panic!("{error}"));
    Shown::of(&flown.measured, options.window)
}

/// Geometric mean of ratios with its 95 % interval.
fn interval(ratios: impl Iterator<Item = f64>) -> String {
    let logs: Vec<f64> = ratios.map(f64::ln).collect();
    let (middle, count) = (mean(&logs), logs.len() as f64);
    if logs.len() < 2 {
        return format!("{:.3}", middle.exp());
    }
    let variance = logs.iter().map(|log| (log - middle).powi(2)).sum::<f64>() / (count - 1.0);
    let half = STUDENT.get(logs.len() - 2).copied().unwrap_or(2.0) * (variance / count).sqrt();
    format!("{:.3} ({:.3} to {:.3})", middle.exp(), (middle - half).exp(), (middle + half).exp())
}

fn options() -> Options {
    let rules =
        [StrategyKind::RoundRobin, StrategyKind::LeastRequest, StrategyKind::QLearning, StrategyKind::QLearningLinear];
    let mut options = Options {
        scenarios: Vec::new(),
        loads: Vec::new(),
        seeds: 5,
        requests: None,
        window: 250,
        hosts: None,
        only: rules.to_vec(),
    };
    let mut arguments = std::env::args().skip(1).peekable();
    while let Some(name) = arguments.next_if(|argument| !argument.starts_with("--")) {
        options.scenarios.push(by_name(&name).unwrap_or_else(|| panic!("no scenario {name:?}")));
    }
    while let Some(option) = arguments.next() {
        let value = arguments.next().unwrap_or_default();
        let wrong = || -> ! { panic!("{option} cannot be {value:?}") };
        match option.as_str() {
            "--load" => options.loads.push(value.parse().unwrap_or_else(|_| wrong())),
            "--seeds" => options.seeds = value.parse().unwrap_or_else(|_| wrong()),
            "--requests" => options.requests = Some(value.parse().unwrap_or_else(|_| wrong())),
            "--window" => options.window = value.parse().unwrap_or_else(|_| wrong()),
            "--hosts" => options.hosts = Some(value.parse().unwrap_or_else(|_| wrong())),
            "--only" => {
                let kinds = value.split(',').map(StrategyKind::from_name).collect::<Option<_>>();
                options.only = kinds.unwrap_or_else(|| wrong());
            }
            _ => panic!("{option}: there are --load, --seeds, --requests, --window, --hosts, --only"),
        }
    }
    for scenario in &mut options.scenarios {
        if let (FleetSource::UnevenMixed { hosts, .. }, Some(wanted)) = (&mut scenario.fleet, options.hosts) {
            *hosts = wanted;
        }
    }
    options
}
