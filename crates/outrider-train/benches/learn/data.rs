//! Rows by lot: what requests to a fleet might look like. 15 numbers, some often missing, and 5 categories; four labels.

use outrider_core::Random;
use outrider_infer::{Cells, Matrix};
use outrider_train::trees::Objective;

const NUMBERS: usize = 15;
/// Words of each category.
const WORDS: [u32; 5] = [4, 8, 20, 60, 200];
pub(crate) const FEATURES: usize = NUMBERS + WORDS.len();
/// The values of a row in the file: features, codes as numbers, then the labels.
const WIDTH: usize = FEATURES + 4;

/// What is learnt; its place is that of its label.
#[derive(Clone, Copy)]
pub(crate) struct Task {
    pub(crate) name: &'static str,
    pub(crate) objective: Objective,
    pub(crate) min_hessian: f64,
}

pub(crate) const TASKS: [Task; 4] = [
    Task { name: "regression", objective: Objective::Squared, min_hessian: 20.0 },
    Task { name: "p95", objective: Objective::Quantile(0.95), min_hessian: 20.0 },
    Task { name: "12 %", objective: Objective::Logistic, min_hessian: 1.0 },
    Task { name: "1 %", objective: Objective::Logistic, min_hessian: 1.0 },
];

/// The file's bytes.
pub(crate) fn generate(rows: usize, seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    let effects: Vec<Vec<f64>> = WORDS.iter().map(|&words| (0..words).map(|_| random.unit() - 0.5).collect()).collect();
    let mut bytes = Vec::with_capacity(rows * WIDTH * 4);
    for _ in 0..rows {
        row(&mut random, &effects).into_iter().for_each(|value| bytes.extend((value as f32).to_le_bytes()));
    }
    bytes
}

fn normal(random: &mut Random) -> f64 {
    (-2.0 * (1.0 - random.unit()).ln()).sqrt() * (std::f64::consts::TAU * random.unit()).cos()
}

fn row(random: &mut Random, effects: &[Vec<f64>]) -> [f64; WIDTH] {
    let mut row = [0.0; WIDTH];
    row[..NUMBERS].iter_mut().for_each(|x| *x = normal(random));
    row[1] = row[1].exp();
    row[2] = (row[2] * 3.0).round();
    row[4] += 0.7 * row[0];
    let mut words = 0.0;
    for (at, effects) in effects.iter().enumerate() {
        // Common words first.
        let code = ((random.unit() * random.unit()) * effects.len() as f64) as usize;
        row[NUMBERS + at] = code as f64;
        words += effects[code] * if row[at] > 0.0 { 1.0 } else { 0.3 };
    }
    let smooth =
        0.5 * (2.0 * row[0]).sin() + 0.3 * row[1].ln_1p() * row[3].tanh() + 0.1 * row[2] + 0.2 * row[5] * row[6];
    let steps = if row[7] > 0.5 && row[8] < 0.0 { 0.8 } else { 0.0 } + if row[9].abs() > 1.5 { 0.6 } else { 0.0 };
    let mean = smooth + steps + words;
    for at in [3, 5, 10, 12] {
        row[at] = if random.chance(0.15) { f64::NAN } else { row[at] };
    }
    let (spread, heavy) = (0.25 * (1.0 + row[11].tanh().abs()), random.unit());
    let label = mean + spread * (normal(random) - 0.5 * (1.0 - heavy).ln());
    let chance = |intercept: f64| 1.0 / (1.0 + (-(1.6 * mean + intercept)).exp());
    let (often, seldom) = (chance(-3.3), chance(-6.5));
    row[FEATURES..].copy_from_slice(&[label, label, f64::from(random.chance(often)), f64::from(random.chance(seldom))]);
    row
}

/// The features of rows `from..to` of the file, and label `task`.
pub(crate) fn load(bytes: &[u8], from: usize, to: usize, task: usize) -> (Matrix, Vec<f64>) {
    let value = |row: usize, at: usize| {
        let start = (row * WIDTH + at) * 4;
        f32::from_le_bytes(*bytes[start..].first_chunk().expect("a whole row"))
    };
    let column = |at: usize| (from..to).map(move |row| value(row, at));
    let numbers = (0..NUMBERS).map(|at| Cells::Number(column(at).collect()));
    let words = WORDS.iter().enumerate();
    let words = words
        .map(|(at, &words)| Cells::Category { codes: column(NUMBERS + at).map(|code| code as u32).collect(), words });
    let matrix = Matrix::new(numbers.chain(words).collect()).expect("codes are drawn below their words");
    (matrix, column(FEATURES + task).map(f64::from).collect())
}

/// How many rows a file has.
pub(crate) fn rows(bytes: &[u8]) -> usize {
    bytes.len() / (WIDTH * 4)
}
