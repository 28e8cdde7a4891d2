//! A world drawn at random: hosts, traffic, users, settings, faults.
//!
//! Everything is drawn from few values and often from the edges: a limit of two requests per host breaks what one of a
//! thousand never does.

use std::time::Duration;

use outrider_core::Random;
use outrider_pilot::{
    BreakerSettings, EjectionSettings, PoolSettings, PredictSettings, ProbeSettings, RetrySettings, StrategyKind,
};
use outrider_workload::{Fault, Fleet, FleetHost, Law, Mix, ScriptedFault};

use super::meddling::Acts;
use crate::host::Discipline;
use crate::rule::Rule;
use crate::scenario::{Clients, FleetSource, Move, Scenario};
use crate::world::World;

/// The part of a seed's world that the swarm draws from.
const SWARM: u64 = 300;
/// Longer than any number of steps takes; the weather clears before.
const LENGTH: Duration = Duration::from_secs(3_600);
/// Faults, joins and leaves begin within this time.
const STORMY_MS: usize = 8_000;

/// One drawn world.
pub(super) struct Drawn {
    pub(super) random: Random,
    pub(super) acts: Acts,
    scenario: Scenario,
    pub(super) pool: PoolSettings,
    load: f64,
}

impl Drawn {
    pub(super) fn new(seed: u64) -> Drawn {
        let mut random = Random::stream(seed, SWARM);
        let draw = &mut random;
        // Of more than sixteen hosts `predictive` compares some.
        let hosts = one_of(draw, &[2, 2, 2, 2, 2, 2, 2, 17]) + draw.below(8);
        let scenario = Scenario {
            discipline: one_of(draw, &[Discipline::Fifo, Discipline::Sharing]),
            network_ms: one_of(draw, &[Law::Fixed(0.0), Law::Fixed(0.2), Law::Exponential { mean: 1.0 }]),
            instances: one_of(draw, &[1, 1, 2, 3]),
            orca: draw.chance(0.7),
            notices_leaving: draw.chance(0.7),
            clients: clients(draw),
            faults: (0..draw.below(8)).map(|_| fault(draw, hosts)).collect(),
            joins: (0..draw.below(2)).map(|_| movement(draw, hosts)).collect(),
            leaves: (0..draw.below(2)).map(|_| movement(draw, hosts)).collect(),
            warm_up: Duration::ZERO,
            measured: LENGTH,
            ..Scenario::new("swarm", FleetSource::Full(fleet(draw, hosts)))
        };
        let pool = pool(draw);
        let acts = Acts::new(draw);
        let load = one_of(draw, &[0.2, 0.5, 0.7, 0.85]);
        // Few users a second and hosts to match: steps are for what goes wrong, not for what goes well.
        let rate_per_s = one_of(draw, &[20.0, 60.0, 150.0]);
        let capacity_per_s = scenario.fleet(seed).expect("numbers make sense").capacity_per_s();
        let scenario = Scenario { scale: capacity_per_s * load / rate_per_s, ..scenario };
        Drawn { scenario, pool, load, acts, random }
    }

    pub(super) fn world(&self, seed: u64) -> World {
        let rule = Rule::Pilot(self.pool.strategy);
        let world = World::new(&self.scenario, rule, &self.pool, self.load, seed);
        let mut world = world.unwrap_or_else(|error| panic!("drawn worlds make sense: {error}"));
        world.witness.watching = true;
        world
    }
}

pub(super) fn one_of<T: Clone>(random: &mut Random, of: &[T]) -> T {
    of[random.below(of.len())].clone()
}

pub(super) fn millis(random: &mut Random, of: &[u64]) -> Duration {
    Duration::from_millis(one_of(random, of))
}

fn fleet(random: &mut Random, hosts: usize) -> Fleet {
    let noise =
        one_of(random, &[Law::Fixed(1.0), Law::Exponential { mean: 1.0 }, Law::LogNormal { mu: -0.5, sigma: 1.0 }]);
    let mix = if random.chance(0.6) { Mix::uneven_mixed() } else { Mix::single(10.0).expect("numbers make sense") };
    let size = one_of(random, &[Law::Fixed(1.0), Law::LogNormal { mu: -0.18, sigma: 0.6 }]);
    let classes = mix.classes().len();
    let host = |_| FleetHost {
        speed: one_of(random, &[0.5, 1.0, 2.0]),
        parallelism: one_of(random, &[1, 2, 4]),
        class_speeds: (0..classes).map(|_| one_of(random, &[0.7, 1.0, 1.4])).collect(),
    };
    Fleet { mix, size, noise, antagonists: None, hosts: (0..hosts).map(host).collect() }
}

fn clients(random: &mut Random) -> Clients {
    Clients {
        timeout: millis(random, &[150, 800, 5_000, 90_000]),
        retries: one_of(random, &[0, 0, 1, 3]),
        backoff: millis(random, &[1, 50]),
        ..Clients::default()
    }
}

fn fault(random: &mut Random, hosts: usize) -> ScriptedFault {
    let period = millis(random, &[200, 1_000, 4_000]);
    let faults = [
        Fault::Slow(10.0),
        Fault::Slow(200.0),
        Fault::Hang,
        Fault::Refuse,
        Fault::FailFast,
        Fault::Die,
        Fault::Flap(period),
    ];
    ScriptedFault {
        host: random.below(hosts),
        at: at(random),
        fault: one_of(random, &faults),
        lasts: random.chance(0.7).then(|| millis(random, &[100, 1_500, 6_000])),
    }
}

fn movement(random: &mut Random, hosts: usize) -> Move {
    Move { host: random.below(hosts), at: at(random) }
}

fn at(random: &mut Random) -> Duration {
    Duration::from_millis(random.below(STORMY_MS) as u64)
}

pub(super) fn breaker(random: &mut Random) -> BreakerSettings {
    let max_connections = one_of(random, &[1, 2, 8, 1024]);
    BreakerSettings { max_connections, max_pending: one_of(random, &[0, 1, 8, 1024]) }
}

fn pool(random: &mut Random) -> PoolSettings {
    let ejection = EjectionSettings {
        base_time: millis(random, &[500, 2_000]),
        max_time: Duration::from_secs(4),
        ..EjectionSettings::default()
    };
    let retry = RetrySettings {
        max: one_of(random, &[0, 1, 2, 3]),
        budget_ratio: one_of(random, &[0.0, 0.2, 1.0]),
        budget_min_per_s: one_of(random, &[0, 1, 10]),
        statuses: one_of(random, &[vec![502, 503, 504], vec![500, 502, 503, 504]]),
    };
    // By which `predictive` falls back on Prequal.
    let path = one_of(random, &[None, Some("/probe".to_owned())]);
    PoolSettings {
        strategy: strategy(random),
        balancers: one_of(random, &[1, 3]),
        ejection,
        retry,
        breaker: breaker(random),
        probe: ProbeSettings { path, ..ProbeSettings::default() },
        predict: predict(random),
        ..PoolSettings::named("pool")
    }
}

/// Any rule, and `predictive` as often as not.
pub(super) fn strategy(random: &mut Random) -> StrategyKind {
    let any = one_of(random, &StrategyKind::ALL);
    one_of(random, &[StrategyKind::Predictive, any])
}

pub(super) fn predict(random: &mut Random) -> PredictSettings {
    let refresh = millis(random, &[100, 250, 1_000]);
    let mut mostly = || random.chance(0.8);
    PredictSettings {
        refresh,
        observe: !mostly(),
        classes: mostly(),
        sizes: mostly(),
        correction: mostly(),
        wait: mostly(),
        guard: mostly(),
        fallback_only: !mostly(),
        slots: None,
    }
}
