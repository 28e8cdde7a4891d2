//! The factor of a pattern at each moment, its integral, and the inverse of that.
//!
//! All in closed form, which is all that exact arrivals need (see [`crate::Arrivals`]): no thinning, no steps.

use std::time::Duration;

use super::{Pattern, Ramp};

/// Poisson at this part of the rate is `low`, and at that `medium`.
const LOW: f64 = 0.3;
const MEDIUM: f64 = 0.6;

/// The factor on the rate over time, with its integral and the inverse of that. Times are in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Shape {
    Even { factor: f64 },
    Ramp { from: f64, to: f64, length_s: f64 },
    Burst { factor: f64, calm_s: f64, every_s: f64 },
}

impl Shape {
    /// The shape of `pattern` in a run of `length`.
    pub(crate) fn new<T>(pattern: &Pattern<T>, length: Duration) -> Shape {
        match pattern {
            Pattern::Poisson | Pattern::Pace | Pattern::Trace(_) => Shape::Even { factor: 1.0 },
            Pattern::Low => Shape::Even { factor: LOW },
            Pattern::Medium => Shape::Even { factor: MEDIUM },
            &Pattern::Ramp(Ramp { from, to }) => Shape::Ramp { from, to, length_s: length.as_secs_f64() },
            Pattern::Burst(b) => {
                let every_s = b.every.as_secs_f64();
                Shape::Burst { factor: b.factor, calm_s: every_s - b.length.as_secs_f64(), every_s }
            }
        }
    }

    /// The factor at `t` seconds.
    pub(crate) fn factor_at(&self, t: f64) -> f64 {
        match *self {
            Shape::Ramp { from, to, length_s } if t < length_s => from + (to - from) * t / length_s,
            Shape::Ramp { to: after, .. } => after,
            Shape::Burst { calm_s, every_s, .. } if t % every_s < calm_s => 1.0,
            Shape::Even { factor } | Shape::Burst { factor, .. } => factor,
        }
    }

    /// The integral of the factor up to `t` seconds.
    pub(crate) fn passed(&self, t: f64) -> f64 {
        match *self {
            Shape::Even { factor } => factor * t,
            Shape::Ramp { from, to, length_s } => {
                let within = t.min(length_s);
                f64::midpoint(from, self.factor_at(within)) * within + to * (t - within)
            }
            Shape::Burst { factor, calm_s, every_s } => {
                let (periods, rest) = ((t / every_s).floor(), t % every_s);
                let in_rest = rest.min(calm_s) + factor * (rest - calm_s).max(0.0);
                periods * self.per_period() + in_rest.min(calm_s + factor * (every_s - calm_s))
            }
        }
    }

    /// When the integral has come to `passed`; infinite if it never does.
    pub(crate) fn when(&self, passed: f64) -> f64 {
        match *self {
            Shape::Even { factor } => passed / factor,
            Shape::Ramp { from, to, length_s } => {
                let after = passed - self.passed(length_s);
                if after >= 0.0 { length_s + after / to } else { when_on_ramp(passed, from, to, length_s) }
            }
            Shape::Burst { factor, calm_s, every_s } => {
                let per_period = self.per_period();
                let (periods, rest) = ((passed / per_period).floor(), passed % per_period);
                let in_period = if rest <= calm_s { rest } else { calm_s + (rest - calm_s) / factor };
                periods * every_s + in_period.min(every_s)
            }
        }
    }

    fn per_period(&self) -> f64 {
        match *self {
            Shape::Burst { factor, calm_s, every_s } => calm_s + factor * (every_s - calm_s),
            Shape::Even { factor } | Shape::Ramp { to: factor, .. } => factor,
        }
    }
}

/// When, on the ramp itself, its integral has come to `passed`: the root of from t + (to - from) t^2 / 2 length = passed, in
/// the form that loses no digits.
fn when_on_ramp(passed: f64, from: f64, to: f64, length_s: f64) -> f64 {
    let root = (from * from + 2.0 * (to - from) * passed / length_s).max(0.0).sqrt();
    (2.0 * passed / (from + root)).min(length_s)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shapes() -> impl Strategy<Value = Shape> {
        let ramp = (0.0..10.0, 0.001..10.0, 0.1..100.0);
        let burst = (0.0..20.0, 0.01..5.0, 0.01..5.0);
        prop_oneof![
            (0.01..10.0).prop_map(|factor| Shape::Even { factor }),
            ramp.prop_map(|(from, to, length_s)| Shape::Ramp { from, to, length_s }),
            burst.prop_map(|(factor, calm_s, burst_s)| Shape::Burst { factor, calm_s, every_s: calm_s + burst_s }),
        ]
    }

    proptest! {
        #[test]
        fn the_inverse_of_the_integral_is_its_inverse(shape in shapes(), passed in 0.001..500.0f64) {
            let when = shape.when(passed);
            prop_assume!(when.is_finite());
            prop_assert!((shape.passed(when) / passed - 1.0).abs() < 1e-6, "{} {}", when, shape.passed(when));
        }

        #[test]
        fn the_integral_is_that_of_the_factor(shape in shapes(), end in 0.1..50.0f64) {
            let steps = 20_000;
            let step = end / f64::from(steps);
            let sum: f64 = (0..steps).map(|i| shape.factor_at((f64::from(i) + 0.5) * step) * step).sum();
            prop_assert!((sum - shape.passed(end)).abs() < 0.01 * (1.0 + sum), "{} {}", sum, shape.passed(end));
        }
    }
}
