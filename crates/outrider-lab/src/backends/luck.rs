//! The luck of one host: noise of its service and its neighbours, both from a seed.
//!
//! A request that carries its number meets the same noise on whatever host it lands, so that strategies are compared on
//! equal luck; one without a number draws from the host's own stream.

use outrider_core::{Random, Time};
use outrider_workload::{Antagonist, Antagonists, Law};
use tokio::time::Instant;

/// Parts of a seed's world beyond those of the workload.
const NOISE: u64 = 100;
const OWN: u64 = 1_000;
const NEIGHBOURS: u64 = 10_000;

#[derive(Debug)]
pub(super) struct Luck {
    noise: Law,
    size: Law,
    noise_seed: u64,
    own: Random,
    antagonist: Option<Antagonist>,
    origin: Instant,
}

impl Luck {
    pub(super) fn new(
        host: usize,
        seed: u64,
        laws: (Law, Law),
        antagonists: Option<Antagonists>,
        origin: Instant,
    ) -> Luck {
        let part = host as u64;
        let (size, noise) = laws;
        Luck {
            noise,
            size,
            noise_seed: Random::stream(seed, NOISE).next_u64(),
            own: Random::stream(seed, OWN + part),
            antagonist: antagonists.map(|a| Antagonist::new(a, Random::stream(seed, NEIGHBOURS + part))),
            origin,
        }
    }

    /// The noise of request `number`.
    pub(super) fn noise(&mut self, number: Option<u64>) -> f64 {
        match number {
            Some(n) => self.noise.sample(&mut Random::stream(self.noise_seed, n)),
            None => self.noise.sample(&mut self.own),
        }
    }

    /// The size of a request that does not say it.
    pub(super) fn size(&mut self) -> f64 {
        self.size.sample(&mut self.own)
    }

    /// How many times longer service takes because of the neighbours.
    pub(super) fn neighbours(&mut self, now: Instant) -> f64 {
        let passed = now.saturating_duration_since(self.origin);
        let time = Time::ZERO + passed;
        self.antagonist.as_mut().map_or(1.0, |a| a.factor_at(time))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luck(host: usize, seed: u64) -> Luck {
        let law = Law::Exponential { mean: 1.0 };
        Luck::new(host, seed, (law, law), None, Instant::now())
    }

    #[test]
    fn a_numbered_request_meets_the_same_noise_everywhere() {
        let (mut a, mut b) = (luck(0, 1), luck(1, 1));
        assert_eq!(a.noise(Some(7)), b.noise(Some(7)));
        assert_ne!(a.noise(Some(7)), a.noise(Some(8)));
        assert_ne!(a.noise(Some(7)), luck(0, 2).noise(Some(7)));
        assert_ne!(a.noise(None), b.noise(None), "own streams differ by host");
    }

    #[test]
    fn numbered_noise_keeps_its_mean() {
        let mut luck = luck(0, 3);
        let mean = (0..20_000).map(|n| luck.noise(Some(n))).sum::<f64>() / 20_000.0;
        assert!((mean - 1.0).abs() < 0.036, "{mean}");
    }
}
