//! Who is measured when: all rounds of all balancers, interleaved and rotated, so that what the machine does meanwhile
//! falls on all alike.

use std::time::Duration;

use thiserror::Error;

use super::Experiment;

/// One balancer in one round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn {
    /// Index of the pattern.
    pub(super) pattern: usize,
    /// Index of the demand.
    pub(super) demand: usize,
    /// Index of the balancer.
    pub(super) balancer: usize,
    /// Index of the seed.
    pub(super) seed: usize,
}

impl Turn {
    /// What all balancers of a round have in common.
    pub(super) fn round(self) -> (usize, usize, usize) {
        (self.pattern, self.demand, self.seed)
    }
}

/// How much an experiment is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// Balancers times rounds.
    pub turns: usize,
    /// How long they take, as far as can be told.
    pub time: Duration,
    /// Requests in all, as far as can be told.
    pub requests: f64,
}

/// An experiment that is too big.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
pub enum PlanError {
    /// Its rows would fill the memory.
    #[error(
        "{requests:.0} requests in all are more than the {REQUESTS_MAX:.0} whose rows are kept: fewer seeds, loads or \
         balancers, or a shorter time"
    )]
    Requests {
        /// As many as there would be.
        requests: f64,
    },
    /// It would not end.
    #[error("{turns} measurements are more than {TURNS_MAX}")]
    Turns {
        /// As many as there would be.
        turns: usize,
    },
}

/// Rows of 32 bytes, twice while they are sorted.
const REQUESTS_MAX: f64 = 20e6;
const TURNS_MAX: usize = 100_000;
/// Starting hosts and balancer, the last answers, ending both.
pub(crate) const OVERHEAD: Duration = Duration::from_millis(700);

/// How much `experiment` is.
///
/// # Errors
/// When it is too much.
pub fn plan(experiment: &Experiment) -> Result<Plan, PlanError> {
    let turns =
        experiment.patterns.len() * experiment.demands.len() * experiment.seeds.len() * experiment.balancers.len();
    if turns > TURNS_MAX {
        return Err(PlanError::Turns { turns });
    }
    let requests = requests(experiment);
    if requests > REQUESTS_MAX {
        return Err(PlanError::Requests { requests });
    }
    let at_a_time = experiment.jobs.min(turns).max(1);
    let batches = u32::try_from(turns.div_ceil(at_a_time)).unwrap_or(u32::MAX);
    Ok(Plan { turns, time: (experiment.length() + OVERHEAD).saturating_mul(batches), requests })
}

fn requests(experiment: &Experiment) -> f64 {
    let length_s = experiment.length().as_secs_f64();
    let rates =
        experiment.seeds.iter().filter_map(|&seed| experiment.fleet(seed).ok()).flat_map(|fleet| {
            experiment.demands.iter().map(move |demand| demand.rate_per_s(&fleet)).collect::<Vec<f64>>()
        });
    let factors: f64 = experiment.patterns.iter().map(|pattern| pattern.it.mean_factor(experiment.length())).sum();
    rates.sum::<f64>() * length_s * factors * experiment.balancers.len() as f64
}

/// All turns. Each round begins with another balancer than the one before.
pub(super) fn turns(experiment: &Experiment) -> Vec<Turn> {
    let balancers = experiment.balancers.len();
    let mut turns = Vec::new();
    let mut round = 0;
    for seed in 0..experiment.seeds.len() {
        for demand in 0..experiment.demands.len() {
            for pattern in 0..experiment.patterns.len() {
                turns.extend((0..balancers).map(|k| {
                    let balancer = (k + round) % balancers;
                    Turn { pattern, demand, balancer, seed }
                }));
                round += 1;
            }
        }
    }
    turns
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn experiment(loads: usize, seeds: usize, balancers: usize, jobs: usize) -> Experiment {
        let loads: Vec<f64> = (1..=loads).map(|k| k as f64 / 10.0).collect();
        let names: Vec<String> = (0..balancers).map(|k| format!("rule{k}")).collect();
        let text = format!(
            "name: x\nabout: x\nfleet: {{ uneven_mixed: {{ hosts: 4 }} }}\nloads: {loads:?}\nwarm_up: 2s\nmeasured: 8s\n\
             seeds: {seeds}\njobs: {jobs}\nbalancers: {names:?}\n"
        );
        Experiment::read(&text, "x").unwrap_or_else(|e| panic!("{e}"))
    }

    #[test]
    fn time_is_that_of_the_batches() {
        let plan = plan(&experiment(2, 5, 11, 4)).unwrap();
        assert_eq!((plan.turns, plan.time), (110, (Duration::from_secs(10) + OVERHEAD) * 28));
    }

    #[test]
    fn what_is_too_much_is_refused() {
        assert!(matches!(
            plan(&experiment(10, 1_000, 20, 1)),
            Err(PlanError::Turns { .. } | PlanError::Requests { .. })
        ));
    }

    proptest! {
        #[test]
        fn everyone_meets_every_round_once_and_each_begins_some(
            loads in 1usize..4, seeds in 1usize..6, balancers in 1usize..6,
        ) {
            let turns = turns(&experiment(loads, seeds, balancers, 1));
            let all: BTreeSet<Turn> = turns.iter().copied().collect();
            prop_assert_eq!((turns.len(), all.len()), (loads * seeds * balancers, loads * seeds * balancers));
            for round in turns.chunks(balancers) {
                prop_assert!(round.iter().all(|turn| turn.round() == round[0].round()), "rounds are not mixed");
            }
            let first: BTreeSet<usize> = turns.chunks(balancers).map(|round| round[0].balancer).collect();
            prop_assert_eq!(first.len(), balancers.min(loads * seeds));
        }
    }
}
