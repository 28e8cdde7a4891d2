//! Data by lot, and short ways to learn from it.

use std::ops::ControlFlow;

use outrider_core::Random;
use outrider_core::frame::{Column, Frame, Values};
use outrider_core::schema::{Feature, FeatureKind, KnownAt, Schema};
use outrider_train::network::{Learnt, NetworkError, NetworkSettings, Rows, train};
use outrider_train::trees::Objective;
use rayon::ThreadPoolBuilder;

pub(crate) struct Data {
    pub(crate) frame: Frame,
    pub(crate) labels: Vec<f64>,
}

impl Data {
    /// The first `count` rows, and the others.
    pub(crate) fn split(&self, count: usize) -> (Data, Data) {
        let of = |rows: Vec<usize>| Data {
            frame: self.frame.select(&rows),
            labels: rows.iter().map(|&row| self.labels[row]).collect(),
        };
        (of((0..count).collect()), of((count..self.labels.len()).collect()))
    }

    pub(crate) fn rows(&self) -> Rows<'_> {
        Rows { frame: &self.frame, labels: &self.labels, weights: None }
    }

    pub(crate) fn schema(&self) -> Schema {
        let kind = |values: &Values| match values {
            Values::Word(_) => FeatureKind::Category,
            _ => FeatureKind::Number,
        };
        let feature = |column: &Column| Feature {
            name: column.name.clone(),
            kind: kind(&column.values),
            known_at: KnownAt::Arrival,
        };
        Schema { features: self.frame.columns().iter().map(feature).collect() }
    }

    pub(crate) fn mean_squared_error(&self, said: &[f64]) -> f64 {
        let errors = self.labels.iter().zip(said).map(|(label, said)| (label - said).powi(2));
        errors.sum::<f64>() / self.labels.len() as f64
    }
}

pub(crate) fn normal(random: &mut Random) -> f64 {
    (-2.0 * (1.0 - random.unit()).ln()).sqrt() * (std::f64::consts::TAU * random.unit()).cos()
}

/// Rows of `columns` numbers between -1 and 1, with labels by `label`.
pub(crate) fn numbers(
    rows: usize,
    seed: u64,
    columns: usize,
    mut label: impl FnMut(&[f64], &mut Random) -> f64,
) -> Data {
    let mut random = Random::new(seed);
    let mut values = vec![Vec::new(); columns];
    let mut labels = Vec::new();
    for _ in 0..rows {
        let row: Vec<f64> = (0..columns).map(|_| 2.0 * random.unit() - 1.0).collect();
        values.iter_mut().zip(&row).for_each(|(column, value)| column.push(*value));
        labels.push(label(&row, &mut random));
    }
    let column = |(at, values)| Column { name: format!("x{at}"), values: Values::Number(values) };
    Data { frame: Frame::new(values.into_iter().enumerate().map(column).collect()).unwrap(), labels }
}

pub(crate) fn learnt_on(
    threads: usize,
    data: &Data,
    held: Option<&Data>,
    objectives: &[Objective],
    settings: &NetworkSettings,
) -> Result<Learnt, NetworkError> {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let held = held.map(Data::rows);
    train(&data.schema(), &data.rows(), held.as_ref(), objectives, settings, &pool, &mut |_| ControlFlow::Continue(()))
}

pub(crate) fn learnt(data: &Data, held: Option<&Data>, objectives: &[Objective], settings: &NetworkSettings) -> Learnt {
    learnt_on(1, data, held, objectives, settings).unwrap()
}
