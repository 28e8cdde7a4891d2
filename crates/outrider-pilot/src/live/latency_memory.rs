//! What a host's latency lately was, by how much it had in flight: what `prequal_local` asks instead of the host.
//!
//! A part of `live.rs`, with the same rules. Why not one average: the latency of an idle host says nothing of the same
//! host with ten requests, and the rule wants to know what the *next* request will meet. Why a median: one slow answer
//! among few must not decide (Prequal, section 4.1: the median of recent latencies at or near the current in-flight).
//!
//! Each level of in flight (0 to 3 for themselves, then two per doubling) has a ring of seven answers, each packed with
//! its time into one word, so a reader never sees half of one. Of writers at once each has a place of its own; one that
//! is lapped between its two steps puts an answer a round too late, which is an answer still.
//!
//! Cost: 1 KiB per host, only where a pool's rule asks for it; two writes per success; a read looks at seven words on
//! one cache line, more levels if these have fewer than three recent ones. Reads do not write.

use std::sync::OnceLock;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use outrider_core::Time;

use super::words::{Fading, nanos_f32};
use super::{AtomicU64, HostLive};

/// Levels of in flight that are told apart; the last is from 192 on.
const LEVELS: usize = 16;
/// Answers kept per level.
const KEPT: usize = 7;
/// A median of fewer is taken only when there are no more.
const ENOUGH: usize = 3;
/// What is older is not recent. A host that is avoided for what it did is tried again after this.
const RECENT_MS: u32 = 10_000;

/// The memory of one host, empty until a rule needs it.
#[derive(Debug, Default)]
pub(super) struct LatencyMemory(OnceLock<Box<[Level; LEVELS]>>);

/// One cache line.
#[derive(Debug)]
#[repr(align(64))]
struct Level {
    written: AtomicU64,
    answers: [AtomicU64; KEPT],
}

impl HostLive {
    /// From now on latencies are remembered.
    pub(crate) fn remember_latencies(&self) {
        self.3.0.get_or_init(|| Box::new(std::array::from_fn(|_| Level::new())));
    }

    /// An answer has come after `after`, to a request that found `in_flight` others at the host.
    #[inline]
    pub(crate) fn remember_latency(&self, in_flight: u32, after: Duration, now: Time) {
        if let Some(levels) = self.3.0.get() {
            levels[level(in_flight)].write(Fading::word(nanos_f32(after), now));
        }
    }

    /// The median of recent latencies at `in_flight` or as near to it as there are any, ns; `None` if there are none.
    pub(crate) fn latency_near(&self, in_flight: u32, now: Time) -> Option<u64> {
        let (levels, home) = (self.3.0.get()?, level(in_flight));
        let mut found = Found::default();
        levels[home].read(now, &mut found);
        for distance in 1..LEVELS {
            if found.len >= ENOUGH {
                break;
            }
            let near = [home.checked_add(distance), home.checked_sub(distance)];
            near.into_iter().flatten().filter_map(|at| levels.get(at)).for_each(|level| level.read(now, &mut found));
        }
        found.median()
    }
}

/// 0, 1, 2, 3, 4 to 5, 6 to 7, 8 to 11, 12 to 15, 16 to 23 and so on.
#[inline]
fn level(in_flight: u32) -> usize {
    if in_flight < 4 {
        return in_flight as usize;
    }
    let octave = in_flight.ilog2();
    let is_upper_half = in_flight >> (octave - 1) & 1;
    ((2 * octave + is_upper_half) as usize).min(LEVELS - 1)
}

impl Level {
    fn new() -> Level {
        Level { written: AtomicU64::new(0), answers: std::array::from_fn(|_| AtomicU64::new(0)) }
    }

    fn write(&self, word: u64) {
        let place = self.written.fetch_add(1, Relaxed) % KEPT as u64;
        self.answers[usize::try_from(place).expect("below 7")].store(word, Relaxed);
    }

    fn read(&self, now: Time, found: &mut Found) {
        let words = self.answers.iter().map(|answer| answer.load(Relaxed)).filter(|&word| word != 0);
        words
            .map(Fading::of)
            .filter(|answer| answer.age_ms(now) <= RECENT_MS)
            .for_each(|answer| found.add(answer.written()));
    }
}

/// Recent answers of a few levels, in order.
#[derive(Default)]
struct Found {
    values: [f32; 3 * KEPT],
    len: usize,
}

impl Found {
    fn add(&mut self, value: f32) {
        if self.len == self.values.len() {
            return;
        }
        let at = self.values[..self.len].partition_point(|&known| known < value);
        self.values.copy_within(at..self.len, at + 1);
        self.values[at] = value;
        self.len += 1;
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // nanoseconds, above 0
    fn median(&self) -> Option<u64> {
        self.values[..self.len].get((self.len.max(1) - 1) / 2).map(|&ns| ns as u64)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Time = Time::from_millis(60_000);

    fn live(answers: &[(u32, u64)]) -> HostLive {
        let live = HostLive::new();
        live.remember_latencies();
        for &(in_flight, ms) in answers {
            live.remember_latency(in_flight, Duration::from_millis(ms), NOW);
        }
        live
    }

    fn ms(live: &HostLive, in_flight: u32, now: Time) -> Option<u64> {
        live.latency_near(in_flight, now).map(|ns| (ns + 500_000) / 1_000_000)
    }

    proptest! {
        #[test]
        fn levels_never_fall_with_in_flight_and_stay_in_range(a: u32, b: u32) {
            prop_assert!(level(a.min(b)) <= level(a.max(b)) && level(a.max(b)) < LEVELS);
        }

        #[test]
        fn what_is_said_is_a_median_of_the_last_seven_of_a_level(
            took_ms in prop::collection::vec(1u64..5_000, 3..40), in_flight in 0u32..400,
        ) {
            let answers: Vec<(u32, u64)> = took_ms.iter().map(|&ms| (in_flight, ms)).collect();
            let mut last = took_ms[took_ms.len().saturating_sub(KEPT)..].to_vec();
            last.sort_unstable();
            prop_assert_eq!(ms(&live(&answers), in_flight, NOW), Some(last[(last.len() - 1) / 2]));
        }
    }

    #[test]
    fn the_level_asked_for_counts_alone_if_it_has_three_else_its_neighbours_too() {
        let live = live(&[(0, 10), (0, 11), (0, 12), (1, 20), (9, 90), (9, 91)]);
        assert_eq!(ms(&live, 0, NOW), Some(11));
        // 20 and the three of its neighbour.
        assert_eq!(ms(&live, 1, NOW), Some(11));
        // Nothing at 6: up to 9, and down to 1 and 0, as near as three are found.
        assert_eq!(ms(&live, 6, NOW), Some(90));
    }

    #[test]
    fn what_is_older_than_ten_seconds_is_forgotten() {
        let live = live(&[(2, 30)]);
        assert_eq!(ms(&live, 2, NOW + Duration::from_millis(10_000)), Some(30));
        assert_eq!(ms(&live, 2, NOW + Duration::from_millis(10_001)), None);
    }

    #[test]
    fn nothing_is_kept_where_no_rule_asks_for_it() {
        let live = HostLive::new();
        live.remember_latency(0, Duration::from_millis(5), NOW);
        assert_eq!(live.latency_near(0, NOW), None);
        live.remember_latencies();
        assert_eq!(live.latency_near(0, NOW), None);
    }
}
