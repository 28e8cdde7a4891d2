//! The cells: numbers that one thread writes and any thread reads.
//!
//! Writing is a relaxed load and a relaxed store, not a `fetch_add`: with one writer nothing can be lost between the
//! two, and the store needs no lock prefix. A second writer would lose counts, never memory safety.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::kinds::Label;

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds `n`.
    #[inline]
    pub fn add(&self, n: u64) {
        let now = self.0.load(Ordering::Relaxed);
        self.0.store(now.wrapping_add(n), Ordering::Relaxed);
    }

    /// What it has grown to.
    #[inline]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A number that comes and goes, never below zero.
#[derive(Debug, Default)]
pub struct Gauge(AtomicU64);

impl Gauge {
    /// Raises it by `n`.
    #[inline]
    pub fn add(&self, n: u64) {
        self.set(self.get().saturating_add(n));
    }

    /// Lowers it by `n`, at most to zero.
    #[inline]
    pub fn sub(&self, n: u64) {
        self.set(self.get().saturating_sub(n));
    }

    /// Replaces it.
    #[inline]
    pub fn set(&self, n: u64) {
        self.0.store(n, Ordering::Relaxed);
    }

    /// What it is now.
    #[inline]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// One counter per value of an enumerated label.
#[derive(Debug)]
pub struct Family<K, const N: usize>([Counter; N], PhantomData<K>);

impl<K, const N: usize> Default for Family<K, N> {
    fn default() -> Self {
        Family(std::array::from_fn(|_| Counter::default()), PhantomData)
    }
}

impl<K: Label, const N: usize> Family<K, N> {
    /// Adds `n` to the counter of `kind`.
    #[inline]
    pub fn add(&self, kind: K, n: u64) {
        self.of(kind).add(n);
    }

    /// The counter of `kind`.
    #[inline]
    pub fn of(&self, kind: K) -> &Counter {
        &self.0[kind.index()]
    }
}

/// Upper bounds of the buckets in nanoseconds, each included; above the last there is one more bucket.
pub const BOUNDS_NS: [u64; 17] = [
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    75_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    750_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    7_500_000_000,
    10_000_000_000,
];

/// Buckets of a histogram, the one without a bound among them.
pub const BUCKETS: usize = BOUNDS_NS.len() + 1;

/// Durations, counted in buckets.
#[derive(Debug, Default)]
pub struct Histogram {
    buckets: [Counter; BUCKETS],
    sum_ns: Counter,
}

impl Histogram {
    /// Counts one duration.
    #[inline]
    pub fn observe(&self, duration: Duration) {
        let ns = nanos(duration);
        self.buckets[BOUNDS_NS.partition_point(|&bound| bound < ns)].add(1);
        self.sum_ns.add(ns);
    }

    /// What was counted so far.
    pub fn totals(&self) -> HistogramTotals {
        HistogramTotals { buckets: std::array::from_fn(|i| self.buckets[i].get()), sum_ns: self.sum_ns.get() }
    }
}

/// The content of a histogram, or of several together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HistogramTotals {
    /// Durations per bucket, not cumulated.
    pub buckets: [u64; BUCKETS],
    /// The sum of all durations in nanoseconds.
    pub sum_ns: u64,
}

impl HistogramTotals {
    /// How many durations.
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: HistogramTotals) -> HistogramTotals {
        self.zip(&other, u64::wrapping_add)
    }

    /// What came on top of `earlier`.
    #[must_use]
    pub fn since(self, earlier: &HistogramTotals) -> HistogramTotals {
        self.zip(earlier, u64::wrapping_sub)
    }

    fn zip(self, other: &HistogramTotals, op: impl Fn(u64, u64) -> u64) -> HistogramTotals {
        HistogramTotals {
            buckets: std::array::from_fn(|i| op(self.buckets[i], other.buckets[i])),
            sum_ns: op(self.sum_ns, other.sum_ns),
        }
    }
}

/// Whole nanoseconds; 584 years at most.
#[inline]
pub(super) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
