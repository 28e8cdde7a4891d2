//! What models take: the features in the schema's order, encoded as numbers.

use thiserror::Error;

/// Columns of equal length; the same for training and for serving.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    rows: usize,
    columns: Vec<Cells>,
}

/// One feature, a value for each row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cells {
    /// Not a number: missing.
    Number(Vec<f32>),
    /// Places in the model's dictionary of `words` words. [`Cells::unseen`]: a word that it does not hold;
    /// [`Cells::missing`]: none at all.
    Category {
        /// A place for each row.
        codes: Vec<u32>,
        /// The length of the dictionary.
        words: u32,
    },
}

/// Why columns make no matrix.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MatrixError {
    /// Columns differ in length.
    #[error("feature {feature} has {rows} rows, expected {expected} as in the features before it")]
    Length {
        /// Its place.
        feature: usize,
        /// Its rows.
        rows: usize,
        /// Those of the matrix.
        expected: usize,
    },
    /// A code lies beyond the dictionary and the two places after it.
    #[error(
        "feature {feature} has code {code} in row {row}, expected at most {max}: the words, then unseen, then missing"
    )]
    Code {
        /// Its place.
        feature: usize,
        /// The row.
        row: usize,
        /// What stands there.
        code: u32,
        /// The code of a missing word.
        max: u32,
    },
}

impl Cells {
    /// Rows.
    pub fn len(&self) -> usize {
        match self {
            Cells::Number(values) => values.len(),
            Cells::Category { codes, .. } => codes.len(),
        }
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The code of a word that a dictionary of `words` words does not hold.
    pub fn unseen(words: u32) -> u32 {
        words
    }

    /// The code of a word that is missing.
    pub fn missing(words: u32) -> u32 {
        words + 1
    }

    fn at(&self, row: usize) -> f32 {
        match self {
            Cells::Number(values) => values[row],
            Cells::Category { codes, .. } => f32::from_bits(codes[row]),
        }
    }

    fn select(&self, rows: &[usize]) -> Cells {
        match self {
            Cells::Number(values) => Cells::Number(rows.iter().map(|&row| values[row]).collect()),
            Cells::Category { codes, words } => {
                Cells::Category { codes: rows.iter().map(|&row| codes[row]).collect(), words: *words }
            }
        }
    }

    fn bad_code(&self) -> Option<(usize, u32, u32)> {
        let Cells::Category { codes, words } = self else { return None };
        let max = Cells::missing(*words);
        codes.iter().position(|&code| code > max).map(|row| (row, codes[row], max))
    }
}

impl Matrix {
    /// Of these columns.
    ///
    /// # Errors
    ///
    /// If they differ in length, or a code is out of its dictionary.
    pub fn new(columns: Vec<Cells>) -> Result<Matrix, MatrixError> {
        let expected = columns.first().map_or(0, Cells::len);
        for (feature, column) in columns.iter().enumerate() {
            if column.len() != expected {
                return Err(MatrixError::Length { feature, rows: column.len(), expected });
            }
            if let Some((row, code, max)) = column.bad_code() {
                return Err(MatrixError::Code { feature, row, code, max });
            }
        }
        Ok(Matrix { rows: expected, columns })
    }

    /// How many rows it has.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Its features.
    pub fn columns(&self) -> &[Cells] {
        &self.columns
    }

    /// Writes row `row` to the front of `into`: numbers as they are, codes by their bits.
    ///
    /// # Panics
    ///
    /// If there is no such row, or `into` is shorter than the features are many.
    pub fn read_row(&self, row: usize, into: &mut [f32]) {
        assert!(into.len() >= self.columns.len(), "a row takes {} places", self.columns.len());
        for (place, column) in into.iter_mut().zip(&self.columns) {
            *place = column.at(row);
        }
    }

    /// Row `row` by itself.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    pub fn row(&self, row: usize) -> Vec<f32> {
        self.columns.iter().map(|column| column.at(row)).collect()
    }

    /// Only the given rows, in their order.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Matrix {
        Matrix { rows: rows.len(), columns: self.columns.iter().map(|column| column.select(rows)).collect() }
    }

    /// The same, but feature `feature` takes its values from the given rows: what its values say is gone, what they are stays.
    ///
    /// # Panics
    ///
    /// If there is no such feature or row, or another number of rows than the matrix has.
    #[must_use]
    pub fn shuffled(&self, feature: usize, rows: &[usize]) -> Matrix {
        assert_eq!(rows.len(), self.rows, "a place for each row");
        let mut other = self.clone();
        other.columns[feature] = self.columns[feature].select(rows);
        other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_hold_numbers_as_they_are_and_codes_by_their_bits() {
        let words = Cells::Category { codes: vec![0, 3], words: 2 };
        let matrix = Matrix::new(vec![Cells::Number(vec![0.5, f32::NAN]), words]).unwrap();
        assert_eq!(matrix.row(0), [0.5, f32::from_bits(0)]);
        let picked = matrix.select(&[1]).row(0);
        assert!(picked[0].is_nan() && picked[1].to_bits() == Cells::missing(2));
        assert_eq!(matrix.shuffled(0, &[1, 0]).row(1)[0], 0.5);
    }

    #[test]
    fn columns_of_other_lengths_and_codes_of_no_word_are_refused() {
        let short = Matrix::new(vec![Cells::Number(vec![1.0]), Cells::Number(vec![])]).unwrap_err();
        assert_eq!(short, MatrixError::Length { feature: 1, rows: 0, expected: 1 });
        let beyond = Matrix::new(vec![Cells::Category { codes: vec![0, 4], words: 2 }]).unwrap_err();
        assert_eq!(beyond, MatrixError::Code { feature: 0, row: 1, code: 4, max: 3 });
    }
}
