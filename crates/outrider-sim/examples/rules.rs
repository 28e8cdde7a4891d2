//! Rules side by side in virtual time: p99 and mean of each, and its ratio to the best, per load over several fleets.
//!
//! `cargo run --release -p outrider-sim --example rules -- [SCENARIO] [--load L]* [--seeds N] [--requests N] [--only a,b]`

#![expect(clippy::print_stdout, reason = "the table is what it is for")]

use std::time::Instant;

use outrider_pilot::StrategyKind;
use outrider_sim::{FAMILY, Rule, Scenario, by_name, fly, names, quantile};

/// What one rule has shown on one fleet.
#[derive(Clone, Copy)]
struct Shown {
    p99_ms: f64,
    mean_ms: f64,
}

struct Options {
    scenario: Scenario,
    loads: Vec<f64>,
    seeds: u64,
    requests: Option<u32>,
    only: Vec<String>,
}

impl Options {
    /// The scenario in the round of `seed`, as long as the requests asked for take.
    fn scenario(&self, load: f64, seed: u64) -> Scenario {
        let fitted = self.requests.map(|requests| self.scenario.with_requests(requests, load, seed));
        fitted.unwrap_or_else(|| Ok(self.scenario.clone())).unwrap_or_else(|error| panic!("{error}"))
    }
}

fn main() {
    let options = options();
    let began = Instant::now();
    let (mut events, mut requests) = (0, 0);
    for &load in &options.loads {
        let mut table: Vec<(String, Vec<Shown>)> = Vec::new();
        for rule in rules().into_iter().filter(|rule| options.only.is_empty() || options.only.contains(&rule.name())) {
            let shown = (1..=options.seeds).map(|seed| {
                let scenario = options.scenario(load, seed);
                let flown = fly(&scenario, rule, load, seed).unwrap_or_else(|error| panic!("{error}"));
                events += flown.events;
                requests += flown.measured.rows.len();
                let latencies_ms = flown.measured.latencies_ms();
                let mean_ms = latencies_ms.iter().sum::<f64>() / latencies_ms.len() as f64;
                Shown { p99_ms: quantile(&latencies_ms, 0.99), mean_ms }
            });
            table.push((rule.name(), shown.collect()));
            eprint!(".");
        }
        print(&options.scenario.name, load, &table);
    }
    let took_s = began.elapsed().as_secs_f64();
    println!("{requests} requests, {events} events in {took_s:.1} s: {:.0} requests/s", requests as f64 / took_s);
}

fn rules() -> Vec<Rule> {
    let pilot = StrategyKind::ALL.into_iter().map(Rule::Pilot);
    let weighted = [Rule::Weighted(StrategyKind::LeastRequest)];
    pilot.chain(weighted).chain(FAMILY.into_iter().map(Rule::Clairvoyant)).collect()
}

/// One line a rule: geometric means over the fleets, and of the ratios to the best rule of the pilot with equal weights and
/// to the best of the clairvoyant family, fleet by fleet.
fn print(scenario: &str, load: f64, table: &[(String, Vec<Shown>)]) {
    let is_rival = |name: &str| StrategyKind::from_name(name).is_some();
    let best = |is_meant: &dyn Fn(&str) -> bool, of: fn(&Shown) -> f64, fleet: usize| {
        let meant = table.iter().filter(|(name, _)| is_meant(name));
        meant.map(|(_, shown)| of(&shown[fleet])).fold(f64::INFINITY, f64::min)
    };
    println!("\n{scenario}, load {load}");
    println!("{:32} {:>9} {:>9} {:>9} {:>9} {:>9}", "", "p99 ms", "mean ms", "p99/best", "mean/best", "p99/limit");
    for (name, shown) in table {
        let all = |of: &dyn Fn(usize) -> f64| geometric_mean((0..shown.len()).map(of));
        println!(
            "{name:32} {:9.1} {:9.2} {:9.3} {:9.3} {:9.3}",
            all(&|fleet| shown[fleet].p99_ms),
            all(&|fleet| shown[fleet].mean_ms),
            all(&|fleet| shown[fleet].p99_ms / best(&is_rival, |s| s.p99_ms, fleet)),
            all(&|fleet| shown[fleet].mean_ms / best(&is_rival, |s| s.mean_ms, fleet)),
            all(&|fleet| shown[fleet].p99_ms / best(&|name| name.starts_with("clairvoyant"), |s| s.p99_ms, fleet)),
        );
    }
}

fn geometric_mean(numbers: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = numbers.fold((0.0, 0.0), |(sum, count), number| (sum + number.ln(), count + 1.0));
    (sum / count).exp()
}

fn options() -> Options {
    let mut arguments = std::env::args().skip(1).peekable();
    let named = arguments.next_if(|argument| !argument.starts_with("--"));
    let name = named.unwrap_or_else(|| "uneven-mixed".to_owned());
    let scenario = by_name(&name).unwrap_or_else(|| panic!("no scenario {name:?}; there are {:?}", names()));
    let mut options = Options { loads: Vec::new(), seeds: 5, requests: None, only: Vec::new(), scenario };
    while let Some(option) = arguments.next() {
        let value = arguments.next().unwrap_or_default();
        let wrong = || -> ! { panic!("{option} cannot be {value:?}") };
        match option.as_str() {
            "--load" => options.loads.push(value.parse().unwrap_or_else(|_| wrong())),
            "--seeds" => options.seeds = value.parse().unwrap_or_else(|_| wrong()),
            "--requests" => options.requests = Some(value.parse().unwrap_or_else(|_| wrong())),
            "--only" => options.only = value.split(',').map(str::to_owned).collect(),
            _ => panic!("{option}: there are --load, --seeds, --requests, --only"),
        }
    }
    if options.loads.is_empty() {
        options.loads.clone_from(&options.scenario.loads);
    }
    options
}
