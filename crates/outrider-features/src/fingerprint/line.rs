//! A straight line through service time against size, learnt one request at a time and forgotten exponentially.
//!
//! Weighted least squares: what takes ten times as long also scatters ten times as far, so each request weighs the
//! inverse square of what was expected of it. A line that has seen little leans on a prior: four pseudo-observations of
//! the prior's line, put one standard deviation of the sizes to either side of their mean (ridge regression in its Bayesian reading;
//! Hastie, Tibshirani, Friedman, "The Elements of Statistical Learning", 3.4). Neither the intercept nor the slope may be negative: nobody
//! finishes before the start, and a slope below zero is noise.

/// Service time as intercept and slope: `intercept_ns + slope_ns x size`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Fit {
    /// At size 0, ns, >= 0.
    pub intercept_ns: f64,
    /// Per unit of size, ns, >= 0; 0 where sizes are unknown.
    pub slope_ns: f64,
}

impl Fit {
    /// The same time whatever the size.
    pub fn constant(ns: f64) -> Fit {
        Fit { intercept_ns: ns, slope_ns: 0.0 }
    }

    /// What a request of `size` takes, ns.
    #[inline]
    pub fn at(self, size: f64) -> f64 {
        self.intercept_ns + self.slope_ns * size
    }

    /// Both parts times `factor`.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Fit {
        Fit { intercept_ns: self.intercept_ns * factor, slope_ns: self.slope_ns * factor }
    }
}

/// Decayed sums of weight, size and time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Line {
    weight: f64,
    x: f64,
    xx: f64,
    y: f64,
    xy: f64,
}

/// What a line leans on while it has seen little.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prior {
    pub(crate) fit: Fit,
    /// Pseudo-observations, each of weight 1.
    pub(crate) strength: f64,
    /// Mean and standard deviation of the sizes to be expected.
    pub(crate) sizes: (f64, f64),
}

/// Shares of one request's weight that an expectation may give it, around 1.
const WEIGHT_RANGE: (f64, f64) = (1e-3, 1e3);

impl Line {
    /// One request of `size` took `ns`; `expected` is what was expected of it over what is expected of the mean size.
    pub(crate) fn observe(&mut self, size: f64, ns: f64, expected: f64, keep: f64) {
        let weight = (1.0 / (expected * expected)).clamp(WEIGHT_RANGE.0, WEIGHT_RANGE.1);
        *self = self.faded(keep).plus(size, ns, weight);
    }

    /// Mean and standard deviation of the sizes; `None` before the first.
    pub(crate) fn sizes(&self) -> Option<(f64, f64)> {
        let mean = self.x / self.weight;
        let variance = (self.xx / self.weight - mean * mean).max(0.0);
        (self.weight > 0.0).then_some((mean, variance.sqrt()))
    }

    /// The line; with a prior where that is given. `None` without either.
    pub(crate) fn fit(&self, prior: Option<Prior>) -> Option<Fit> {
        let sums = prior.map_or(*self, |prior| self.leaning_on(prior));
        (sums.weight > 0.0).then(|| sums.solve())
    }

    fn leaning_on(self, Prior { fit, strength, sizes: (mean, deviation) }: Prior) -> Line {
        let half = strength / 2.0;
        let at = |size: f64| (size, fit.at(size).max(0.0));
        let ((low, low_ns), (high, high_ns)) = (at((mean - deviation).max(0.0)), at(mean + deviation));
        self.plus(low, low_ns, half).plus(high, high_ns, half)
    }

    fn faded(self, keep: f64) -> Line {
        let Line { weight, x, xx, y, xy } = self;
        Line { weight: weight * keep, x: x * keep, xx: xx * keep, y: y * keep, xy: xy * keep }
    }

    fn plus(self, size: f64, ns: f64, weight: f64) -> Line {
        Line {
            weight: self.weight + weight,
            x: self.x + weight * size,
            xx: self.xx + weight * size * size,
            y: self.y + weight * ns,
            xy: self.xy + weight * size * ns,
        }
    }

    fn solve(self) -> Fit {
        let Line { weight, x, xx, y, xy } = self;
        let determinant = weight * xx - x * x;
        // Sizes that are all alike say nothing about the slope.
        if determinant <= 1e-9 * weight * xx {
            return Fit::constant(y / weight);
        }
        let slope = (weight * xy - x * y) / determinant;
        let intercept = (y - slope * x) / weight;
        if slope <= 0.0 {
            Fit::constant(y / weight)
        } else if intercept < 0.0 {
            Fit { intercept_ns: 0.0, slope_ns: xy / xx }
        } else {
            Fit { intercept_ns: intercept, slope_ns: slope }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seen(points: &[(f64, f64)]) -> Line {
        let mut line = Line::default();
        points.iter().for_each(|&(size, ns)| line.observe(size, ns, 1.0, 1.0));
        line
    }

    proptest! {
        #[test]
        fn points_on_a_line_give_the_line(
            intercept_ns in 0.0..1e9, slope_ns in 0.0..1e9, sizes in prop::collection::vec(0.0..100.0, 2..20),
        ) {
            let spread = sizes.iter().copied().fold(0.0, f64::max) - sizes.iter().copied().fold(f64::MAX, f64::min);
            prop_assume!(spread > 1.0);
            let truth = Fit { intercept_ns, slope_ns };
            let points: Vec<_> = sizes.iter().map(|&size| (size, truth.at(size))).collect();
            let fit = seen(&points).fit(None).unwrap();
            for size in sizes {
                prop_assert!((fit.at(size) - truth.at(size)).abs() <= 1e-6 * truth.at(size) + 1.0);
            }
        }

        #[test]
        fn no_fit_is_negative_anywhere(points in prop::collection::vec((0.0..1e6f64, 0.0..1e12f64), 1..30)) {
            let fit = seen(&points).fit(None).unwrap();
            prop_assert!(fit.intercept_ns >= 0.0 && fit.slope_ns >= 0.0);
        }

        #[test]
        fn without_sizes_that_differ_the_line_is_the_mean(times_ns in prop::collection::vec(0.0..1e12f64, 1..30), size in 0.0..1e3f64) {
            let points: Vec<_> = times_ns.iter().map(|&ns| (size, ns)).collect();
            let mean = times_ns.iter().sum::<f64>() / times_ns.len() as f64;
            let fit = seen(&points).fit(None).unwrap();
            prop_assert!((fit.at(size) - mean).abs() <= 1e-6 * mean + 1e-3);
        }

        #[test]
        fn much_seen_outweighs_the_prior_and_nothing_seen_is_the_prior(slope_ns in 1.0..1e6f64) {
            let prior = Prior { fit: Fit { intercept_ns: 3.0, slope_ns: 7.0 }, strength: 4.0, sizes: (1.0, 0.5) };
            let blank = Line::default().fit(Some(prior)).unwrap();
            prop_assert!((blank.at(1.0) - 10.0).abs() < 1e-6);
            let points: Vec<_> = (0..4_000).map(|n| (f64::from(n % 5), slope_ns * f64::from(n % 5))).collect();
            let fit = seen(&points).fit(Some(prior)).unwrap();
            prop_assert!((fit.at(2.0) - 2.0 * slope_ns).abs() < 0.01 * slope_ns + 0.1);
        }
    }

    #[test]
    fn nothing_seen_is_nothing_known() {
        assert_eq!(Line::default().fit(None), None);
        assert_eq!(Line::default().sizes(), None);
    }

    #[test]
    fn what_is_forgotten_weighs_less() {
        let mut line = Line::default();
        (0..100).for_each(|_| line.observe(1.0, 10.0, 1.0, 0.9));
        (0..100).for_each(|_| line.observe(1.0, 30.0, 1.0, 0.9));
        assert!((line.fit(None).unwrap().at(1.0) - 30.0).abs() < 0.01);
    }
}
