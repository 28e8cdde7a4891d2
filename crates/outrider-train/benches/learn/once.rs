//! One training in a process of its own, so that memory is measured from a clean start; like `bench/trees/peers.py`.

use std::fs;
use std::hint::black_box;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use outrider_infer::Matrix;
use outrider_infer::trees::Trees;
use outrider_train::trees::{BoostingSettings, Examples, Objective, boost};
use rayon::ThreadPoolBuilder;
use rustix::time::{ClockId, clock_gettime};

use crate::data::{TASKS, Task, load, rows};

/// From one request to the next, when it is measured how long a single prediction takes.
const PACE: Duration = Duration::from_micros(50);

/// Trains task `task` on the first `train_rows` rows of the file at `path`, and prints what it took.
pub(crate) fn run(task: usize, path: &str, train_rows: usize, trees: usize) {
    let bytes = fs::read(path).expect("the file that the bench wrote");
    let (matrix, labels) = load(&bytes, 0, train_rows, task);
    let (test, test_labels) = load(&bytes, train_rows, rows(&bytes), task);
    drop(bytes);
    fs::write("/proc/self/clear_refs", "5").expect("Linux lets a process forget its peak");
    let (before_kib, cpu, clock) = (resident_kib("VmRSS"), cpu_s(), Instant::now());
    let model = train(&Examples { matrix: &matrix, labels: &labels, weights: None }, task, trees);
    let (wall_s, cpu_s) = (clock.elapsed().as_secs_f64(), cpu_s() - cpu);
    let extra_mib = (resident_kib("VmHWM") - before_kib) / 1024.0;
    let error = error(TASKS[task].objective, &model.predict(&test), &test_labels);
    let bytes = model.write();
    let clock = Instant::now();
    let model = Trees::read(&bytes).expect("what was written").prepare();
    let load_ms = clock.elapsed().as_secs_f64() * 1e3;
    let ((row_us, batch_us), paced_us) = (predict_us(&model, &test), paced_us(&model, &test));
    println!("{wall_s} {cpu_s} {error} {extra_mib} {row_us} {batch_us} {} {load_ms} {paced_us}", bytes.len());
}

fn train(examples: &Examples, task: usize, trees: usize) -> Trees {
    let Task { objective, min_hessian, .. } = TASKS[task];
    let settings = BoostingSettings { objective, min_hessian, trees, ..BoostingSettings::default() };
    let pool = ThreadPoolBuilder::new().num_threads(2).build().expect("two threads");
    let boosted = boost(examples, None, &settings, None, &pool, &mut |_| ControlFlow::Continue(()));
    boosted.expect("rows that can be learnt").trees
}

fn cpu_s() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn resident_kib(key: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':')).expect("a line of each");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

fn error(objective: Objective, said: &[f64], labels: &[f64]) -> f64 {
    let mean = |loss: fn(f64, f64) -> f64| {
        said.iter().zip(labels).map(|(&said, &label)| loss(said, label)).sum::<f64>() / said.len() as f64
    };
    match objective {
        Objective::Squared => mean(|said, label| (said - label).powi(2)).sqrt(),
        Objective::Quantile(_) => mean(|said, label| (0.95 * (label - said)).max(0.05 * (said - label))),
        Objective::Logistic => mean(|said, label| {
            let said = said.clamp(1e-9, 1.0 - 1e-9);
            -(if label > 0.5 { said } else { 1.0 - said }).ln()
        }),
    }
}

/// Microseconds per row: one at a time, every one another, and in a batch. The least of five rounds.
fn predict_us(model: &Trees, test: &Matrix) -> (f64, f64) {
    let rows: Vec<Vec<f32>> = (0..20_000.min(test.rows())).map(|row| test.row(row)).collect();
    let least = |round: &dyn Fn(), rows: usize| {
        let timed = |_| {
            let clock = Instant::now();
            round();
            clock.elapsed().as_secs_f64() * 1e6 / rows as f64
        };
        (0..5).map(timed).fold(f64::INFINITY, f64::min)
    };
    let single = || {
        rows.iter().for_each(|row| {
            black_box(model.predict_row(black_box(row)));
        });
    };
    let batch = || drop(black_box(model.predict(black_box(test))));
    (least(&single, rows.len()), least(&batch, test.rows()))
}

/// Microseconds per row when one comes every 50 microseconds, and others have had the caches meanwhile: the median.
fn paced_us(model: &Trees, test: &Matrix) -> f64 {
    let mut others = vec![0_u8; 4 << 20];
    let of = |row: usize| {
        let (row, next) = (test.row(row), Instant::now() + PACE);
        while Instant::now() < next {
            others.iter_mut().step_by(4096 + 64).for_each(|byte| *byte = byte.wrapping_add(1));
        }
        let clock = Instant::now();
        black_box(model.predict_row(black_box(&row)));
        clock.elapsed().as_secs_f64() * 1e6
    };
    let mut took: Vec<f64> = (0..2_000.min(test.rows())).map(of).collect();
    took.sort_by(f64::total_cmp);
    took[took.len() / 2]
}
