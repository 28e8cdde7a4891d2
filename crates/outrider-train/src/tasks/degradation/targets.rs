//! What lies five minutes ahead.

use super::samples::Link;
use super::states::State;

/// How far ahead is forecast.
pub(super) const HORIZON_US: i64 = 300_000_000;

/// The state at the first sample in (t + horizon, t + horizon + one sampling interval] of each bucket; unknown where there is none.
pub(super) fn ahead(link: &Link, states: &[State]) -> Vec<State> {
    let at = |from: usize| {
        let after_us = link.buckets[from].at_us + HORIZON_US;
        let next = from + link.buckets[from..].iter().take_while(|bucket| bucket.at_us <= after_us).count();
        let is_near = link.buckets.get(next).is_some_and(|bucket| bucket.at_us <= after_us + link.intervals_us[from]);
        if is_near { states[next] } else { State::Unknown }
    };
    (0..link.buckets.len()).map(at).collect()
}
