//! The last 24 hours of a link: levels by rank, runs and losses by count.

use std::collections::VecDeque;

use super::normal::Moment;
use super::samples::Bucket;
use super::states::SAMPLES_OF_SHIFT;

/// How far back features look.
pub(super) const DAY_US: i64 = 86_400_000_000;

/// Buckets of a window of time that ends with the last one that came in.
#[derive(Debug)]
pub(super) struct Past {
    span_us: i64,
    entries: VecDeque<Entry>,
    /// Round trips of its buckets in ascending order, ms.
    sorted: Vec<f64>,
    sums: Entry,
}

/// What is counted of a bucket.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    at_us: i64,
    avg_ms: f64,
    received: f64,
    lost: f64,
    runs: f64,
    shifts: f64,
    shifted: f64,
}

impl Past {
    pub(super) fn new(span_us: i64) -> Past {
        Past { span_us, entries: VecDeque::new(), sorted: Vec::new(), sums: Entry::default() }
    }

    /// Takes a bucket in, and lets go of those that have become too old.
    pub(super) fn take(&mut self, bucket: &Bucket, moment: &Moment) {
        let samples = moment.run.filter(|_| bucket.is_answered()).map_or(0, |run| run.samples);
        let is = |told: bool| f64::from(u8::from(told));
        let entry = Entry {
            at_us: bucket.at_us,
            avg_ms: bucket.avg_ms,
            received: bucket.received,
            lost: bucket.lost,
            runs: is(samples == 1),
            shifts: is(samples == SAMPLES_OF_SHIFT),
            shifted: is(samples >= SAMPLES_OF_SHIFT),
        };
        self.sums.count(&entry, 1.0);
        if bucket.is_answered() {
            self.sorted.insert(self.sorted.partition_point(|ms| *ms < entry.avg_ms), entry.avg_ms);
        }
        self.entries.push_back(entry);
        while self.entries.front().is_some_and(|first| first.at_us <= entry.at_us - self.span_us) {
            self.let_go();
        }
    }

    fn let_go(&mut self) {
        let Some(entry) = self.entries.pop_front() else { return };
        self.sums.count(&entry, -1.0);
        if entry.avg_ms > 0.0 {
            self.sorted.remove(self.sorted.partition_point(|ms| *ms < entry.avg_ms));
        }
    }

    /// The round trip that this share of them does not exceed, ms; not a number where there are fewer than 20.
    pub(super) fn quantile_ms(&self, share: f64) -> f64 {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a place in a list
        let place = (share * (self.sorted.len().max(1) - 1) as f64).round() as usize;
        if self.sorted.len() < 20 { f64::NAN } else { self.sorted[place] }
    }

    /// The share of packets that were lost.
    pub(super) fn loss_share(&self) -> f64 {
        self.sums.lost / (self.sums.received + self.sums.lost)
    }

    /// How many runs have begun.
    pub(super) fn runs(&self) -> f64 {
        self.sums.runs
    }

    /// How many of them lasted.
    pub(super) fn shifts(&self) -> f64 {
        self.sums.shifts
    }

    /// The share of samples in runs that had lasted by then.
    pub(super) fn shifted_share(&self) -> f64 {
        self.sums.shifted / self.entries.len().max(1) as f64
    }
}

impl Entry {
    fn count(&mut self, entry: &Entry, sign: f64) {
        self.received += sign * entry.received;
        self.lost += sign * entry.lost;
        self.runs += sign * entry.runs;
        self.shifts += sign * entry.shifts;
        self.shifted += sign * entry.shifted;
    }
}
