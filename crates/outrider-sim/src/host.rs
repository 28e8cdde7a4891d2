//! One simulated host: its condition, its line of requests, its luck and what it counts.
//!
//! The same laws as the hosts on sockets: service begins in the order of arrival (or at once, shared), takes what the
//! fleet says times the request's size and noise times what slows the host down at that moment. Sockets are modelled by
//! what they do to a request: refused, broken, answered.

mod batching;
mod condition;
mod fifo;
mod line;
mod pace;
mod sharing;

use std::time::Duration;

use outrider_core::Time;
use outrider_pilot::ProbeAnswer;
use outrider_workload::{Fleet, HostLuck, HostTimes, RecentLatencies};

use crate::event::{Agenda, Event};
use crate::job::{Demand, JobId};
use crate::meter::{Meter, Said};
pub(crate) use condition::{Condition, Lie, Reception};
use fifo::Fifo;
pub use line::Discipline;
use line::Line;
pub(crate) use line::LineSpec;
pub(crate) use pace::{Pace, Ticket, span};

/// Calls the same method whatever the discipline.
macro_rules! line {
    ($host:expr, $line:ident => $call:expr) => {
        match &mut $host.line {
            Line::Batching($line) => $call,
            Line::Fifo($line) => $call,
            Line::Sharing($line) => $call,
        }
    };
}

#[derive(Debug)]
pub(crate) struct Host {
    index: u16,
    parallelism: usize,
    /// Mean service time by class, ns, size and noise aside.
    base_ns: Box<[f64]>,
    /// What it takes instead, where it runs a language model.
    times: Option<HostTimes>,
    condition: Condition,
    line: Line,
    pace: Pace,
    meter: Option<Meter>,
    /// None: nobody asks.
    latencies: Option<RecentLatencies>,
    lie: Lie,
    last_said: Option<Said>,
    arrived: u64,
    busy_ns: f64,
    counted_at: Time,
    /// When the agenda will call next, and the number of that call.
    scheduled: Option<Time>,
    call: u32,
}

impl Host {
    /// Host `index` of `fleet` in the world of `seed`, and whether it reports its load and is probed.
    pub(crate) fn new(
        fleet: &Fleet,
        index: usize,
        line: LineSpec<'_>,
        (reports, probed): (bool, bool),
        seed: u64,
    ) -> Host {
        let parallelism = fleet.hosts[index].parallelism;
        let classes = 0..fleet.mix.classes().len();
        Host {
            index: u16::try_from(index).expect("a fleet has at most 1024 hosts"),
            parallelism,
            base_ns: classes.map(|class| fleet.service(index, class, 1.0).as_nanos() as f64).collect(),
            condition: Condition::Serving { slow: 1.0 },
            times: line.times.cloned(),
            line: line.make(parallelism),
            pace: Pace { luck: HostLuck::new(fleet, index, seed), slow: 1.0 },
            meter: reports.then(|| Meter::new(parallelism)),
            latencies: probed.then(RecentLatencies::default),
            lie: Lie::None,
            last_said: None,
            arrived: 0,
            busy_ns: 0.0,
            counted_at: Time::ZERO,
            scheduled: None,
            call: 0,
        }
    }

    /// A request comes.
    pub(crate) fn arrive(&mut self, job: JobId, demand: &Demand, now: Time, agenda: &mut Agenda) -> Reception {
        self.arrived += u64::from(self.condition != Condition::Closed);
        match self.condition {
            Condition::Closed => Reception::Refused,
            Condition::FailingFast => Reception::FailedFast,
            Condition::Serving { .. } | Condition::Hung => {
                self.count_until(now);
                let ticket = self.ticket(job, demand);
                line!(self, line => line.enter(ticket, &mut self.pace, now));
                self.changed(now, agenda);
                Reception::Taken
            }
        }
    }

    /// Whether `call` is the one that the host waits for; those before it have been overtaken.
    pub(crate) fn expects(&self, call: u32) -> bool {
        self.scheduled.is_some() && self.call == call
    }

    /// One service that has ended by `now`; asked again until there is none.
    pub(crate) fn end_due(&mut self, now: Time, agenda: &mut Agenda) -> Option<JobId> {
        self.count_until(now);
        let ended = line!(self, line => line.end_due(&mut self.pace, now));
        self.scheduled = self.scheduled.filter(|at| *at > now);
        self.changed(now, agenda);
        if let Some(meter) = self.meter.as_mut().filter(|_| ended.is_some()) {
            meter.answered(now);
        }
        ended
    }

    /// The one who asked has left: its place is free.
    pub(crate) fn leave(&mut self, job: JobId, now: Time, agenda: &mut Agenda) {
        self.count_until(now);
        line!(self, line => line.remove(job, &mut self.pace, now));
        self.changed(now, agenda);
    }

    /// From now on it stands like this. Returns the requests that are broken by that.
    pub(crate) fn enter(&mut self, condition: Condition, now: Time, agenda: &mut Agenda) -> Vec<JobId> {
        self.count_until(now);
        self.condition = condition;
        self.pace.slow = if let Condition::Serving { slow } = condition { slow } else { 1.0 };
        let is_hung = condition == Condition::Hung;
        line!(self, line => line.freeze(is_hung, &mut self.pace, now));
        let broken = if condition == Condition::Closed { line!(self, line => line.clear()) } else { Vec::new() };
        self.changed(now, agenda);
        broken
    }

    pub(crate) fn condition(&self) -> Condition {
        self.condition
    }

    /// What it says of its own load; `None` if it does not report.
    pub(crate) fn say(&mut self, now: Time) -> Option<Said> {
        let rif = f64::from(self.in_flight());
        let said = self.meter.as_mut()?.say(rif, now);
        match self.lie {
            Lie::None => self.last_said = Some(said),
            Lie::Silent => return None,
            Lie::NotANumber => return Some(Said { utilization: f64::NAN, rate_per_s: f64::INFINITY, rif: f64::NAN }),
            Lie::Absurd => return Some(Said { utilization: -1.0, rate_per_s: 1e300, rif: 1e18 }),
            Lie::Stale => {}
            Lie::Late => return self.last_said.replace(said),
        }
        self.last_said
    }

    /// What it answers to a probe.
    pub(crate) fn answer_probe(&self, now: Time) -> ProbeAnswer {
        let in_flight = self.in_flight();
        let latency = self.latencies.as_ref().and_then(|latencies| latencies.near(u64::from(in_flight), now));
        ProbeAnswer { in_flight: f64::from(in_flight), latency }
    }

    /// A request that found `found` others has been served within `took`.
    pub(crate) fn served(&mut self, found: u32, took: Duration, now: Time) {
        if let Some(latencies) = &mut self.latencies {
            latencies.answered(u64::from(found), took, now);
        }
    }

    /// Requests in service and waiting, together.
    pub(crate) fn in_flight(&self) -> u32 {
        let (in_service, queued) = self.present();
        u32::try_from(in_service + queued).unwrap_or(u32::MAX)
    }

    /// From now on it says this of itself.
    pub(crate) fn tell(&mut self, lie: Lie) {
        self.lie = lie;
    }

    /// Requests in service and waiting.
    pub(crate) fn present(&self) -> (usize, usize) {
        match &self.line {
            Line::Batching(line) => line.present(),
            Line::Fifo(line) => line.present(),
            Line::Sharing(line) => line.present(),
        }
    }

    /// Service time of a request of `class` with `factor` here, if nothing slows the host down, ns.
    pub(crate) fn need_ns(&self, class: usize, factor: f64) -> f64 {
        self.base_ns[class] * factor
    }

    /// A request as its line holds it.
    pub(crate) fn ticket(&self, job: JobId, demand: &Demand) -> Ticket {
        let Some(times) = &self.times else {
            let need_ns = self.need_ns(demand.class, demand.size * demand.noise);
            return Ticket { job, need_ns, reading: 0.0 };
        };
        let reading_ms = times.prompt_ms(demand.size);
        let need_ms = times.time_ms(demand.size, demand.output, 1);
        Ticket { job, need_ns: need_ms * 1e6 * demand.noise, reading: reading_ms / need_ms }
    }

    /// Its line, if first come are first served there.
    pub(crate) fn fifo(&self) -> Option<&Fifo> {
        if let Line::Fifo(line) = &self.line { Some(line) } else { None }
    }

    pub(crate) fn pace(&self) -> &Pace {
        &self.pace
    }

    pub(crate) fn parallelism(&self) -> usize {
        self.parallelism
    }

    /// Requests that have come to it so far.
    pub(crate) fn arrived(&self) -> u64 {
        self.arrived
    }

    /// Time spent serving so far over all its servers, s.
    pub(crate) fn busy_s(&mut self, now: Time) -> f64 {
        self.count_until(now);
        self.busy_ns / 1e9
    }

    fn count_until(&mut self, now: Time) {
        let busy = self.present().0.min(self.parallelism);
        self.busy_ns += busy as f64 * now.since(self.counted_at).as_nanos() as f64;
        self.counted_at = now;
    }

    /// Draws the consequences of a change: the meter's level, and the next call if it is another one.
    fn changed(&mut self, now: Time, agenda: &mut Agenda) {
        let in_service = self.present().0;
        if let Some(meter) = &mut self.meter {
            meter.serve(in_service, now);
        }
        let due = line!(self, line => line.due());
        if due == self.scheduled {
            return;
        }
        self.scheduled = due;
        self.call = self.call.wrapping_add(1);
        if let Some(at) = due {
            agenda.put(at.max(now), Event::HostDue { host: self.index, call: self.call });
        }
    }
}
