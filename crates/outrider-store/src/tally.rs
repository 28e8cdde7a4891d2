//! The first look at the files: what each column holds.

use std::collections::{BTreeMap, HashMap};

use crate::cell::Cell;
use crate::limits::Limits;
use crate::reading::ColumnKind;
use crate::sink::{Cells, Refusal, Sink};

/// A column is of numbers or of times if so many of its values are; the rest are then wrong.
const SHARE: f64 = 0.95;
/// Numbers of seconds that are times between the years 2001 and 2103; outside they are just numbers.
const UNIX_S: std::ops::RangeInclusive<f64> = 1e9..=4.2e9;
/// Units of times as numbers, each in microseconds.
const UNITS_US: [(&str, f64); 4] =
    [("seconds", 1e6), ("milliseconds", 1e3), ("microseconds", 1.0), ("nanoseconds", 1e-3)];

/// The column of round trips.
const ROUND_TRIPS: &str = "rtt_ms";

/// What was seen of all columns.
#[derive(Debug)]
pub(crate) struct Tally<'a> {
    limits: &'a Limits,
    asked: &'a BTreeMap<String, ColumnKind>,
    numbers: HashMap<String, usize>,
    columns: Vec<Seen>,
    rows: u64,
}

/// What was seen of one.
#[derive(Clone, Debug)]
struct Seen {
    name: String,
    /// What it is to be, whatever it holds.
    asked: Option<ColumnKind>,
    values: u64,
    numbers: u64,
    times: u64,
    zoneless: u64,
    low: f64,
    high: f64,
}

/// What a column is taken for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Planned {
    pub(crate) name: String,
    pub(crate) kind: ColumnKind,
    /// The unit in microseconds of numbers that are times.
    pub(crate) unit_us: f64,
    pub(crate) note: Option<String>,
}

impl<'a> Tally<'a> {
    /// Where `asked` says what a column is to be, nothing is made of its looks.
    pub(crate) fn new(limits: &'a Limits, asked: &'a BTreeMap<String, ColumnKind>) -> Tally<'a> {
        Tally { limits, asked, numbers: HashMap::new(), columns: Vec::new(), rows: 0 }
    }

    /// What the columns are to be.
    pub(crate) fn plan(self) -> Vec<Planned> {
        self.columns.into_iter().map(Seen::plan).collect()
    }
}

impl Sink for Tally<'_> {
    fn is_wanted(&self, name: &str) -> bool {
        self.asked.contains_key(name)
    }

    fn column(&mut self, name: &str) -> Result<usize, Refusal> {
        if let Some(&column) = self.numbers.get(name) {
            return Ok(column);
        }
        if name.len() > self.limits.name_bytes {
            return Err(Refusal::Name(self.limits.name_bytes));
        }
        if self.columns.len() == self.limits.columns {
            return Err(Refusal::Columns(self.limits.columns));
        }
        self.numbers.insert(name.to_owned(), self.columns.len());
        self.columns.push(Seen::new(name, self.asked.get(name).copied()));
        Ok(self.columns.len() - 1)
    }

    fn row(&mut self, _line: u64, cells: Cells<'_>) -> Result<(), Refusal> {
        self.rows += 1;
        cells.iter().for_each(|(column, cell)| self.columns[*column].see(cell));
        if self.rows > self.limits.rows { Err(Refusal::Rows(self.limits.rows)) } else { Ok(()) }
    }

    fn wrong(&mut self, _line: u64, _expected: String) {
        self.rows += 1;
    }
}

impl Seen {
    fn new(name: &str, asked: Option<ColumnKind>) -> Seen {
        let (low, high) = (f64::INFINITY, f64::NEG_INFINITY);
        Seen { name: name.to_owned(), asked, values: 0, numbers: 0, times: 0, zoneless: 0, low, high }
    }

    fn see(&mut self, cell: &Cell<'_>) {
        // Words and numbers are what was asked for; only times may yet differ in their unit.
        let is_asked = matches!(self.asked, Some(ColumnKind::Word | ColumnKind::Number));
        if is_asked || cell.is_nothing() || is_lost(&self.name, cell) {
            return;
        }
        self.values += 1;
        if let Some(number) = cell.as_number() {
            self.numbers += 1;
            (self.low, self.high) = (self.low.min(number), self.high.max(number));
        } else if let Some((_, zoned)) = cell.as_time() {
            self.times += 1;
            self.zoneless += u64::from(!zoned);
        }
    }

    fn plan(self) -> Planned {
        let unit = self.unit();
        let kind = self.asked.unwrap_or_else(|| self.kind(unit.is_some()));
        let (unit, unit_us) = unit.unwrap_or(UNITS_US[0]);
        let note = match kind {
            ColumnKind::Time if self.numbers > 0 => Some(format!("numbers taken as {unit} since 1970 UTC")),
            ColumnKind::Time if self.zoneless > 0 => Some("times without a zone taken as UTC".to_owned()),
            _ => None,
        };
        Planned { name: self.name, kind, unit_us, note }
    }

    fn kind(&self, has_unit: bool) -> ColumnKind {
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        let most = |count: u64| count as f64 >= SHARE * self.values as f64;
        match () {
            () if most(self.numbers) && has_unit && is_time(&self.name) => ColumnKind::Time,
            () if most(self.numbers) => ColumnKind::Number,
            () if most(self.times) => ColumnKind::Time,
            () => ColumnKind::Word,
        }
    }

    /// The unit by which all numbers are times of this century.
    fn unit(&self) -> Option<(&'static str, f64)> {
        let fits = |us: f64| UNIX_S.contains(&(self.low * us / 1e6)) && UNIX_S.contains(&(self.high * us / 1e6));
        UNITS_US.into_iter().find(|&(_, us)| self.numbers > 0 && fits(us))
    }
}

/// Whether `cell` is a round trip that was lost: a cross or a star in a column of round trips says that there is none.
pub(crate) fn is_lost(column: &str, cell: &Cell<'_>) -> bool {
    column == ROUND_TRIPS && cell.is_lost()
}

/// Whether a column is named as times are: `timestamp`, `unix_ts`, `starttime`, `created_at`.
fn is_time(name: &str) -> bool {
    let words = || name.split(|c: char| !c.is_alphanumeric());
    let is_word = |word: &str| ["ts", "at", "date", "epoch"].iter().any(|known| word.eq_ignore_ascii_case(known));
    name.to_ascii_lowercase().contains("time") || words().any(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(name: &str, cells: &[&str]) -> ColumnKind {
        planned(name, cells).kind
    }

    fn planned(name: &str, cells: &[&str]) -> Planned {
        let limits = Limits::default();
        let asked = BTreeMap::new();
        let mut tally = Tally::new(&limits, &asked);
        let column = tally.column(name).unwrap();
        for cell in cells {
            tally.row(1, vec![(column, Cell::text((*cell).into()))]).unwrap();
        }
        tally.plan().remove(0)
    }

    #[test]
    fn a_column_is_what_nearly_all_of_its_values_are() {
        assert_eq!(kind("a", &["1", "", "NaN", "2.5", "true"]), ColumnKind::Number);
        assert_eq!(kind("a", &["1", "2", "x"]), ColumnKind::Word);
        assert_eq!(kind("a", &[["1"; 19].as_slice(), &["x"]].concat()), ColumnKind::Number);
        assert_eq!(kind("a", &["2024-01-01T00:00:00Z", "2024-01-01 00:00:00"]), ColumnKind::Time);
        assert_eq!(kind("a", &["", "null"]), ColumnKind::Number, "nothing at all");
    }

    #[test]
    fn crosses_and_stars_are_lost_round_trips_and_words_elsewhere() {
        assert_eq!(kind("rtt_ms", &["1.5", "x", "*", "x"]), ColumnKind::Number);
        assert_eq!(kind("a", &["1.5", "x", "*", "x"]), ColumnKind::Word);
        assert!(is_lost("rtt_ms", &Cell::text("*".into())) && !is_lost("rtt_ms", &Cell::text("n".into())));
    }

    #[test]
    fn numbers_are_times_by_name_and_by_size() {
        assert_eq!(planned("unix_ts", &["1475280000", "1475280240"]).unit_us, 1e6);
        let ms = planned("timestamp", &["1475280000000"]);
        assert_eq!((ms.kind, ms.unit_us), (ColumnKind::Time, 1e3));
        assert_eq!(kind("size_bytes", &["1475280000"]), ColumnKind::Number);
        assert_eq!(kind("response_time_ms", &["12.5", "1475280000"]), ColumnKind::Number);
    }

    #[test]
    fn what_is_taken_for_granted_is_said() {
        assert!(planned("t", &["2024-01-01 00:00:00"]).note.unwrap().contains("UTC"));
        assert!(planned("ts", &["1475280000"]).note.unwrap().contains("seconds since 1970"));
        assert_eq!(planned("t", &["2024-01-01T00:00:00+01:00"]).note, None);
    }
}
