//! Neighbours that slow a host down for a while.
//!
//! A step function of time per host: at each step the host may draw its antagonist anew. It is derived from a seed alone,
//! so that every strategy meets the same neighbours at the same times.

use outrider_core::{Random, Time};
use serde::{Deserialize, Serialize};

use crate::Law;

/// How neighbours come and go.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Antagonists {
    /// Time between two draws, ms; at least 1.
    pub step_ms: u64,
    /// Chance that a host draws anew at a step.
    pub change: f64,
    /// Chance that a draw gives no neighbour.
    pub none: f64,
    /// Else how many times longer all service takes.
    pub slow_down: Law,
}

impl Antagonists {
    /// Those of `uneven-mixed` (methods, scenarios).
    pub const fn uneven_mixed() -> Antagonists {
        Antagonists { step_ms: 2_000, change: 0.15, none: 0.7, slow_down: Law::Uniform { low: 1.0, high: 2.0 } }
    }

    /// Whether all numbers make sense.
    pub fn is_sound(&self) -> bool {
        let chance = |p: f64| (0.0..=1.0).contains(&p);
        self.step_ms >= 1 && chance(self.change) && chance(self.none) && self.slow_down.checked().is_ok()
    }
}

/// The neighbours of one host.
#[derive(Clone, Debug)]
pub struct Antagonist {
    settings: Antagonists,
    random: Random,
    steps: u64,
    factor: f64,
}

impl Antagonist {
    /// None yet, at the origin of time.
    pub fn new(settings: Antagonists, random: Random) -> Antagonist {
        Antagonist { settings, random, steps: 0, factor: 1.0 }
    }

    /// How many times longer service takes at `now`. Times must not go back; an earlier one gets the latest answer.
    pub fn factor_at(&mut self, now: Time) -> f64 {
        let due = now.as_millis() / self.settings.step_ms.max(1);
        while self.steps < due {
            self.steps += 1;
            self.step();
        }
        self.factor
    }

    fn step(&mut self) {
        if !self.random.chance(self.settings.change) {
            return;
        }
        self.factor =
            if self.random.chance(self.settings.none) { 1.0 } else { self.settings.slow_down.sample(&mut self.random) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factors(seed: u64, steps: u64) -> Vec<f64> {
        let mut antagonist = Antagonist::new(Antagonists::uneven_mixed(), Random::new(seed));
        (0..steps).map(|k| antagonist.factor_at(Time::from_millis(k * 2_000))).collect()
    }

    #[test]
    fn three_in_ten_hosts_are_slowed_in_the_long_run() {
        let all = factors(1, 100_000);
        let slowed: Vec<f64> = all.iter().copied().filter(|&f| f > 1.0).collect();
        let share = slowed.len() as f64 / all.len() as f64;
        assert!((0.27..0.33).contains(&share), "{share}");
        let mean = slowed.iter().sum::<f64>() / slowed.len() as f64;
        assert!((1.47..1.53).contains(&mean), "{mean}");
        assert!(slowed.iter().all(|f| (1.0..2.0).contains(f)));
    }

    #[test]
    fn asking_seldom_gives_the_same_as_asking_often() {
        let often = factors(4, 500);
        let mut seldom = Antagonist::new(Antagonists::uneven_mixed(), Random::new(4));
        assert_eq!(seldom.factor_at(Time::from_millis(499 * 2_000)), often[499]);
        assert_eq!(seldom.factor_at(Time::ZERO), often[499], "time does not go back");
    }

    #[test]
    fn senseless_numbers_are_seen() {
        let good = Antagonists::uneven_mixed();
        assert!(good.is_sound());
        assert!(!Antagonists { step_ms: 0, ..good }.is_sound());
        assert!(!Antagonists { change: 1.5, ..good }.is_sound());
        assert!(!Antagonists { none: f64::NAN, ..good }.is_sound());
    }
}
