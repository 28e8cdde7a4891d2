//! Logistic regression, trained: -ln of the likelihood plus half of `l2` times the squared weights (not the bias) is made least, as
//! scikit-learn does with C = 1 / `l2`.

mod cholesky;
mod newton;

use outrider_core::frame::Frame;
use outrider_core::schema::Schema;
use outrider_infer::BindError;
use outrider_infer::inputs::InputsError;
use outrider_infer::linear::{LogisticRegression, WeightsError};

use crate::class_weights::ClassWeights;
use crate::inputs::{self, InfiniteError, Places};

/// How it is trained.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinearSettings {
    /// How dear weights are; above 0.
    pub l2: f64,
    /// How much either class counts.
    pub class_weights: ClassWeights,
    /// Words in fewer rows stand in the place of words unseen in training, so that this place is learnt too.
    pub rare_below: usize,
    /// At most so many words of a category have places of their own: the most frequent.
    pub words: usize,
    /// Steps of Newton after which it is given up.
    pub steps: usize,
}

impl Default for LinearSettings {
    fn default() -> LinearSettings {
        LinearSettings { l2: 1.0, class_weights: ClassWeights::Equal, rare_below: 10, words: 100, steps: 100 }
    }
}

/// Why nothing was trained.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LinearError {
    /// There are no rows.
    #[error("there are no rows to train on")]
    NoRows,
    /// Labels or weights are not one for each row.
    #[error("{found} {what} for {rows} rows, expected as many")]
    Length {
        /// Labels or weights.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// Rows of the table.
        rows: usize,
    },
    /// A label is neither 0 nor 1.
    #[error("the label of row {row} is {label}, expected 0 or 1")]
    Label {
        /// From 0.
        row: usize,
        /// What it is.
        label: f64,
    },
    /// There is nothing to tell apart.
    #[error("all labels are {0}, expected rows of both classes; bring more rows, or another label")]
    OneClass(f64),
    /// A weight is negative or not finite.
    #[error("the weight of row {row} is {weight}, expected a finite number of at least 0")]
    Weight {
        /// From 0.
        row: usize,
        /// What it is.
        weight: f64,
    },
    /// A number is infinite, or too large for single precision.
    #[error(transparent)]
    Infinite(#[from] InfiniteError),
    /// A setting makes no sense.
    #[error("l2 is {0}, expected a finite number above 0")]
    L2(f64),
    /// Steps were not enough.
    #[error("logistic regression has not settled after {0} steps; raise l2, or look for columns of huge numbers")]
    Unsettled(usize),
    /// The table lacks features.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// Features make no inputs.
    #[error(transparent)]
    Inputs(#[from] InputsError),
    /// The weights are none.
    #[error(transparent)]
    Weights(#[from] WeightsError),
}

/// Trains on all rows of `frame`, of which it takes the features of `schema`.
///
/// # Errors
///
/// If the rows are nothing to learn from; the first reason is told.
pub fn train(
    frame: &Frame,
    schema: &Schema,
    labels: &[f64],
    weights: Option<&[f64]>,
    settings: &LinearSettings,
) -> Result<LogisticRegression, LinearError> {
    check_settings(settings)?;
    check_rows(frame, labels, weights)?;
    let places = Places { rare_below: settings.rare_below, words: settings.words };
    let inputs = inputs::inputs::<LinearError>(frame, schema, weights, places)?;
    let bound = inputs.bind(frame)?;
    let weights = settings.class_weights.of_rows(labels, weights);
    let problem =
        newton::Problem { bound: &bound, labels, weights: &weights, places: inputs.places(), l2: settings.l2 };
    let mut solution = problem.solve(settings.steps).ok_or(LinearError::Unsettled(settings.steps))?;
    let bias = solution.pop().unwrap_or_default();
    Ok(LogisticRegression::new(inputs, bias, solution)?)
}

fn check_settings(settings: &LinearSettings) -> Result<(), LinearError> {
    let is_right = settings.l2.is_finite() && settings.l2 > 0.0;
    if is_right { Ok(()) } else { Err(LinearError::L2(settings.l2)) }
}

fn check_rows(frame: &Frame, labels: &[f64], weights: Option<&[f64]>) -> Result<(), LinearError> {
    let rows = frame.rows();
    let lengths = [("labels", labels.len()), ("weights", weights.map_or(rows, <[f64]>::len))];
    if let Some(&(what, found)) = lengths.iter().find(|(_, found)| *found != rows) {
        return Err(LinearError::Length { what, found, rows });
    }
    let bad_weight = weights.unwrap_or_default().iter().position(|weight| !weight.is_finite() || *weight < 0.0);
    if let Some((row, weight)) = bad_weight.and_then(|row| Some((row, weights?[row]))) {
        return Err(LinearError::Weight { row, weight });
    }
    if let Some(row) = labels.iter().position(|&label| label != 0.0 && label != 1.0) {
        return Err(LinearError::Label { row, label: labels[row] });
    }
    check_classes(labels, weights)
}

fn check_classes(labels: &[f64], weights: Option<&[f64]>) -> Result<(), LinearError> {
    let mut counted = (0..labels.len()).filter(|&row| weights.is_none_or(|weights| weights[row] > 0.0));
    let first = counted.next().map(|row| labels[row]).ok_or(LinearError::NoRows)?;
    if counted.any(|row| labels[row] != first) { Ok(()) } else { Err(LinearError::OneClass(first)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{numbers, schema, words};
    use outrider_core::Random;

    /// Log odds of `size` - 1 by a number, + 2 for "post"; missing sizes mean +1.
    fn world(rows: usize) -> (Frame, Vec<f64>) {
        let mut random = Random::new(5);
        let (mut sizes, mut methods, mut labels) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..rows {
            let size = if random.chance(0.1) { f64::NAN } else { random.unit() * 4.0 - 2.0 };
            let is_post = random.chance(0.3);
            let log_odds = if size.is_nan() { 1.0 } else { size - 1.0 } + if is_post { 2.0 } else { 0.0 };
            sizes.push(size);
            methods.push(Some(if is_post { "post" } else { "get" }));
            labels.push(f64::from(u8::from(random.chance(1.0 / (1.0 + (-log_odds).exp())))));
        }
        (Frame::new(vec![numbers("size", &sizes), words("method", &methods)]).unwrap(), labels)
    }

    fn log_odds(model: &LogisticRegression, size: f64, method: &str) -> f64 {
        let frame = Frame::new(vec![numbers("size", &[size]), words("method", &[Some(method)])]).unwrap();
        let probability = model.predict(&frame).unwrap()[0];
        (probability / (1.0 - probability)).ln()
    }

    #[test]
    fn a_planted_law_is_found() {
        let (frame, labels) = world(40_000);
        let model = train(&frame, &schema(&["size"], &["method"]), &labels, None, &LinearSettings::default()).unwrap();
        for (size, method, expected) in [(0.0, "get", -1.0), (1.0, "post", 2.0), (f64::NAN, "get", 1.0)] {
            let found = log_odds(&model, size, method);
            assert!((found - expected).abs() < 0.1, "{size} {method}: {found}, expected {expected}");
        }
    }

    #[test]
    fn a_word_that_training_has_not_seen_is_none_of_those_it_has() {
        let (frame, labels) = world(5_000);
        let model = train(&frame, &schema(&["size"], &["method"]), &labels, None, &LinearSettings::default()).unwrap();
        let [get, post, new] = ["get", "post", "brew"].map(|method| log_odds(&model, 0.0, method));
        assert!(get < new && new < post, "between those that were seen: {get} {new} {post}");
    }

    #[test]
    fn rare_words_teach_what_unseen_ones_mean() {
        let (_, mut labels) = world(1_000);
        // Every rare word is followed by a positive.
        let names: Vec<String> =
            (0..1_000).map(|row| if row < 40 { format!("rare {row}") } else { "usual".to_owned() }).collect();
        labels[..40].fill(1.0);
        let column: Vec<Option<&str>> = names.iter().map(|name| Some(name.as_str())).collect();
        let frame = Frame::new(vec![words("method", &column)]).unwrap();
        let model = train(&frame, &schema(&[], &["method"]), &labels, None, &LinearSettings::default()).unwrap();
        let asked = Frame::new(vec![words("method", &[Some("brand new"), Some("usual")])]).unwrap();
        let predicted = model.predict(&asked).unwrap();
        assert!(predicted[0] > 0.85 && predicted[1] < 0.6, "{predicted:?}");
    }

    #[test]
    fn weights_are_repetitions() {
        let (frame, labels) = world(200);
        let schema = schema(&["size"], &["method"]);
        let weights: Vec<f64> = (0..200).map(|row| f64::from(row % 3)).collect();
        let rows: Vec<usize> = (0..200).flat_map(|row| vec![row; row % 3]).collect();
        let repeated: Vec<f64> = rows.iter().map(|&row| labels[row]).collect();
        let settings = LinearSettings { rare_below: 1, ..LinearSettings::default() };
        let a = train(&frame, &schema, &labels, Some(&weights), &settings).unwrap();
        let b = train(&frame.select(&rows), &schema, &repeated, None, &settings).unwrap();
        assert!((a.bias() - b.bias()).abs() < 1e-8);
        assert!(a.coefficients().zip(b.coefficients()).all(|(a, b)| (a.1 - b.1).abs() < 1e-8));
    }

    #[test]
    fn constant_and_empty_columns_do_no_harm() {
        let labels: Vec<f64> = (0..20).map(|row| f64::from(row % 2)).collect();
        let frame = Frame::new(vec![numbers("same", &[3.0; 20]), numbers("none", &[f64::NAN; 20])]).unwrap();
        let model = train(&frame, &schema(&["same", "none"], &[]), &labels, None, &LinearSettings::default()).unwrap();
        assert!(model.predict(&frame).unwrap().iter().all(|p| (p - 0.5).abs() < 1e-9));
    }

    #[test]
    fn classes_that_are_far_apart_still_settle() {
        let labels: Vec<f64> = (0..40).map(|row| f64::from(u8::from(row >= 20))).collect();
        let sizes: Vec<f64> = (0..40).map(|row| f64::from(row) * 1e30).collect();
        let frame = Frame::new(vec![numbers("size", &sizes)]).unwrap();
        for l2 in [1.0, 1e-6] {
            let settings = LinearSettings { l2, ..LinearSettings::default() };
            let model = train(&frame, &schema(&["size"], &[]), &labels, None, &settings).unwrap();
            let predicted = model.predict(&frame).unwrap();
            assert!(predicted[0] < 0.1 && predicted[39] > 0.9, "{predicted:?}");
        }
    }

    #[test]
    fn what_cannot_be_learnt_from_is_told_in_a_sentence() {
        let (frame, labels) = world(10);
        let schema = schema(&["size"], &["method"]);
        let told = |frame: &Frame, labels: &[f64], weights: Option<&[f64]>, l2| {
            let settings = LinearSettings { l2, ..LinearSettings::default() };
            train(frame, &schema, labels, weights, &settings).unwrap_err().to_string()
        };
        assert!(told(&frame, &labels[1..], None, 1.0).contains("9 labels for 10 rows"));
        assert!(told(&frame, &[1.0; 10], None, 1.0).contains("all labels are 1"));
        assert!(told(&frame, &[0.5; 10], None, 1.0).contains("row 0 is 0.5, expected 0 or 1"));
        assert!(told(&frame, &labels, Some(&[-1.0; 10]), 1.0).contains("the weight of row 0 is -1"));
        assert!(told(&frame, &labels, Some(&[0.0; 10]), 1.0).contains("no rows"));
        assert!(told(&frame, &labels, None, 0.0).contains("l2 is 0"));
        assert!(told(&frame.select(&[]), &[], None, 1.0).contains("no rows"));
        let sizes: Vec<f64> = (0..10).map(|row| if row == 4 { 1e300 } else { 0.0 }).collect();
        let huge = Frame::new(vec![numbers("size", &sizes), words("method", &[None; 10])]).unwrap();
        assert!(told(&huge, &labels, None, 1.0).contains("column \"size\", row 4"));
        let nameless = Frame::new(vec![numbers("size", &sizes[..4])]).unwrap();
        assert!(told(&nameless, &[1.0, 0.0, 1.0, 0.0], None, 1.0).contains("no column \"method\""));
    }
}
