//! A fleet of unlike hosts, as data: what each can do for each class.

mod hosts;

use std::time::Duration;

use outrider_core::Random;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Antagonists, Law, Mix, MixError};

/// Hosts, the classes they serve, and the laws around both.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fleet {
    /// The classes and their shares.
    pub mix: Mix,
    /// Size of a request, a factor on its service time that travels with it; a class may have sizes of its own.
    #[serde(default = "one")]
    pub size: Law,
    /// Luck of a request, a factor on its service time that nobody knows beforehand.
    #[serde(default = "one")]
    pub noise: Law,
    /// Neighbours of the hosts, if there are any.
    #[serde(default)]
    pub antagonists: Option<Antagonists>,
    /// The hosts; where a few repeat, `{ times: 50, of: [...] }` will do.
    #[serde(deserialize_with = "hosts::deserialize")]
    pub hosts: Vec<FleetHost>,
}

/// One host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FleetHost {
    /// How fast it serves: 2 takes half as long as 1.
    #[serde(default = "unit")]
    pub speed: f64,
    /// Requests served at a time; more wait in one FIFO queue.
    pub parallelism: usize,
    /// A further factor on its speed per class of the mix, in its order; empty = 1 for all.
    #[serde(default)]
    pub class_speeds: Vec<f64>,
}

/// A fleet that cannot serve.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum FleetError {
    /// No host, or too many for one process.
    #[error("a fleet has 1 to 1024 hosts, not {0}")]
    Hosts(usize),
    /// A host's numbers make no sense.
    #[error("host {0}: parallelism must be 1 to 10000, speeds 0.001 to 1000, and class_speeds one per class or none")]
    Host(usize),
    /// The classes make no sense.
    #[error(transparent)]
    Mix(#[from] MixError),
    /// A law makes no sense.
    #[error(transparent)]
    Law(#[from] crate::LawError),
    /// The neighbours make no sense.
    #[error("antagonists: step_ms must be at least 1, chances 0 to 1, slow_down a sound law")]
    Antagonists,
}

/// No fleet has more hosts.
const HOSTS_MAX: usize = 1024;
/// No single service takes longer; laws with heavy tails would otherwise overflow a `Duration`.
const SERVICE_MAX: Duration = Duration::from_secs(24 * 3600);

impl Fleet {
    /// The fleet of `uneven-mixed` (methods, scenarios) with `hosts` hosts: speed 2^U(-1,1), each class another
    /// 1.5^U(-1,1) per host, parallelism 2 for every third host and 4 for the others, sizes log-normal(-0.18, 0.6),
    /// noise log-normal(-0.125, 0.5), antagonists. `seed` draws the speeds.
    pub fn uneven_mixed(hosts: usize, seed: u64) -> Fleet {
        let mix = Mix::uneven_mixed();
        let mut random = Random::stream(seed, 0);
        let hosts = (0..hosts).map(|i| uneven_host(i, mix.classes().len(), &mut random)).collect();
        Fleet {
            mix,
            size: Law::LogNormal { mu: -0.18, sigma: 0.6 },
            noise: Law::LogNormal { mu: -0.125, sigma: 0.5 },
            antagonists: Some(Antagonists::uneven_mixed()),
            hosts,
        }
    }

    /// `hosts` equal hosts of speed 1 that serve one class of `mean_ms`, with `noise` around it.
    ///
    /// # Errors
    /// When a number makes no sense.
    pub fn equal(hosts: usize, parallelism: usize, mean_ms: f64, noise: Law) -> Result<Fleet, FleetError> {
        let host = FleetHost { speed: 1.0, parallelism, class_speeds: Vec::new() };
        let fleet =
            Fleet { mix: Mix::single(mean_ms)?, size: one(), noise, antagonists: None, hosts: vec![host; hosts] };
        fleet.check().map(|()| fleet)
    }

    /// The same fleet with all times `factor` times as long, so that timers do not matter.
    ///
    /// # Errors
    /// When a time would leave its range.
    pub fn scaled(&self, factor: f64) -> Result<Fleet, FleetError> {
        let antagonists = self.antagonists.map(|a| Antagonists { step_ms: whole_ms(a.step_ms as f64 * factor), ..a });
        Ok(Fleet { mix: self.mix.scaled(factor)?, antagonists, ..self.clone() })
    }

    /// Whether every number makes sense.
    ///
    /// # Errors
    /// The first that does not.
    pub fn check(&self) -> Result<(), FleetError> {
        if self.hosts.is_empty() || self.hosts.len() > HOSTS_MAX {
            return Err(FleetError::Hosts(self.hosts.len()));
        }
        if let Some(i) = self.hosts.iter().position(|h| !self.is_sound(h)) {
            return Err(FleetError::Host(i));
        }
        if self.antagonists.is_some_and(|a| !a.is_sound()) {
            return Err(FleetError::Antagonists);
        }
        self.size.checked()?;
        self.noise.checked()?;
        Ok(())
    }

    fn is_sound(&self, host: &FleetHost) -> bool {
        let speed = |x: f64| (1e-3..=1e3).contains(&x);
        let classes = self.mix.classes().len();
        (1..=10_000).contains(&host.parallelism)
            && speed(host.speed)
            && host.class_speeds.iter().all(|&x| speed(x))
            && (host.class_speeds.is_empty() || host.class_speeds.len() == classes)
    }

    /// Mean service time of class `class` on host `host`, size and noise at their means, without antagonists, ms.
    pub fn mean_ms(&self, host: usize, class: usize) -> f64 {
        let host = &self.hosts[host];
        let class_speed = host.class_speeds.get(class).copied().unwrap_or(1.0);
        let class = &self.mix.classes()[class];
        class.mean_ms / (host.speed * class_speed) * class.mean_size(self.size) * self.noise.mean()
    }

    /// Service time of one request of `class` on `host`, where `factor` is the product of its size, its luck and
    /// whatever slows the host down. At most a day.
    pub fn service(&self, host: usize, class: usize, factor: f64) -> Duration {
        let host = &self.hosts[host];
        let class_speed = host.class_speeds.get(class).copied().unwrap_or(1.0);
        let ms = self.mix.classes()[class].mean_ms * factor / (host.speed * class_speed);
        Duration::try_from_secs_f64(ms / 1e3).map_or(SERVICE_MAX, |d| d.min(SERVICE_MAX))
    }

    /// Requests per second that host `host` can serve of the mix as it comes, without antagonists.
    pub fn host_capacity_per_s(&self, host: usize) -> f64 {
        let mean_ms: f64 =
            (0..self.mix.classes().len()).map(|class| self.mix.share(class) * self.mean_ms(host, class)).sum();
        self.hosts[host].parallelism as f64 * 1e3 / mean_ms
    }

    /// Requests per second that all hosts together can serve, each of the mix as it comes: load 1. (A balancer that
    /// gives every class to the hosts that are best at it gets a little more out of them.)
    pub fn capacity_per_s(&self) -> f64 {
        (0..self.hosts.len()).map(|h| self.host_capacity_per_s(h)).sum()
    }
}

fn uneven_host(index: usize, classes: usize, random: &mut Random) -> FleetHost {
    let mut spread = |base: f64| base.powf(2.0 * random.unit() - 1.0);
    FleetHost {
        speed: spread(2.0),
        parallelism: if index % 3 == 2 { 2 } else { 4 },
        class_speeds: (0..classes).map(|_| spread(1.5)).collect(),
    }
}

fn one() -> Law {
    Law::Fixed(1.0)
}

fn unit() -> f64 {
    1.0
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "float to integer casts saturate, which is what is wanted"
)]
fn whole_ms(ms: f64) -> u64 {
    (ms.round() as u64).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn uneven_mixed_is_as_methods_says() {
        let fleet = Fleet::uneven_mixed(12, 1);
        fleet.check().unwrap();
        let twos = fleet.hosts.iter().filter(|h| h.parallelism == 2).count();
        assert_eq!((fleet.hosts.len(), twos), (12, 4));
        for host in &fleet.hosts {
            assert!((0.5..2.0).contains(&host.speed));
            let range = 1.0 / 1.5..1.5;
            assert!(host.class_speeds.iter().all(|s| range.contains(s)));
        }
        assert_ne!(fleet, Fleet::uneven_mixed(12, 2));
        assert_eq!(fleet, Fleet::uneven_mixed(12, 1));
    }

    #[test]
    fn speeds_are_spread_evenly_in_their_logarithm() {
        let fleet = Fleet::uneven_mixed(1_000, 3);
        let mean = fleet.hosts.iter().map(|h| h.speed.log2()).sum::<f64>() / 1_000.0;
        assert!(mean.abs() < 0.1, "{mean}");
    }

    #[test]
    fn capacity_is_parallelism_over_mean_time() {
        let noise = Law::Exponential { mean: 1.0 };
        let fleet = Fleet::equal(3, 4, 20.0, noise).unwrap();
        assert!((fleet.capacity_per_s() - 600.0).abs() < 1e-9);
        assert!((fleet.scaled(5.0).unwrap().capacity_per_s() - 120.0).abs() < 1e-9);
    }

    #[test]
    fn service_scales_with_speed_class_and_factor() {
        let mut fleet = Fleet::equal(1, 1, 100.0, Law::Fixed(1.0)).unwrap();
        fleet.hosts[0].speed = 2.0;
        fleet.hosts[0].class_speeds = vec![0.5];
        assert_eq!(fleet.service(0, 0, 3.0), Duration::from_millis(300));
        assert_eq!(fleet.service(0, 0, f64::INFINITY), SERVICE_MAX);
    }

    #[test]
    fn senseless_fleets_are_refused() {
        let good = Fleet::uneven_mixed(2, 0);
        let spoil = |f: fn(&mut Fleet)| {
            let mut fleet = good.clone();
            f(&mut fleet);
            fleet.check().unwrap_err()
        };
        assert_eq!(spoil(|f| f.hosts.clear()), FleetError::Hosts(0));
        assert_eq!(spoil(|f| f.hosts[1].parallelism = 0), FleetError::Host(1));
        assert_eq!(spoil(|f| f.hosts[1].speed = f64::NAN), FleetError::Host(1));
        assert_eq!(spoil(|f| f.hosts[0].class_speeds.truncate(1)), FleetError::Host(0));
        assert!(matches!(spoil(|f| f.noise = Law::Fixed(-1.0)), FleetError::Law(_)));
    }

    #[test]
    fn a_fleet_can_be_written_short() {
        let text = r#"{"mix":[{"name":"all","mean_ms":10,"share":1}],
            "noise":{"exponential":{"mean":1}},"hosts":[{"parallelism":4},{"parallelism":2,"speed":0.5}]}"#;
        let fleet: Fleet = serde_json::from_str(text).unwrap();
        assert!((fleet.capacity_per_s() - 500.0).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn a_written_fleet_reads_back_the_same(hosts in 1usize..20, seed: u64) {
            let fleet = Fleet::uneven_mixed(hosts, seed);
            let text = serde_json::to_string(&fleet).unwrap();
            let back: Fleet = serde_json::from_str(&text).unwrap();
            // Not bit by bit: JSON's decimals may be one unit in the last place off.
            prop_assert!((back.capacity_per_s() / fleet.capacity_per_s() - 1.0).abs() < 1e-12);
            prop_assert_eq!(back.hosts.len(), hosts);
            prop_assert!(back.check().is_ok());
        }
    }
}
