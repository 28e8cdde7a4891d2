//! A table of named, typed columns: what is read from files, trained on and predicted from.

/// The code of a word that is missing.
pub const NO_WORD: u32 = u32::MAX;
/// A time that is missing.
pub const NO_TIME: i64 = i64::MIN;

/// Columns of equal length, in the order of their source.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frame {
    rows: usize,
    columns: Vec<Column>,
}

/// One column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// As its source names it; unique in a frame.
    pub name: String,
    /// What it holds, a value for each row.
    pub values: Values,
}

/// The values of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Numbers and truth values (0 and 1); not a number: missing.
    Number(Vec<f64>),
    /// Words by their place in a dictionary.
    Word(Words),
    /// Microseconds since 1970 UTC; [`NO_TIME`]: missing.
    Time(Vec<i64>),
}

/// Words, each held once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Words {
    /// A place in `dictionary` for each row; [`NO_WORD`]: missing.
    pub codes: Vec<u32>,
    /// In the order of first sight.
    pub dictionary: Vec<String>,
}

/// Why columns make no frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// A column is shorter or longer than those before it.
    Length {
        /// Its name.
        column: String,
        /// Its rows.
        rows: usize,
        /// Those of the frame.
        expected: usize,
    },
    /// Two columns have this name.
    Twice(String),
}

impl std::fmt::Display for FrameError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            FrameError::Length { column, rows, expected } => {
                write!(f, "column {column:?} has {rows} rows, expected {expected} as in the columns before it")
            }
            FrameError::Twice(column) => write!(f, "two columns are named {column:?}, expected each name once"),
        }
    }
}

impl std::error::Error for FrameError {}

impl Values {
    /// Rows.
    pub fn len(&self) -> usize {
        match self {
            Values::Number(numbers) => numbers.len(),
            Values::Word(words) => words.codes.len(),
            Values::Time(times) => times.len(),
        }
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Rows without a value.
    pub fn missing(&self) -> usize {
        match self {
            Values::Number(numbers) => numbers.iter().filter(|number| number.is_nan()).count(),
            Values::Word(words) => words.codes.iter().filter(|&&code| code == NO_WORD).count(),
            Values::Time(times) => times.iter().filter(|&&time| time == NO_TIME).count(),
        }
    }

    /// Those of the given rows, in their order.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    pub fn rows(&self, rows: &[usize]) -> Values {
        match self {
            Values::Number(numbers) => Values::Number(rows.iter().map(|&row| numbers[row]).collect()),
            Values::Time(times) => Values::Time(rows.iter().map(|&row| times[row]).collect()),
            Values::Word(words) => Values::Word(Words {
                codes: rows.iter().map(|&row| words.codes[row]).collect(),
                dictionary: words.dictionary.clone(),
            }),
        }
    }
}

impl Words {
    /// The word of a row; `None`: missing.
    pub fn get(&self, row: usize) -> Option<&str> {
        self.dictionary.get(*self.codes.get(row)? as usize).map(String::as_str)
    }
}

impl<'a> FromIterator<Option<&'a str>> for Words {
    fn from_iter<I: IntoIterator<Item = Option<&'a str>>>(words: I) -> Words {
        let mut places = std::collections::BTreeMap::new();
        let mut dictionary = Vec::new();
        let mut place = |word: &'a str| {
            *places.entry(word).or_insert_with(|| {
                dictionary.push(word.to_owned());
                u32::try_from(dictionary.len() - 1).expect("fewer words than 2^32")
            })
        };
        let codes = words.into_iter().map(|word| word.map_or(NO_WORD, &mut place)).collect();
        Words { codes, dictionary }
    }
}

impl Frame {
    /// Of these columns.
    ///
    /// # Errors
    ///
    /// If they differ in length, or two have one name.
    pub fn new(columns: Vec<Column>) -> Result<Frame, FrameError> {
        let mut frame = Frame { rows: columns.first().map_or(0, |column| column.values.len()), columns: Vec::new() };
        columns.into_iter().try_for_each(|column| frame.push(column))?;
        Ok(frame)
    }

    /// Adds a column.
    ///
    /// # Errors
    ///
    /// If it has another length than the frame, or a name that the frame has.
    pub fn push(&mut self, column: Column) -> Result<(), FrameError> {
        let rows = column.values.len();
        if self.columns.is_empty() {
            self.rows = rows;
        }
        if rows != self.rows {
            return Err(FrameError::Length { column: column.name, rows, expected: self.rows });
        }
        if self.column(&column.name).is_some() {
            return Err(FrameError::Twice(column.name));
        }
        self.columns.push(column);
        Ok(())
    }

    /// How many rows it has.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Its columns.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Only the given rows, in their order.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Frame {
        let of = |column: &Column| Column { name: column.name.clone(), values: column.values.rows(rows) };
        Frame { rows: rows.len(), columns: self.columns.iter().map(of).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(name: &str, numbers: &[f64]) -> Column {
        Column { name: name.to_owned(), values: Values::Number(numbers.to_vec()) }
    }

    #[test]
    fn columns_are_of_one_length_and_of_a_name_of_their_own() {
        let short = Frame::new(vec![numbers("a", &[1.0, 2.0]), numbers("b", &[1.0])]);
        assert_eq!(short, Err(FrameError::Length { column: "b".to_owned(), rows: 1, expected: 2 }));
        let twice = Frame::new(vec![numbers("a", &[1.0]), numbers("a", &[1.0])]);
        assert_eq!(twice.unwrap_err().to_string(), "two columns are named \"a\", expected each name once");
    }

    #[test]
    fn words_are_held_once_and_may_be_missing() {
        let words: Words = [Some("get"), None, Some("post"), Some("get")].into_iter().collect();
        assert_eq!((words.codes.as_slice(), words.dictionary.len()), ([0, NO_WORD, 1, 0].as_slice(), 2));
        assert_eq!((words.get(3), words.get(1), words.get(9)), (Some("get"), None, None));
        assert_eq!(Values::Word(words).missing(), 1);
    }

    #[test]
    fn rows_are_selected_in_the_order_asked_for() {
        let words = Column { name: "w".to_owned(), values: Values::Word([Some("x"), Some("y")].into_iter().collect()) };
        let frame = Frame::new(vec![numbers("a", &[1.0, f64::NAN]), words]).unwrap().select(&[1, 0, 0]);
        assert_eq!((frame.rows(), frame.columns().len()), (3, 2));
        assert_eq!(frame.column("a").map(|column| column.values.missing()), Some(1));
        let Values::Word(words) = &frame.column("w").unwrap().values else { panic!("words") };
        assert_eq!((words.get(0), words.get(1)), (Some("y"), Some("x")));
    }
}
