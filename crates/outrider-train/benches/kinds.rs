//! Every kind of model on the same generated telemetry: `cargo bench -p outrider-train --bench kinds [-- ROWS]` (200,000; 200 trees, 2
//! threads). Training is a whole one, with its split; figures of predictions are the least of five rounds.
//!
//! `row` is a table of one row through [`Model::predict`]: names are bound and words looked up. `bare` is a row that is laid out
//! already, where a kind has such a way. `batch` is a table of all rows that judge.

#![expect(clippy::print_stdout, reason = "the table is what it is for")]

use std::hint::black_box;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use outrider_core::frame::Frame;
use outrider_infer::Model;
use outrider_infer::artifact::Artifact;
use outrider_train::tasks::RETRY;
use outrider_train::training::{Bench, Candidate, Options, Trained, train};
use outrider_workload::retry_telemetry;
use rayon::ThreadPoolBuilder;

const MODELS: [&str; 6] = ["logistic", "forest", "boosting", "network", "ensemble", "stacked"];
const ROUNDS: usize = 5;
const ROWS_AT_ONCE: usize = 1_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` runs this without `--bench`: nothing to say then.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let rows = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(200_000);
    let mut trained = trained(&retry_telemetry(rows, 1, false));
    println!(
        "{rows} rows of generated telemetry, {} features, 200 trees, 2 threads",
        trained.data.schema().features.len()
    );
    println!("model       train_s  log_loss  size_kib  load_ms   row_us  bare_us batch_us");
    for at in 0..trained.candidates.len() {
        trained.best = at;
        line(&trained);
    }
}

fn trained(source: &Frame) -> Trained {
    let pool = ThreadPoolBuilder::new().num_threads(2).build().expect("two threads");
    let begun = Instant::now();
    let options = Options { models: MODELS.map(str::to_owned).to_vec(), ..Options::default() };
    let mut bench = Bench { pool: &pool, clock: &mut || begun.elapsed(), watch: &mut |_, _| ControlFlow::Continue(()) };
    train(&RETRY, source, &options, &mut bench).expect("rows that can be learnt")
}

fn line(trained: &Trained) {
    let best = trained.best();
    let bytes = trained.artifact().expect("a model that can be written").write();
    let load = least_us(1, || drop(black_box(Model::of(&Artifact::read(&bytes).expect("as written")).expect("whole"))));
    let test = trained.data.frame().select(&trained.split.test);
    let batch = least_us(test.rows(), || drop(black_box(best.model.predict(&test).expect("its columns"))));
    println!(
        "{:10} {:8.2} {:9.4} {:9.1} {:8.2} {:8.2} {:>8} {:8.3}",
        best.scored.name,
        best.took.as_secs_f64(),
        log_loss(best),
        bytes.len() as f64 / 1024.0,
        load / 1e3,
        row_us(&best.model, &test),
        bare_us(&best.model, &test).map_or("-".to_owned(), |us| format!("{us:.2}")),
        batch,
    );
}

fn log_loss(candidate: &Candidate) -> f64 {
    let found = candidate.scored.figures.iter().find(|(name, ..)| name == "log_loss");
    found.and_then(|(_, value, _)| *value).unwrap_or(f64::NAN)
}

/// Every row a table of its own.
fn row_us(model: &Model, test: &Frame) -> f64 {
    let rows: Vec<Frame> = (0..ROWS_AT_ONCE.min(test.rows())).map(|row| test.select(&[row])).collect();
    least_us(rows.len(), || {
        rows.iter().for_each(|row| drop(black_box(model.predict(black_box(row)).expect("its columns"))));
    })
}

/// Every row another, laid out before.
fn bare_us(model: &Model, test: &Frame) -> Option<f64> {
    let few: Vec<usize> = (0..ROWS_AT_ONCE.min(test.rows())).collect();
    let few = test.select(&few);
    match model {
        Model::Trees { encoding, heads, .. } => {
            let matrix = encoding.encode(&few).expect("its columns");
            let rows: Vec<Vec<f32>> = (0..few.rows()).map(|row| matrix.row(row)).collect();
            Some(least_us(rows.len(), || {
                rows.iter().for_each(|row| _ = black_box(heads[0].predict_row(black_box(row))));
            }))
        }
        Model::Network { network, .. } => {
            let matrix = network.inputs().encode(&few).expect("its columns");
            let rows: Vec<Vec<f32>> = (0..few.rows()).map(|row| matrix.row(row)).collect();
            let mut said = [0.0];
            Some(least_us(rows.len(), || {
                rows.iter().for_each(|row| network.predict_row(black_box(row), black_box(&mut said)));
            }))
        }
        Model::Logistic { .. } | Model::Ensemble { .. } | Model::Imported { .. } => None,
    }
}

/// Microseconds for each of `parts`, in the fastest round.
fn least_us(parts: usize, mut round: impl FnMut()) -> f64 {
    let mut timed = || {
        let clock = Instant::now();
        round();
        clock.elapsed()
    };
    let least = (0..ROUNDS).map(|_| timed()).min().unwrap_or(Duration::ZERO);
    least.as_secs_f64() * 1e6 / parts as f64
}
