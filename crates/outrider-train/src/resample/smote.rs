//! SMOTE (Chawla et al. 2002): new rows of the rarer class, each on the line from one of its rows to one of its k nearest. Words are not
//! interpolated: a new row has the word that most of the neighbours have (SMOTE-NC). What it makes never judges: it is given the rows
//! that train, and gives training rows back. Probabilities of a model trained so are off until recalibrated.

mod neighbours;

use outrider_core::Random;
use outrider_core::frame::{Column, Frame, Values, Words};
use outrider_core::schema::{FeatureKind, Schema};
use outrider_infer::Recalibration;

use crate::dataset::{Dataset, DatasetError};
use crate::metrics::POSITIVE;
use crate::recalibrate;
use crate::split::shuffle;
use neighbours::Neighbours;

/// How rows are made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Smote {
    /// Of how many neighbours one is drawn.
    pub k: usize,
    /// Rows of the rarer class for one of the other, afterwards.
    pub ratio: f64,
    /// Neighbours are looked for among so many rows, drawn if there are more: the search costs their number times that of the new rows.
    pub candidates: usize,
    /// Of the draws.
    pub seed: u64,
}

impl Default for Smote {
    fn default() -> Smote {
        Smote { k: 5, ratio: 1.0, candidates: 10_000, seed: 0 }
    }
}

/// Why no rows are made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SmoteError {
    /// Labels are not 0 and 1.
    #[error("SMOTE needs labels 0 and 1, and these are others; leave it out for amounts")]
    Labels,
    /// Too few rows of the rarer class.
    #[error("there are {rows} rows of the rarer class, expected more than k = {k}; lower k, or bring more rows")]
    TooFew {
        /// How many.
        rows: usize,
        /// Neighbours asked for.
        k: usize,
    },
    /// Settings that make no sense.
    #[error("SMOTE with k = {k} and ratio {ratio}: expected k of at least 1 and a ratio above 0 and up to 1")]
    Settings {
        /// Neighbours asked for.
        k: usize,
        /// Rows of the rarer class for one of the other.
        ratio: f64,
    },
    /// What was made is no data set.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
}

/// Training rows with those that were made behind them.
#[derive(Clone, Debug, PartialEq)]
pub struct Oversampled {
    /// All of them. Columns that are no features are as in the row that a new one starts from.
    pub data: Dataset,
    /// How many were made.
    pub synthetic: usize,
    /// The share of positives before.
    pub natural: f64,
    /// The share of positives with the new rows.
    pub trained: f64,
}

impl Oversampled {
    /// What mends the probabilities of a model trained on these rows.
    pub fn recalibration(&self) -> Option<Recalibration> {
        recalibrate::for_shares(self.trained, self.natural)
    }
}

/// A row to be made.
struct Made {
    /// Where it starts from, and the row it goes towards.
    base: usize,
    towards: usize,
    /// How far it goes.
    part: f64,
    neighbours: Vec<usize>,
}

impl Smote {
    /// The rows `train` of `data`, and new ones of the rarer class.
    ///
    /// # Errors
    ///
    /// If labels are not of two classes, or the rarer class has no more rows than `k`.
    pub fn oversample(&self, data: &Dataset, train: &[usize]) -> Result<Oversampled, SmoteError> {
        if self.k == 0 || !(self.ratio > 0.0 && self.ratio <= 1.0) {
            return Err(SmoteError::Settings { k: self.k, ratio: self.ratio });
        }
        let training = data.select(train);
        if !training.is_two_class() {
            return Err(SmoteError::Labels);
        }
        let (rare, other) = classes(training.labels());
        if rare.len() <= self.k {
            return Err(SmoteError::TooFew { rows: rare.len(), k: self.k });
        }
        let made = self.make(&training, &rare, missing_rows(rare.len(), other, self.ratio));
        let frame = extended(training.frame(), training.schema(), &made);
        let oversampled = Dataset::new(frame, training.schema().clone(), training.roles().clone())?;
        Ok(Oversampled {
            natural: share(training.labels()),
            trained: share(oversampled.labels()),
            synthetic: made.len(),
            data: oversampled,
        })
    }

    /// Each row of the rarer class is started from as often as any other, but for the remainder.
    fn make(&self, training: &Dataset, rare: &[usize], count: usize) -> Vec<Made> {
        let mut random = Random::new(self.seed);
        let mut bases = rare.to_vec();
        shuffle(&mut bases, &mut random);
        let mut candidates = bases.clone();
        candidates.truncate(self.candidates.max(self.k + 1));
        let space = Neighbours::of(training.frame(), training.schema(), rare, candidates);
        let mut made = Vec::with_capacity(count);
        for (at, &base) in bases.iter().enumerate() {
            let rows = count / bases.len() + usize::from(at < count % bases.len());
            let neighbours = if rows > 0 { space.nearest(base, self.k) } else { Vec::new() };
            made.extend((0..rows).map(|_| {
                let towards = neighbours[random.below(neighbours.len())];
                Made { base, towards, part: random.unit(), neighbours: neighbours.clone() }
            }));
        }
        made
    }
}

/// Rows of the rarer class, and how many the other has.
fn classes(labels: &[f64]) -> (Vec<usize>, usize) {
    let (positive, negative): (Vec<usize>, Vec<usize>) = (0..labels.len()).partition(|&row| labels[row] == POSITIVE);
    if positive.len() <= negative.len() { (positive, negative.len()) } else { (negative, positive.len()) }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a number of rows")]
fn missing_rows(rare: usize, other: usize, ratio: f64) -> usize {
    ((other as f64 * ratio).round() as usize).saturating_sub(rare)
}

fn share(labels: &[f64]) -> f64 {
    labels.iter().sum::<f64>() / labels.len() as f64
}

/// All columns with the new rows behind the old ones.
fn extended(frame: &Frame, schema: &Schema, made: &[Made]) -> Frame {
    let rows: Vec<usize> = (0..frame.rows()).chain(made.iter().map(|made| made.base)).collect();
    let column = |column: &Column| {
        let mut values = column.values.rows(&rows);
        let kind = schema.position(&column.name).map(|at| schema.features[at].kind);
        match (kind, &mut values, &column.values) {
            (Some(FeatureKind::Number), Values::Number(new), Values::Number(old)) => interpolate(new, old, made),
            (Some(FeatureKind::Category), Values::Word(new), Values::Word(old)) => vote(new, old, made),
            _ => {}
        }
        Column { name: column.name.clone(), values }
    };
    Frame::new(frame.columns().iter().map(column).collect()).expect("columns grow alike")
}

/// A number that is missing at either end is that of the start.
fn interpolate(new: &mut [f64], old: &[f64], made: &[Made]) {
    for (value, made) in new[old.len()..].iter_mut().zip(made) {
        let (from, to) = (old[made.base], old[made.towards]);
        *value = if to.is_nan() { from } else { from + made.part * (to - from) };
    }
}

/// The most frequent word of the neighbours; of several the start's own, else the one seen first in the data.
fn vote(new: &mut Words, old: &Words, made: &[Made]) {
    for (code, made) in new.codes[old.codes.len()..].iter_mut().zip(made) {
        let votes = |word: u32| made.neighbours.iter().filter(|&&row| old.codes[row] == word).count();
        let rank = |word: u32| (votes(word), word == old.codes[made.base], std::cmp::Reverse(word));
        let words = made.neighbours.iter().map(|&row| old.codes[row]);
        *code = words.max_by_key(|&word| rank(word)).unwrap_or(*code);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Roles;
    use crate::linear::{LinearSettings, train};
    use crate::metrics::{Sample, expected_calibration_error};
    use crate::testing::{numbers, schema, words};

    /// Positives are one in twelve; log odds rise with the load.
    fn world(rows: usize, seed: u64) -> Dataset {
        let mut random = Random::new(seed);
        let (mut load, mut size, mut method, mut label) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for _ in 0..rows {
            let of_load = random.unit() * 4.0;
            load.push(of_load);
            size.push(if random.chance(0.1) { f64::NAN } else { random.unit() * 1e6 });
            method.push(Some(["get", "post", "put"][random.below(3)]));
            label.push(f64::from(u8::from(random.chance(1.0 / (1.0 + (5.0 - of_load).exp())))));
        }
        let columns =
            vec![numbers("load", &load), numbers("size", &size), words("method", &method), numbers("bad", &label)];
        let roles = Roles { label: "bad".to_owned(), ..Roles::default() };
        Dataset::new(Frame::new(columns).unwrap(), schema(&["load", "size"], &["method"]), roles).unwrap()
    }

    fn column<'a>(data: &'a Dataset, name: &str) -> &'a Values {
        &data.frame().column(name).unwrap().values
    }

    #[test]
    fn new_rows_lie_between_rows_of_the_rarer_class_that_train() {
        let data = world(600, 1);
        let train: Vec<usize> = (0..400).collect();
        let found = Smote::default().oversample(&data, &train).unwrap();
        let labels = found.data.labels();
        assert!(labels[400..].iter().all(|&label| label == 1.0));
        assert_eq!(labels.iter().filter(|&&label| label == 1.0).count() * 2, labels.len());
        let Values::Number(loads) = column(&found.data, "load") else { panic!("numbers") };
        let rare = (0..400).filter(|&row| labels[row] == 1.0).map(|row| loads[row]);
        let (low, high) = rare.fold((f64::MAX, f64::MIN), |(low, high), load| (low.min(load), high.max(load)));
        assert!(loads[400..].iter().all(|&load| (low..=high).contains(&load)));
        let fresh = loads[400..].iter().filter(|load| !loads[..400].contains(load)).count();
        assert!(fresh * 10 > found.synthetic * 9, "{fresh} of {}", found.synthetic);
        let Values::Word(methods) = column(&found.data, "method") else { panic!("words") };
        assert!((400..labels.len()).all(|row| ["get", "post", "put"].contains(&methods.get(row).unwrap())));
        let measured = column(&data, "load").rows(&train);
        assert!(column(&found.data, "load").rows(&train) == measured, "what was measured stays");
    }

    #[test]
    fn the_same_seed_makes_the_same_rows() {
        let data = world(300, 2);
        let train: Vec<usize> = (0..300).collect();
        let of = |seed| Smote { seed, ..Smote::default() }.oversample(&data, &train).unwrap().data;
        let bits = |data: &Dataset| match column(data, "load") {
            Values::Number(loads) => loads.iter().map(|load| load.to_bits()).collect::<Vec<_>>(),
            _ => panic!("numbers"),
        };
        assert_eq!(bits(&of(1)), bits(&of(1)));
        assert_ne!(bits(&of(1)), bits(&of(2)));
    }

    #[test]
    fn words_are_those_of_most_neighbours() {
        let old: Words = [Some("a"), Some("b"), Some("b"), Some("c"), None, None].into_iter().collect();
        let made =
            |base: usize, neighbours: &[usize]| Made { base, towards: 0, part: 0.5, neighbours: neighbours.to_vec() };
        let all = [made(0, &[1, 2, 3]), made(3, &[1, 3]), made(0, &[1, 3]), made(0, &[4, 5, 1])];
        let mut new = old.clone();
        new.codes.extend([0; 4]);
        vote(&mut new, &old, &all);
        assert_eq!((6..10).map(|row| new.get(row)).collect::<Vec<_>>(), [Some("b"), Some("c"), Some("b"), None]);
    }

    #[test]
    fn probabilities_are_wrecked_until_recalibrated() {
        let data = world(12_000, 3);
        let rows: Vec<usize> = (0..6_000).collect();
        let found = Smote { k: 3, ..Smote::default() }.oversample(&data, &rows).unwrap();
        let settings = LinearSettings::default();
        let model = train(found.data.frame(), data.schema(), found.data.labels(), None, &settings).unwrap();
        let test = data.select(&(6_000..12_000).collect::<Vec<_>>());
        let told = model.predict(test.frame()).unwrap();
        let mend = found.recalibration().unwrap();
        let mended: Vec<f64> = told.iter().map(|&p| mend.apply(p)).collect();
        let error = |scores: &[f64]| expected_calibration_error(&Sample::new(test.labels(), scores), 10).unwrap();
        assert!(error(&told) > 0.2 && error(&mended) < 0.02, "{} to {}", error(&told), error(&mended));
    }

    #[test]
    fn what_cannot_be_oversampled_is_told() {
        let data = world(200, 4);
        let negatives: Vec<usize> = (0..200).filter(|&row| data.labels()[row] == 0.0).collect();
        let told = |smote: Smote, rows: &[usize]| smote.oversample(&data, rows).unwrap_err().to_string();
        assert!(told(Smote::default(), &negatives).contains("0 rows of the rarer class, expected more than k = 5"));
        assert!(told(Smote { k: 0, ..Smote::default() }, &negatives).contains("expected k of at least 1"));
        let amounts = Roles { label: "load".to_owned(), ..Roles::default() };
        let amounts = Dataset::new(data.frame().clone(), schema(&["size"], &[]), amounts).unwrap();
        assert_eq!(Smote::default().oversample(&amounts, &negatives), Err(SmoteError::Labels));
    }
}
