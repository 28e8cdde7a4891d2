//! A world in virtual time: users, balancers, the network and hosts, and one agenda of what happens next.
//!
//! The parts (a host's line, a balancer's pool) are machines of their own that know nothing of each other; this file
//! composes them and says what each event leads to, `life` tells a request's way from its user to its host and back,
//! `users` what they do when that takes too long, `control` what balancers do by the clock, `weather` what befalls hosts.
//!
//! Cost of a request that meets no trouble: three events (it reaches its host, its service ends, it is answered), one pick,
//! one exchange, one row of 40 bytes.

mod admission;
mod cast;
mod choice;
mod control;
mod life;
mod line;
mod network;
mod probes;
mod record;
mod users;
mod weather;
pub(crate) mod witness;

use std::collections::VecDeque;
use std::hash::Hasher;
use std::iter::Peekable;
use std::time::Duration;

use outrider_core::{Random, Time};
use outrider_pilot::{Accuracy, PoolSettings, ProbeSettings};
use outrider_workload::{Fleet, HostLuck, Requests};

use crate::balancer::Balancer;
use crate::clairvoyant::Oracle;
use crate::event::{Agenda, Event};
use crate::host::{Discipline, Host};
use crate::job::{Job, Journey, Probe};
use crate::measured::{Measured, Row};
use crate::meter::Form;
use crate::rule::Rule;
use crate::scenario::{Scenario, ScenarioError};
use crate::slab::Slab;
pub(crate) use admission::key;
use cast::{balancers, hosts};
use network::Network;
use record::{Record, measured_hosts};
use users::Deadline;
use witness::Witness;
pub(crate) use witness::{Act, Picked};

/// Parts of a seed's world beyond those of the workload (0 to 3, 100, 1000 and 10,000 on).
const BALANCERS: u64 = 200;
const NETWORK: u64 = 201;
const USERS: u64 = 202;
const PICKERS: u64 = 100_000;
const CHECKS: u64 = 200_000;

/// What waits longer than this after the last arrival is recorded as it stands.
const AFTERMATH: Duration = Duration::from_secs(120);

/// A round that has been flown.
#[derive(Clone, Debug)]
pub struct Flown {
    /// What it has shown.
    pub measured: Measured,
    /// Events that have happened.
    pub events: u64,
    /// A hash of all of them: equal for equal worlds alone.
    pub trace: u64,
    /// Probes that were answered in time.
    pub probes: u64,
    /// Requests in flight at once, at most.
    pub in_flight_max: usize,
    /// How many requests each host serves at a time, as far as the first balancer had learnt that at the end.
    pub learnt_parallelism: Vec<Option<f64>>,
    /// What the first balancer had predicted beside what requests took: of each host that it knew, then of each class.
    pub accuracy: Vec<Accuracy>,
}

/// Flies one round of `scenario`: `rule` at `load` in the world of `seed`.
///
/// # Errors
/// When the scenario makes no sense.
pub fn fly(scenario: &Scenario, rule: Rule, load: f64, seed: u64) -> Result<Flown, ScenarioError> {
    fly_pool(scenario, rule, &pool_settings(), load, seed)
}

/// The defaults, but for three probes per request as Prequal's authors have it: here they cost nobody anything.
fn pool_settings() -> PoolSettings {
    let pool = PoolSettings::named("pool");
    PoolSettings { probe: ProbeSettings { per_request: 3.0, ..pool.probe.clone() }, ..pool }
}

/// The same with a pool that is told other things than the defaults; its strategy is that of `rule`.
///
/// # Errors
/// When the scenario makes no sense.
pub fn fly_pool(
    scenario: &Scenario,
    rule: Rule,
    pool: &PoolSettings,
    load: f64,
    seed: u64,
) -> Result<Flown, ScenarioError> {
    let mut world = World::new(scenario, rule, pool, load, seed)?;
    while world.step() {}
    Ok(world.flown(scenario, rule, load, seed))
}

pub(crate) struct World {
    setting: Setting,
    pub(crate) now: Time,
    agenda: Agenda,
    arrivals: Peekable<Requests>,
    pub(crate) hosts: Vec<Host>,
    pub(crate) balancers: Vec<Balancer>,
    oracle: Option<Oracle>,
    pub(crate) jobs: Slab<Job>,
    pub(crate) journeys: Slab<Journey>,
    probes: Slab<Probe>,
    /// Until when users wait: in order, for all wait equally long.
    deadlines: VecDeque<Deadline>,
    network: Network,
    luck: Luck,
    form: Form,
    pub(crate) record: Record,
    pub(crate) witness: Witness,
}

/// What does not change in a round.
struct Setting {
    scenario: Scenario,
    /// No request arrives after this.
    end: Time,
}

/// What the world draws besides hosts and network.
struct Luck {
    /// Noise of a request by its number.
    noise: HostLuck,
    balancers: Random,
    users: Random,
    /// Under which fault each host is, counted.
    spells: Vec<u32>,
}

impl World {
    pub(crate) fn new(
        scenario: &Scenario,
        rule: Rule,
        pool: &PoolSettings,
        load: f64,
        seed: u64,
    ) -> Result<World, ScenarioError> {
        let fleet = scenario.check(load, seed)?;
        if matches!(rule, Rule::Clairvoyant(_)) && scenario.discipline != Discipline::Fifo {
            return Err(ScenarioError::Unknowable(rule.name()));
        }
        let rate_per_s = load * fleet.capacity_per_s();
        let requests = scenario.requests(&fleet, rate_per_s, seed)?;
        let mut world = World {
            now: Time::ZERO,
            agenda: Agenda::new(),
            arrivals: requests.clone().peekable(),
            hosts: hosts(scenario, rule, &fleet, seed),
            balancers: balancers(scenario, rule, pool, &fleet, seed),
            oracle: Oracle::new(rule, scenario, &fleet, requests, seed),
            jobs: Slab::new(),
            journeys: Slab::new(),
            probes: Slab::new(),
            deadlines: VecDeque::new(),
            network: Network::new(scenario.network_ms, Random::stream(seed, NETWORK)),
            luck: Luck::new(&fleet, seed),
            form: Form::new(),
            record: Record::new(fleet.hosts.len()),
            witness: Witness::default(),
            setting: Setting { end: Time::ZERO + scenario.length(), scenario: scenario.clone() },
        };
        world.wind_clocks(seed);
        world.plan_weather();
        Ok(world)
    }

    /// One thing happens; false when the round is over.
    pub(crate) fn step(&mut self) -> bool {
        let arrival = self.arrivals.peek().map(|request| request.at).filter(|at| *at < self.setting.end);
        let due = self.agenda.next_at().unwrap_or(Time::from_nanos(u64::MAX));
        let deadline = self.next_deadline().filter(|at| *at < due);
        match arrival {
            Some(at) if at <= deadline.unwrap_or(due) => self.welcome(at),
            None if self.journeys.len() == 0 || due > self.setting.end + AFTERMATH => return false,
            _ if deadline.is_some() => self.give_up(),
            _ => self.happen(),
        }
        true
    }

    fn welcome(&mut self, at: Time) {
        let request = self.arrivals.next().expect("somebody has just been seen");
        self.now = at;
        self.record.note(at, &request.number);
        self.arrive(request);
        self.record.in_flight_max = self.record.in_flight_max.max(self.journeys.len());
    }

    fn happen(&mut self) {
        let Some((at, event)) = self.agenda.take() else { return };
        self.now = at;
        self.record.note(at, &event);
        match event {
            Event::Reached(job) => self.reach(job),
            Event::HostDue { host, call } => self.end_services(host, call),
            Event::Answered(job, outcome) => self.answer(job, outcome),
            Event::Left(job) => self.leave(job),
            Event::ProbeReached(probe) => self.reach_probe(probe),
            Event::ProbeAnswered(probe) => self.hear_probe(probe),
            Event::LineDue { journey, attempt } => self.stop_standing(journey, attempt),
            Event::CameBack(journey) => self.ask(journey),
            Event::Tick(balancer) => self.tick(balancer),
            Event::Check { balancer, host } => self.check(balancer, host),
            Event::Checked { balancer, host, healthy } => self.checked(balancer, host, healthy),
            Event::Fault { line, begins } => self.strike(line, begins),
            Event::Flap { host, spell, half_ms } => self.flap(host, spell, half_ms),
            Event::Move { host, joins } => self.move_by_script(host, joins),
            Event::Engine { line } => self.break_engine(line),
            Event::Look => self.look(),
            Event::MixChange => self.mark(None, "the mix changes".to_owned()),
        }
    }

    fn flown(mut self, scenario: &Scenario, rule: Rule, load: f64, seed: u64) -> Flown {
        self.record_the_unfinished();
        let fleet = scenario.fleet(seed).expect("it has been flown");
        let rows: Option<Vec<Row>> = self.record.rows.into_iter().collect();
        let measured = Measured {
            scenario: scenario.name.clone(),
            load: Some(load),
            strategy: rule.name(),
            seed,
            warm_up: scenario.warm_up,
            length: scenario.length(),
            classes: fleet.mix.classes().iter().map(|class| class.name.clone()).collect(),
            hosts: measured_hosts(&fleet),
            rows: rows.expect("every request that arrived has ended or has been recorded as unfinished"),
            tries: Vec::new(),
            samples: self.record.samples,
            marks: self.record.marks,
            recovery: scenario.recovery,
            bench: None,
        };
        Flown {
            measured,
            trace: self.record.trace.finish(),
            events: self.record.events,
            probes: self.record.probes,
            in_flight_max: self.record.in_flight_max,
            learnt_parallelism: self.balancers[0].learnt_parallelism(),
            accuracy: self.balancers[0].accuracy(),
        }
    }
}

impl Luck {
    fn new(fleet: &Fleet, seed: u64) -> Luck {
        Luck {
            noise: HostLuck::new(fleet, 0, seed),
            balancers: Random::stream(seed, BALANCERS),
            users: Random::stream(seed, USERS),
            spells: vec![0; fleet.hosts.len()],
        }
    }
}
