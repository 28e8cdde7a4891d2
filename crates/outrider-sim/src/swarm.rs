//! Swarm testing (Groce et al. 2012; TigerBeetle): worlds drawn at random, settings, faults and all, flown for some thousand
//! steps while checkers look on after each; then the weather clears, and everything has to come to rest.
//!
//! A world is a seed: what it breaks it breaks again.

mod budgets;
mod cells;
mod conservation;
mod counts;
mod drawing;
mod ejections;
mod meddling;
mod picks;
mod recovery;
mod rest;
mod truth;
mod work;

use std::fmt;
use std::ops::AddAssign;
use std::time::Duration;

use outrider_core::Time;

use crate::world::World;
use drawing::Drawn;

/// A rule that must hold after every step. One file each.
trait Checker {
    /// What it is about, in a word or two.
    fn name(&self) -> &'static str;
    /// What is wrong now.
    fn check(&mut self, world: &World) -> Result<(), String>;
}

/// A rule that did not hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Breach {
    /// The world.
    pub seed: u64,
    /// After which step.
    pub step: u64,
    /// When, in the world's time.
    pub at: Duration,
    /// Which rule.
    pub rule: &'static str,
    /// What was wrong.
    pub what: String,
}

/// A world that broke nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calm {
    /// Steps flown, those after the weather cleared among them.
    pub steps: u64,
    /// Users' requests.
    pub requests: u64,
    /// Tries more that balancers made.
    pub retries: u64,
    /// Picks that stood in line for a place.
    pub stood_in_line: u64,
    /// Picks that tried out an ejected host.
    pub trials: u64,
    /// Requests that storm guards refused.
    pub shed: u64,
    /// Picks of which a table said what to expect.
    pub foreseen: u64,
}

impl AddAssign for Calm {
    fn add_assign(&mut self, other: Calm) {
        self.steps += other.steps;
        self.requests += other.requests;
        self.retries += other.retries;
        self.stood_in_line += other.stood_in_line;
        self.trials += other.trials;
        self.shed += other.shed;
        self.foreseen += other.foreseen;
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Breach { seed, step, at, rule, what } = self;
        write!(f, "seed {seed}, step {step}, at {:.3} s: {rule}: {what}", at.as_secs_f64())
    }
}

impl std::error::Error for Breach {}

/// How long it is fine after the weather has cleared, and users still come; and after how much of that they are served.
const FINE: Duration = Duration::from_secs(20);
const RECOVERED: Duration = Duration::from_secs(15);

/// Flies the world of `seed` for `steps` steps of bad weather, then until it has come to rest.
///
/// # Errors
/// The first rule that did not hold.
pub fn fly_swarm(seed: u64, steps: u64) -> Result<Calm, Breach> {
    let mut drawn = Drawn::new(seed);
    let mut flight = Flight::of(&drawn, seed);
    for _ in 0..steps {
        drawn.meddle(&mut flight.world);
        flight.step()?;
    }
    let recovery = flight.clear_up()?;
    flight.judge(&mut [Box::new(rest::Rest), Box::new(recovery)])?;
    Ok(flight.calm)
}

struct Flight {
    seed: u64,
    world: World,
    checkers: Vec<Box<dyn Checker>>,
    calm: Calm,
}

impl Flight {
    fn of(drawn: &Drawn, seed: u64) -> Flight {
        let checkers: Vec<Box<dyn Checker>> = vec![
            Box::new(conservation::Conservation),
            Box::new(counts::Counts),
            Box::new(work::OutstandingWork),
            Box::new(picks::Picks),
            Box::new(cells::Cells),
            Box::new(budgets::Budgets::new(&drawn.pool.retry)),
            Box::new(ejections::Ejections::default()),
        ];
        Flight { seed, world: drawn.world(seed), checkers, calm: Calm::default() }
    }

    /// One step and all checks; false when the world has come to rest.
    fn step(&mut self) -> Result<bool, Breach> {
        self.world.witness.acts.clear();
        let goes_on = self.world.step();
        self.calm.count(&self.world);
        let mut checkers = std::mem::take(&mut self.checkers);
        let judged = self.judge(&mut checkers);
        self.checkers = checkers;
        judged.map(|()| goes_on)
    }

    /// The weather clears, and the world comes to rest; returns what is to be so then.
    fn clear_up(&mut self) -> Result<recovery::Recovery, Breach> {
        self.world.clear_up(FINE);
        let since = self.world.now + RECOVERED;
        while self.world.now < since && self.step()? {}
        let shed_before = self.calm.shed;
        while self.step()? {}
        Ok(recovery::Recovery { since, shed: self.calm.shed - shed_before })
    }

    fn judge(&self, checkers: &mut [Box<dyn Checker>]) -> Result<(), Breach> {
        for checker in checkers {
            checker.check(&self.world).map_err(|what| Breach {
                seed: self.seed,
                step: self.calm.steps,
                at: self.world.now.since(Time::ZERO),
                rule: checker.name(),
                what,
            })?;
        }
        Ok(())
    }
}

impl Calm {
    fn count(&mut self, world: &World) {
        use crate::world::Act;
        self.steps += 1;
        self.requests = world.record.rows.len() as u64;
        for (_, act) in &world.witness.acts {
            match act {
                Act::Asked => {}
                Act::Shed => self.shed += 1,
                Act::Retried => self.retries += 1,
                Act::Picked(picked) => {
                    self.stood_in_line += u64::from(picked.full);
                    self.trials += u64::from(picked.trial);
                    self.foreseen += u64::from(picked.work.is_some_and(|work| work.epoch > 0));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
