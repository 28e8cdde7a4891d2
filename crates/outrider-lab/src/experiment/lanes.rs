//! The runner: as many lanes as jobs, each taking the next turn when it has finished one.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use outrider_workload::{Pattern, TraceFile};
use thiserror::Error;

use super::Experiment;
use super::progress::{Progress, Watch};
use super::round::{Course, RoundError, Scene, measure};
use super::turns::{Plan, PlanError, Turn, plan, turns};
use crate::Stop;
use crate::balancers::{Contender, Tools};
use crate::load::{RecordingError, read_trace};
use outrider_sim::Measured;

/// What an experiment has shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Every balancer in every round, in the order of the file; only rounds that every balancer has finished.
    pub measured: Vec<Measured>,
    /// Each balancer's label and the version that it says it is.
    pub versions: Vec<(String, String)>,
    /// What a reader must know: balancers that are missing, rounds that are.
    pub notes: Vec<String>,
}

/// Why there is nothing to report.
#[derive(Debug, Error)]
pub enum RunError {
    /// It is too big.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A trace cannot be replayed.
    #[error(transparent)]
    Trace(#[from] RecordingError),
    /// A round failed.
    #[error("{balancer}: {source}")]
    Round {
        /// With which balancer.
        balancer: String,
        /// What happened.
        source: RoundError,
    },
    /// None of the programs is here.
    #[error("no balancer is left to measure: {0}")]
    NoBalancer(String),
    /// It was stopped before every balancer had finished one round.
    #[error("stopped before the end of the first round: no figures")]
    Stopped,
}

/// Measures `experiment`. When `stop` is raised, what is complete is returned. Whatever happens, balancers and hosts are gone
/// on return.
///
/// # Errors
/// When it is too big, hosts, a balancer or load cannot be had, a balancer ends, or nothing was complete when it was stopped.
pub fn run(experiment: &Experiment, tools: &Tools, stop: &Stop, progress: &Progress) -> Result<Outcome, RunError> {
    let (experiment, mut notes) = with_what_is_here(experiment, tools)?;
    let experiment = &experiment;
    notes.iter().for_each(|note| progress.say(note));
    let plan = plan(experiment)?;
    progress.announce(experiment, &plan);
    // A failure ends all lanes, but is not what the caller's flag says.
    let cut = stop.branch();
    let course = Course { experiment, tools, patterns: patterns(experiment)? };
    let rounds = rehearse(&course, &cut).and_then(|()| all_turns(&course, &cut, progress, &plan));
    let mut rounds = match rounds {
        Err(_) if stop.is_stopped() => return Err(RunError::Stopped),
        rounds => rounds?,
    };
    if rounds.len() < plan.turns {
        rounds = complete(rounds, experiment.balancers.len());
        notes.push(format!("stopped early: {} of {} measurements count", rounds.len(), plan.turns));
    }
    if rounds.is_empty() {
        return Err(RunError::Stopped);
    }
    rounds.sort_by_key(|(turn, _)| *turn);
    let version = |b: &Contender| Some((b.label.clone(), tools.version(&b.kind)?));
    let versions = experiment.balancers.iter().filter_map(version).collect();
    Ok(Outcome { measured: rounds.into_iter().map(|(_, measured)| measured).collect(), versions, notes })
}

/// The experiment without the balancers whose programs are missing, and what is to be said of that.
fn with_what_is_here(experiment: &Experiment, tools: &Tools) -> Result<(Experiment, Vec<String>), RunError> {
    let mut here = experiment.clone();
    let mut notes = Vec::new();
    here.balancers.retain(|balancer| match tools.missing(&balancer.kind) {
        None => true,
        Some(why) => {
            notes.push(format!("{} is left out: {why}", balancer.label));
            false
        }
    });
    if here.balancers.is_empty() {
        return Err(RunError::NoBalancer(notes.join("; ")));
    }
    Ok((here, notes))
}

fn patterns(experiment: &Experiment) -> Result<Vec<Pattern>, RecordingError> {
    let read = |trace: TraceFile| read_trace(&trace).map(Arc::new);
    experiment.patterns.iter().map(|pattern| pattern.it.clone().with_trace(read)).collect()
}

/// Starts every balancer once, so that one that cannot start is known now and not in an hour.
fn rehearse(course: &Course<'_>, stop: &Stop) -> Result<(), RunError> {
    let Course { experiment, tools, .. } = course;
    let seed = experiment.seeds.first().copied().unwrap_or_default();
    for contender in experiment.balancers.iter().take_while(|_| !stop.is_stopped()) {
        Scene::set(experiment, seed, contender, tools).map_err(|source| failed(&contender.label, source))?;
    }
    Ok(())
}

fn failed(balancer: &str, source: RoundError) -> RunError {
    RunError::Round { balancer: balancer.to_owned(), source }
}

type Rounds = Vec<(Turn, Measured)>;

fn all_turns(course: &Course<'_>, cut: &Stop, progress: &Progress, plan: &Plan) -> Result<Rounds, RunError> {
    let experiment = course.experiment;
    let turns = turns(experiment);
    let next = AtomicUsize::new(0);
    let done: Mutex<Result<Rounds, RunError>> = Mutex::new(Ok(Vec::new()));
    let lane = |lane: usize| {
        while let Some(&turn) = turns.get(next.fetch_add(1, Ordering::Relaxed)).filter(|_| !cut.is_stopped()) {
            let mut watch = Watch::new(progress, lane, experiment, turn, plan);
            let measured = measure(course, turn, cut, |record| watch.record(record));
            watch.finish(matches!(measured, Ok(Some(_))));
            let label = &experiment.balancers[turn.balancer].label;
            keep(&done, cut, turn, measured.map_err(|source| failed(label, source)));
        }
    };
    thread::scope(|scope| {
        for number in 0..experiment.jobs.min(turns.len()) {
            scope.spawn(move || lane(number));
        }
    });
    done.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps what a turn gave; the first failure ends all lanes.
fn keep(done: &Mutex<Result<Rounds, RunError>>, cut: &Stop, turn: Turn, measured: Result<Option<Measured>, RunError>) {
    let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
    match (&mut *done, measured) {
        (Ok(rounds), Ok(Some(measured))) => rounds.push((turn, measured)),
        (Ok(_), Err(error)) => {
            *done = Err(error);
            cut.stop();
        }
        _ => {}
    }
}

/// What belongs to rounds that every balancer has finished.
fn complete(rounds: Rounds, balancers: usize) -> Rounds {
    let of = |turn: Turn| rounds.iter().filter(|(other, _)| other.round() == turn.round()).count();
    let keep: Vec<bool> = rounds.iter().map(|(turn, _)| of(*turn) == balancers).collect();
    rounds.into_iter().zip(keep).filter(|(_, keep)| *keep).map(|(round, _)| round).collect()
}
