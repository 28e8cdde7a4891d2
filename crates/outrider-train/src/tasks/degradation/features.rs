//! What is known of a link at a sample, in ratios and counts: nothing depends on how far away a probe is, so that what was learnt of some
//! probes holds for others.

use super::day::{DAY_US, Past};
use super::normal::{Moment, Normal, RISE_MIN, WINDOW_US, moments, recent};
use super::samples::{Bucket, Link, slack_us};

const MINUTE_US: f64 = 60e6;
const HOUR_US: f64 = 3600e6;
/// Momentum is the change over so long.
const MOMENTUM_US: i64 = 300_000_000;
/// What the two averages of the slope take of each new sample.
const FAST: f64 = 0.5;
const SLOW: f64 = 0.1;

/// The features in their order, units last.
pub(super) const NAMES: [&str; 24] = [
    "rise_over_normal",
    "deviations_over_normal",
    "run_samples",
    "run_minutes",
    "normal_spread",
    "normal_over_day",
    "rise_over_day",
    "place_in_day",
    "spread_of_day",
    "momentum_5min",
    "step",
    "jitter",
    "jitter_hour",
    "range_hour",
    "range_of_packets",
    "recent_over_hour",
    "ewma_slope",
    "runs_hour",
    "runs_day",
    "shifts_day",
    "shifted_share_day",
    "since_shift_h",
    "loss_share_hour",
    "since_sample_min",
];

/// A value of each feature.
pub(super) type Row = [f64; NAMES.len()];

/// The features of each bucket of a link.
pub(super) fn rows(link: &Link) -> Vec<Row> {
    let moments = moments(link);
    let mut memory = Memory::default();
    let places = 0..link.buckets.len();
    // A round trip of 1e308 ms is no reason to stop: what is beyond what models take is missing.
    let finite = |value: f64| if value.abs() <= f64::from(f32::MAX) { value } else { f64::NAN };
    let of = |at| row(link, at, &moments[at], memory.after(&link.buckets[at], &moments[at])).map(finite);
    places.map(of).collect()
}

/// What is carried from bucket to bucket.
struct Memory {
    hour: Past,
    day: Past,
    fast_ms: f64,
    slow_ms: f64,
    shift_us: Option<i64>,
}

impl Default for Memory {
    fn default() -> Memory {
        let (hour, day) = (Past::new(WINDOW_US), Past::new(DAY_US));
        Memory { hour, day, fast_ms: f64::NAN, slow_ms: f64::NAN, shift_us: None }
    }
}

impl Memory {
    fn after(&mut self, bucket: &Bucket, moment: &Moment) -> &Memory {
        self.hour.take(bucket, moment);
        self.day.take(bucket, moment);
        if moment.run.is_some_and(|run| run.samples >= super::states::SAMPLES_OF_SHIFT) {
            self.shift_us = Some(bucket.at_us);
        }
        if bucket.is_answered() {
            let step = |average: f64, share: f64| {
                if average.is_finite() { average + share * (bucket.avg_ms - average) } else { bucket.avg_ms }
            };
            (self.fast_ms, self.slow_ms) = (step(self.fast_ms, FAST), step(self.slow_ms, SLOW));
        }
        self
    }

    /// Hours since a run that lasted, a day at most.
    fn since_shift_h(&self, at_us: i64) -> f64 {
        let since_us = self.shift_us.map_or(DAY_US, |shift| (at_us - shift).min(DAY_US));
        since_us as f64 / HOUR_US
    }
}

fn row(link: &Link, at: usize, moment: &Moment, memory: &Memory) -> Row {
    let bucket = &link.buckets[at];
    let day = &memory.day;
    let normal = moment.normal.unwrap_or(Normal { mean_ms: f64::NAN, sd_ms: f64::NAN });
    let [low, middle, high] = [0.05, 0.5, 0.95].map(|share| day.quantile_ms(share));
    let hour = Hour::of(link, at);
    [
        bucket.avg_ms / normal.mean_ms - 1.0,
        (bucket.avg_ms - normal.mean_ms) / normal.sd_ms.max(0.1 * RISE_MIN * normal.mean_ms),
        moment.run.map_or(0.0, |run| run.samples as f64),
        moment.run.map_or(0.0, |run| (bucket.at_us - run.since_us) as f64 / MINUTE_US),
        normal.sd_ms / normal.mean_ms,
        normal.mean_ms / middle - 1.0,
        bucket.avg_ms / middle - 1.0,
        (bucket.avg_ms - low) / (high - low).max(RISE_MIN * middle),
        (high - low) / middle,
        hour.momentum,
        hour.step,
        hour.jitter,
        hour.mean_jitter,
        hour.range,
        bucket.max_ms / bucket.min_ms - 1.0,
        hour.recent,
        memory.fast_ms / memory.slow_ms - 1.0,
        memory.hour.runs(),
        day.runs(),
        day.shifts(),
        day.shifted_share(),
        memory.since_shift_h(bucket.at_us),
        memory.hour.loss_share(),
        hour.since_sample_min,
    ]
}

/// The last hour, the present sample included, as shares of its level.
struct Hour {
    momentum: f64,
    step: f64,
    jitter: f64,
    mean_jitter: f64,
    range: f64,
    recent: f64,
    since_sample_min: f64,
}

impl Hour {
    fn of(link: &Link, at: usize) -> Hour {
        let bucket = &link.buckets[at];
        let mut trips = recent(link, at);
        trips.extend(Some(bucket.avg_ms).filter(|_| bucket.is_answered()));
        let steps: Vec<f64> = trips.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
        let level = mean(&trips);
        let last_step = steps.last().copied().unwrap_or(f64::NAN);
        let spread = bucket.spread_ms();
        let ends = |of: fn(f64, f64) -> f64| trips.iter().copied().fold(f64::NAN, of);
        let before = at.checked_sub(1).map(|before| &link.buckets[before]);
        Hour {
            momentum: bucket.avg_ms / ago_ms(link, at) - 1.0,
            step: bucket.avg_ms / before.map_or(f64::NAN, |before| before.avg_ms) - 1.0,
            // Where a bucket holds one sample, successive differences stand for its deviation.
            jitter: if spread.is_nan() { last_step } else { spread } / bucket.avg_ms,
            mean_jitter: mean(&steps) / level,
            range: ends(f64::max) / ends(f64::min) - 1.0,
            recent: mean(&trips[trips.len().saturating_sub(3)..]) / level - 1.0,
            since_sample_min: before.map_or(f64::NAN, |before| (bucket.at_us - before.at_us) as f64 / MINUTE_US),
        }
    }
}

/// The round trip five minutes ago, ms: of the last sample that is as old, by an interval at most; a tenth more at both ends, as ahead.
fn ago_ms(link: &Link, at: usize) -> f64 {
    let (due_us, interval_us) = (link.buckets[at].at_us - MOMENTUM_US, link.intervals_us[at]);
    let slack_us = slack_us(interval_us);
    let old = link.buckets[..at].iter().rev().find(|bucket| bucket.at_us <= due_us + slack_us);
    old.filter(|bucket| bucket.at_us > due_us - interval_us - slack_us).map_or(f64::NAN, |bucket| bucket.avg_ms)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
