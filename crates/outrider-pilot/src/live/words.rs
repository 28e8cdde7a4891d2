//! What the words hold: two or four numbers each, so that they change together. Pure; the atomics are in the parent.

use std::time::Duration;

use outrider_core::Time;

/// The low half of a word.
#[inline]
#[allow(clippy::cast_possible_truncation)] // the low half is meant
pub(super) fn low(word: u64) -> u32 {
    word as u32
}

/// The high half of a word.
#[inline]
#[allow(clippy::cast_possible_truncation)] // 32 bits are left
pub(super) fn high(word: u64) -> u32 {
    (word >> 32) as u32
}

/// A word of two halves.
#[inline]
pub(super) fn pair(high: u32, low: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

/// A value that fades exponentially and the millisecond it was written, modulo 2^32 (50 days). The word 0 is "never
/// written". One that nobody touches for 50 days looks fresh again for a moment; by then it is worth as little as
/// before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fading {
    value: f32,
    written_ms: u32,
}

impl Fading {
    #[inline]
    pub(super) fn of(word: u64) -> Fading {
        Fading { value: f32::from_bits(high(word)), written_ms: low(word) }
    }

    /// The word for `value` written at `now`; never 0 for a value above 0.
    #[inline]
    pub(super) fn word(value: f32, now: Time) -> u64 {
        pair(value.to_bits(), millis(now))
    }

    /// The value as it was written.
    #[inline]
    pub(super) fn written(self) -> f32 {
        self.value
    }

    #[inline]
    pub(super) fn at(self, now: Time, decay_ms: f32) -> f32 {
        self.value * self.kept(now, decay_ms)
    }

    /// The value, or 0 where it has faded below `least`. Cheap for one that is long past: most hosts have failed once.
    #[inline]
    pub(super) fn while_it_matters(self, now: Time, decay_ms: f32, least: f32) -> f32 {
        let is_past = self.age_ms(now) as f32 > 10.0 * decay_ms;
        let value = if is_past { 0.0 } else { self.at(now, decay_ms) };
        if value < least { 0.0 } else { value }
    }

    /// Moved towards `sample` by the time that has passed; a sample above the faded value replaces it at once (a
    /// peak). `None` if nothing changes: within one millisecond a sample that is no peak would weigh next to nothing,
    /// and the write is saved.
    pub(super) fn sampled(self, sample: f32, now: Time, decay_ms: f32) -> Option<u64> {
        let kept = self.kept(now, decay_ms);
        if sample > self.value * kept {
            return Some(Fading::word(sample, now));
        }
        (kept < 1.0).then(|| Fading::word(self.value * kept + sample * (1.0 - kept), now))
    }

    /// Moved towards `sample` by the share that the time since it was written has in `memory_ms`: a mean over that time.
    /// `None` within the millisecond of the last write.
    pub(super) fn drawn_to(self, sample: f32, now: Time, memory_ms: f32) -> Option<u64> {
        let age_ms = self.age_ms(now);
        let share = (age_ms as f32 / memory_ms).min(1.0);
        (age_ms > 0).then(|| Fading::word(self.value + share * (sample - self.value), now))
    }

    /// The word after `sample` has been averaged in with the weight `alpha`, however much time has passed. The first
    /// sample is the average.
    pub(super) fn smoothed(word: u64, sample: f32, alpha: f32, now: Time) -> u64 {
        let average = match word {
            0 => sample,
            word => alpha * sample + (1.0 - alpha) * Fading::of(word).value,
        };
        Fading::word(average.max(f32::MIN_POSITIVE), now)
    }

    /// The word for another value, as if written when this one was.
    pub(super) fn at_same_time(self, value: f32) -> u64 {
        pair(value.to_bits(), self.written_ms)
    }

    /// How long `self` was written before `later`; negative if after it.
    pub(super) fn written_before_ms(self, later: Fading) -> i32 {
        later.written_ms.wrapping_sub(self.written_ms).cast_signed()
    }

    /// The share that is left at `now`.
    #[inline]
    pub(super) fn kept(self, now: Time, decay_ms: f32) -> f32 {
        match self.age_ms(now) {
            0 => 1.0,
            age_ms => (-(age_ms as f32) / decay_ms).exp(),
        }
    }

    /// Times before its own, as another core's clock may give, count as its own.
    #[inline]
    pub(super) fn age_ms(self, now: Time) -> u32 {
        let age_ms = millis(now).wrapping_sub(self.written_ms);
        if age_ms > u32::MAX - 1_000 { 0 } else { age_ms }
    }
}

#[inline]
#[allow(clippy::cast_possible_truncation)] // modulo 2^32 is meant
fn millis(now: Time) -> u32 {
    now.as_millis() as u32
}

/// A span in nanoseconds, as the words hold it: at least the smallest number above 0.
#[inline]
pub(super) fn nanos_f32(span: Duration) -> f32 {
    (span.as_nanos() as f32).max(f32::MIN_POSITIVE)
}

/// A span in nanoseconds.
#[inline]
pub(super) fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

/// How the trial of a host stands: 16 bits each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TrialCount {
    /// Which trial of the host.
    pub(crate) number: u16,
    /// Requests on trial whose answer has not begun.
    pub(crate) waiting: u16,
    pub(crate) successes: u16,
    pub(crate) failures: u16,
}

impl TrialCount {
    pub(super) fn first_of(number: u16) -> TrialCount {
        TrialCount { number, waiting: 0, successes: 0, failures: 0 }
    }

    pub(super) fn word(self) -> u64 {
        let parts = [self.number, self.waiting, self.successes, self.failures];
        parts.into_iter().fold(0, |word, part| word << 16 | u64::from(part))
    }

    #[allow(clippy::cast_possible_truncation)] // 16 bits are meant
    pub(super) fn of(word: u64) -> TrialCount {
        let part = |index: u32| (word >> (16 * index)) as u16;
        TrialCount { number: part(3), waiting: part(2), successes: part(1), failures: part(0) }
    }
}

/// What was asked (24 bits) and accepted (24 bits) in the slot of this number (16 bits). A number comes to the same place
/// again after 22 days; counts that nobody has touched since would be found once more, for two minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AcceptWord(u64);

impl AcceptWord {
    const ONE_REQUEST: u64 = 1 << 24;
    const MASK: u64 = AcceptWord::ONE_REQUEST - 1;
    /// Far enough below the end for all cores that add at once.
    const FULL: u64 = AcceptWord::MASK - (1 << 12);

    #[inline]
    pub(super) fn of(word: u64) -> AcceptWord {
        AcceptWord(word)
    }

    /// What one more request adds.
    #[inline]
    pub(super) fn one(accepted: bool) -> u64 {
        AcceptWord::ONE_REQUEST + u64::from(accepted)
    }

    #[inline]
    pub(super) fn is_of(self, slot: u64) -> bool {
        self.0 >> 48 == slot & 0xffff
    }

    #[inline]
    pub(super) fn requests(self) -> u64 {
        (self.0 >> 24) & AcceptWord::MASK
    }

    #[inline]
    pub(super) fn accepts(self) -> u64 {
        self.0 & AcceptWord::MASK
    }

    #[inline]
    pub(super) fn has_room(self) -> bool {
        self.requests() < AcceptWord::FULL
    }

    /// One request more of `slot`, which throws out an older one; `None` where a newer slot stands.
    pub(super) fn with_one_of(self, slot: u64, accepted: bool) -> Option<u64> {
        let one = AcceptWord::one(accepted);
        // Clocks of cores are close together: what is further ahead is from long ago.
        const CLOSE: u64 = 64;
        match (self.0 >> 48).wrapping_sub(slot) & 0xffff {
            0 => self.has_room().then_some(self.0 + one),
            1..CLOSE if self.requests() > 0 => None,
            _ => Some((slot & 0xffff) << 48 | one),
        }
    }

    /// One accepted less of `slot`, and one request less if it is to be `forgotten`; `None` if it is not there any more.
    pub(super) fn less(self, slot: u64, forgotten: bool) -> Option<u64> {
        let is_there = self.is_of(slot) && self.accepts() > 0 && self.requests() > 0;
        is_there.then(|| self.0 - 1 - if forgotten { AcceptWord::ONE_REQUEST } else { 0 })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DECAY_MS: f32 = 10_000.0;

    proptest! {
        #[test]
        fn trial_counts_survive_packing(parts: [u16; 4]) {
            let [number, waiting, successes, failures] = parts;
            let count = TrialCount { number, waiting, successes, failures };
            prop_assert_eq!(TrialCount::of(count.word()), count);
        }

        #[test]
        fn a_peak_replaces_at_once_and_nothing_else_leaves_the_range_of_old_and_new(
            old in 1.0f32..1e12, sample in 1.0f32..1e12, age_ms in 0u64..100_000,
        ) {
            let then = Time::from_millis(7);
            let now = then + Duration::from_millis(age_ms);
            let before = Fading::of(Fading::word(old, then));
            let faded = before.at(now, DECAY_MS);
            let after = before.sampled(sample, now, DECAY_MS).map_or(old, |w| Fading::of(w).at(now, DECAY_MS));
            if sample > faded {
                prop_assert_eq!(after, sample);
            } else {
                prop_assert!(after >= sample.min(old) * 0.999 && after <= old * 1.001);
            }
        }

        #[test]
        fn values_only_fade_with_time(value in 1.0f32..1e12, ages_ms: (u32, u32)) {
            let at = |age: u32| {
                Fading::of(Fading::word(value, Time::ZERO)).at(Time::from_millis(u64::from(age)), DECAY_MS)
            };
            let (early, late) = (ages_ms.0.min(ages_ms.1) / 2, ages_ms.0.max(ages_ms.1) / 2);
            prop_assert!(at(early) >= at(late));
        }
    }

    #[test]
    fn an_average_loses_to_1_over_e_in_one_time_constant() {
        let word = Fading::word(1_000.0, Time::ZERO);
        let after = Fading::of(word).at(Time::from_millis(10_000), DECAY_MS);
        assert!((after - 1_000.0 / std::f32::consts::E).abs() < 0.1);
    }

    #[test]
    fn a_clock_that_lags_does_not_fade_anything() {
        let word = Fading::word(5.0, Time::from_millis(1_000));
        assert_eq!(Fading::of(word).at(Time::from_millis(999), DECAY_MS), 5.0);
    }

    #[test]
    fn a_value_written_just_before_the_clock_wraps_fades_across_it() {
        let wrap_ms = 1_u64 << 32;
        let word = Fading::word(1.0, Time::from_millis(wrap_ms - 5_000));
        let after = Fading::of(word).at(Time::from_millis(wrap_ms + 5_000), DECAY_MS);
        assert!((after - 1.0 / std::f32::consts::E).abs() < 1e-4);
    }
}
