//! Scenarios in virtual time: every contender on the same fleets, several rounds at once.

mod comparison;
mod text;

use std::io::{self, IsTerminal};
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use outrider_sim::{Contender, Measured, Scenario, ScenarioError};

pub use comparison::{Comparison, compare};
pub use text::render_comparisons;

/// What is flown.
#[derive(Clone, Debug)]
pub struct Comparing {
    /// Who takes part.
    pub contenders: Vec<Contender>,
    /// A round each, from seed 1 on.
    pub seeds: u64,
    /// Requests to measure in each round, on average; none: as long as the scenario says.
    pub requests: Option<u32>,
    /// Rounds at once.
    pub jobs: NonZero<usize>,
}

impl Comparing {
    /// All rounds of `scenario` at `load`, in the order of contenders and then seeds, whoever was done first.
    ///
    /// # Errors
    /// When the scenario makes no sense.
    pub fn fly(&self, scenario: &Scenario, load: f64) -> Result<Vec<Measured>, ScenarioError> {
        let contenders = self.contenders.iter().filter(|contender| contender.can_fly(scenario));
        let rounds: Vec<(&Contender, u64)> =
            contenders.flat_map(|contender| (1..=self.seeds).map(move |seed| (contender, seed))).collect();
        let progress = Progress::new(format!("{} at load {load:.2}", scenario.name), rounds.len());
        let next = AtomicUsize::new(0);
        let flown = Mutex::new(Vec::with_capacity(rounds.len()));
        let work = || {
            while let Some((index, (contender, seed))) = take(&next, &rounds) {
                let round = self.round(scenario, contender, load, *seed);
                let mut flown = flown.lock().unwrap_or_else(PoisonError::into_inner);
                flown.push((index, round));
                progress.show(flown.len());
            }
        };
        thread::scope(|scope| (0..self.jobs.get()).for_each(|_| drop(scope.spawn(work))));
        let mut flown = flown.into_inner().unwrap_or_else(PoisonError::into_inner);
        flown.sort_by_key(|(index, _)| *index);
        flown.into_iter().map(|(_, round)| round).collect()
    }

    fn round(&self, scenario: &Scenario, of: &Contender, load: f64, seed: u64) -> Result<Measured, ScenarioError> {
        match self.requests {
            Some(requests) => of.fly(&scenario.with_requests(requests, load, seed)?, load, seed),
            None => of.fly(scenario, load, seed),
        }
    }
}

/// The next of `rounds` that nobody has taken.
fn take<'a, T>(next: &AtomicUsize, rounds: &'a [T]) -> Option<(usize, &'a T)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    rounds.get(index).map(|round| (index, round))
}

/// One line on standard error that is written over, if that is a terminal.
struct Progress {
    what: String,
    rounds: usize,
    live: bool,
}

impl Progress {
    fn new(what: String, rounds: usize) -> Progress {
        Progress { what, rounds, live: io::stderr().is_terminal() }
    }

    fn show(&self, done: usize) {
        if self.live {
            let end = if done == self.rounds { "\r\x1b[K" } else { "" };
            eprint!("\r{}: {done} of {} rounds {end}", self.what, self.rounds);
        }
    }
}
