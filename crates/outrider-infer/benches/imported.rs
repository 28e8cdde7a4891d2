//! How long a model from elsewhere takes for a row: `cargo bench -p outrider-infer --bench imported -- FILE..` with files of XGBoost
//! or LightGBM. Rows are drawn by lot; a tenth of their values is missing.

#![allow(clippy::print_stdout, reason = "what was measured")]

use std::hint::black_box;
use std::time::Instant;

use outrider_core::Random;
use outrider_infer::import::read;
use outrider_infer::imported::Imported;

const ROWS: usize = 10_000;
const ROUNDS: usize = 5;

fn main() {
    println!("trees leaves part_bytes row_us batch_us file");
    for path in std::env::args().skip(1).filter(|argument| !argument.starts_with("--")) {
        let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let model = read(&bytes).unwrap_or_else(|error| panic!("{path}: {error}")).model;
        let columns = columns(model.head().features);
        let (row_us, batch_us) = (best(&model, &split(&columns)), best(&model, &[columns]));
        let (trees, leaves, part) = (model.len(), model.leaves(), model.write().len());
        println!("{trees:5} {leaves:6} {part:10} {row_us:6.2} {batch_us:8.2} {path}");
    }
}

fn columns(features: usize) -> Vec<Vec<f64>> {
    let mut random = Random::new(1);
    let mut value = || if random.chance(0.1) { f64::NAN } else { 8.0 * random.unit() - 4.0 };
    (0..features).map(|_| (0..ROWS).map(|_| value()).collect()).collect()
}

/// Each row by itself.
fn split(columns: &[Vec<f64>]) -> Vec<Vec<Vec<f64>>> {
    (0..ROWS).map(|row| columns.iter().map(|column| vec![column[row]]).collect()).collect()
}

/// Microseconds a row, in the best of some rounds.
fn best(model: &Imported, tables: &[Vec<Vec<f64>>]) -> f64 {
    let round = || {
        let begun = Instant::now();
        tables.iter().for_each(|columns| _ = black_box(model.predict(black_box(columns))));
        begun.elapsed().as_secs_f64() * 1e6 / ROWS as f64
    };
    (0..ROUNDS).map(|_| round()).fold(f64::INFINITY, f64::min)
}
