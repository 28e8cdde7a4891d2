//! Averages, rates and counts that fade with time: values of one owner, without atomics.

use std::time::Duration;

use outrider_core::Time;

/// A mean of what was seen, and how much was: each sample fades by time and as others come.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Mean {
    weight: f64,
    value: f64,
}

impl Mean {
    /// Takes in `sample`; what was before keeps the share `keep` of its weight.
    pub(crate) fn observe(&mut self, sample: f64, keep: f64) {
        self.weight = self.weight * keep + 1.0;
        self.value += (sample - self.value) / self.weight;
    }

    /// The mean, if anything was seen.
    pub(crate) fn value(&self) -> Option<f64> {
        (self.weight > 0.0).then_some(self.value)
    }

    /// How many samples it is worth.
    pub(crate) fn weight(&self) -> f64 {
        self.weight
    }

    /// The mean drawn towards `prior` as if that had been seen `strength` times.
    pub(crate) fn leaning_on(&self, prior: f64, strength: f64) -> f64 {
        (self.weight * self.value + strength * prior) / (self.weight + strength)
    }
}

/// Events per second, fading with a time constant of ten seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rate {
    per_s: f64,
    since: Time,
    at: Time,
}

impl Rate {
    const FADE_S: f64 = 10.0;

    pub(crate) fn new(now: Time) -> Rate {
        Rate { per_s: 0.0, since: now, at: now }
    }

    pub(crate) fn count(&mut self, now: Time) {
        self.per_s = self.per_s * (-now.since(self.at).as_secs_f64() / Rate::FADE_S).exp() + 1.0 / Rate::FADE_S;
        self.at = self.at.max(now);
    }

    /// The rate; one that has been counted for less than a few time constants is corrected for it.
    pub(crate) fn at(&self, now: Time) -> f64 {
        let faded = self.per_s * (-now.since(self.at).as_secs_f64() / Rate::FADE_S).exp();
        let counted_s = now.since(self.since).as_secs_f64().max(1.0);
        faded / -(-counted_s / Rate::FADE_S).exp_m1()
    }
}

/// The share of its weight that knowledge keeps over `passed` when it fades with `horizon`, and as one of at most
/// `most` samples comes.
pub(crate) fn kept(passed: Duration, horizon: Duration, most: f64) -> f64 {
    (1.0 - 1.0 / most) * (-passed.as_secs_f64() / horizon.as_secs_f64()).exp()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_mean_stays_within_its_samples(samples in prop::collection::vec(0.0..1e9f64, 1..50), keep in 0.5..1.0f64) {
            let mut mean = Mean::default();
            samples.iter().for_each(|&sample| mean.observe(sample, keep));
            let (low, high) = (samples.iter().copied().fold(f64::MAX, f64::min), samples.iter().copied().fold(0.0, f64::max));
            let value = mean.value().unwrap();
            prop_assert!(value >= low * (1.0 - 1e-9) && value <= high * (1.0 + 1e-9));
            prop_assert!(mean.weight() <= samples.len() as f64);
        }

        #[test]
        fn a_steady_rate_is_told_from_the_first_seconds_on(per_s in 5u32..200, seconds in 3u32..60) {
            let mut rate = Rate::new(Time::ZERO);
            let mut now = Time::ZERO;
            for _ in 0..per_s * seconds {
                now = now + Duration::from_secs(1) / per_s;
                rate.count(now);
            }
            prop_assert!((rate.at(now) / f64::from(per_s) - 1.0).abs() < 0.1, "{}", rate.at(now));
        }
    }

    #[test]
    fn silence_fades_a_rate() {
        let mut rate = Rate::new(Time::ZERO);
        (0..100).for_each(|n| rate.count(Time::from_millis(10 * n)));
        assert!(rate.at(Time::from_millis(120_000)) < 0.01);
    }
}
