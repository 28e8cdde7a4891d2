//! From rounds to points: windows of time, blocks of requests, tails. The seeds of a strategy are taken together.

use std::time::Duration;

use crate::report::latencies::{Latencies, counts};
use crate::report::placement::{counted, placed};
use outrider_sim::{Measured, Row};

/// Points of a curve.
pub(super) type Points = Vec<(f64, f64)>;

/// A quantile in a window needs about so many requests.
const PER_WINDOW: f64 = 300.0;
/// Points of a tail: as many as a picture is wide can show.
const TAIL_POINTS: usize = 240;
/// Blocks of a learning curve.
const BLOCKS: usize = 30;

/// Windows such that each holds enough requests of all seeds for a quantile; at least eight.
pub(super) fn window_s(lane: &[&Measured]) -> f64 {
    let (length_s, requests) = (length_s(lane), lane.iter().map(|round| round.rows.len()).sum::<usize>());
    let enough = PER_WINDOW * length_s / requests.max(1) as f64;
    let nice = [0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0];
    let chosen = nice.into_iter().find(|span| *span >= enough && length_s / span <= 60.0).unwrap_or(120.0);
    chosen.min(length_s / 8.0).max(1e-3)
}

fn length_s(lane: &[&Measured]) -> f64 {
    lane.iter().map(|round| round.length.as_secs_f64()).fold(0.0, f64::max)
}

/// What `of` makes of the rows of each window by `when` (us), at the windows' middles, s.
fn by_window(lane: &[&Measured], window_s: f64, when: fn(&Row) -> u64, of: impl Fn(&[&Row]) -> Option<f64>) -> Points {
    let mut windows: Vec<Vec<&Row>> = vec![Vec::new(); index(length_s(lane) / window_s)];
    for row in lane.iter().flat_map(|round| &round.rows) {
        if let Some(window) = windows.get_mut(index(when(row) as f64 / 1e6 / window_s)) {
            window.push(row);
        }
    }
    let middle = |n: usize| (n as f64 + 0.5) * window_s;
    windows.iter().enumerate().map(|(n, rows)| (middle(n), of(rows).unwrap_or(f64::NAN))).collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "times are positive and rounds short")]
fn index(windows: f64) -> usize {
    (windows + 1e-9) as usize
}

/// A quantile of latency over time, by when requests were scheduled, ms.
pub(super) fn latency(lane: &[&Measured], window_s: f64, quantile: f64) -> Points {
    by_window(
        lane,
        window_s,
        |row| row.scheduled_us,
        |rows| {
            let all = Latencies::of(rows.iter().copied());
            all.quantile_ms(quantile, 0.2)
        },
    )
}

/// Good answers per second over time, by when they came.
pub(super) fn throughput(lane: &[&Measured], window_s: f64) -> Points {
    let seconds = window_s * lane.len() as f64;
    let good = |rows: &[&Row]| Some(rows.iter().filter(|row| row.end.is_good()).count() as f64 / seconds);
    by_window(lane, window_s, |row| row.scheduled_us + row.latency_us, good)
}

/// Requests per second over time, as scheduled.
pub(super) fn offered(lane: &[&Measured], window_s: f64) -> Points {
    let seconds = window_s * lane.len() as f64;
    by_window(lane, window_s, |row| row.scheduled_us, |rows| Some(rows.len() as f64 / seconds))
}

/// The share of requests that ended well over time, by when they were scheduled.
pub(super) fn served(lane: &[&Measured], window_s: f64) -> Points {
    by_window(
        lane,
        window_s,
        |row| row.scheduled_us,
        |rows| {
            let good = rows.iter().filter(|row| row.end.is_good()).count();
            (!rows.is_empty()).then(|| good as f64 / rows.len() as f64)
        },
    )
}

/// The spans of the windows that fit.
fn spans(lane: &[&Measured], window_s: f64) -> impl Iterator<Item = (Duration, Duration)> {
    let at = move |n: usize| Duration::from_secs_f64(n as f64 * window_s);
    (0..index(length_s(lane) / window_s)).map(move |n| (at(n), at(n + 1)))
}

/// What hosts were given per request of users over time; nothing where only answers are known.
pub(super) fn attempts(lane: &[&Measured], window_s: f64) -> Points {
    let by = counted(lane);
    if !by.sees_attempts() {
        return Vec::new();
    }
    let offered = offered(lane, window_s);
    let seconds = window_s * lane.len() as f64;
    let of = |((from, to), (middle, rate)): ((Duration, Duration), &(f64, f64))| {
        let given: u64 = lane.iter().flat_map(|round| placed(round, by, from, to)).sum();
        (*middle, if *rate > 0.0 { given as f64 / seconds / rate } else { f64::NAN })
    };
    spans(lane, window_s).zip(&offered).map(of).collect()
}

/// The share that `host` was given over time.
pub(super) fn share(lane: &[&Measured], window_s: f64, host: usize) -> Points {
    let by = counted(lane);
    let of = |(from, to): (Duration, Duration)| {
        let mut sums = (0, 0);
        for given in lane.iter().map(|round| placed(round, by, from, to)) {
            sums = (sums.0 + given.get(host).copied().unwrap_or(0), sums.1 + given.iter().sum::<u64>());
        }
        let share = if sums.1 > 0 { sums.0 as f64 / sums.1 as f64 } else { f64::NAN };
        ((from + to).as_secs_f64() / 2.0, share)
    };
    spans(lane, window_s).map(of).collect()
}

/// Latency, ms, and the share of requests that took longer, from all to the last.
pub(super) fn tail(rows: impl Iterator<Item = Row>) -> Points {
    let rows: Vec<Row> = rows.filter(|row| counts(row.end)).collect();
    let all = Latencies::of(rows.iter());
    // Evenly on a logarithmic axis, down to the share of one request.
    let last = 1.0 / all.len().max(1) as f64;
    let beyond = (0..TAIL_POINTS).map(|n| last.powf(n as f64 / (TAIL_POINTS - 1) as f64));
    let mut points: Points = beyond.filter_map(|beyond| Some((all.at_rank(1.0 - beyond)?, beyond))).collect();
    points.dedup_by(|later, earlier| later.0 <= earlier.0);
    points
}

/// A quantile of latency, ms, by how many requests a balancer has had since its round began, the warm-up included.
pub(super) fn learning(lane: &[&Measured], quantile: f64) -> Points {
    let least = lane.iter().map(|round| round.rows.len()).min().unwrap_or(0);
    let block = least.div_ceil(BLOCKS).max(1);
    let of = |n: usize| {
        let rows = lane.iter().flat_map(|round| round.rows.chunks(block).nth(n).unwrap_or_default());
        let all = Latencies::of(rows);
        ((n as f64 + 0.5) * block as f64, all.quantile_ms(quantile, 1.0).unwrap_or(f64::NAN))
    };
    // Whole blocks of every seed: the last few requests would be the luck of one.
    (0..least / block).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{host_sample, round, row};

    /// A request a millisecond for five seconds that each take as long as their number, us.
    fn lane() -> Measured {
        let mut measured = round("a", 1);
        measured.rows = (0..5_000).map(|n| row(n * 1_000, n)).collect();
        measured.samples = (0..=50).map(|n| host_sample(n * 100, &[n * 150, n * 50])).collect();
        measured
    }

    #[test]
    fn windows_hold_what_was_in_them() {
        let measured = lane();
        let lane = [&measured, &measured];
        assert_eq!(latency(&lane, 1.0, 0.5)[3], (3.5, 3.499));
        assert!(throughput(&lane, 1.0).iter().all(|(_, rate)| (rate - 1_000.0).abs() <= 5.0));
        assert_eq!(offered(&lane, 1.0), served(&lane, 1.0).iter().map(|(at, s)| (*at, s * 1e3)).collect::<Points>());
        assert!(attempts(&lane, 1.0).iter().all(|(_, attempts)| (attempts - 2.0).abs() < 1e-9));
        assert!(share(&lane, 0.5, 1).iter().all(|(_, share)| *share == 0.25));
    }

    #[test]
    fn a_tail_runs_from_all_to_the_last() {
        let tail = tail(lane().rows.into_iter());
        assert!(tail[0].1 == 1.0 && tail.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 > pair[1].1));
        assert!((tail.last().unwrap().0 - 4.998).abs() < 0.002, "{:?}", tail.last());
    }

    #[test]
    fn learning_goes_by_requests() {
        let measured = lane();
        let points = learning(&[&measured], 0.9);
        assert_eq!((points.len(), points[0]), (29, (83.5, 0.150)));
    }

    #[test]
    fn windows_are_as_long_as_their_quantiles_need() {
        let mut few = lane();
        few.length = Duration::from_secs(60);
        assert!(window_s(&[&few]) > 1.0);
        let empty = round("a", 1);
        assert!(
            window_s(&[&empty]) > 0.0 && tail(std::iter::empty()).is_empty() && learning(&[&empty], 0.9).is_empty()
        );
    }
}
