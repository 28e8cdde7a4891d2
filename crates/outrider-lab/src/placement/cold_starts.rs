//! How long a serverless function takes to start: drawn from measurements where they are given, else from a law.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use outrider_core::Random;
use serde::Deserialize;
use thiserror::Error;

use super::world::log_normal;
use crate::load::open;

/// Where measurements are to be had.
pub const COLD_STARTS: &str =
    "data/weekly of https://github.com/maxday/lambda-perf (Apache-2.0), as CSV with a row for each runtime and memory";
/// The runtime whose starts are drawn.
const RUNTIME: &str = "python3.12";
const ARCHITECTURE: &str = "x86_64";
/// Without measurements: the median, ms, and sigma of the logarithm.
const MEDIAN_MS: f64 = 120.0;
const SIGMA: f64 = 0.3;
/// More rows than this are no such table.
const ROWS_MAX: usize = 1_000_000;
/// No start takes longer, ms.
const LONGEST_MS: f64 = 600_000.0;
const MS_PER_S: f64 = 1e3;

/// Cold starts by memory, ms.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ColdStarts(BTreeMap<u64, Vec<f64>>);

/// Why they cannot be read.
#[derive(Debug, Error)]
pub enum ColdStartsError {
    /// No such file.
    #[error(
        "cannot read {path}: {source}; cold starts are to be had from {COLD_STARTS}, or leave --data out for a law"
    )]
    Open {
        /// Its path.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It is no such table.
    #[error("{path}: {source}; expected the columns runtime, memory_mb, arch and init1_ms to init10_ms")]
    Table {
        /// Its path.
        path: PathBuf,
        /// Where and why.
        source: csv::Error,
    },
    /// Nothing in it is used.
    #[error("{path} has no row of {RUNTIME} on {ARCHITECTURE} with a start of 0 to 600000 ms; is it the right file?", path = .0.display())]
    Nothing(PathBuf),
}

#[derive(Deserialize)]
struct Row {
    runtime: String,
    memory_mb: u64,
    arch: String,
    init1_ms: Option<f64>,
    init2_ms: Option<f64>,
    init3_ms: Option<f64>,
    init4_ms: Option<f64>,
    init5_ms: Option<f64>,
    init6_ms: Option<f64>,
    init7_ms: Option<f64>,
    init8_ms: Option<f64>,
    init9_ms: Option<f64>,
    init10_ms: Option<f64>,
}

impl Row {
    fn starts_ms(&self) -> impl Iterator<Item = f64> + use<> {
        let all = [
            self.init1_ms,
            self.init2_ms,
            self.init3_ms,
            self.init4_ms,
            self.init5_ms,
            self.init6_ms,
            self.init7_ms,
            self.init8_ms,
            self.init9_ms,
            self.init10_ms,
        ];
        all.into_iter().flatten().filter(|start| (0.0..=LONGEST_MS).contains(start))
    }
}

impl ColdStarts {
    /// Those of the table at `path`, compressed with gzip or not.
    ///
    /// # Errors
    /// When it cannot be read, is no such table, or holds nothing of the runtime.
    pub fn read(path: &Path) -> Result<ColdStarts, ColdStartsError> {
        let mut table = open(path).map_err(|source| ColdStartsError::Open { path: path.to_owned(), source })?;
        let mut starts: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
        for row in table.deserialize().take(ROWS_MAX) {
            let row: Row = row.map_err(|source| ColdStartsError::Table { path: path.to_owned(), source })?;
            if row.runtime == RUNTIME && row.arch == ARCHITECTURE {
                starts.entry(row.memory_mb).or_default().extend(row.starts_ms());
            }
        }
        starts.retain(|_, starts| !starts.is_empty());
        if starts.is_empty() { Err(ColdStartsError::Nothing(path.to_owned())) } else { Ok(ColdStarts(starts)) }
    }

    /// What they are, in words.
    pub fn about(&self) -> String {
        let count: usize = self.0.values().map(Vec::len).sum();
        if count == 0 {
            return format!("of a law (log-normal, median {MEDIAN_MS} ms, sigma {SIGMA})");
        }
        format!("drawn from {count} measured starts of {RUNTIME} on {ARCHITECTURE}")
    }

    /// One of a function with so much memory, seconds: of the measurements with the most memory that is no more, else with the least.
    pub(super) fn draw_s(&self, memory_mb: f64, random: &mut Random) -> f64 {
        let below = self.0.iter().rev().find(|(measured, _)| **measured as f64 <= memory_mb);
        let ms = match below.or_else(|| self.0.first_key_value()) {
            Some((_, starts)) => starts[random.below(starts.len())],
            None => MEDIAN_MS * log_normal(SIGMA, random),
        };
        ms / MS_PER_S
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str) -> Result<ColdStarts, ColdStartsError> {
        let path = std::env::temp_dir().join(format!("outrider-cold-starts-{}-{name}.csv", std::process::id()));
        std::fs::write(&path, text).unwrap();
        let read = ColdStarts::read(&path);
        std::fs::remove_file(&path).unwrap();
        read
    }

    #[test]
    fn starts_are_drawn_by_memory_and_senseless_ones_left_out() {
        let inits = |first: &str| format!("{first},,,,,,,,,-1");
        let head = "runtime,memory_mb,arch,init1_ms,init2_ms,init3_ms,init4_ms,init5_ms,init6_ms,init7_ms,init8_ms,init9_ms,init10_ms";
        let row = |memory: u32, arch: &str, first: &str| format!("{RUNTIME},{memory},{arch},{}\n", inits(first));
        let text =
            format!("{head}\n{}{}{}", row(128, "x86_64", "200"), row(1024, "x86_64", "100"), row(512, "arm64", "7"));
        let starts = read("fine", &text).unwrap();
        let mut random = Random::new(1);
        assert_eq!([64.0, 512.0, 1_024.0, 4_096.0].map(|mb| starts.draw_s(mb, &mut random)), [0.2, 0.2, 0.1, 0.1]);
        assert_eq!(starts.about(), "drawn from 2 measured starts of python3.12 on x86_64");
        assert!(read("none", &format!("{head}\n")).unwrap_err().to_string().contains("is it the right file?"));
        assert!(read("other", "a,b\n1,2\n").unwrap_err().to_string().contains("expected the columns runtime"));
        assert!(ColdStarts::read(Path::new("no such file")).unwrap_err().to_string().contains("lambda-perf"));
    }

    #[test]
    fn without_measurements_a_law_is_drawn_from_and_said() {
        let starts = ColdStarts::default();
        let mut random = Random::new(1);
        let mut drawn: Vec<f64> = (0..10_001).map(|_| starts.draw_s(512.0, &mut random)).collect();
        drawn.sort_by(f64::total_cmp);
        assert!((drawn[5_000] - 0.12).abs() < 0.002, "{}", drawn[5_000]);
        assert!(starts.about().starts_with("of a law"));
    }
}
