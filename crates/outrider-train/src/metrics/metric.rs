//! The metric that a task goes by.

use super::{Better, Sample, average_precision, brier, log_loss, mae, pinball, rmse, roc_auc};

/// What a task calls good.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Metric {
    /// Of probabilities.
    LogLoss,
    /// Of probabilities.
    Brier,
    /// Of the order of two classes.
    RocAuc,
    /// Of the order of two classes, one of them rare.
    AveragePrecision,
    /// Of medians.
    Mae,
    /// Of means.
    Rmse,
    /// Of this quantile.
    Pinball(f64),
}

impl Metric {
    /// Its value; `None` if undefined.
    pub fn of(self, sample: &Sample) -> Option<f64> {
        match self {
            Metric::LogLoss => log_loss(sample),
            Metric::Brier => brier(sample),
            Metric::RocAuc => roc_auc(sample),
            Metric::AveragePrecision => average_precision(sample),
            Metric::Mae => mae(sample),
            Metric::Rmse => rmse(sample),
            Metric::Pinball(quantile) => pinball(sample, quantile),
        }
    }

    /// Which values are the better ones.
    pub fn better(self) -> Better {
        match self {
            Metric::RocAuc | Metric::AveragePrecision => Better::Higher,
            Metric::LogLoss | Metric::Brier | Metric::Mae | Metric::Rmse | Metric::Pinball(_) => Better::Lower,
        }
    }

    /// As reports have it.
    pub fn name(self) -> String {
        match self {
            Metric::LogLoss => "log_loss".to_owned(),
            Metric::Brier => "brier".to_owned(),
            Metric::RocAuc => "roc_auc".to_owned(),
            Metric::AveragePrecision => "pr_auc".to_owned(),
            Metric::Mae => "mae".to_owned(),
            Metric::Rmse => "rmse".to_owned(),
            Metric::Pinball(quantile) => format!("pinball_{quantile}"),
        }
    }
}
