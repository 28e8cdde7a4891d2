//! What is minimised.

use super::Examples;

/// A loss, with its gradient and hessian by the score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Objective {
    /// Half of the squared error: the mean is learnt.
    Squared,
    /// The log loss of labels 0 and 1: a probability is learnt.
    Logistic,
    /// The pinball loss: this quantile is learnt, in (0, 1).
    Quantile(f64),
}

impl Objective {
    /// Gradient and hessian of one row. The pinball loss has no curvature: its splits follow the signs, its leaves the quantile.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "summed in `f64`")]
    pub(crate) fn pair(self, score: f64, label: f64, weight: f64) -> [f32; 2] {
        let (gradient, hessian) = match self {
            Objective::Squared => (score - label, 1.0),
            Objective::Logistic => {
                let probability = 1.0 / (1.0 + (-score).exp());
                (probability - label, (probability * (1.0 - probability)).max(1e-16))
            }
            Objective::Quantile(quantile) => (if label > score { -quantile } else { 1.0 - quantile }, 1.0),
        };
        [(gradient * weight) as f32, (hessian * weight) as f32]
    }

    /// The loss of one row.
    pub(crate) fn loss(self, score: f64, label: f64) -> f64 {
        match self {
            Objective::Squared => (score - label).powi(2),
            // log(1 + e^s) - y s, without overflow.
            Objective::Logistic => score.max(0.0) - score * label + (-score.abs()).exp().ln_1p(),
            Objective::Quantile(quantile) => {
                let above = label - score;
                if above > 0.0 { quantile * above } else { (quantile - 1.0) * above }
            }
        }
    }

    /// The weighted mean of the loss.
    pub(super) fn mean_loss(self, scores: &[f64], examples: &Examples) -> f64 {
        let rows = scores.iter().zip(examples.labels).enumerate();
        let weighed = |(row, (&score, &label))| (self.loss(score, label), examples.weight(row));
        let add = |(loss, sum): (f64, f64), (one, weight): (f64, f64)| (loss + one * weight, sum + weight);
        let (loss, sum) = rows.map(weighed).fold((0.0, 0.0), add);
        loss / sum
    }

    /// The best score that is the same for all rows.
    pub(crate) fn base(self, labels: &[f64], weights: Option<&[f64]>) -> f64 {
        let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
        let weighed = labels.iter().enumerate().map(|(row, &label)| (label, weight(row)));
        if let Objective::Quantile(quantile) = self {
            return weighted_quantile(&mut weighed.collect(), quantile);
        }
        let add = |(labels, sum): (f64, f64), (label, weight): (f64, f64)| (labels + label * weight, sum + weight);
        let (labels, sum) = weighed.fold((0.0, 0.0), add);
        let mean = labels / sum;
        match self {
            Objective::Logistic => (mean.clamp(1e-9, 1.0 - 1e-9) / (1.0 - mean.clamp(1e-9, 1.0 - 1e-9))).ln(),
            _ => mean,
        }
    }
}

/// The least value below or at which lies the share `quantile` of all weight.
pub(super) fn weighted_quantile(values: &mut Vec<(f64, f64)>, quantile: f64) -> f64 {
    values.retain(|&(_, weight)| weight > 0.0);
    values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let wanted = quantile * values.iter().map(|&(_, weight)| weight).sum::<f64>();
    let mut below = 0.0;
    let reached = values.iter().find(|(_, weight)| {
        below += weight;
        below >= wanted * (1.0 - 1e-12)
    });
    reached.or(values.last()).map_or(0.0, |&(value, _)| value)
}

/// The same when all weights are alike, in time that grows with the values.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place among the values")]
#[expect(clippy::cast_precision_loss, reason = "rows are fewer than 2^32")]
pub(super) fn quantile(values: &mut [f64], quantile: f64) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let rank = (quantile * values.len() as f64 * (1.0 - 1e-12)).ceil() as usize;
    *values.select_nth_unstable_by(rank.clamp(1, values.len()) - 1, f64::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradients_are_the_slopes_of_the_loss() {
        let cases = [
            (Objective::Squared, 3.0),
            (Objective::Logistic, 1.0),
            (Objective::Logistic, 0.0),
            (Objective::Quantile(0.9), 3.0),
        ];
        for (objective, label) in cases {
            for score in [-2.0, 0.25, 4.0] {
                let slope = (objective.loss(score + 1e-6, label) - objective.loss(score - 1e-6, label)) / 2e-6;
                // The squared loss is reported whole, and minimised by half.
                let slope = if objective == Objective::Squared { slope / 2.0 } else { slope };
                let [gradient, hessian] = objective.pair(score, label, 2.0);
                assert!((f64::from(gradient) - 2.0 * slope).abs() < 1e-5, "{objective:?} {score}");
                assert!(hessian > 0.0);
            }
        }
    }

    #[test]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "weights of whole numbers")]
    fn quantiles_with_weights_are_those_of_repeated_values() {
        let mut random = outrider_core::Random::new(4);
        for _ in 0..200 {
            let weighed: Vec<(f64, f64)> = (0..20).map(|_| (random.below(9) as f64, random.below(4) as f64)).collect();
            let mut repeated: Vec<f64> =
                weighed.iter().flat_map(|&(value, weight)| vec![value; weight as usize]).collect();
            for share in [0.05, 0.25, 0.5, 0.95] {
                assert_eq!(weighted_quantile(&mut weighed.clone(), share), quantile(&mut repeated, share));
            }
        }
        assert_eq!((quantile(&mut [], 0.5), quantile(&mut [3.0, 1.0, 2.0], 0.5)), (0.0, 2.0));
    }
}
