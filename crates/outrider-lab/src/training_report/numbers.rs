//! How figures of models are written.

use outrider_train::metrics::{Interval, Metric};

use crate::chart::Unit;
use crate::report::numbers::three_digits;

/// Four digits or so: models differ in the third.
pub(super) fn figure(value: f64) -> String {
    let decimals = match value.abs() {
        size if size <= 1.0 => 4,
        size if size < 10.0 => 3,
        size if size < 100.0 => 2,
        _ => 1,
    };
    format!("{value:.decimals$}")
}

/// A dash where it is undefined.
pub(super) fn or_dash(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), figure)
}

/// `value (low to high)`.
pub(super) fn with_interval(value: Option<f64>, interval: Option<&Interval>) -> String {
    let range = interval.map_or_else(String::new, |each| format!(" ({} to {})", figure(each.low), figure(each.high)));
    or_dash(value) + &range
}

/// `12,345`.
pub(super) fn thousands(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What a label of this name is measured in.
pub(super) fn unit_of(label: &str) -> Unit {
    if label.ends_with("_ms") { Unit::Ms } else { Unit::Count }
}

/// The metric in words, with its unit where the label has one.
pub(super) fn metric(metric: Metric, label: &str) -> String {
    let unit = if unit_of(label) == Unit::Ms { ", ms" } else { "" };
    match metric {
        Metric::LogLoss => "log loss, nats".to_owned(),
        Metric::Pinball(quantile) => format!("pinball loss at {quantile}{unit}"),
        other => other.name(),
    }
}

/// What a head of this metric says.
pub(super) fn head(metric: Metric) -> String {
    match metric {
        Metric::Pinball(quantile) => {
            format!("p{}", three_digits(quantile * 100.0).trim_end_matches(['0']).trim_end_matches('.'))
        }
        _ => "probability".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_keep_what_tells_models_apart() {
        assert_eq!(
            [0.641_23, 1.0, -9.712_1, 12.345, 1_234.56].map(figure),
            ["0.6412", "1.0000", "-9.712", "12.35", "1234.6"]
        );
        let interval = Interval { value: 0.5, low: 0.4, high: 0.6 };
        assert_eq!(with_interval(Some(0.5), Some(&interval)), "0.5000 (0.4000 to 0.6000)");
        assert_eq!(with_interval(None, None), "-");
        assert_eq!([7, 999, 1_000, 1_234_567].map(thousands), ["7", "999", "1,000", "1,234,567"]);
        assert_eq!(
            [0.5, 0.9, 0.99, 0.995].map(|quantile| head(Metric::Pinball(quantile))),
            ["p50", "p90", "p99", "p99.5"]
        );
    }
}
