//! Our trees beside LightGBM and XGBoost, two threads each: `cargo bench -p outrider-train --bench learn [-- ROUNDS [ROWS
//! [TREES [TASKS]]]]` (3, 500,000, 200 and all 4; trees of 31 leaves). The Python environment is that of ci/test-tools.sh.
//!
//! Every training is a process of its own. A round runs all of them once, so that what the machine does meanwhile hits all
//! alike; figures are medians over rounds, ratios medians of the ratios within a round.

#![expect(clippy::print_stdout, reason = "the table is what it is for")]
#![expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "numbers made here, and small")]

#[path = "learn/data.rs"]
mod data;
#[path = "learn/once.rs"]
mod once;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use data::TASKS;

const TEST_ROWS: usize = 100_000;
const TRAINERS: [&str; 3] = ["outrider", "lightgbm", "xgboost"];
/// What each process prints, in this order; ours its size as bytes too.
const WALL_S: usize = 0;
const CPU_S: usize = 1;
const ERROR: usize = 2;
const EXTRA_MIB: usize = 3;
const ROW_US: usize = 4;
const BATCH_US: usize = 5;
const BYTES: usize = 6;
const LOAD_MS: usize = 7;
const PACED_US: usize = 8;

struct Plan {
    file: PathBuf,
    rows: usize,
    trees: usize,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [one, task, path, rows, trees] = arguments.as_slice()
        && one == "--once"
    {
        let number = |text: &String| text.parse().expect("a number");
        return once::run(number(task), path, number(rows), number(trees));
    }
    // `cargo test --benches` runs this without `--bench`: nothing to say then.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let mut numbers = arguments.iter().filter_map(|argument| argument.parse::<usize>().ok());
    let (rounds, rows, trees) =
        (numbers.next().unwrap_or(3), numbers.next().unwrap_or(500_000), numbers.next().unwrap_or(200));
    let plan = Plan { file: Path::new(env!("CARGO_TARGET_TMPDIR")).join("learn.f32"), rows, trees };
    std::fs::write(&plan.file, data::generate(rows + TEST_ROWS, 1)).expect("room for the file");
    println!("{rows} rows x {} features, {trees} trees of 31 leaves, 2 threads, {rounds} rounds", data::FEATURES);
    println!(
        "task        trainer      wall_s  ratio   cpu_s  ratio    error  ratio  extra_mib  ratio  row_us batch_us"
    );
    let tasks = numbers.next().unwrap_or(TASKS.len()).min(TASKS.len());
    (0..tasks).for_each(|task| compare(&plan, task, rounds));
}

/// A line for each trainer.
fn compare(plan: &Plan, task: usize, rounds: usize) {
    let measured: Vec<[Vec<f64>; 3]> =
        (0..rounds).map(|_| TRAINERS.map(|trainer| plan.measure(trainer, task))).collect();
    for (at, trainer) in TRAINERS.iter().enumerate() {
        let figure = |which: usize| median(measured.iter().map(|round| round[at][which]).collect());
        let ratio = |which: usize| median(measured.iter().map(|round| round[at][which] / round[1][which]).collect());
        println!(
            "{:11} {trainer:10} {:8.2} {:6.2} {:7.2} {:6.2} {:8.5} {:6.4} {:10.1} {:6.2} {:7.2} {:8.2}",
            TASKS[task].name,
            figure(WALL_S),
            ratio(WALL_S),
            figure(CPU_S),
            ratio(CPU_S),
            figure(ERROR),
            ratio(ERROR),
            figure(EXTRA_MIB),
            ratio(EXTRA_MIB),
            figure(ROW_US),
            figure(BATCH_US),
        );
    }
    let figure = |which: usize| median(measured.iter().map(|round| round[0][which]).collect());
    println!(
        "{:11} our model takes {:.0} KiB, is loaded in {:.1} ms, and says of a row every 50 us after {:.2} us",
        TASKS[task].name,
        figure(BYTES) / 1024.0,
        figure(LOAD_MS),
        figure(PACED_US),
    );
}

impl Plan {
    fn measure(&self, trainer: &str, task: usize) -> Vec<f64> {
        let (rows, trees) = (self.rows.to_string(), self.trees.to_string());
        let mut command = if trainer == "outrider" {
            let mut command = Command::new(std::env::current_exe().expect("this program"));
            command.args(["--once", &task.to_string()]);
            command
        } else {
            let tmp = Path::new(env!("CARGO_TARGET_TMPDIR"));
            let mut command = Command::new(tmp.with_file_name("test-venv").join("bin").join("python"));
            command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bench/trees/peers.py"));
            command.args([trainer, TASKS[task].name]);
            command
        };
        let command = command.arg(&self.file).args([&rows, &trees]).stdin(Stdio::null()).stderr(Stdio::inherit());
        let output = command.output().expect("ci/test-tools.sh installs the peers");
        assert!(output.status.success(), "{command:?}: {}", output.status);
        let text = String::from_utf8_lossy(&output.stdout);
        text.split_whitespace().filter_map(|number| number.parse().ok()).collect()
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
