//! How long it took until traffic had moved away from a host, until users were served again, or as soon as they ever will be
//! (the definitions stand at [`Recovery`]).

use std::time::Duration;

use super::placement::{Counted, counted, placed};
use outrider_sim::{Mark, Measured, Recovery, Row, quantile};

/// Windows hold about so many of what is counted, or half a share is luck.
const WINDOW_COUNT: f64 = 30.0;
/// Shorter windows would see the samples' own steps.
const WINDOW_MIN: Duration = Duration::from_secs(1);
const WINDOW_MAX: Duration = Duration::from_secs(5);
/// Of what a host had, below which traffic has moved.
const MOVED: f64 = 0.5;
/// Of what users got, above which they are served again.
const SERVED: f64 = 0.9;
/// Of what users wait in the median window, up to which nothing is to be seen of a change.
const SETTLED: f64 = 1.5;

/// The median over `rounds`; a round that never recovered counts as the longest. None if it is not asked, or if the
/// median never recovered.
pub(super) fn recovery_s(rounds: &[&Measured]) -> Option<f64> {
    let by = counted(rounds);
    let mut times: Vec<f64> = rounds.iter().map(|round| recovery(round, by).unwrap_or(f64::INFINITY)).collect();
    times.sort_by(f64::total_cmp);
    let (low, high) = (times.get(times.len().checked_sub(1)? / 2)?, times.get(times.len() / 2)?);
    Some(f64::midpoint(*low, *high)).filter(|time| time.is_finite())
}

/// The time of one round, s.
fn recovery(round: &Measured, by: Counted) -> Option<f64> {
    let fault = fault(round)?;
    match round.recovery? {
        Recovery::Host(host) => moved_s(round, by, fault, host),
        Recovery::Goodput => served_s(round, fault),
        Recovery::Latency => settled_s(round, fault),
    }
}

/// The mark that time runs from: the first in the measured time.
pub(super) fn fault(round: &Measured) -> Option<&Mark> {
    round.marks.iter().filter(|mark| mark.at >= round.warm_up && mark.at < round.length).min_by_key(|mark| mark.at)
}

/// From the fault until `host` is given less than half of its former share in every window that begins later.
fn moved_s(round: &Measured, by: Counted, fault: &Mark, host: usize) -> Option<f64> {
    let before = placed(round, by, round.warm_up, fault.at);
    let rate = *before.get(host)? as f64 / (fault.at - round.warm_up).as_secs_f64();
    let window = window(rate);
    let limit = MOVED * share(&before, host)?;
    let later = round.marks.iter().filter(|mark| mark.at > fault.at && mark.host == Some(host));
    let end = later.map(|mark| mark.at).min().unwrap_or(round.length).min(round.length);
    let starts = round.samples.iter().map(|sample| sample.at);
    let starts: Vec<Duration> = starts.filter(|at| *at >= fault.at && *at + window <= end).collect();
    let has_its_share =
        |at: &&Duration| share(&placed(round, by, **at, **at + window), host).is_some_and(|s| s >= limit);
    let settled = match starts.iter().rposition(|at| has_its_share(&at)) {
        None => starts.first(),
        Some(last) => starts.get(last + 1),
    };
    settled.map(|at| (*at - fault.at).as_secs_f64())
}

fn share(placed: &[u64], host: usize) -> Option<f64> {
    let all: u64 = placed.iter().sum();
    (all > 0).then(|| placed[host] as f64 / all as f64)
}

/// From the fault to the end of the last window in which users were served less than 90 % as well as before.
fn served_s(round: &Measured, fault: &Mark) -> Option<f64> {
    let before = good_share(round, round.warm_up, fault.at)?;
    let rate = round.rows.len() as f64 / round.length.as_secs_f64();
    let window = window(rate);
    let is_bad = |start| good_share(round, start, start + window).is_some_and(|share| share < SERVED * before);
    after_the_last(&windows(round, fault, window).map(is_bad).collect::<Vec<bool>>(), window)
}

/// From the fault to the end of the last window in which users waited more than half as long again as in the median one.
fn settled_s(round: &Measured, fault: &Mark) -> Option<f64> {
    let mean_of = |start| mean_ms(between(round, start, start + WINDOW_MAX)).unwrap_or(f64::INFINITY);
    let means: Vec<f64> = windows(round, fault, WINDOW_MAX).map(mean_of).collect();
    let mut sorted = means.clone();
    sorted.sort_by(f64::total_cmp);
    let limit = SETTLED * quantile(&sorted, 0.5);
    after_the_last(&means.iter().map(|mean| *mean > limit).collect::<Vec<bool>>(), WINDOW_MAX)
}

/// Where whole windows begin, one after the other, from the fault to the end of the round.
fn windows(round: &Measured, fault: &Mark, window: Duration) -> impl Iterator<Item = Duration> {
    let (from, end) = (fault.at, round.length);
    (0..).map(move |n| from + window * n).take_while(move |start| *start + window <= end)
}

/// The end of the last bad window, from the beginning of the first; none if the round ends badly.
fn after_the_last(bad: &[bool], window: Duration) -> Option<f64> {
    let after = bad.iter().rposition(|bad| *bad).map_or(0, |last| last + 1);
    (after < bad.len()).then_some(after as f64 * window.as_secs_f64())
}

/// Mean latency of those that ended well; none of none.
fn mean_ms(rows: &[Row]) -> Option<f64> {
    let good = rows.iter().filter(|row| row.end.is_good());
    let (count, sum_us) = good.fold((0_u64, 0_u64), |(count, sum), row| (count + 1, sum + row.latency_us));
    (count > 0).then(|| sum_us as f64 / count as f64 / 1e3)
}

fn window(rate_per_s: f64) -> Duration {
    // In this order, no rate at all and one of nothing by nothing come out as a window too.
    let span_s = (WINDOW_COUNT / rate_per_s).max(WINDOW_MIN.as_secs_f64()).min(WINDOW_MAX.as_secs_f64());
    Duration::from_secs_f64(span_s)
}

/// The share of the requests scheduled between `from` and `to` that ended well; None if there were none.
pub(super) fn good_share(round: &Measured, from: Duration, to: Duration) -> Option<f64> {
    let within = between(round, from, to);
    let good = within.iter().filter(|row| row.end.is_good()).count();
    (!within.is_empty()).then(|| good as f64 / within.len() as f64)
}

/// The requests scheduled between `from` and `to`.
pub(super) fn between(round: &Measured, from: Duration, to: Duration) -> &[Row] {
    // Rows stand in the order of their schedule.
    let first_at = |at: Duration| round.rows.partition_point(|row| u128::from(row.scheduled_us) < at.as_micros());
    round.rows.get(first_at(from)..first_at(to)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{host_sample, round, row};
    use outrider_sim::End;

    fn mark(at_s: u64, host: usize) -> Mark {
        Mark { at: Duration::from_secs(at_s), host: Some(host), what: "something".into() }
    }

    /// 40 seconds, a request every 10 ms; host 0 gets half of them, but `share` of 10 from `from_s` to `to_s`.
    fn diverted(share: u64, from_s: u64, to_s: u64) -> Measured {
        let mut arrived = [0, 0];
        let mut measured = Measured { length: Duration::from_secs(40), ..round("a", 1) };
        for n in 0..=400u64 {
            measured.samples.push(host_sample(n * 100, &arrived));
            let own = if (from_s * 10..to_s * 10).contains(&n) { share } else { 5 };
            arrived = [arrived[0] + own, arrived[1] + 10 - own];
        }
        measured.rows = (0..4_000).map(|n| row(n * 10_000, 1_000)).collect();
        measured.marks = vec![mark(10, 0), mark(30, 0)];
        measured.recovery = Some(Recovery::Host(0));
        measured
    }

    #[test]
    fn traffic_has_moved_when_the_share_stays_below_half() {
        assert_eq!(recovery_s(&[&diverted(0, 10, 30)]), Some(0.0));
        let late = recovery_s(&[&diverted(0, 13, 30)]).unwrap();
        assert!((2.0..3.0).contains(&late), "a window that begins at {late} s has less than half");
        assert_eq!(recovery_s(&[&diverted(4, 10, 30)]), None, "four fifths of its share is no escape");
        assert_eq!(recovery_s(&[&diverted(0, 10, 20)]), None, "it came back before the host did");
    }

    #[test]
    fn users_are_served_again_after_the_last_bad_window() {
        let mut stormy = diverted(5, 0, 0);
        stormy.recovery = Some(Recovery::Goodput);
        assert_eq!(recovery_s(&[&stormy]), Some(0.0), "nobody noticed");
        for row in stormy.rows.iter_mut().filter(|row| (12_000_000..17_000_000).contains(&row.scheduled_us)) {
            row.end = End::TimedOut;
        }
        assert_eq!(recovery_s(&[&stormy]), Some(7.0));
        stormy.rows.iter_mut().skip(3_800).for_each(|row| row.end = End::Broken);
        assert_eq!(recovery_s(&[&stormy]), None, "it ended badly");
    }

    #[test]
    fn users_wait_as_they_will_from_the_end_of_the_last_window_in_which_they_waited_longer() {
        let slow = |from_s: u64, to_s: u64, factor: u64| {
            let mut shifted = Measured { recovery: Some(Recovery::Latency), ..diverted(5, 0, 0) };
            let within = |row: &&mut Row| (from_s * 1_000_000..to_s * 1_000_000).contains(&row.scheduled_us);
            shifted.rows.iter_mut().filter(within).for_each(|row| row.latency_us *= factor);
            recovery_s(&[&shifted])
        };
        assert_eq!(slow(0, 10, 5), Some(0.0), "what was before does not count");
        assert_eq!(slow(10, 40, 5), Some(0.0), "it is as it will be at once");
        assert_eq!(slow(12, 23, 3), Some(15.0));
        assert_eq!(slow(12, 14, 2), Some(0.0), "a window is two fifths slower: nothing to be seen");
        assert_eq!(slow(34, 40, 5), None, "it ends badly");
    }

    #[test]
    fn the_median_seed_speaks_for_all() {
        let (quick, never) = (diverted(0, 10, 30), diverted(5, 0, 0));
        assert_eq!(recovery_s(&[&quick, &never, &quick]), Some(0.0));
        assert_eq!(recovery_s(&[&quick, &never, &never]), None);
    }

    #[test]
    fn without_fault_or_question_there_is_no_recovery() {
        let calm = Measured { marks: Vec::new(), ..diverted(0, 10, 30) };
        let unasked = Measured { recovery: None, ..diverted(0, 10, 30) };
        assert_eq!((recovery_s(&[&calm]), recovery_s(&[&unasked]), recovery_s(&[])), (None, None, None));
    }
}
