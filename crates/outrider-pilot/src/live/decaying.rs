//! A value that fades with time, in one word: a part of `live.rs`, with the same rules. The arithmetic is in `words.rs`.

use std::sync::atomic::Ordering::Relaxed;

use outrider_core::Time;

use super::AtomicU64;
use super::words::Fading;

/// A value that fades, kept with the time it was written.
#[derive(Debug)]
pub(super) struct Decaying(AtomicU64);

impl Decaying {
    pub(super) fn new() -> Decaying {
        Decaying(AtomicU64::new(0))
    }

    /// The value and when it was written, `None` if there never was one.
    #[inline]
    pub(super) fn get(&self) -> Option<Fading> {
        let word = self.0.load(Relaxed);
        (word != 0).then(|| Fading::of(word))
    }

    /// The value faded to `now`, `None` if there never was one. Does not write.
    #[inline]
    pub(super) fn at(&self, now: Time, decay_ms: f32) -> Option<f32> {
        self.get().map(|value| value.at(now, decay_ms))
    }

    /// Adds `amount` to what is left of the value.
    pub(super) fn add(&self, amount: f32, now: Time, decay_ms: f32) {
        self.update(|word| Some(Fading::word(Fading::of(word).at(now, decay_ms) + amount, now)));
    }

    /// Takes in one sample of a peak-sensitive average.
    pub(super) fn sample(&self, sample: f32, now: Time, decay_ms: f32) {
        self.update(|word| Fading::of(word).sampled(sample, now, decay_ms));
    }

    /// Lifts the value to `peak` if there is one and it is below.
    pub(super) fn raise(&self, peak: f32, now: Time, decay_ms: f32) {
        self.update(|word| {
            let is_below = word != 0 && Fading::of(word).at(now, decay_ms) < peak;
            is_below.then(|| Fading::word(peak, now))
        });
    }

    /// Averages `sample` in with the weight `alpha`; the first sample is the average.
    pub(super) fn smooth(&self, sample: f32, alpha: f32, now: Time) {
        self.update(|word| Some(Fading::smoothed(word, sample, alpha, now)));
    }

    /// The same, if there is an average and `sample` is above it.
    pub(super) fn smooth_up(&self, sample: f32, alpha: f32, now: Time) {
        let is_below = |word: u64| word != 0 && Fading::of(word).written() < sample;
        self.update(|word| is_below(word).then(|| Fading::smoothed(word, sample, alpha, now)));
    }

    pub(super) fn update(&self, change: impl FnMut(u64) -> Option<u64>) {
        // `Err` says that there was nothing to write.
        let _ = self.0.fetch_update(Relaxed, Relaxed, change);
    }
}
