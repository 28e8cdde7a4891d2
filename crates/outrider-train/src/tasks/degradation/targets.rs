//! What lies five minutes ahead.

use super::samples::{Link, slack_us};
use super::states::State;

/// How far ahead is forecast.
pub(super) const HORIZON_US: i64 = 300_000_000;

/// The state at the first bucket that begins in (t + horizon, t + horizon + one sampling interval] of each, a tenth of an interval more at
/// both ends, since samples do not come to the millisecond; unknown where there is none.
pub(super) fn ahead(link: &Link, states: &[State]) -> Vec<State> {
    let at = |from: usize| {
        let (due_us, interval_us) = (link.buckets[from].at_us + HORIZON_US, link.intervals_us[from]);
        let slack_us = slack_us(interval_us);
        let next = from + link.buckets[from..].iter().take_while(|bucket| bucket.since_us < due_us - slack_us).count();
        let latest_us = due_us + interval_us + slack_us;
        let is_near = link.buckets.get(next).is_some_and(|bucket| bucket.since_us <= latest_us);
        if is_near { states[next] } else { State::Unknown }
    };
    (0..link.buckets.len()).map(at).collect()
}
