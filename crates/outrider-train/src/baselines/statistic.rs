//! What a rule without a model says of labels it has seen.

use crate::metrics::Metric;

/// One number for many labels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statistic {
    /// Of two classes the share of positives.
    Mean,
    /// The least label that this share of the weight lies at or below.
    Quantile(f64),
}

impl Statistic {
    /// The one that does best by `metric` where nothing else is known.
    pub fn best_by(metric: Metric) -> Statistic {
        match metric {
            Metric::Mae => Statistic::Quantile(0.5),
            Metric::Pinball(quantile) => Statistic::Quantile(quantile),
            _ => Statistic::Mean,
        }
    }

    /// Of labels, each with its weight; `None` without weight.
    pub fn of(self, mut labels: Vec<(f64, f64)>) -> Option<f64> {
        let total: f64 = labels.iter().map(|(_, weight)| weight).sum();
        if total <= 0.0 {
            return None;
        }
        match self {
            Statistic::Mean => Some(labels.iter().map(|(label, weight)| label * weight).sum::<f64>() / total),
            Statistic::Quantile(share) => {
                labels.retain(|(_, weight)| *weight > 0.0);
                labels.sort_by(|a, b| a.0.total_cmp(&b.0));
                let mut below = 0.0;
                let reached = labels.iter().find(|(_, weight)| {
                    below += weight;
                    below >= share * total * (1.0 - 1e-12)
                });
                reached.or(labels.last()).map(|(label, _)| *label)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_and_quantiles_are_weighted() {
        let labels = || vec![(4.0, 1.0), (1.0, 2.0), (9.0, 1.0), (100.0, 0.0)];
        assert_eq!(Statistic::Mean.of(labels()), Some(15.0 / 4.0));
        let quantile = |share| Statistic::Quantile(share).of(labels());
        assert_eq!([0.0, 0.5, 0.51, 0.75, 1.0].map(|share| quantile(share).unwrap()), [1.0, 1.0, 4.0, 4.0, 9.0]);
        assert_eq!((Statistic::Mean.of(Vec::new()), Statistic::Quantile(0.5).of(vec![(1.0, 0.0)])), (None, None));
    }
}
