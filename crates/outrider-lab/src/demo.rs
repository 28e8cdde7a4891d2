//! The demo: the built-in experiment `demo` under other rules, for another time, from another seed; and its hosts, a balancer
//! and the load kept up for a person to play with.

mod decisions;
mod door;
mod hold;
mod live;

use std::thread::available_parallelism;
use std::time::Duration;

pub use decisions::explain_decisions;
pub(crate) use door::USUAL as USUAL_DOOR;
pub use hold::{HoldError, hold};

use crate::balancers::Contender;
use crate::experiment::{Experiment, OVERHEAD, built_in};

/// What the demo may be asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DemoSettings {
    /// How long it may take altogether; `None`: as long as the experiment says.
    pub total: Option<Duration>,
    /// Seed of the fleet, and of the first round; the others follow.
    pub seed: u64,
    /// The rules; the others are compared with the first. Empty: those of the experiment.
    pub rules: Vec<String>,
}

/// No round is shorter: fewer requests show nothing.
const ROUND_MIN: Duration = Duration::from_millis(400);
/// Balancers at a time for each core: hosts and load take a fraction of one.
const JOBS_PER_CORE: usize = 3;

/// The experiment that the demo is.
pub fn experiment(settings: &DemoSettings) -> Experiment {
    let demo = built_in("demo").expect("it is built in");
    let mut experiment = Experiment::read(demo.text, demo.name).expect("what is built in can be read");
    experiment.fleet.set_seed(settings.seed);
    for (seed, place) in experiment.seeds.iter_mut().zip(0..) {
        *seed = settings.seed.wrapping_add(place);
    }
    if !settings.rules.is_empty() {
        experiment.balancers = settings.rules.iter().map(|rule| Contender::standard(rule)).collect();
    }
    let cores = available_parallelism().map_or(1, usize::from);
    experiment.jobs = experiment.jobs.min(JOBS_PER_CORE * cores);
    if let Some(total) = settings.total {
        fit(&mut experiment, total);
    }
    experiment
}

/// Makes all rounds together take about `total`.
fn fit(experiment: &mut Experiment, total: Duration) {
    let turns = experiment.balancers.len() * experiment.seeds.len();
    let batches = u32::try_from(turns.div_ceil(experiment.jobs)).unwrap_or(u32::MAX);
    let round = (total / batches).saturating_sub(OVERHEAD).max(ROUND_MIN);
    let warm_up = round.mul_f64(experiment.warm_up.as_secs_f64() / experiment.length().as_secs_f64());
    experiment.warm_up = warm_up;
    experiment.measured = round - warm_up;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{FleetSource, plan};

    #[test]
    fn the_demo_takes_as_long_as_it_may() {
        for seconds in [20, 60, 300] {
            let total = Duration::from_secs(seconds);
            let settings = DemoSettings { total: Some(total), seed: 7, rules: vec!["p2c".into(), "random".into()] };
            let experiment = experiment(&settings);
            assert_eq!(experiment.seeds, [7, 8, 9, 10, 11]);
            let planned = plan(&experiment).unwrap();
            assert!((planned.time.as_secs_f64() / total.as_secs_f64() - 1.0).abs() < 0.01, "{:?}", planned.time);
        }
    }

    #[test]
    fn a_seed_draws_the_fleet() {
        let seed = |seed| experiment(&DemoSettings { seed, ..DemoSettings::default() });
        assert!(matches!(seed(7).fleet, FleetSource::UnevenMixed { seed: Some(7), .. }));
        assert_ne!(seed(7).fleet(1).unwrap(), seed(8).fleet(1).unwrap());
        assert_eq!(seed(7).fleet(1).unwrap(), seed(7).fleet(2).unwrap());
    }
}
