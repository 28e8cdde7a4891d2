//! One balancer in one round, from hosts that start to rows.

use std::io;
use std::thread;

use outrider_workload::{Fleet, FleetError, Pattern};
use thiserror::Error;

use super::director::{self, Seen, Stage};
use super::rows::{Rows, late_ms};
use super::schedule::schedule;
use super::turns::Turn;
use super::{Demand, Experiment};
use crate::backends::{Backends, BackendsError, BackendsSpec};
use crate::balancers::{Balancer, BalancerError, Contender, Ground, Tools, Upstream};
use crate::load::{self, LoadEnd, LoadError, Record, Target, plan};
use crate::{Fault, Stop};
use outrider_sim::{BenchTruth, Measured, MeasuredHost};

/// Why a round has no rows.
#[derive(Debug, Error)]
pub enum RoundError {
    /// The fleet makes no sense.
    #[error(transparent)]
    Fleet(#[from] FleetError),
    /// The hosts cannot start.
    #[error(transparent)]
    Backends(#[from] BackendsError),
    /// The balancer cannot be had, or ended.
    #[error(transparent)]
    Balancer(#[from] BalancerError),
    /// Load cannot be sent.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The system gave no thread.
    #[error("a round cannot be directed: {0}")]
    Thread(#[from] io::Error),
}

/// Weights of hosts lie between 1 and this.
const WEIGHT_MAX: f64 = 1_000.0;

/// What all rounds of an experiment have in common.
pub(super) struct Course<'a> {
    pub(super) experiment: &'a Experiment,
    pub(super) tools: &'a Tools,
    /// Its patterns, traces read.
    pub(super) patterns: Vec<Pattern>,
}

/// What stands before a round's load begins.
pub(crate) struct Scene {
    // The balancer goes first, then its hosts.
    pub(crate) balancer: Balancer,
    pub(crate) backends: Backends,
    pub(crate) fleet: Fleet,
    hosts: Vec<Upstream>,
}

impl Scene {
    /// Hosts, and `contender` in front of them.
    pub(crate) fn set(
        experiment: &Experiment,
        seed: u64,
        contender: &Contender,
        tools: &Tools,
    ) -> Result<Scene, RoundError> {
        Scene::set_with_token(experiment, seed, contender, tools, None)
    }

    /// The same, where `token` lets a person change what Outrider does.
    pub(crate) fn set_with_token(
        experiment: &Experiment,
        seed: u64,
        contender: &Contender,
        tools: &Tools,
        token: Option<&str>,
    ) -> Result<Scene, RoundError> {
        let fleet = experiment.fleet(seed)?;
        let spec = BackendsSpec { orca: experiment.orca, ..BackendsSpec::new(fleet.clone(), seed) };
        let backends = Backends::start(spec)?;
        for join in &experiment.joins {
            backends.set_fault(join.host, Fault::Refuse);
        }
        let hosts = upstreams(experiment, &fleet, &backends, contender.weighted);
        let ground = Ground { hosts: &hosts, workers: experiment.workers, token };
        let balancer = Balancer::start(contender, tools, ground)?;
        Ok(Scene { balancer, backends, fleet, hosts })
    }
}

fn upstreams(experiment: &Experiment, fleet: &Fleet, backends: &Backends, weighted: bool) -> Vec<Upstream> {
    let capacity = |host| fleet.host_capacity_per_s(host);
    let most = (0..fleet.hosts.len()).map(capacity).fold(0.0, f64::max);
    let upstream = |(host, address)| Upstream {
        address,
        weight: weighted.then(|| weight(capacity(host) / most)),
        joins: experiment.joins.iter().any(|join| join.host == host),
    };
    backends.addresses().into_iter().enumerate().map(upstream).collect()
}

/// The weight of a host with this share of the greatest capacity.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "float to integer casts saturate, which is what is wanted"
)]
fn weight(share: f64) -> u32 {
    ((share * WEIGHT_MAX).round() as u32).max(1)
}

/// Measures the balancer of `turn`; `on_record` sees every request at its end. `None` if `stop` was raised before the end.
pub(super) fn measure(
    course: &Course<'_>,
    turn: Turn,
    stop: &Stop,
    on_record: impl FnMut(&Record),
) -> Result<Option<Measured>, RoundError> {
    let experiment = course.experiment;
    let contender = &experiment.balancers[turn.balancer];
    let seed = experiment.seeds[turn.seed];
    let mut scene = Scene::set(experiment, seed, contender, course.tools)?;
    let mut rows = Rows::new(&scene.backends.names(), experiment.clients.retries > 0);
    let before = scene.balancer.cpu_seconds();
    let (end, seen) = play(course, turn, &scene, stop, &mut rows, on_record)?;
    let used = |before: Option<f64>, after: Option<f64>| Some((after? - before?) / end.took.as_secs_f64());
    let balancer_cpu_cores = used(before, scene.balancer.cpu_seconds());
    let cpu_cores = end.effort.process_cpu.as_secs_f64() / end.took.as_secs_f64();
    if end.stopped {
        return Ok(None);
    }
    scene.balancer.check()?;
    let mut measured = describe(experiment, turn, &scene, seen);
    (measured.rows, measured.tries) = rows.done();
    measured.bench = Some(truth(&scene, &measured, cpu_cores, balancer_cpu_cores));
    Ok(Some(measured))
}

/// The load, and what is directed beside it.
fn play(
    course: &Course<'_>,
    turn: Turn,
    scene: &Scene,
    stop: &Stop,
    rows: &mut Rows,
    mut on_record: impl FnMut(&Record),
) -> Result<(LoadEnd, Seen), RoundError> {
    let experiment = course.experiment;
    let (pattern, demand) = (&course.patterns[turn.pattern], experiment.demands[turn.demand]);
    let seed = experiment.seeds[turn.seed];
    let rate_per_s = demand.rate_per_s(&scene.fleet);
    let requests = plan::mixed(&scene.fleet, pattern, rate_per_s, experiment.length(), seed);
    let target = target(experiment, scene);
    let over = Stop::new();
    let stage = stage(experiment, scene);
    scene.backends.begin_round(seed);
    thread::scope(|scope| {
        let director = director::start(scope, stage, over.clone())?;
        let end = load::run(&target, requests, stop, |record| {
            rows.add(record);
            on_record(record);
        });
        over.stop();
        let seen = director.join().unwrap_or_default();
        Ok((end?, seen))
    })
}

fn stage<'a>(experiment: &Experiment, scene: &'a Scene) -> Stage<'a> {
    Stage {
        backends: &scene.backends,
        balancer: &scene.balancer,
        hosts: scene.hosts.clone(),
        events: schedule(experiment),
    }
}

fn target(experiment: &Experiment, scene: &Scene) -> Target {
    Target { patience: experiment.clients.clone(), ..Target::at(scene.balancer.clients()) }
}

/// All but rows and the truth about the bench.
fn describe(experiment: &Experiment, turn: Turn, scene: &Scene, seen: Seen) -> Measured {
    let fleet = &scene.fleet;
    let capacity_per_s = fleet.capacity_per_s();
    let host = |(index, name): (usize, String)| MeasuredHost {
        name,
        parallelism: fleet.hosts[index].parallelism,
        capacity_share: fleet.host_capacity_per_s(index) / capacity_per_s,
    };
    let demand: Demand = experiment.demands[turn.demand];
    Measured {
        scenario: experiment.scenario(&experiment.patterns[turn.pattern]),
        load: demand.load(),
        strategy: experiment.balancers[turn.balancer].label.clone(),
        seed: experiment.seeds[turn.seed],
        warm_up: experiment.warm_up,
        length: experiment.length(),
        classes: fleet.mix.classes().iter().map(|class| class.name.clone()).collect(),
        hosts: scene.backends.names().into_iter().enumerate().map(host).collect(),
        rows: Vec::new(),
        tries: Vec::new(),
        samples: seen.samples,
        marks: seen.marks,
        recovery: experiment.recovery,
        bench: None,
    }
}

fn truth(scene: &Scene, measured: &Measured, cpu_cores: f64, balancer_cpu_cores: Option<f64>) -> BenchTruth {
    let [late_p50_ms, late_p99_ms, late_max_ms] = late_ms(&measured.rows);
    let lag = scene.backends.timer_lag();
    BenchTruth {
        late_p50_ms,
        late_p99_ms,
        late_max_ms,
        timer_lag_mean_ms: lag.mean().as_secs_f64() * 1e3,
        timer_lag_max_ms: lag.max.as_secs_f64() * 1e3,
        cpu_cores,
        balancer_cpu_cores,
    }
}
