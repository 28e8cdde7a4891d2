//! When a link is degraded, after the fact: what is forecast.

use super::normal::{DEVIATIONS, Moment, Normal, WINDOW_US, is_near};
use super::samples::Link;

/// A run of fewer samples is a spike, which nothing can forecast.
pub(super) const SAMPLES_OF_SHIFT: usize = 3;

/// How a link was at a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Nobody can say: all was lost, the hour before is too thin, or a run was cut off before it could last.
    Unknown,
    /// As usual.
    Normal,
    /// Degraded.
    Degraded {
        /// When this episode began, us since 1970.
        since_us: i64,
    },
}

/// The label worth forecasting: runs that last [`SAMPLES_OF_SHIFT`] samples, from their first to their last.
pub(super) fn level(link: &Link, moments: &[Moment]) -> Vec<State> {
    let mut states = vec![State::Unknown; moments.len()];
    let mut lasted = 0;
    for at in (0..moments.len()).rev() {
        let next = moments.get(at + 1).copied().unwrap_or_default();
        let is_last = |run: &super::normal::Run| next.run.is_none_or(|next| next.since_us != run.since_us);
        if let Some(run) = moments[at].run.filter(is_last) {
            lasted = run.samples;
        }
        states[at] = match moments[at].run {
            Some(run) if lasted >= SAMPLES_OF_SHIFT => State::Degraded { since_us: run.since_us },
            Some(run) if is_cut_off(link, moments, at, run.since_us) => State::Unknown,
            None if !link.buckets[at].is_answered() || moments[at].normal.is_none() => State::Unknown,
            _ => State::Normal,
        };
    }
    states
}

/// Whether the run that began at `since_us` met the end of the data or a gap, not a sample below its limit.
fn is_cut_off(link: &Link, moments: &[Moment], at: usize, since_us: i64) -> bool {
    let is_within = |moment: &&Moment| moment.run.is_some_and(|run| run.since_us == since_us);
    let after = at + moments[at..].iter().take_while(is_within).count();
    let Some(next) = link.buckets.get(after) else { return true };
    let is_below = moments[after - 1].normal.is_some_and(|normal| next.avg_ms <= normal.limit_ms());
    !(is_below && is_near(&link.buckets[after - 1], next, link.intervals_us[after]))
}

/// The original label: above the mean and 2.5 standard deviations of a window by time that holds the sample itself. No episode goes on
/// over a gap.
pub(super) fn rolling(link: &Link) -> Vec<State> {
    let mut states: Vec<State> = Vec::with_capacity(link.buckets.len());
    for (at, bucket) in link.buckets.iter().enumerate() {
        let is_next = at > 0 && is_near(&link.buckets[at - 1], bucket, link.intervals_us[at]);
        let since_us = match states.last() {
            Some(State::Degraded { since_us }) if is_next => *since_us,
            _ => bucket.at_us,
        };
        states.push(match bucket.is_answered().then(|| is_above_window(link, at)) {
            None => State::Unknown,
            Some(true) => State::Degraded { since_us },
            Some(false) => State::Normal,
        });
    }
    states
}

fn is_above_window(link: &Link, at: usize) -> bool {
    let own = link.buckets[at];
    let window = link.buckets[..=at].iter().rev().take_while(|bucket| bucket.at_us > own.at_us - WINDOW_US);
    let trips: Vec<f64> = window.filter(|bucket| bucket.is_answered()).map(|bucket| bucket.avg_ms).collect();
    Normal::of(&trips, 2).is_some_and(|normal| own.avg_ms > normal.mean_ms + DEVIATIONS * normal.sd_ms)
}
