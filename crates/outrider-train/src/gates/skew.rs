//! Train/serve skew: the same rows as training made them and as serving made them must hold the same values.

use outrider_core::frame::{Frame, Values, Words};
use outrider_core::schema::Schema;

/// Where two makings of the same rows differ: a sentence for each column of `schema`. Numbers are compared in single precision, as models
/// see them; words as words, whatever their codes.
pub fn differences(schema: &Schema, trained: &Frame, served: &Frame) -> Vec<String> {
    if trained.rows() != served.rows() {
        return vec![format!(
            "training made {} rows and serving {}, expected the same rows in the same order",
            trained.rows(),
            served.rows()
        )];
    }
    let of = |name: &str| match (trained.column(name), served.column(name)) {
        (Some(trained), Some(served)) => difference(name, &trained.values, &served.values),
        (trained, _) => {
            let side = if trained.is_none() { "training" } else { "serving" };
            Some(format!("column {name:?} is not there in {side}"))
        }
    };
    schema.features.iter().filter_map(|feature| of(&feature.name)).collect()
}

fn difference(name: &str, trained: &Values, served: &Values) -> Option<String> {
    let different: Vec<usize> = match (trained, served) {
        (Values::Number(a), Values::Number(b)) => (0..a.len()).filter(|&row| !is_same(a[row], b[row])).collect(),
        (Values::Word(a), Values::Word(b)) => (0..a.codes.len()).filter(|&row| a.get(row) != b.get(row)).collect(),
        _ => return Some(format!("column {name:?} holds something else in training than in serving")),
    };
    let row = *different.first()?;
    Some(format!(
        "column {name:?} differs between training and serving in {} of {} rows; in row {row} it is {} and {}. Make both by the same code",
        different.len(),
        trained.len(),
        shown(trained, row),
        shown(served, row)
    ))
}

#[expect(clippy::cast_possible_truncation, reason = "to the width that models are trained on")]
fn is_same(a: f64, b: f64) -> bool {
    a as f32 == b as f32 || a.is_nan() && b.is_nan()
}

fn shown(values: &Values, row: usize) -> String {
    let word = |words: &Words| words.get(row).map_or("missing".to_owned(), |word| format!("{word:?}"));
    match values {
        Values::Number(numbers) => numbers[row].to_string(),
        Values::Word(words) => word(words),
        Values::Time(times) => times[row].to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{numbers, schema, words};

    #[test]
    fn equal_values_are_equal_whatever_their_codes() {
        let schema = schema(&["anomaly"], &["method"]);
        let a = Frame::new(vec![numbers("anomaly", &[f64::NAN, 0.1]), words("method", &[Some("get"), Some("put")])]);
        let b = Frame::new(vec![
            words("method", &[Some("get"), Some("put")]),
            numbers("anomaly", &[f64::NAN, f64::from(0.1f32)]),
        ]);
        assert_eq!(differences(&schema, &a.unwrap(), &b.unwrap()), Vec::<String>::new());
    }

    #[test]
    fn a_threshold_that_serving_has_as_a_constant_is_found() {
        // Training: above the 75th percentile; serving: above 2.0, as the predecessor had it.
        let scores = [0.1, 0.4, 0.8, 1.2];
        let flag = |above: f64| scores.map(|score| f64::from(u8::from(score > above)));
        let of = |above| Frame::new(vec![numbers("high_anomaly", &flag(above)), words("method", &[None; 4])]).unwrap();
        let told = differences(&schema(&["high_anomaly"], &["method"]), &of(0.9), &of(2.0));
        assert_eq!(told.len(), 1);
        assert!(
            told[0].contains(
                "\"high_anomaly\" differs between training and serving in 1 of 4 rows; in row 3 it is 1 and 0"
            ),
            "{told:?}"
        );
    }

    #[test]
    fn missing_columns_and_rows_are_told() {
        let a = Frame::new(vec![numbers("size", &[1.0])]).unwrap();
        let b = Frame::new(vec![words("size", &[Some("1")])]).unwrap();
        let schema = schema(&["size", "load"], &[]);
        let told = differences(&schema, &a, &b);
        assert!(
            told[0].contains("\"size\" holds something else") && told[1].contains("\"load\" is not there in training")
        );
        assert!(differences(&schema, &a, &b.select(&[])).concat().contains("made 1 rows and serving 0"));
    }
}
