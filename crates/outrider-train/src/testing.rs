//! Columns and schemas for tests.

use outrider_core::frame::{Column, Values};
use outrider_core::schema::{Feature, FeatureKind, KnownAt, Schema};

pub(crate) fn numbers(name: &str, numbers: &[f64]) -> Column {
    Column { name: name.to_owned(), values: Values::Number(numbers.to_vec()) }
}

pub(crate) fn words(name: &str, words: &[Option<&str>]) -> Column {
    Column { name: name.to_owned(), values: Values::Word(words.iter().copied().collect()) }
}

pub(crate) fn times(name: &str, times: &[i64]) -> Column {
    Column { name: name.to_owned(), values: Values::Time(times.to_vec()) }
}

/// Numbers first, then categories, all known at arrival.
pub(crate) fn schema(numbers: &[&str], categories: &[&str]) -> Schema {
    let of = |kind| move |name: &&str| Feature { name: (*name).to_owned(), kind, known_at: KnownAt::Arrival };
    let categories = categories.iter().map(of(FeatureKind::Category));
    Schema { features: numbers.iter().map(of(FeatureKind::Number)).chain(categories).collect() }
}
