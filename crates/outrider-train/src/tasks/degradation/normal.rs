//! What is normal for a link by its last hour, and the runs of samples above it.

use super::samples::{Bucket, Link};

/// What counts as the recent past.
pub(super) const WINDOW_US: i64 = 3_600_000_000;
/// With fewer samples in it nothing is called normal.
const SAMPLES_MIN: usize = 8;
/// A sample is above normal beyond so many standard deviations ...
pub(super) const DEVIATIONS: f64 = 2.5;
/// ... and this share of the mean: on a quiet line 2.5 deviations are microseconds, which nobody feels.
pub(super) const RISE_MIN: f64 = 0.01;
/// Samples of a run lie at most so many sampling intervals apart.
const GAP_INTERVALS: f64 = 2.5;

/// Mean and standard deviation (n - 1) of a window, ms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Normal {
    pub(super) mean_ms: f64,
    pub(super) sd_ms: f64,
}

/// Samples one after the other above what was normal before the first of them. After an hour the new level has become normal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Run {
    /// When it began, us since 1970.
    pub(super) since_us: i64,
    /// Answered samples so far.
    pub(super) samples: usize,
    /// What was normal before it.
    normal: Normal,
}

/// What is known of a bucket by the time of its last sample.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Moment {
    /// What a sample is held against: before the run, if it is in one; none where the last hour holds too few samples.
    pub(super) normal: Option<Normal>,
    /// The run that it is in.
    pub(super) run: Option<Run>,
}

impl Normal {
    /// Of some values; none if they are too few.
    pub(super) fn of(values: &[f64], least: usize) -> Option<Normal> {
        let count = values.len() as f64;
        let mean_ms = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean_ms).powi(2)).sum();
        (values.len() >= least.max(2)).then(|| Normal { mean_ms, sd_ms: (squares / (count - 1.0)).sqrt() })
    }

    /// What is above this is not normal, ms.
    pub(super) fn limit_ms(&self) -> f64 {
        self.mean_ms + (DEVIATIONS * self.sd_ms).max(RISE_MIN * self.mean_ms)
    }
}

/// The moments of a link: each knows its own bucket and those before it, and none after.
pub(super) fn moments(link: &Link) -> Vec<Moment> {
    let mut moments: Vec<Moment> = Vec::with_capacity(link.buckets.len());
    for (at, bucket) in link.buckets.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| (&link.buckets[before], moments[before]));
        let run = before.and_then(|(last, moment)| continued(moment.run?, last, bucket, link.intervals_us[at]));
        moments.push(match run {
            Some(run) => Moment { normal: Some(run.normal), run: Some(run) },
            None => begun(bucket, Normal::of(&recent(link, at), SAMPLES_MIN)),
        });
    }
    moments
}

/// Round trips of the hour before bucket `at`, ms; its own is not among them.
pub(super) fn recent(link: &Link, at: usize) -> Vec<f64> {
    let from_us = link.buckets[at].at_us - WINDOW_US;
    let past = link.buckets[..at].iter().rev().take_while(|bucket| bucket.at_us >= from_us);
    let mut trips: Vec<f64> = past.filter(|bucket| bucket.is_answered()).map(|bucket| bucket.avg_ms).collect();
    trips.reverse();
    trips
}

/// The run with one bucket more, if that belongs to it. A bucket that lost everything neither ends nor lengthens it.
fn continued(run: Run, last: &Bucket, bucket: &Bucket, interval_us: i64) -> Option<Run> {
    let is_near = is_near(last, bucket, interval_us);
    let is_young = bucket.at_us - run.since_us <= WINDOW_US;
    let is_above = !bucket.is_answered() || bucket.avg_ms > run.normal.limit_ms();
    let samples = run.samples + usize::from(bucket.is_answered());
    (is_near && is_young && is_above).then_some(Run { samples, ..run })
}

/// Whether nothing is missing between two buckets that a run could have ended in.
pub(super) fn is_near(last: &Bucket, next: &Bucket, interval_us: i64) -> bool {
    (next.at_us - last.at_us) as f64 <= GAP_INTERVALS * interval_us as f64
}

fn begun(bucket: &Bucket, normal: Option<Normal>) -> Moment {
    let above = normal.filter(|normal| bucket.avg_ms > normal.limit_ms());
    Moment { normal, run: above.map(|normal| Run { since_us: bucket.at_us, samples: 1, normal }) }
}
