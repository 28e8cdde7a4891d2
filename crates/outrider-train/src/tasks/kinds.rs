//! What columns of a source are, whatever their values look like: the same in training and whenever rows come to a model, so that a word is
//! spelt the same in both. Of other columns the values decide.

use std::collections::BTreeMap;

use outrider_core::schema::{FeatureKind, Schema};

use super::{COLUMNS, PLACEMENT, RETRY, SERVICE, Task, known};

/// Columns of words, under all names that sources have for them.
const OF_RETRY: [&str; 11] = [
    "server_id",
    "host",
    "region",
    "method",
    "latency_bucket",
    "method_category",
    "class",
    "failure_type",
    "end",
    "status_code",
    "status",
];
const OF_SERVICE: [&str; 5] = ["host", "class", "hardware", "model", "end"];
const OF_PLACEMENT: [&str; 2] = ["workload_type", "platform"];
/// What the retry task makes with a number that training has learnt.
const LEARNT: &str = "high_anomaly";

/// The columns of a source for `task` that are of one kind, by name.
pub fn source_kinds(task: &Task) -> BTreeMap<String, FeatureKind> {
    let words: &[&str] = match task.name {
        name if name == RETRY.name => &OF_RETRY,
        name if name == SERVICE.name => &OF_SERVICE,
        name if name == PLACEMENT.name => &OF_PLACEMENT,
        _ => &[],
    };
    words.iter().map(|&name| (name.to_owned(), FeatureKind::Category)).collect()
}

/// The same for a model of `task` that takes `schema`: columns that are features as they stand are what the model takes them for.
pub fn model_kinds(task: &Task, schema: &Schema) -> BTreeMap<String, FeatureKind> {
    let mut kinds = source_kinds(task);
    let made = known(task).unwrap_or_default();
    let stands = |name: &str| match task.name {
        own if own == COLUMNS.name || own == PLACEMENT.name => true,
        own if own == RETRY.name => name != LEARNT && made.iter().all(|(made, ..)| *made != name),
        _ => false,
    };
    let features = schema.features.iter().filter(|feature| stands(&feature.name));
    kinds.extend(features.map(|feature| (feature.name.clone(), feature.kind)));
    kinds
}

#[cfg(test)]
mod tests {
    use outrider_core::schema::{Feature, KnownAt};

    use super::*;

    fn schema(features: &[(&str, FeatureKind)]) -> Schema {
        let feature =
            |&(name, kind): &(&str, FeatureKind)| Feature { name: name.to_owned(), kind, known_at: KnownAt::Outcome };
        Schema { features: features.iter().map(feature).collect() }
    }

    #[test]
    fn every_category_of_a_task_is_a_column_of_words_in_training_too() {
        for task in [&RETRY, &SERVICE] {
            let kinds = source_kinds(task);
            let categories = known(task).unwrap().iter().filter(|(_, kind, _)| *kind == FeatureKind::Category);
            categories.for_each(|(name, ..)| assert_eq!(kinds.get(*name), Some(&FeatureKind::Category), "{name}"));
        }
    }

    #[test]
    fn columns_that_are_features_as_they_stand_are_what_the_model_takes() {
        let two = schema(&[("timestamp", FeatureKind::Number), ("status", FeatureKind::Category)]);
        assert_eq!(model_kinds(&COLUMNS, &two).into_iter().collect::<Vec<_>>().len(), 2);
        let own =
            model_kinds(&RETRY, &schema(&[("queue_time", FeatureKind::Number), ("bytes_per_ms", FeatureKind::Number)]));
        assert_eq!(own.get("queue_time"), Some(&FeatureKind::Number));
        assert_eq!(own.get("bytes_per_ms"), None, "made of other columns");
    }
}
