//! What the objective of a training says of its predictions: `ConvertOutput` in `src/objective` of LightGBM.

use super::PLACE;
use super::blocks::Block;
use crate::import::{ImportError, Says};
use crate::imported::Link;

/// What is predicted, and how a sum of trees becomes it.
pub(super) struct Objective {
    pub(super) link: Link,
    pub(super) says: Says,
}

/// The line in the head; LightGBM leaves it out for an objective of one's own.
pub(super) fn named<'a>(head: &Block<'a>) -> Result<&'a str, ImportError> {
    let named = head.get("objective").ok().filter(|name| !matches!(name.trim(), "" | "none" | "custom"));
    named.ok_or_else(|| {
        ImportError::unsupported(
            "a model without an objective, as a custom one leaves it,",
            "the file does not tell what its numbers mean: train with an objective of LightGBM, such as binary, regression or quantile",
        )
    })
}

/// Of the line in the head, such as `binary sigmoid:1`. `alpha`: the quantile, as training was told.
pub(super) fn of(line: &str, alpha: Option<&str>) -> Result<Objective, ImportError> {
    let mut words = line.split(' ');
    let name = words.next().unwrap_or_default();
    let rest: Vec<&str> = words.collect();
    let objective = |link, says| Ok(Objective { link, says });
    match name {
        _ if rest.contains(&"sqrt") => {
            Err(ImportError::unsupported("objective \"regression\" with reg_sqrt", "train without reg_sqrt"))
        }
        "regression" => objective(Link::Identity, Says::Mean),
        "huber" | "fair" | "mape" => objective(Link::Identity, Says::Score),
        "regression_l1" => objective(Link::Identity, Says::Quantile(Some(0.5))),
        "quantile" => objective(Link::Identity, Says::Quantile(alpha.and_then(|alpha| alpha.parse().ok()))),
        "poisson" | "gamma" | "tweedie" => objective(Link::Exponential, Says::Mean),
        "cross_entropy" => objective(Link::Logistic { slope: 1.0 }, Says::Probability),
        "binary" => objective(Link::Logistic { slope: sigmoid(&rest)? }, Says::Probability),
        other => Err(unknown(other)),
    }
}

fn unknown(name: &str) -> ImportError {
    let name: String = name.chars().take(80).collect();
    ImportError::unsupported(
        format!("objective {name:?}"),
        "expected binary, cross_entropy, regression, regression_l1, huber, fair, mape, quantile, poisson, gamma or tweedie",
    )
}

fn sigmoid(rest: &[&str]) -> Result<f64, ImportError> {
    let found = rest.iter().find_map(|word| word.strip_prefix("sigmoid:")).map(str::parse);
    let slope = found.and_then(Result::ok);
    slope.ok_or_else(|| ImportError::damaged(PLACE, "objective \"binary\" without a number after sigmoid:"))
}
