//! The second look at the files: the columns are filled.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use outrider_core::frame::{Column, Frame, NO_TIME, NO_WORD, Values, Words};

use crate::cell::Cell;
use crate::limits::Limits;
use crate::reading::{ColumnKind, ColumnReading, Rejected};
use crate::sink::{Cells, Refusal, Sink};
use crate::tally::{Planned, is_lost};

/// So many wrong rows are named.
const SAMPLES: usize = 8;
/// Different numbers and times are counted so far.
const DISTINCT: usize = 10_000;

/// Columns in the making.
#[derive(Debug)]
pub(crate) struct Columns<'a> {
    limits: &'a Limits,
    file: PathBuf,
    numbers: HashMap<String, usize>,
    columns: Vec<Growing>,
    pub(crate) rows: u64,
    pub(crate) rejected: u64,
    pub(crate) samples: Vec<Rejected>,
}

#[derive(Debug)]
struct Growing {
    planned: Planned,
    values: Values,
    /// Places of the words; empty for other kinds.
    places: HashMap<String, u32>,
    word_bytes: usize,
    /// More words than allowed: it takes no more.
    is_left_out: bool,
    /// The last row that has a value in it, from 1.
    last_row: u64,
}

/// A value of a row that is known to fit.
enum Fitting<'a> {
    Number(f64),
    Time(i64),
    Word(Cell<'a>),
}

impl<'a> Columns<'a> {
    pub(crate) fn new(planned: Vec<Planned>, limits: &'a Limits) -> Columns<'a> {
        let numbers = planned.iter().enumerate().map(|(number, planned)| (planned.name.clone(), number)).collect();
        let columns = planned.into_iter().map(Growing::new).collect();
        Columns { limits, file: PathBuf::new(), numbers, columns, rows: 0, rejected: 0, samples: Vec::new() }
    }

    /// The rows that follow are of `file`.
    pub(crate) fn begin(&mut self, file: &Path) {
        file.clone_into(&mut self.file);
    }

    /// The table, and what became of each column.
    pub(crate) fn finish(self) -> (Frame, Vec<ColumnReading>) {
        let readings = self.columns.iter().map(Growing::reading).collect();
        let kept = self.columns.into_iter().filter(|column| !column.is_left_out);
        let columns = kept.map(|column| Column { name: column.planned.name, values: column.values }).collect();
        (Frame::new(columns).expect("columns of different names that grow together"), readings)
    }

    fn reject(&mut self, line: u64, column: Option<usize>, expected: String) {
        self.rejected += 1;
        if self.samples.len() < SAMPLES {
            let column = column.map(|column| self.columns[column].planned.name.clone());
            self.samples.push(Rejected { file: self.file.clone(), line, column, expected });
        }
    }

    /// The row as values, or the first column that does not fit with what it expects.
    fn fitting<'c>(&mut self, cells: Cells<'c>) -> Result<Vec<(usize, Fitting<'c>)>, (usize, String)> {
        let row = self.rows + self.rejected + 1;
        let fit = |(number, cell): (usize, Cell<'c>)| {
            let column = &mut self.columns[number];
            if column.last_row == row {
                return Err((number, "the name once in a row, found it twice".to_owned()));
            }
            column.last_row = row;
            let found = |expected| (number, format!("{expected}, found {}", cell.shown()));
            column
                .planned
                .fit(&cell)
                .map(|fitting| (number, fitting.unwrap_or(Fitting::Word(cell.clone()))))
                .map_err(found)
        };
        cells.into_iter().map(fit).collect()
    }
}

impl Sink for Columns<'_> {
    fn column(&mut self, name: &str) -> Result<usize, Refusal> {
        let changed = || std::io::Error::other(format!("the file changed while it was read: column {name:?} is new"));
        Ok(self.numbers.get(name).copied().ok_or_else(changed)?)
    }

    fn row(&mut self, line: u64, cells: Cells<'_>) -> Result<(), Refusal> {
        match self.fitting(cells) {
            Err((column, expected)) => self.reject(line, Some(column), expected),
            Ok(values) => {
                self.rows += 1;
                values.into_iter().for_each(|(column, value)| self.columns[column].push(value, self.limits));
                let rows = usize::try_from(self.rows).unwrap_or(usize::MAX);
                self.columns.iter_mut().for_each(|column| column.fill(rows));
            }
        }
        Ok(())
    }

    fn wrong(&mut self, line: u64, expected: String) {
        self.reject(line, None, expected);
    }
}

impl Planned {
    /// `cell` as a value of this column; `None`: as a word. Or else what the column expects.
    fn fit<'a>(&self, cell: &Cell<'_>) -> Result<Option<Fitting<'a>>, &'static str> {
        match self.kind {
            ColumnKind::Word => Ok(None),
            ColumnKind::Number if cell.is_nothing() || is_lost(&self.name, cell) => Ok(Some(Fitting::Number(f64::NAN))),
            ColumnKind::Number => cell.to_number().map(|number| Some(Fitting::Number(number))),
            ColumnKind::Time if cell.is_nothing() => Ok(Some(Fitting::Time(NO_TIME))),
            ColumnKind::Time => self.time(cell).map(|time| Some(Fitting::Time(time))).ok_or("a time"),
        }
    }

    fn time(&self, cell: &Cell<'_>) -> Option<i64> {
        match cell.as_number() {
            #[expect(clippy::cast_possible_truncation, reason = "beyond the range it is refused")]
            Some(number) => {
                let us = (number * self.unit_us).round();
                (us.abs() < 9e18).then_some(us as i64)
            }
            None => cell.as_time().map(|(time, _)| time),
        }
    }
}

impl Growing {
    fn new(planned: Planned) -> Growing {
        let values = match planned.kind {
            ColumnKind::Number => Values::Number(Vec::new()),
            ColumnKind::Time => Values::Time(Vec::new()),
            ColumnKind::Word => Values::Word(Words::default()),
        };
        Growing { planned, values, places: HashMap::new(), word_bytes: 0, is_left_out: false, last_row: 0 }
    }

    fn push(&mut self, value: Fitting<'_>, limits: &Limits) {
        match (&mut self.values, value) {
            (Values::Number(numbers), Fitting::Number(number)) => numbers.push(number),
            (Values::Time(times), Fitting::Time(time)) => times.push(time),
            (_, Fitting::Word(cell)) => self.push_word(cell, limits),
            (_, Fitting::Number(_) | Fitting::Time(_)) => unreachable!("a value is fitted to its column"),
        }
    }

    fn push_word(&mut self, cell: Cell<'_>, limits: &Limits) {
        let code = cell.into_word().map_or(NO_WORD, |word| self.place(&word, limits));
        if let Values::Word(words) = &mut self.values
            && !self.is_left_out
        {
            words.codes.push(code);
        }
    }

    /// The place of `word` in the dictionary, which may be full: then the column is given up.
    fn place(&mut self, word: &str, limits: &Limits) -> u32 {
        let Values::Word(words) = &mut self.values else { return NO_WORD };
        if self.is_left_out {
            return NO_WORD;
        }
        if let Some(&place) = self.places.get(word) {
            return place;
        }
        self.word_bytes += word.len();
        if self.places.len() == limits.words || self.word_bytes > limits.word_bytes {
            self.give_up();
            return NO_WORD;
        }
        let place = u32::try_from(words.dictionary.len()).unwrap_or(NO_WORD);
        words.dictionary.push(word.to_owned());
        self.places.insert(word.to_owned(), place);
        place
    }

    fn give_up(&mut self) {
        let more = self.places.len();
        self.planned.note = Some(format!("left out: it has more than {more} different words; is it an id?"));
        self.is_left_out = true;
        self.values = Values::Word(Words::default());
        self.places = HashMap::new();
    }

    /// A value for each of `rows`, missing where there is none yet.
    fn fill(&mut self, rows: usize) {
        match &mut self.values {
            Values::Number(numbers) => numbers.resize(rows, f64::NAN),
            Values::Time(times) => times.resize(rows, NO_TIME),
            Values::Word(words) if !self.is_left_out => words.codes.resize(rows, NO_WORD),
            Values::Word(_) => {}
        }
    }

    fn reading(&self) -> ColumnReading {
        let (distinct, distinct_or_more) = distinct(&self.values);
        ColumnReading {
            name: self.planned.name.clone(),
            kind: self.planned.kind,
            missing: self.values.missing() as u64,
            distinct,
            distinct_or_more: distinct_or_more || self.is_left_out,
            note: self.planned.note.clone(),
        }
    }
}

/// Different values, and whether counting ended there.
fn distinct(values: &Values) -> (u64, bool) {
    match values {
        Values::Word(words) => (words.dictionary.len() as u64, false),
        // Negative zero and zero are one number.
        Values::Number(numbers) => {
            count(numbers.iter().filter(|number| !number.is_nan()).map(|number| (number + 0.0).to_bits()))
        }
        Values::Time(times) => count(times.iter().filter(|&&time| time != NO_TIME).map(|time| time.cast_unsigned())),
    }
}

fn count(values: impl Iterator<Item = u64>) -> (u64, bool) {
    let mut seen = HashSet::new();
    for value in values {
        seen.insert(value);
        if seen.len() == DISTINCT {
            return (DISTINCT as u64, true);
        }
    }
    (seen.len() as u64, false)
}
