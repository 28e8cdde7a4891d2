//! One scenario in both worlds: the same hosts, requests and luck on sockets and in virtual time.
//!
//! Each seed is laid beside itself, and the median seed speaks for all: a machine that stalls in one round spoils no figure.

use outrider_pilot::StrategyKind;
use outrider_sim::{FleetSource, Measured, Rule, Scenario, fly, quantile};
use outrider_workload::Law;
use serde::Serialize;

use super::TruthError;
use crate::balancers::Tools;
use crate::experiment::{self, Experiment, Progress, built_in};
use crate::stop::Stop;

/// Both worlds at one load.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WorldsTruth {
    /// Arrivals over capacity.
    pub load: f64,
    /// Seeds, each with hosts of its own.
    pub seeds: usize,
    /// Requests on sockets.
    pub requests: usize,
    /// The median.
    pub p50: BothWorlds,
    /// Quantile 0.99.
    pub p99: BothWorlds,
}

/// One figure in both worlds: medians over seeds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BothWorlds {
    /// On sockets, ms.
    pub sockets_ms: f64,
    /// In virtual time, ms.
    pub simulated_ms: f64,
    /// Sockets over virtual time, seed by seed.
    pub ratio: f64,
}

/// The rule that picks in both worlds: the balancer of the experiment.
const RULE: StrategyKind = StrategyKind::LeastRequest;
/// From a balancer to a host and back, each way, ms.
const NETWORK_MS: Law = Law::Fixed(0.1);

/// Measures the experiment `worlds` with Outrider as `tools` have it, and flies it.
///
/// # Errors
/// When it cannot be measured, or `stop` is raised.
pub fn run_worlds(tools: &Tools, stop: &Stop) -> Result<Vec<WorldsTruth>, TruthError> {
    let experiment = worlds();
    let outcome = experiment::run(&experiment, tools, stop, &Progress::silent())?;
    let fly_too = |sockets| Ok((sockets, simulated(&experiment, sockets)?));
    let rounds: Vec<(&Measured, Measured)> = outcome.measured.iter().map(fly_too).collect::<Result<_, TruthError>>()?;
    Ok(rounds.chunk_by(|(a, _), (b, _)| a.load == b.load).map(truth).collect())
}

fn worlds() -> Experiment {
    let file = built_in("worlds").expect("it is built in");
    Experiment::read(file.text, file.name).expect("a test reads all built-in files")
}

/// The round that `sockets` has shown, in virtual time.
fn simulated(experiment: &Experiment, sockets: &Measured) -> Result<Measured, TruthError> {
    let fleet = experiment.fleet(sockets.seed)?;
    let scenario = Scenario {
        warm_up: experiment.warm_up,
        measured: experiment.measured,
        orca: experiment.orca,
        network_ms: NETWORK_MS,
        ..Scenario::new(&experiment.name, FleetSource::Full(fleet))
    };
    Ok(fly(&scenario, Rule::Pilot(RULE), sockets.load.unwrap_or_default(), sockets.seed)?.measured)
}

/// All seeds of one load.
fn truth(rounds: &[(&Measured, Measured)]) -> WorldsTruth {
    let at = |q: f64| {
        let figures = |(sockets, simulated): &(&Measured, Measured)| {
            (quantile(&sockets.latencies_ms(), q), quantile(&simulated.latencies_ms(), q))
        };
        both(&rounds.iter().map(figures).collect::<Vec<_>>())
    };
    WorldsTruth {
        load: rounds[0].0.load.unwrap_or_default(),
        seeds: rounds.len(),
        requests: rounds.iter().map(|(sockets, _)| sockets.counted().count()).sum(),
        p50: at(0.5),
        p99: at(0.99),
    }
}

/// Medians of figures on sockets and in virtual time, by seed, ms.
fn both(by_seed: &[(f64, f64)]) -> BothWorlds {
    let median = |figure: fn(&(f64, f64)) -> f64| {
        let mut all: Vec<f64> = by_seed.iter().map(figure).collect();
        all.sort_by(f64::total_cmp);
        quantile(&all, 0.5)
    };
    BothWorlds {
        sockets_ms: median(|(sockets, _)| *sockets),
        simulated_ms: median(|(_, simulated)| *simulated),
        ratio: median(|(sockets, simulated)| sockets / simulated),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_seed_is_laid_beside_itself() {
        let both = both(&[(10.0, 10.0), (30.0, 20.0), (21.0, 30.0)]);
        assert_eq!(both, BothWorlds { sockets_ms: 21.0, simulated_ms: 20.0, ratio: 1.0 });
    }

    #[test]
    fn the_rule_of_the_experiment_is_flown_on_the_hosts_of_its_seed() {
        let experiment = worlds();
        let labels: Vec<&str> = experiment.balancers.iter().map(|balancer| balancer.label.as_str()).collect();
        assert_eq!(labels, [RULE.name()]);
        let sockets = Measured { load: Some(0.5), ..crate::report::sample::round("sockets", 2) };
        let flown = simulated(&experiment, &sockets).unwrap();
        assert_eq!((flown.strategy.as_str(), flown.seed, flown.load), (RULE.name(), 2, Some(0.5)));
        assert_eq!((flown.warm_up, flown.length), (experiment.warm_up, experiment.length()));
        let truth = truth(&[(&flown, flown.clone())]);
        assert_eq!((truth.p50.ratio, truth.p99.ratio, truth.requests), (1.0, 1.0, flown.counted().count()));
    }
}
