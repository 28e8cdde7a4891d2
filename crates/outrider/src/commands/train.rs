//! `outrider train`: from files of telemetry to a model and a verdict.

mod cost;
mod each;
mod error;
pub(super) mod outcome;
pub(super) mod prices;
pub(super) mod progress;

use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use outrider_lab::training_report;
use outrider_store::{Reading, read, write_model};
use outrider_train::class_weights::ClassWeights;
use outrider_train::tasks::{Task, source_kinds};
use outrider_train::training::{Bench, Options, SplitChoice, Trained, TrainingError, train, train_each};

use crate::commands::predict::reading;
use crate::commands::terminal;
use error::TrainCommandError;

/// Threads of training by this niceness leave others the machine.
const NICENESS: i32 = 10;

/// Trains a predictor.
#[derive(Debug, Args)]
pub(super) struct Train {
    /// What to predict: retry, service, degradation, placement
    task: String,
    /// Which label, where the task has several; left out: its first
    #[arg(long, value_name = "NAME")]
    label: Option<String>,
    /// CSV, JSON lines or Parquet, gzipped or not; a file, a folder, or several
    #[arg(long, value_name = "PATH", required = true, num_args = 1..)]
    data: Vec<PathBuf>,
    /// Price list of the platforms, YAML, for the task placement; left out: prices of no stated region and date, and one task of each kind
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
    /// Folder of the model and its report; left out: outrider-models/TASK
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// How rows are split: `time`, `leave-out`, `leave-out=GROUP`, `leave-each-out` (every group in its turn; figures alone, no model),
    /// `random` (figures are then too good where time matters); left out: by time if there are times
    #[arg(long, value_name = "HOW", value_parser = parts)]
    split: Option<Parts>,
    /// Only these models, by name. Those of the task, and `network`, `ensemble` (the mean) and `stacked` (by shares that are learnt); an
    /// ensemble is made of those beside it, else of all
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    models: Vec<String>,
    /// Also logistic regression on rows that SMOTE makes, with so many neighbours
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u16).range(1..=100))]
    smote: Option<u16>,
    /// Let both classes count half of the whole, and mend probabilities afterwards
    #[arg(long)]
    balanced: bool,
    /// Look for better settings of boosting among so many draws, over folds in time
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=1000))]
    search: u16,
    /// Try every setting of a grid of boosting (trees, leaves, learning rate, weight of positives) by F1 over three folds in time
    #[arg(long, conflicts_with = "search")]
    grid: bool,
    /// Trees of a model, at most
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..=5000))]
    trees: u16,
    /// All luck: the same data and seed give the same model
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Threads; left out: half of the cores
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Take what the gates find suspicious upon yourself; the model says so for ever
    #[arg(long)]
    accept_suspicious: bool,
    /// Print one JSON object instead of tables
    #[arg(long)]
    json: bool,
}

/// How rows are split.
#[derive(Clone, Debug)]
enum Parts {
    /// Once.
    Once(SplitChoice),
    /// As often as there are groups.
    EachOut,
}

fn parts(text: &str) -> Result<Parts, String> {
    if text == "leave-each-out" { Ok(Parts::EachOut) } else { split(text).map(Parts::Once) }
}

pub(super) fn split(text: &str) -> Result<SplitChoice, String> {
    match text.split_once('=') {
        Some(("leave-out", group)) => Ok(SplitChoice::LeaveOut(Some(group.to_owned()))),
        None if text == "time" => Ok(SplitChoice::Time),
        None if text == "leave-out" => Ok(SplitChoice::LeaveOut(None)),
        None if text == "random" => Ok(SplitChoice::Random),
        _ => Err("expected time, leave-out, leave-out=GROUP or random".to_owned()),
    }
}

impl Train {
    pub(super) fn run(&self) -> ExitCode {
        terminal::finish(self.train())
    }

    fn train(&self) -> Result<(), TrainCommandError> {
        let task = self.named()?;
        let mut progress = progress::Progress::new(self.json);
        let (frame, reading) = read(&self.data, &reading(source_kinds(task)), &mut |told| progress.read(&told))?;
        let (frame, remembered) = prices::by_list(task, frame, self.prices.as_deref(), None)?;
        let options = Options { remembered, ..self.options() };
        let folder = self.out.clone().unwrap_or_else(|| PathBuf::from("outrider-models").join(task.name));
        if matches!(self.split, Some(Parts::EachOut)) {
            let judged = self.with_bench(&mut progress, |bench| train_each(task, &frame, &options, bench))?;
            progress.done();
            return each::tell(&judged, &reading, &self.command(), &folder, self.json)
                .map_err(|source| TrainCommandError::Write { path: folder, source });
        }
        let trained = self.with_bench(&mut progress, |bench| train(task, &frame, &options, bench))?;
        progress.done();
        let artifact = self.write(&trained, &reading, &folder)?;
        let cost = cost::Cost::of(&trained)?;
        outcome::tell(
            &trained,
            &reading,
            artifact.as_deref().map(|path| (path, Some(&cost))),
            Some(&folder),
            self.json,
        )
        .map_err(|source| TrainCommandError::Write { path: PathBuf::from("standard output"), source })?;
        if artifact.is_some() { Ok(()) } else { Err(TrainCommandError::Suspicious) }
    }

    fn named(&self) -> Result<&'static Task, TrainCommandError> {
        let is_known = Task::names().contains(&self.task.as_str());
        Task::named(&self.task, self.label.as_deref()).ok_or_else(|| match &self.label {
            Some(found) if is_known => TrainCommandError::NoLabel { task: self.task.clone(), found: found.clone() },
            _ => TrainCommandError::NoTask { found: self.task.clone() },
        })
    }

    /// Threads, a clock and progress for what trains.
    fn with_bench<T>(
        &self,
        progress: &mut progress::Progress,
        trained: impl FnOnce(&mut Bench) -> Result<T, TrainingError>,
    ) -> Result<T, TrainCommandError> {
        let begun = Instant::now();
        let mut clock = || begun.elapsed();
        let mut watch = |what: &str, part: f64| {
            progress.trained(what, part);
            ControlFlow::Continue(())
        };
        let pool = self.pool()?;
        Ok(trained(&mut Bench { pool: &pool, clock: &mut clock, watch: &mut watch })?)
    }

    fn options(&self) -> Options {
        Options {
            split: match &self.split {
                Some(Parts::Once(choice)) => choice.clone(),
                Some(Parts::EachOut) | None => SplitChoice::default(),
            },
            seed: self.seed,
            models: self.models.clone(),
            smote: self.smote.map(usize::from),
            class_weights: if self.balanced { ClassWeights::Balanced } else { ClassWeights::Equal },
            search: self.search.into(),
            grid: self.grid,
            trees: self.trees.into(),
            accept_suspicious: self.accept_suspicious,
            ..Options::default()
        }
    }

    /// What repeats this training.
    fn command(&self) -> String {
        std::env::args()
            .enumerate()
            .map(|(nth, word)| if nth == 0 { "outrider".to_owned() } else { word })
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Threads of their own, which give way to everybody else's.
    fn pool(&self) -> Result<rayon::ThreadPool, rayon::ThreadPoolBuildError> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threads = self.threads.map_or((cores / 2).max(1), usize::from);
        // A system that refuses lets them run as they are.
        let give_way = |_| {
            let _ = rustix::process::nice(NICENESS);
        };
        rayon::ThreadPoolBuilder::new().num_threads(threads).start_handler(give_way).build()
    }

    /// The report, and the model unless it is refused.
    fn write(
        &self,
        trained: &Trained,
        reading: &Reading,
        folder: &std::path::Path,
    ) -> Result<Option<PathBuf>, TrainCommandError> {
        let failed = |source| TrainCommandError::Write { path: folder.to_owned(), source };
        fs::create_dir_all(folder).map_err(failed)?;
        training_report::write(trained, reading.rejected, &self.command(), folder).map_err(failed)?;
        if trained.is_refused() {
            return Ok(None);
        }
        let path = folder.join(format!("{}.outrider", trained.task.name));
        write_model(&trained.artifact()?, &path)?;
        Ok(Some(path))
    }
}
