//! Newton's method (iteratively reweighted least squares) with halved steps where a whole one goes uphill. A row has one entry for
//! each feature, so the matrix of second derivatives costs the square of the features, not of the words.

use outrider_infer::inputs::Bound;

use super::cholesky;

/// Settled once a step could lower the loss by no more than this share of it: the sum over many rows is not known better.
const SETTLED: f64 = 1e-12;
/// A step must lower the loss by this share of what its slope promises (Armijo).
const DESCENT: f64 = 1e-4;
const HALVINGS: usize = 40;

/// What is made least, over a weight for each place and the bias behind them.
pub(super) struct Problem<'a> {
    pub(super) bound: &'a Bound<'a>,
    pub(super) labels: &'a [f64],
    pub(super) weights: &'a [f64],
    pub(super) places: usize,
    pub(super) l2: f64,
}

/// First and second derivatives at a point; of the second the lower triangle.
struct Slopes {
    gradient: Vec<f64>,
    hessian: Vec<f64>,
}

impl Problem<'_> {
    /// The weights, and the bias as the last. `None` if `steps` were not enough.
    pub(super) fn solve(&self, steps: usize) -> Option<Vec<f64>> {
        let mut point = vec![0.0; self.places + 1];
        let mut loss = self.loss(&point);
        for _ in 0..steps {
            let Slopes { gradient, mut hessian } = self.slopes(&point);
            let mut step = gradient.clone();
            cholesky::solve(&mut hessian, &mut step)?;
            // Twice what the quadratic model says is still to be gained.
            let promise: f64 = gradient.iter().zip(&step).map(|(g, s)| g * s).sum();
            if promise <= SETTLED * loss.max(f64::MIN_POSITIVE) {
                return Some(moved(&point, &step, 1.0));
            }
            let Some((next, lower)) = self.descend(&point, &step, loss, promise) else { return Some(point) };
            (point, loss) = (next, lower);
        }
        None
    }

    /// A point downhill; `None` if rounding hides every one.
    fn descend(&self, point: &[f64], step: &[f64], loss: f64, promise: f64) -> Option<(Vec<f64>, f64)> {
        let mut part = 1.0;
        for _ in 0..HALVINGS {
            let next = moved(point, step, part);
            let lower = self.loss(&next);
            if lower <= loss - DESCENT * part * promise {
                return Some((next, lower));
            }
            part /= 2.0;
        }
        None
    }

    fn log_odds(&self, point: &[f64], row: usize) -> f64 {
        self.bound.row(row).map(|(place, value)| point[place] * value).sum::<f64>() + point[self.places]
    }

    fn loss(&self, point: &[f64]) -> f64 {
        let of_row = |row: usize| {
            let towards = if self.labels[row] == 1.0 { 1.0 } else { -1.0 };
            self.weights[row] * softplus(-towards * self.log_odds(point, row))
        };
        let penalty: f64 = point[..self.places].iter().map(|weight| weight * weight).sum();
        (0..self.labels.len()).map(of_row).sum::<f64>() + self.l2 / 2.0 * penalty
    }

    fn slopes(&self, point: &[f64]) -> Slopes {
        let size = self.places + 1;
        let mut slopes = Slopes { gradient: vec![0.0; size], hessian: vec![0.0; size * size] };
        let mut entries = Vec::new();
        for row in (0..self.labels.len()).filter(|&row| self.weights[row] > 0.0) {
            entries.clear();
            entries.extend(self.bound.row(row).chain([(self.places, 1.0)]));
            let probability = 1.0 / (1.0 + (-self.log_odds(point, row)).exp());
            let weight = self.weights[row];
            slopes.add(&entries, weight * (probability - self.labels[row]), weight * probability * (1.0 - probability));
        }
        for (place, weight) in point[..self.places].iter().enumerate() {
            slopes.gradient[place] += self.l2 * weight;
            slopes.hessian[place * size + place] += self.l2;
        }
        slopes
    }
}

impl Slopes {
    /// Places of a row ascend, so every pair is below the diagonal or on it.
    fn add(&mut self, entries: &[(usize, f64)], first: f64, second: f64) {
        let size = self.gradient.len();
        for (at, &(place, value)) in entries.iter().enumerate() {
            self.gradient[place] += first * value;
            for &(before, other) in &entries[..=at] {
                self.hessian[place * size + before] += second * value * other;
            }
        }
    }
}

fn moved(point: &[f64], step: &[f64], part: f64) -> Vec<f64> {
    point.iter().zip(step).map(|(at, step)| at - part * step).collect()
}

/// ln(1 + e^x), for large x too.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}
