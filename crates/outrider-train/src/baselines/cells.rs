//! A lookup table: what training saw in the same cell, else what it saw over all.

use std::collections::BTreeMap;

use outrider_core::frame::{Frame, Values, Words};

use super::Statistic;
use crate::dataset::Dataset;

/// The words of a row in the columns of a table; none: missing.
type Cell = Vec<Option<String>>;

/// A value for each cell.
#[derive(Clone, Debug, PartialEq)]
pub struct CellTable {
    columns: Vec<String>,
    cells: BTreeMap<Cell, f64>,
    otherwise: f64,
}

/// Why there is no table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaselineError {
    /// A column of the cell is not there, or holds no words.
    #[error("a lookup table by {0:?} needs a column of words of this name; name another one, or read it as words")]
    Column(String),
    /// No row counts.
    #[error("a lookup table needs rows of some weight, and there are none")]
    NoRows,
}

impl CellTable {
    /// Of all rows of `data`, by the words of `columns`.
    ///
    /// # Errors
    ///
    /// If a column is not there or holds no words, or no row counts.
    pub fn fit(data: &Dataset, columns: &[&str], statistic: Statistic) -> Result<CellTable, BaselineError> {
        let words = words(data.frame(), columns)?;
        let weight = |row: usize| data.weights().map_or(1.0, |weights| weights[row]);
        let labelled = |row: usize| (data.labels()[row], weight(row));
        let all = (0..data.rows()).map(labelled).collect();
        let otherwise = statistic.of(all).ok_or(BaselineError::NoRows)?;
        let mut rows: BTreeMap<Vec<u32>, Vec<(f64, f64)>> = BTreeMap::new();
        (0..data.rows()).for_each(|row| rows.entry(codes(&words, row)).or_default().push(labelled(row)));
        let cells = rows.into_iter().filter_map(|(codes, rows)| Some((cell(&words, &codes), statistic.of(rows)?)));
        let columns = columns.iter().map(|column| (*column).to_owned()).collect();
        Ok(CellTable { columns, cells: cells.collect(), otherwise })
    }

    /// What it says of each row.
    ///
    /// # Errors
    ///
    /// If a column is not there or holds no words.
    pub fn predict(&self, frame: &Frame) -> Result<Vec<f64>, BaselineError> {
        let columns: Vec<&str> = self.columns.iter().map(String::as_str).collect();
        let words = words(frame, &columns)?;
        let mut seen: BTreeMap<Vec<u32>, f64> = BTreeMap::new();
        let value = |row| {
            let of_cell = |codes: &Vec<u32>| self.cells.get(&cell(&words, codes)).copied().unwrap_or(self.otherwise);
            let codes = codes(&words, row);
            seen.get(&codes).copied().unwrap_or_else(|| {
                let value = of_cell(&codes);
                seen.insert(codes, value);
                value
            })
        };
        Ok((0..frame.rows()).map(value).collect())
    }

    /// How many cells it has.
    pub fn cells(&self) -> usize {
        self.cells.len()
    }
}

fn words<'a>(frame: &'a Frame, columns: &[&str]) -> Result<Vec<&'a Words>, BaselineError> {
    let of = |name: &&str| match frame.column(name).map(|column| &column.values) {
        Some(Values::Word(words)) => Ok(words),
        _ => Err(BaselineError::Column((*name).to_owned())),
    };
    columns.iter().map(of).collect()
}

fn codes(words: &[&Words], row: usize) -> Vec<u32> {
    words.iter().map(|words| words.codes[row]).collect()
}

fn cell(words: &[&Words], codes: &[u32]) -> Cell {
    words.iter().zip(codes).map(|(words, &code)| words.dictionary.get(code as usize).cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Roles;
    use crate::testing::{numbers, schema, words};

    fn data() -> Dataset {
        let columns = vec![
            words("host", &[Some("a"), Some("a"), Some("b"), None]),
            words("class", &[Some("x"), Some("x"), Some("x"), Some("x")]),
            numbers("ms", &[1.0, 3.0, 10.0, 20.0]),
        ];
        let roles = Roles { label: "ms".to_owned(), ..Roles::default() };
        Dataset::new(Frame::new(columns).unwrap(), schema(&[], &["host", "class"]), roles).unwrap()
    }

    #[test]
    fn a_cell_has_what_training_saw_in_it() {
        let table = CellTable::fit(&data(), &["host", "class"], Statistic::Mean).unwrap();
        assert_eq!(table.cells(), 3);
        // Another table, other codes, another order of columns: words bind.
        let asked = Frame::new(vec![
            words("class", &[Some("x"), Some("x"), Some("x"), Some("y"), Some("x")]),
            words("host", &[Some("b"), Some("a"), None, Some("a"), Some("new")]),
        ]);
        assert_eq!(table.predict(&asked.unwrap()).unwrap(), [10.0, 2.0, 20.0, 8.5, 8.5]);
    }

    #[test]
    fn what_is_no_column_of_words_is_told() {
        let told = CellTable::fit(&data(), &["host", "ms"], Statistic::Mean).unwrap_err().to_string();
        assert!(told.contains("a lookup table by \"ms\" needs a column of words"), "{told}");
        let table = CellTable::fit(&data(), &["host"], Statistic::Quantile(0.5)).unwrap();
        assert_eq!(table.predict(&Frame::default()), Err(BaselineError::Column("host".to_owned())));
    }
}
