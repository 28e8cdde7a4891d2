//! What the objective of a training says of its predictions: `src/objective` of XGBoost.

use super::document::Objective as Named;
use super::{PLACE, base_score};
use crate::import::{ImportError, Says};
use crate::imported::Link;

/// What is predicted, and how a sum of trees becomes it. The base score is written as the model predicts.
pub(super) struct Objective {
    pub(super) link: Link,
    pub(super) says: Says,
}

const LOGISTIC: Link = Link::Logistic { slope: 1.0 };

pub(super) fn of(named: &Named) -> Result<Objective, ImportError> {
    let objective = |link, says| Ok(Objective { link, says });
    match named.name.as_str() {
        "binary:logistic" | "reg:logistic" => objective(LOGISTIC, Says::Probability),
        "reg:squarederror" | "reg:linear" | "reg:squaredlogerror" => objective(Link::Identity, Says::Mean),
        "binary:logitraw" | "reg:pseudohubererror" => objective(Link::Identity, Says::Score),
        "reg:absoluteerror" => objective(Link::Identity, Says::Quantile(Some(0.5))),
        "reg:quantileerror" => objective(Link::Identity, Says::Quantile(alpha(named)?)),
        "count:poisson" | "reg:gamma" | "reg:tweedie" => objective(Link::Exponential, Says::Mean),
        other => Err(ImportError::unsupported(
            format!("objective {other:?}"),
            "expected binary:logistic or logitraw, reg:squarederror, squaredlogerror, logistic, pseudohubererror, absoluteerror, \
             quantileerror, gamma or tweedie, or count:poisson",
        )),
    }
}

fn alpha(named: &Named) -> Result<Option<f64>, ImportError> {
    let Some(param) = &named.quantile_loss_param else { return Ok(None) };
    let written = base_score(&param.quantile_alpha)?;
    // Through its shortest form: 0.9 is meant, not the number of 32 bits that is next to it.
    Ok(written.to_string().parse().ok())
}

impl Objective {
    /// The base score before the link.
    pub(super) fn margin(&self, base: f32) -> Result<f64, ImportError> {
        let base = f64::from(base);
        let margin = match self.link {
            Link::Identity => base,
            Link::Logistic { .. } => (base / (1.0 - base)).ln(),
            Link::Exponential => base.ln(),
        };
        let told = || ImportError::damaged(PLACE, format!("base_score {base}, which the objective cannot predict"));
        Some(margin).filter(|margin| margin.is_finite()).ok_or_else(told)
    }
}
