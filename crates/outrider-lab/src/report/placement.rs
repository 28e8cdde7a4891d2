//! Where the requests of one round went, from the samples of its hosts.
//!
//! Counted in picks where the balancer tells them, since a host that is dead never sees what it is sent; else in arrivals;
//! else, without samples, in answers.

use std::time::Duration;

use super::recovery::between;
use outrider_sim::{HostSample, Measured};

/// What is counted at a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Counted {
    Picks,
    Arrivals,
    Answers,
}

impl Counted {
    /// Whether tries that came to nothing are in.
    pub(super) const fn sees_attempts(self) -> bool {
        !matches!(self, Counted::Answers)
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Counted::Picks => "picks",
            Counted::Arrivals => "arrivals",
            Counted::Answers => "answers",
        }
    }
}

/// What is counted in the rounds of one strategy: the same in all.
pub(super) fn counted(rounds: &[&Measured]) -> Counted {
    rounds.iter().map(|round| counted_in(round)).max().unwrap_or(Counted::Answers)
}

fn counted_in(round: &Measured) -> Counted {
    let has_all = |list: &[u64]| list.len() == round.hosts.len();
    let all = |test: &dyn Fn(&HostSample) -> bool| round.samples.len() > 1 && round.samples.iter().all(test);
    if all(&|sample| sample.picks.as_deref().is_some_and(has_all)) {
        Counted::Picks
    } else if all(&|sample| has_all(&sample.arrived)) {
        Counted::Arrivals
    } else {
        Counted::Answers
    }
}

/// How many went to each host between `from` and `to` of `round`.
pub(super) fn placed(round: &Measured, by: Counted, from: Duration, to: Duration) -> Vec<u64> {
    if by == Counted::Answers {
        return answered(round, from, to);
    }
    let (Some(first), Some(last)) = (sample_at(round, from), sample_at(round, to)) else {
        return vec![0; round.hosts.len()];
    };
    let pairs = counts(last, by).iter().zip(counts(first, by));
    // A host that was restarted counts anew.
    pairs.map(|(last, first)| last.saturating_sub(*first)).collect()
}

/// The sample nearest to `at`; they are in order of time.
fn sample_at(round: &Measured, at: Duration) -> Option<&HostSample> {
    let after = round.samples.partition_point(|sample| sample.at < at);
    let near = [after.checked_sub(1), Some(after)].into_iter().flatten();
    near.filter_map(|index| round.samples.get(index)).min_by_key(|sample| sample.at.abs_diff(at))
}

fn counts(sample: &HostSample, by: Counted) -> &[u64] {
    match (&sample.picks, by) {
        (Some(picks), Counted::Picks) => picks,
        _ => &sample.arrived,
    }
}

fn answered(round: &Measured, from: Duration, to: Duration) -> Vec<u64> {
    let mut answers = vec![0; round.hosts.len()];
    for host in between(round, from, to).iter().filter_map(|row| row.host) {
        if let Some(count) = answers.get_mut(usize::from(host)) {
            *count += 1;
        }
    }
    answers
}

/// Shares of the whole, 0 to 1; all 0 if there is nothing to share.
pub(super) fn shares(counts: &[u64]) -> Vec<f64> {
    let all: u64 = counts.iter().sum();
    counts.iter().map(|&count| count as f64 / all.max(1) as f64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{host_sample, round};

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn picks_come_before_arrivals_and_arrivals_before_answers() {
        let bare = round("a", 1);
        assert_eq!(counted(&[&bare]), Counted::Answers);
        let mut seen = bare.clone();
        seen.samples = vec![host_sample(0, &[0, 0]), host_sample(1_000, &[4, 6])];
        assert_eq!(counted(&[&seen]), Counted::Arrivals);
        let mut told = seen.clone();
        told.samples.iter_mut().for_each(|sample| sample.picks = Some(vec![0, 0]));
        assert_eq!(counted(&[&told]), Counted::Picks);
        assert_eq!(counted(&[&told, &seen]), Counted::Arrivals, "all rounds are counted alike");
    }

    #[test]
    fn a_window_counts_what_was_added_in_it() {
        let mut seen = round("a", 1);
        seen.samples = (0..5).map(|n| host_sample(n * 500, &[n * 10, n * n])).collect();
        assert_eq!(placed(&seen, Counted::Arrivals, SECOND, SECOND * 2), [20, 16 - 4]);
        assert_eq!(placed(&seen, Counted::Arrivals, Duration::ZERO, SECOND * 60), [40, 16]);
    }

    #[test]
    fn shares_add_up() {
        assert_eq!(shares(&[1, 3]), [0.25, 0.75]);
        assert_eq!(shares(&[0, 0]), [0.0, 0.0]);
    }
}
