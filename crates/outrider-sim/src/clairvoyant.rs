//! Rules that know everything: every service time, every queue, what is on its way, every fault as it begins. The limit
//! that other rules are measured against; outside of the pilot, for no balancer can know this.
//!
//! No single one of them is the best possible for the tail: a request that finishes as early as it can may take a place
//! that others need more. So there is a family (earliest finish; the same plus what a request takes from others; a
//! roll-out), and the limit on a fleet is the least p99 among them. Hosts that share their servers are not known: the
//! finish of a request there depends on who comes later.
//!
//! Cost of a pick: each host's servers and queue are run through once; a roll-out does so for each host and request to come.

mod outlook;
mod roll_out;

use outrider_core::Time;
use outrider_workload::{Fleet, Request, Requests};

use crate::host::{Condition, Host, Ticket};
use crate::job::JobId;
use crate::rule::Rule;
use crate::scenario::Scenario;
use outlook::Outlook;
use roll_out::RollOut;

/// One of the rules that know everything.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Omniscience {
    /// The host where this request will be finished first, exactly.
    EarliestFinish,
    /// The same plus a coefficient times what it takes from others: its service time there times requests there over
    /// parallelism.
    Externality(f64),
    /// The host from which on it and those that come next wait the least in sum, if they all go where they finish first (a
    /// one-step roll-out; Bertsekas, Tsitsiklis and Wu 1997).
    RollOut,
}

/// The family among which the limit is sought (methods, scenarios).
pub const FAMILY: [Omniscience; 6] = [
    Omniscience::EarliestFinish,
    Omniscience::Externality(0.1),
    Omniscience::Externality(0.3),
    Omniscience::Externality(0.5),
    Omniscience::Externality(1.0),
    Omniscience::RollOut,
];

impl Omniscience {
    /// Its name in reports.
    pub fn name(self) -> String {
        match self {
            Omniscience::EarliestFinish => "clairvoyant_earliest".to_owned(),
            Omniscience::Externality(coefficient) => format!("clairvoyant_externality_{coefficient}"),
            Omniscience::RollOut => "clairvoyant_roll_out".to_owned(),
        }
    }
}

/// What one of them keeps between picks.
#[derive(Debug)]
pub(crate) struct Oracle {
    omniscience: Omniscience,
    roll_out: Option<RollOut>,
    /// On its way to each host.
    coming: Vec<Vec<Ticket>>,
    /// Whether each host is in the pool.
    present: Vec<bool>,
    /// The way to a host, ns.
    way_ns: f64,
}

impl Oracle {
    /// None for rules of the pilot.
    pub(crate) fn new(rule: Rule, scenario: &Scenario, fleet: &Fleet, requests: Requests, seed: u64) -> Option<Oracle> {
        let Rule::Clairvoyant(omniscience) = rule else { return None };
        let hosts = fleet.hosts.len();
        let mut present = vec![true; hosts];
        scenario.joins.iter().filter(|join| !join.at.is_zero()).for_each(|join| present[join.host] = false);
        let is_roll_out = omniscience == Omniscience::RollOut;
        Some(Oracle {
            omniscience,
            roll_out: is_roll_out.then(|| RollOut::new(fleet, requests, seed)),
            coming: vec![Vec::new(); hosts],
            present,
            way_ns: scenario.network_ms.mean() * 1e6,
        })
    }

    /// The best host for `request` by this rule; `None` if no host serves.
    pub(crate) fn pick(&mut self, request: &Request, noise: f64, hosts: &[Host], now: Time) -> Option<u16> {
        let at_door_ns = now.as_nanos() as f64 + self.way_ns;
        let outlook = |host: usize| Outlook::of(&hosts[host], &self.coming[host], at_door_ns);
        let usable = (0..hosts.len()).filter(|&host| self.present[host] && serves(&hosts[host]));
        let mut outlooks: Vec<(usize, Outlook)> = usable.map(|host| (host, outlook(host))).collect();
        let factor = request.size * noise;
        if let Some(roll_out) = &mut self.roll_out {
            return roll_out.pick(request, factor, hosts, &outlooks, at_door_ns);
        }
        let coefficient = self.coefficient();
        let cost = |(host, outlook): &mut (usize, Outlook)| {
            let need_ns = hosts[*host].need_ns(request.class, factor);
            let (begin_ns, service_ns) = outlook.next(need_ns, at_door_ns);
            begin_ns + service_ns * (1.0 + coefficient * outlook.crowding())
        };
        let costs = outlooks.iter_mut().map(|outlook| (cost(outlook), outlook.0));
        costs.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, host)| index(host))
    }

    fn coefficient(&self) -> f64 {
        if let Omniscience::Externality(coefficient) = self.omniscience { coefficient } else { 0.0 }
    }

    /// A job goes out to `host`.
    pub(crate) fn sent(&mut self, host: usize, ticket: Ticket) {
        self.coming[host].push(ticket);
    }

    /// A job has arrived at `host`.
    pub(crate) fn arrived(&mut self, host: usize, job: JobId) {
        self.coming[host].retain(|ticket| ticket.job != job);
    }

    pub(crate) fn move_host(&mut self, host: usize, joins: bool) {
        self.present[host] = joins;
    }
}

fn serves(host: &Host) -> bool {
    matches!(host.condition(), Condition::Serving { .. })
}

fn index(host: usize) -> u16 {
    u16::try_from(host).expect("a fleet has at most 1024 hosts")
}
