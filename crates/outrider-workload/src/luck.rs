//! The luck of one host: noise of its service and its neighbours, both from a seed.
//!
//! A request that carries its number meets the same noise on whatever host it lands, so that strategies are compared on
//! equal luck; one without a number draws from the host's own stream. Hosts on sockets and hosts in virtual time draw
//! from the same streams, so that both worlds meet the same requests.

use outrider_core::{Random, Time};

use crate::{Antagonist, Class, Fleet, Law};

/// Parts of a seed's world beyond those of [`Requests`](crate::Requests).
const NOISE: u64 = 100;
const OWN: u64 = 1_000;
const NEIGHBOURS: u64 = 10_000;

/// What one host draws.
#[derive(Clone, Debug)]
pub struct HostLuck {
    noise: Law,
    size: Law,
    noise_seed: u64,
    own: Random,
    antagonist: Option<Antagonist>,
}

impl HostLuck {
    /// That of host `host` of `fleet` in the world of `seed`, at the origin of time.
    pub fn new(fleet: &Fleet, host: usize, seed: u64) -> HostLuck {
        let part = host as u64;
        let neighbours = || Random::stream(seed, NEIGHBOURS + part);
        HostLuck {
            noise: fleet.noise,
            size: fleet.size,
            noise_seed: Random::stream(seed, NOISE).next_u64(),
            own: Random::stream(seed, OWN + part),
            antagonist: fleet.antagonists.map(|settings| Antagonist::new(settings, neighbours())),
        }
    }

    /// The noise of request `number`, a factor on its service time.
    pub fn noise(&mut self, number: Option<u64>) -> f64 {
        match number {
            Some(n) => self.noise.sample(&mut Random::stream(self.noise_seed, n)),
            None => self.noise.sample(&mut self.own),
        }
    }

    /// The size of a request of `class` that does not say it.
    pub fn size(&mut self, class: &Class) -> f64 {
        class.draw_size(self.size, &mut self.own)
    }

    /// How many times longer service takes at `now` because of the neighbours. Times must not go back; an earlier one
    /// gets the latest answer.
    pub fn neighbours_at(&mut self, now: Time) -> f64 {
        self.antagonist.as_mut().map_or(1.0, |antagonist| antagonist.factor_at(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luck(host: usize, seed: u64) -> HostLuck {
        let fleet = Fleet::equal(2, 1, 1.0, Law::Exponential { mean: 1.0 }).unwrap();
        HostLuck::new(&fleet, host, seed)
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
