//! Which features a model goes by.

use outrider_infer::{Model, ModelError};

use super::outcome::Candidate;
use super::{Options, TrainingError};
use crate::dataset::Dataset;
use crate::metrics::Sample;
use crate::split::{Split, shuffle};
use crate::tasks::Task;

/// Rows that are shuffled, at most: the differences that count show among so many.
const ROWS_MAX: usize = 10_000;

/// How much worse the first head of the model gets on rows that choose when a feature's values are dealt out anew (Breiman 2001): by
/// feature, the largest first. One code for all kinds of models.
pub(super) fn of(
    task: &Task,
    best: &Candidate,
    data: &Dataset,
    split: &Split,
    options: &Options,
) -> Result<Vec<(String, f64)>, TrainingError> {
    let metric = task.metrics()[0];
    let rows = &split.validation[..split.validation.len().min(ROWS_MAX)];
    let part = data.select(rows);
    let loss = |model: &Model, frame: &outrider_core::frame::Frame| -> Result<f64, ModelError> {
        Ok(metric.of(&Sample::new(part.labels(), &model.predict(frame)?[0])).unwrap_or(0.0))
    };
    let before = loss(&best.model, part.frame())?;
    let mut importances = Vec::new();
    for (nth, feature) in data.schema().features.iter().enumerate() {
        let mut order: Vec<usize> = (0..rows.len()).collect();
        shuffle(&mut order, &mut outrider_core::Random::stream(options.seed, nth as u64));
        let dealt = dealt(part.frame(), &feature.name, &order);
        importances.push((feature.name.clone(), (loss(&best.model, &dealt)? - before).max(0.0)));
    }
    importances.sort_by(|a, b| b.1.total_cmp(&a.1));
    Ok(importances)
}

/// `frame` with the values of one column in another order.
fn dealt(frame: &outrider_core::frame::Frame, name: &str, order: &[usize]) -> outrider_core::frame::Frame {
    let columns = frame.columns().iter().map(|column| match column.name == name {
        true => outrider_core::frame::Column { name: column.name.clone(), values: column.values.rows(order) },
        false => column.clone(),
    });
    outrider_core::frame::Frame::new(columns.collect()).expect("the columns of a frame, one in another order")
}
