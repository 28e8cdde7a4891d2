//! Which features the chosen model goes by.

use outrider_infer::Model;
use outrider_train::training::Trained;

use super::bars::{Bar, Bars, Block, bars};
use crate::chart::{Axis, Scene, Unit};
use crate::report::numbers::percent;
use crate::training_report::numbers::{figure, metric};
use crate::training_report::seen::Seen;

const SHOWN: usize = 10;

/// What shuffling costs, and what splits have gained.
pub(super) fn importances(seen: &Seen<'_>) -> Option<Scene> {
    let trained = seen.trained;
    let blocks: Vec<Block> = [shuffled(seen), gained(trained)].into_iter().flatten().collect();
    (!blocks.is_empty()).then(|| {
        bars(&Bars {
            title: "What the model goes by".to_owned(),
            notes: vec![format!(
                "{}, its {} foremost features.",
                trained.best().scored.name,
                SHOWN.min(trained.importances.len())
            )],
            blocks,
        })
    })
}

fn shuffled(seen: &Seen<'_>) -> Option<Block> {
    let top = &seen.trained.importances[..seen.trained.importances.len().min(SHOWN)];
    let bar =
        |(name, value): &(String, f64)| Bar { name: name.clone(), value: *value, interval: None, text: figure(*value) };
    let loss = metric(seen.trained.heads.first()?.metric, seen.label());
    Some(Block {
        heading: "By shuffling its values".to_owned(),
        axis: Axis::from_zero(top.iter().map(|(_, value)| *value), Unit::Count),
        axis_title: format!("rise of {loss}, on rows that choose"),
        bars: top.iter().map(bar).collect(),
        reference: None,
    })
}

fn gained(trained: &Trained) -> Option<Block> {
    let mut gains = gain_shares(trained);
    gains.sort_by(|a, b| b.1.total_cmp(&a.1));
    gains.truncate(SHOWN);
    let bar = |(name, value): &(String, f64)| Bar {
        name: name.clone(),
        value: *value,
        interval: None,
        text: percent(*value),
    };
    (!gains.is_empty()).then(|| Block {
        heading: "By what splits by it have gained".to_owned(),
        axis: Axis::from_zero(gains.iter().map(|(_, share)| *share), Unit::Share),
        axis_title: "share of all gain, on rows that train".to_owned(),
        bars: gains.iter().map(bar).collect(),
        reference: None,
    })
}

/// The share of gain of each feature in the first head; empty unless the model is of trees.
pub(in crate::training_report) fn gain_shares(trained: &Trained) -> Vec<(String, f64)> {
    match &trained.best().model {
        Model::Trees { encoding, heads, .. } => {
            let names = encoding.schema().features.iter().map(|feature| feature.name.clone());
            names.zip(heads.iter().take(1).flat_map(outrider_infer::trees::Trees::gain_shares)).collect()
        }
        Model::Logistic { .. } | Model::Imported { .. } | Model::Network { .. } | Model::Ensemble { .. } => Vec::new(),
    }
}
