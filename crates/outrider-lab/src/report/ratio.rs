//! Every other strategy against the first, paired by seed: what both met alike drops out.

use serde::Serialize;

use super::run::{Run, SeedFigures};
use crate::statistics::{Interval, geometric_mean_ratio};

/// One strategy against the first of its scenario and load.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ratio {
    /// Name of the experiment.
    pub scenario: String,
    /// Arrivals over capacity, where known.
    pub load: Option<f64>,
    /// The strategy.
    pub strategy: String,
    /// The first one.
    pub to: String,
    /// Geometric mean over seeds of its p99 over that of the first.
    pub p99: Option<Times>,
    /// The same of means.
    pub mean: Option<Times>,
}

/// So many times as much, with the 95 % interval over seeds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Times {
    /// The geometric mean.
    pub ratio: f64,
    /// The interval's lower end; none with fewer than two seeds.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
}

impl Times {
    /// The ratio alone, for people.
    pub fn plain(&self) -> String {
        format!("{:.3}", self.ratio)
    }

    /// Whether less or more is beyond doubt: the whole interval lies on one side of 1.
    pub fn verdict(&self) -> Verdict {
        match (self.low, self.high) {
            (_, Some(high)) if high < 1.0 => Verdict::Lower,
            (Some(low), _) if low > 1.0 => Verdict::Higher,
            _ => Verdict::Open,
        }
    }
}

/// What a ratio says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Below 1, the interval too.
    Lower,
    /// Above 1, the interval too.
    Higher,
    /// Nothing for sure.
    Open,
}

impl From<Interval> for Times {
    fn from(interval: Interval) -> Times {
        Times { ratio: interval.center, low: interval.low, high: interval.high }
    }
}

/// Each of `others` against `first`.
pub(super) fn ratios(first: &Run, others: &[Run]) -> Vec<Ratio> {
    others.iter().map(|other| ratio(first, other)).collect()
}

fn ratio(first: &Run, other: &Run) -> Ratio {
    Ratio {
        scenario: other.scenario.clone(),
        load: other.load,
        strategy: other.strategy.clone(),
        to: first.strategy.clone(),
        p99: times(first, other, |seed| seed.p99_ms),
        mean: times(first, other, |seed| seed.mean_ms),
    }
}

/// Over the seeds that both have.
fn times(first: &Run, other: &Run, of: fn(&SeedFigures) -> Option<f64>) -> Option<Times> {
    let pairs = other.by_seed.iter().filter_map(|seed| {
        let same = first.by_seed.iter().find(|first| first.seed == seed.seed)?;
        of(seed).zip(of(same))
    });
    let (other, first): (Vec<f64>, Vec<f64>) = pairs.unzip();
    geometric_mean_ratio(&other, &first).map(Times::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::round;

    fn run(strategy: &str, p99_by_seed: &[(u64, f64)]) -> Run {
        let by_seed = p99_by_seed.iter();
        let by_seed = by_seed.map(|&(seed, p99)| SeedFigures { seed, p99_ms: Some(p99), mean_ms: Some(1.0) }).collect();
        Run { by_seed, strategy: strategy.into(), ..Run::of(&[&round(strategy, 1)]) }
    }

    #[test]
    fn seeds_are_paired_by_their_number() {
        let first = run("a", &[(1, 10.0), (2, 1_000.0), (3, 100.0)]);
        let half = run("b", &[(3, 50.0), (1, 5.0), (4, 1.0)]);
        let [ratio] = &ratios(&first, &[half])[..] else { panic!() };
        assert_eq!((ratio.strategy.as_str(), ratio.to.as_str()), ("b", "a"));
        let p99 = ratio.p99.unwrap();
        assert!((p99.ratio - 0.5).abs() < 1e-9 && p99.high.unwrap() < 0.500_1);
        assert_eq!((p99.verdict(), ratio.mean.unwrap().verdict()), (Verdict::Lower, Verdict::Open));
    }

    #[test]
    fn one_seed_leaves_it_open() {
        let ratio = &ratios(&run("a", &[(1, 10.0)]), &[run("b", &[(1, 90.0)])])[0];
        assert_eq!(ratio.p99.unwrap().verdict(), Verdict::Open);
        assert_eq!(ratios(&run("a", &[(1, 10.0)]), &[run("b", &[(2, 90.0)])])[0].p99, None);
    }

    #[test]
    fn verdicts_take_the_whole_interval() {
        let times = |low, high| Times { ratio: 1.0, low: Some(low), high: Some(high) };
        assert_eq!(times(1.01, 2.0).verdict(), Verdict::Higher);
        assert_eq!(times(0.99, 1.01).verdict(), Verdict::Open);
        assert_eq!(times(0.5, 0.99).verdict(), Verdict::Lower);
    }
}
