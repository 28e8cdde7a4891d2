//! Tries as `outrider lab run` records them: which of them are asked about, and which are alike.

use outrider_core::frame::{Column, Frame, Values};

use super::super::columns::numbers;

/// Rows of so long a time are alike, us: what fails at once fails for the same reason.
const BLOCK_US: i64 = 1_000_000;
const BLOCK: &str = "block";

/// Whether these are such tries.
pub(super) fn are_these(source: &Frame) -> bool {
    let has = |name: &str| source.column(name).is_some();
    ["number", "due_ms", "ended_s"].into_iter().all(has) && !has(BLOCK)
}

/// Whether a try with this status, not a number without one, failed: nobody comes again after an answer below 400.
pub(super) fn has_failed(status: f64) -> bool {
    status.is_nan() || status >= 400.0
}

/// The block of each row: its second, in its round.
pub(super) fn blocks(source: &Frame, times: &[i64]) -> Column {
    let seeds = numbers(source, "seed").unwrap_or_default();
    let of = |(row, &time): (usize, &i64)| seeds.get(row).unwrap_or(&0.0) * 1e6 + time.div_euclid(BLOCK_US) as f64;
    Column { name: BLOCK.to_owned(), values: Values::Number(times.iter().enumerate().map(of).collect()) }
}

#[cfg(test)]
mod tests {
    use super::super::RETRY;
    use super::*;

    /// Two failed tries and one that went well, as `tries.csv.gz` has them.
    fn recorded() -> Frame {
        let numbers =
            |name: &str, values: [f64; 3]| Column { name: name.to_owned(), values: Values::Number(values.to_vec()) };
        let words = ["timed_out", "answered", "answered"].into_iter().map(Some).collect();
        Frame::new(vec![
            numbers("seed", [1.0, 1.0, 2.0]),
            numbers("number", [0.0, 1.0, 2.0]),
            numbers("try", [1.0, 2.0, 1.0]),
            numbers("due_ms", [0.0, 10.0, 20.0]),
            numbers("latency_ms", [2_000.0, 4.0, 30.0]),
            numbers("ended_s", [2.0, 0.014, 0.05]),
            Column { name: "end".to_owned(), values: Values::Word(words) },
            numbers("status", [f64::NAN, 503.0, 200.0]),
            numbers("retried", [1.0, 0.0, 0.0]),
        ])
        .unwrap()
    }

    #[test]
    fn only_tries_that_failed_are_asked_about() {
        let rows = (RETRY.rows)(&recorded()).unwrap();
        assert_eq!(rows.rows(), 2);
        let derived = (RETRY.derive)(&rows, &(RETRY.fit)(&rows)).unwrap();
        assert_eq!((derived.roles.group.as_deref(), derived.roles.block.as_deref()), (Some("seed"), Some("block")));
        assert_eq!(numbers(&derived.frame, "block").unwrap(), [1e6 + 2.0, 1e6]);
        let features: Vec<&str> = derived.schema.features.iter().map(|feature| feature.name.as_str()).collect();
        assert!(features.contains(&"try") && features.contains(&"failure_type"), "{features:?}");
        for identifier in ["number", "seed", "due_ms", "block", "retried"] {
            assert!(!features.contains(&identifier), "{identifier} says nothing of another try");
        }
    }
}
