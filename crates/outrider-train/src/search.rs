//! Which parameters are best, over folds by time: all of a grid, or a number of draws.

use std::ops::ControlFlow;

use outrider_core::Random;

use crate::metrics::Better;
use crate::split::Fold;

/// A value for each parameter, in the order they were asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Candidate(pub Vec<(String, f64)>);

/// What a parameter is drawn from.
#[derive(Clone, Debug, PartialEq)]
pub enum Range {
    /// One of these, each as likely.
    OneOf(Vec<f64>),
    /// Evenly between the two.
    Even {
        /// The lower end.
        low: f64,
        /// The upper end.
        high: f64,
    },
    /// Evenly in its logarithm; both ends above 0.
    Logarithmic {
        /// The lower end.
        low: f64,
        /// The upper end.
        high: f64,
    },
    /// A whole number from `low` to `high`, both included.
    Whole {
        /// The lowest.
        low: u32,
        /// The highest.
        high: u32,
    },
}

/// How a candidate did.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Its parameters.
    pub candidate: Candidate,
    /// On each fold; `None`: undefined there.
    pub scores: Vec<Option<f64>>,
    /// The mean over folds; `None` if one is undefined.
    pub mean: Option<f64>,
}

/// How far a search has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress<'a> {
    /// Candidates tried.
    pub done: usize,
    /// Of so many.
    pub of: usize,
    /// The last one.
    pub last: &'a Trial,
    /// The best so far.
    pub best: Option<&'a Trial>,
}

/// What a search has found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// All that were tried, in the order of the candidates.
    pub trials: Vec<Trial>,
    best: Option<usize>,
}

impl Candidate {
    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| *value)
    }
}

impl Found {
    /// The best; the first of those as good. `None` if every one was undefined somewhere.
    pub fn best(&self) -> Option<&Trial> {
        self.best.map(|best| &self.trials[best])
    }
}

impl Range {
    fn draw(&self, random: &mut Random) -> f64 {
        match self {
            Range::OneOf(values) => values.get(random.below(values.len().max(1))).copied().unwrap_or(f64::NAN),
            Range::Even { low, high } => low + random.unit() * (high - low),
            Range::Logarithmic { low, high } => (low.ln() + random.unit() * (high.ln() - low.ln())).exp(),
            Range::Whole { low, high } => f64::from(*low) + random.below((high - low) as usize + 1) as f64,
        }
    }
}

/// Every combination of the values, the last parameter changing fastest.
pub fn grid(parameters: &[(&str, Vec<f64>)]) -> Vec<Candidate> {
    parameters.iter().fold(vec![Candidate::default()], |candidates, (name, values)| {
        let with = |candidate: &Candidate, value: f64| {
            Candidate(candidate.0.iter().cloned().chain([((*name).to_owned(), value)]).collect())
        };
        candidates.iter().flat_map(|candidate| values.iter().map(move |&value| with(candidate, value))).collect()
    })
}

/// `count` draws of every parameter.
pub fn draws(parameters: &[(&str, Range)], count: usize, seed: u64) -> Vec<Candidate> {
    let mut random = Random::new(seed);
    let mut draw =
        || Candidate(parameters.iter().map(|(name, range)| ((*name).to_owned(), range.draw(&mut random))).collect());
    (0..count).map(|_| draw()).collect()
}

/// Tries every candidate on every fold. `score` trains on the fold's first rows and judges on its later ones. `progress` is told after
/// each candidate and may break off: then what was tried so far counts.
///
/// # Errors
///
/// The first of `score`.
pub fn search<E>(
    candidates: Vec<Candidate>,
    folds: &[Fold],
    better: Better,
    mut score: impl FnMut(&Candidate, &Fold) -> Result<Option<f64>, E>,
    mut progress: impl FnMut(Progress) -> ControlFlow<()>,
) -> Result<Found, E> {
    let of = candidates.len();
    let mut found = Found { trials: Vec::new(), best: None };
    for candidate in candidates {
        let scores = folds.iter().map(|fold| score(&candidate, fold)).collect::<Result<Vec<_>, E>>()?;
        found.add(Trial { mean: mean(&scores), candidate, scores }, better);
        let done = found.trials.len();
        let told = Progress { done, of, last: &found.trials[done - 1], best: found.best() };
        if progress(told).is_break() {
            break;
        }
    }
    Ok(found)
}

impl Found {
    fn add(&mut self, trial: Trial, better: Better) {
        let best = self.best().and_then(|best| best.mean);
        let is_best = trial.mean.is_some_and(|mean| best.is_none_or(|best| better.advantage(mean, best) > 0.0));
        if is_best {
            self.best = Some(self.trials.len());
        }
        self.trials.push(trial);
    }
}

fn mean(scores: &[Option<f64>]) -> Option<f64> {
    let sum: f64 = scores.iter().copied().sum::<Option<f64>>()?;
    (!scores.is_empty()).then(|| sum / scores.len() as f64).filter(|mean| mean.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folds() -> Vec<Fold> {
        vec![Fold { train: vec![0], validation: vec![1] }, Fold { train: vec![0, 1], validation: vec![2] }]
    }

    fn quadratic(candidate: &Candidate, fold: &Fold) -> Result<Option<f64>, ()> {
        let x = candidate.get("x").unwrap();
        Ok((x >= 0.0).then(|| (x - 2.0).powi(2) + fold.train.len() as f64))
    }

    #[test]
    fn a_grid_has_every_combination() {
        let grid = grid(&[("depth", vec![2.0, 4.0]), ("rate", vec![0.1, 0.2, 0.3])]);
        let pairs: Vec<_> = grid.iter().map(|c| (c.get("depth").unwrap(), c.get("rate").unwrap())).collect();
        assert_eq!(pairs, [(2.0, 0.1), (2.0, 0.2), (2.0, 0.3), (4.0, 0.1), (4.0, 0.2), (4.0, 0.3)]);
        assert_eq!(grid[0].get("other"), None);
    }

    #[test]
    fn draws_lie_in_their_ranges_and_follow_the_seed() {
        let ranges = [
            ("a", Range::Logarithmic { low: 0.001, high: 1.0 }),
            ("b", Range::Whole { low: 3, high: 5 }),
            ("c", Range::OneOf(vec![7.0, 9.0])),
            ("d", Range::Even { low: -1.0, high: 1.0 }),
        ];
        let drawn = draws(&ranges, 600, 4);
        assert_eq!((draws(&ranges, 600, 4) == drawn, draws(&ranges, 600, 5) == drawn), (true, false));
        let of = |name: &str| drawn.iter().map(|c| c.get(name).unwrap()).collect::<Vec<_>>();
        let share = |values: &[f64], is_in: &dyn Fn(f64) -> bool| values.iter().filter(|v| is_in(**v)).count();
        let small = share(&of("a"), &|a| a < 0.0316);
        assert!((240..360).contains(&small), "half of the logarithms: {small}");
        for whole in [3.0, 4.0, 5.0] {
            assert!(share(&of("b"), &|b| b == whole) > 150);
        }
        assert_eq!(
            share(&of("b"), &|b| [3.0, 4.0, 5.0].contains(&b)) + share(&of("c"), &|c| c == 7.0 || c == 9.0),
            1200
        );
        assert_eq!(share(&of("d"), &|d| (-1.0..1.0).contains(&d)), 600);
    }

    #[test]
    fn the_best_mean_over_folds_is_found() {
        let candidates = grid(&[("x", vec![-1.0, 0.0, 3.0, 1.0])]);
        let mut seen = Vec::new();
        let found = search(candidates, &folds(), Better::Lower, quadratic, |progress| {
            seen.push((progress.done, progress.best.and_then(|best| best.candidate.get("x"))));
            ControlFlow::Continue(())
        });
        let found = found.unwrap();
        let best = found.best().unwrap();
        assert_eq!((best.candidate.get("x"), best.mean), (Some(3.0), Some(2.5)), "the first of two as good");
        assert_eq!(found.trials[0].mean, None, "undefined");
        assert_eq!(seen, [(1, None), (2, Some(0.0)), (3, Some(3.0)), (4, Some(3.0))]);
    }

    #[test]
    fn a_search_can_be_broken_off_and_can_fail() {
        let candidates = || grid(&[("x", vec![0.0, 2.0])]);
        let stop = |_: Progress| ControlFlow::Break(());
        let found = search(candidates(), &folds(), Better::Higher, quadratic, stop).unwrap();
        assert_eq!((found.trials.len(), found.best().and_then(|best| best.mean)), (1, Some(5.5)));
        let failed = search(candidates(), &folds(), Better::Higher, |_, _| Err("no"), stop);
        assert_eq!(failed, Err("no"));
    }
}
