//! The pictures of a training: only those that apply.

mod bars;
mod calibration;
mod confusion;
mod coverage;
mod errors;
mod exploration;
mod importances;
mod learning;
mod lines;
mod ranking;
mod shap;

pub(super) use importances::gain_shares;
use outrider_train::training::Trained;

use super::seen::Seen;
use crate::chart::Scene;
use crate::report::plots::Plot;

/// All that apply, by the names of their files.
pub(super) fn all(trained: &Trained) -> Vec<Plot> {
    let seen = Seen::of(trained);
    let scenes = [
        ("roc", ranking::roc(&seen)),
        ("precision_recall", ranking::precision_recall(&seen)),
        ("confusion_matrix", confusion::matrix(&seen)),
        ("calibration", calibration::calibration(&seen)),
        ("coverage", coverage::coverage(&seen)),
        ("predicted_actual", coverage::predicted_actual(&seen)),
        ("importances", importances::importances(&seen)),
        ("shap_summary", shap::summary(&seen)),
        ("learning_curve", learning::curve(&seen)),
        ("error_over_time", errors::over_time(&seen)),
        ("error_by_load_decile", errors::by_load_decile(&seen)),
        ("retry_rates", exploration::retry_rates(&seen)),
        ("response_times", exploration::response_times(&seen)),
    ];
    let plot = |(name, scene): (&str, Option<Scene>)| Some(Plot { name: name.to_owned(), scene: scene? });
    scenes.into_iter().filter_map(plot).collect()
}

/// The head that is a probability, if the task asks for one.
fn probability(seen: &Seen<'_>) -> Option<usize> {
    (seen.trained.task.target == outrider_train::tasks::Target::Probability).then_some(0)
}

/// Heads that are quantiles: their places and the quantiles.
fn quantiles(seen: &Seen<'_>) -> Vec<(usize, f64)> {
    match seen.trained.task.target {
        outrider_train::tasks::Target::Quantiles(quantiles) => quantiles.iter().copied().enumerate().collect(),
        outrider_train::tasks::Target::Probability | outrider_train::tasks::Target::Anything => Vec::new(),
    }
}

/// Of `0..rows`, at most `most`, evenly.
fn evenly(rows: usize, most: usize) -> Vec<usize> {
    let count = rows.min(most);
    (0..count).map(|nth| nth * rows / count).collect()
}

/// The bounds of tenths of `rows`; none is empty.
fn tenths(rows: usize) -> Vec<std::ops::Range<usize>> {
    let parts = rows.min(10);
    (0..parts).map(|part| part * rows / parts..(part + 1) * rows / parts).collect()
}
