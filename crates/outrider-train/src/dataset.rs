//! Rows to learn from: a table, which of its columns are features, and what the others are.

mod check;

use std::collections::BTreeMap;

use outrider_core::frame::{Frame, Values};
use outrider_core::schema::Schema;

use crate::split::Copies;

const MICROS_PER_HOUR: i64 = 3_600_000_000;

/// The columns that are no features, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roles {
    /// What is to be predicted: numbers; 0 and 1 where it is a class.
    pub label: String,
    /// When the decision was taken.
    pub time: Option<String>,
    /// What may be left out as a whole: host, probe, run.
    pub group: Option<String>,
    /// Rows that are alike for reasons of their own, drawn together in intervals. None: the rows of an hour, else each row.
    pub block: Option<String>,
    /// How much a row counts; none: once.
    pub weight: Option<String>,
    /// 1 where the label is a lower bound, since it was cut short (a timeout). None: nobody has told.
    pub censored: Option<String>,
    /// When the episode began that a positive row belongs to: lead times are counted to it. None: rows are no episodes.
    pub episode: Option<String>,
    /// What became of each row where it went, if a call is a choice between two ways. None: nobody has tried.
    pub trial: Option<Trial>,
}

/// The columns of a trial: rows that each went one of two ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// 1 where a row went the way of positive calls, 0 where it went the other.
    pub went: String,
    /// Waiting and the money that the row alone cost, in dollars; not a number where nobody knows.
    pub usd: String,
    /// Its share, in dollars, of what the way of negative calls costs whether it is gone or not: paid in full for a group as soon as one
    /// row of it goes that way.
    pub standing_usd: String,
    /// What, beside its group and block, rows have in common that are alike.
    pub like: String,
    /// 1 where its client got nothing, else 0.
    pub not_served: String,
    /// How long its client waited, ms.
    pub waited_ms: String,
    /// What the ways are called: of negative calls, of positive ones.
    pub ways: [&'static str; 2],
}

/// Rows to learn from. Labels are finite, weights too and not negative, times are there.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    frame: Frame,
    schema: Schema,
    roles: Roles,
}

/// Why a table is nothing to learn from.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DatasetError {
    /// Nothing is in it.
    #[error("the data has no rows, expected at least one; is it the right file?")]
    NoRows,
    /// A column is not there.
    #[error(
        "there is no column {column:?} ({role}); the columns are {columns}. Name one of them, or add it to the data"
    )]
    NoColumn {
        /// Its name.
        column: String,
        /// What it is for.
        role: &'static str,
        /// Those that there are.
        columns: String,
    },
    /// A column holds something else.
    #[error("column {column:?} ({role}) holds {found}, expected {expected}")]
    Kind {
        /// Its name.
        column: String,
        /// What it is for.
        role: &'static str,
        /// What it holds.
        found: &'static str,
        /// What it should.
        expected: &'static str,
    },
    /// A value is missing or impossible.
    #[error("column {column:?} ({role}), row {row}: expected {expected}, and so in {rows} rows; mend or drop them")]
    Value {
        /// Its name.
        column: String,
        /// What it is for.
        role: &'static str,
        /// The first such row, from 0.
        row: usize,
        /// How many there are.
        rows: usize,
        /// What should be there.
        expected: &'static str,
    },
    /// The label is among the features.
    #[error("column {0:?} is the label and a feature: a model would only repeat it. Take it out of the features")]
    LabelIsFeature(String),
}

impl Dataset {
    /// Of a table in which every feature and every role is found by name.
    ///
    /// # Errors
    ///
    /// If one is not there, holds something else, or lacks values that it must have.
    pub fn new(frame: Frame, schema: Schema, roles: Roles) -> Result<Dataset, DatasetError> {
        if frame.rows() == 0 {
            return Err(DatasetError::NoRows);
        }
        if schema.position(&roles.label).is_some() {
            return Err(DatasetError::LabelIsFeature(roles.label));
        }
        for feature in &schema.features {
            check::feature(&frame, &feature.name, feature.kind)?;
        }
        check::roles(&frame, &roles)?;
        Ok(Dataset { frame, schema, roles })
    }

    /// All columns.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// The features.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// What the other columns are.
    pub fn roles(&self) -> &Roles {
        &self.roles
    }

    /// How many rows it has.
    pub fn rows(&self) -> usize {
        self.frame.rows()
    }

    /// What is to be predicted.
    pub fn labels(&self) -> &[f64] {
        self.numbers(&self.roles.label)
    }

    /// Whether every label is 0 or 1.
    pub fn is_two_class(&self) -> bool {
        self.labels().iter().all(|&label| label == 0.0 || label == 1.0)
    }

    /// Microseconds since 1970 UTC, if there is a column of times.
    pub fn times(&self) -> Option<&[i64]> {
        match &self.frame.column(self.roles.time.as_deref()?)?.values {
            Values::Time(times) => Some(times),
            _ => None,
        }
    }

    /// How much each row counts, if told.
    pub fn weights(&self) -> Option<&[f64]> {
        self.roles.weight.as_deref().map(|name| self.numbers(name))
    }

    /// A number for the group of each row, if there is a column of groups.
    pub fn groups(&self) -> Option<Vec<u32>> {
        Some(ids(&self.frame.column(self.roles.group.as_deref()?)?.values))
    }

    /// A number for the block of each row: by column, else by hour, else by row.
    pub fn blocks(&self) -> Vec<u32> {
        let column = self.roles.block.as_deref().and_then(|name| self.frame.column(name));
        match (column, self.times()) {
            (Some(column), _) => ids(&column.values),
            (None, Some(times)) => dense(times.iter().map(|time| time.div_euclid(MICROS_PER_HOUR))),
            (None, None) => dense(0..self.rows()),
        }
    }

    /// Which rows' labels are lower bounds; `None`: nobody has told.
    pub fn censored(&self) -> Option<Vec<bool>> {
        let name = self.roles.censored.as_deref()?;
        Some(self.numbers(name).iter().map(|&told| told == 1.0).collect())
    }

    /// When the episode of each row began, us since 1970, if rows are of episodes; `NO_TIME` where there is none.
    pub fn episodes(&self) -> Option<&[i64]> {
        match &self.frame.column(self.roles.episode.as_deref()?)?.values {
            Values::Time(times) => Some(times),
            _ => None,
        }
    }

    /// Which rows are copies of each other.
    pub fn copies(&self) -> Copies {
        Copies::of(&self.frame, &self.schema, self.labels())
    }

    /// Only the given rows, in their order.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Dataset {
        Dataset { frame: self.frame.select(rows), schema: self.schema.clone(), roles: self.roles.clone() }
    }

    /// The same rows with other features of the same table.
    ///
    /// # Errors
    ///
    /// As of [`Dataset::new`].
    pub fn with_schema(&self, schema: Schema) -> Result<Dataset, DatasetError> {
        Dataset::new(self.frame.clone(), schema, self.roles.clone())
    }

    fn numbers(&self, name: &str) -> &[f64] {
        match self.frame.column(name).map(|column| &column.values) {
            Some(Values::Number(numbers)) => numbers,
            _ => unreachable!("checked when made"),
        }
    }
}

/// A number for each distinct value, from 0 in the order of first sight; what is missing is a value too.
pub(crate) fn ids(values: &Values) -> Vec<u32> {
    match values {
        Values::Word(words) => dense(words.codes.iter().copied()),
        Values::Time(times) => dense(times.iter().copied()),
        Values::Number(numbers) => dense(numbers.iter().map(|number| number.to_bits())),
    }
}

fn dense<T: Ord>(values: impl Iterator<Item = T>) -> Vec<u32> {
    let mut places = BTreeMap::new();
    let place = |value| {
        let next = u32::try_from(places.len()).expect("fewer values than 2^32");
        *places.entry(value).or_insert(next)
    };
    values.map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{numbers, schema, times, words};

    fn frame() -> Frame {
        let hour = MICROS_PER_HOUR;
        Frame::new(vec![
            numbers("size_bytes", &[1.0, f64::NAN, 3.0]),
            words("method", &[Some("get"), None, Some("post")]),
            numbers("retried", &[0.0, 1.0, 0.0]),
            times("at", &[0, hour - 1, hour]),
            words("host", &[Some("a"), Some("b"), Some("a")]),
        ])
        .unwrap()
    }

    fn roles() -> Roles {
        Roles {
            label: "retried".to_owned(),
            time: Some("at".to_owned()),
            group: Some("host".to_owned()),
            ..Roles::default()
        }
    }

    #[test]
    fn roles_are_found_by_name() {
        let data = Dataset::new(frame(), schema(&["size_bytes"], &["method"]), roles()).unwrap();
        assert_eq!((data.rows(), data.labels(), data.is_two_class()), (3, [0.0, 1.0, 0.0].as_slice(), true));
        assert_eq!((data.groups(), data.blocks()), (Some(vec![0, 1, 0]), vec![0, 0, 1]));
        let picked = data.select(&[2, 0]);
        assert_eq!((picked.rows(), picked.times()), (2, Some([MICROS_PER_HOUR, 0].as_slice())));
        let by_host = Roles { block: Some("host".to_owned()), ..roles() };
        let data = Dataset::new(frame(), schema(&["size_bytes"], &[]), by_host).unwrap();
        assert_eq!(data.blocks(), [0, 1, 0]);
    }

    #[test]
    fn what_cannot_be_learnt_from_is_told_in_a_sentence() {
        let told =
            |frame: Frame, schema: Schema, roles: Roles| Dataset::new(frame, schema, roles).unwrap_err().to_string();
        let label = |name: &str| Roles { label: name.to_owned(), ..Roles::default() };
        let fine = || schema(&["size_bytes"], &[]);
        assert!(told(Frame::default(), fine(), roles()).starts_with("the data has no rows"));
        let typo = told(frame(), fine(), label("retry"));
        assert!(
            typo.contains("no column \"retry\" (the label)") && typo.contains("size_bytes, method, retried"),
            "{typo}"
        );
        assert!(told(frame(), schema(&["method"], &[]), roles()).contains("holds words, expected numbers"));
        let missing = told(frame(), Schema::default(), label("size_bytes"));
        assert!(missing.contains("row 1: expected a finite number, and so in 1 rows"), "{missing}");
        assert!(told(frame(), schema(&["retried"], &[]), roles()).contains("is the label and a feature"));
        let late = Roles { time: Some("size_bytes".to_owned()), ..roles() };
        assert!(told(frame(), fine(), late).contains("(the time) holds numbers, expected times"));
        let heavy = Roles { weight: Some("size_bytes".to_owned()), ..roles() };
        assert!(told(frame(), fine(), heavy).contains("the weight"));
    }
}
