//! At which part of the period each host is probed.
//!
//! Seats at multiples of the golden ratio: however many are taken, they lie about evenly over the period, and whoever comes or goes
//! moves nobody else, which a division by the number of hosts would.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::SocketAddr;
use std::time::Duration;

const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// The seats of hosts.
#[derive(Debug)]
pub(super) struct Phases {
    /// Where the first seat is, in `[0, 1)`: another in each process, so that several do not probe a host at once.
    offset: f64,
    seats: BTreeMap<SocketAddr, u32>,
    /// Seats that were left, below the highest that was taken.
    free: BTreeSet<u32>,
}

impl Phases {
    /// No seat is taken, and the first is anywhere.
    pub(super) fn anywhere() -> Phases {
        let luck = RandomState::new().build_hasher().finish();
        Phases { offset: (luck >> 11) as f64 / (1_u64 << 53) as f64, seats: BTreeMap::new(), free: BTreeSet::new() }
    }

    /// The phase of `host` in `[0, 1)`; who has none yet takes the lowest free seat.
    pub(super) fn of(&mut self, host: SocketAddr) -> f64 {
        let seat = match self.seats.get(&host) {
            Some(&seat) => seat,
            None => self.free.pop_first().unwrap_or(u32::try_from(self.seats.len()).unwrap_or(u32::MAX)),
        };
        self.seats.insert(host, seat);
        (self.offset + f64::from(seat) * GOLDEN).fract()
    }

    /// Only these hosts keep their seats.
    pub(super) fn keep(&mut self, stays: impl Fn(&SocketAddr) -> bool) {
        self.free.extend(self.seats.extract_if(.., |host, _| !stays(host)).map(|(_, seat)| seat));
    }
}

/// When a phase comes next, `elapsed` after the beginning; since the beginning.
pub(super) fn next(phase: Duration, every: Duration, elapsed: Duration) -> Duration {
    let periods = elapsed.saturating_sub(phase).as_nanos().div_ceil(every.as_nanos().max(1));
    phase + every.saturating_mul(u32::try_from(periods).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn host(number: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], number))
    }

    /// The shortest and the longest way from a phase to the next, as shares of an even one.
    fn gaps(phases: &mut [f64]) -> (f64, f64) {
        phases.sort_by(f64::total_cmp);
        let around = phases[0] + 1.0 - phases[phases.len() - 1];
        let gaps: Vec<f64> = phases.windows(2).map(|pair| pair[1] - pair[0]).chain([around]).collect();
        let even = phases.len() as f64;
        let least = gaps.iter().copied().fold(f64::INFINITY, f64::min);
        (least * even, gaps.iter().copied().fold(0.0, f64::max) * even)
    }

    #[test]
    fn any_number_of_hosts_lies_about_evenly_over_the_period() {
        let mut phases = Phases::anywhere();
        for count in 1..500 {
            phases.of(host(count));
            let mut all: Vec<f64> = (1..=count).map(|number| phases.of(host(number))).collect();
            assert!(all.iter().all(|phase| (0.0..1.0).contains(phase)));
            let (least, most) = gaps(&mut all);
            assert!(least > 0.4 && most < 2.0, "{count} hosts: gaps from {least} to {most} of an even one");
        }
    }

    #[test]
    fn who_stays_keeps_its_phase_and_who_comes_takes_a_free_one() {
        let mut phases = Phases::anywhere();
        let before: Vec<f64> = (0..9).map(|number| phases.of(host(number))).collect();
        phases.keep(|address| address.port() % 3 != 0);
        let new = phases.of(host(100));
        assert_eq!(new, before[0], "the lowest free seat");
        assert_eq!((phases.of(host(101)), phases.of(host(102))), (before[3], before[6]));
        for (number, phase) in before.iter().enumerate().filter(|(number, _)| number % 3 != 0) {
            assert_eq!(phases.of(host(u16::try_from(number).unwrap())), *phase);
        }
        assert!(!before.contains(&phases.of(host(103))));
    }

    proptest! {
        #[test]
        fn the_next_probe_is_at_the_phase_and_within_a_period(every in 1_u64..300_000, part in 0.0..1.0, elapsed in 0_u64..1_000_000_000) {
            let every = Duration::from_millis(every);
            let (phase, elapsed) = (every.mul_f64(part), Duration::from_millis(elapsed));
            let next = next(phase, every, elapsed);
            prop_assert!(next >= elapsed && (next < elapsed + every || next == phase));
            prop_assert_eq!((next - phase).as_nanos() % every.as_nanos(), 0);
        }
    }
}
