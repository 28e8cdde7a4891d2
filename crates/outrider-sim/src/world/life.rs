//! The life of a request, in the order of its phases: a user asks, a balancer picks a host and takes a place there, the job
//! goes out, the host serves it, the answer comes back and stands, or another host is tried.
//!
//! As in the proxy: what is tried again goes to another host, within the retry budget; the next host is settled before an
//! answer or a place is let go. Every request is one that may be repeated.

use std::time::Duration;

use outrider_pilot::{Exchange, FailureKind, Finish, Waiting};
use outrider_workload::Request;

use super::{Act, World};
use crate::balancer::{Chosen, host_at};
use crate::event::Event;
use crate::host::Reception;
use crate::job::{Ending, Job, JobId, Journey, JourneyId, Outcome, Passage};

/// How long a request stands in line for a host at its limit (the proxy's connect timeout).
const LINE_PATIENCE: Duration = Duration::from_secs(2);

impl World {
    /// A user sets out.
    pub(super) fn arrive(&mut self, request: Request) {
        let balancers = self.balancers.len();
        let balancer = if balancers == 1 { 0 } else { self.luck.balancers.below(balancers) };
        let journey = Journey {
            noise: self.luck.noise.noise(Some(request.number)),
            request,
            balancer: u16::try_from(balancer).expect("there are at most 1000"),
            tries: 0,
            passage: Passage::default(),
        };
        self.record.rows.push(None);
        let id = self.journeys.put(journey);
        self.ask(id);
    }

    /// The user asks, for the first time or again.
    pub(super) fn ask(&mut self, id: JourneyId) {
        let now = self.now;
        let Some(journey) = self.journeys.get_mut(id) else { return };
        journey.tries += 1;
        journey.passage = Passage { asked: now, ..Passage::default() };
        let (tries, balancer) = (journey.tries, usize::from(journey.balancer));
        self.expect_patience(id, tries);
        if let Some(oracle) = &mut self.oracle {
            let journey = self.journeys.get_mut(id).expect("it has just asked");
            return match oracle.pick(&journey.request, journey.noise, &self.hosts, now) {
                Some(host) => self.send(id, host),
                None => self.settle(id, Ending::NoPlace),
            };
        }
        if !self.admit(id) {
            self.note(id, Act::Shed);
            return self.settle(id, Ending::Shed);
        }
        let balancer = &self.balancers[balancer];
        balancer.view().retry_budget().request(balancer.reads(now));
        self.note(id, Act::Asked);
        match self.pick(id) {
            Ok(chosen) => self.board(id, &chosen),
            Err(_) => self.settle(id, Ending::NoPlace),
        }
    }

    /// A place in flight on the host, or in the line for one.
    pub(super) fn board(&mut self, id: JourneyId, chosen: &Chosen) {
        let balancer = self.balancer_of(id);
        let now = self.balancers[balancer].reads(self.now);
        let passage = &mut self.journeys.get_mut(id).expect("who asks is there").passage;
        passage.attempts += 1;
        passage.work = chosen.work;
        passage.lesson.clone_from(&chosen.lesson);
        let may_go = !chosen.full && chosen.host.live.pending() == 0;
        if let Some(exchange) = may_go.then(|| Exchange::try_begin(&chosen.host, chosen.trial, now)).flatten() {
            passage.exchange = Some(exchange.carrying(chosen.work).teaching(passage.lesson.take()));
            return self.send(id, chosen.index());
        }
        passage.waiting = Some(Waiting::begin(&chosen.host));
        let attempt = passage.attempts;
        self.agenda.put(self.now + LINE_PATIENCE, Event::LineDue { journey: id, attempt });
        self.balancers[balancer].lines[usize::from(chosen.index())].push_back(id);
        self.call_next(balancer, chosen.index());
    }

    /// The job goes out to its host.
    pub(super) fn send(&mut self, id: JourneyId, host: u16) {
        let journey = self.journeys.get_mut(id).expect("who has a place is there");
        let demand = journey.demand();
        let job = Job { journey: id, host, demand, reached: self.now, found: 0, said: None };
        let job = self.jobs.put(job);
        journey.passage.job = Some(job);
        journey.passage.sent = self.now;
        self.record.picks[usize::from(host)] += 1;
        if let Some(oracle) = &mut self.oracle {
            oracle.sent(usize::from(host), self.hosts[usize::from(host)].ticket(job, &demand));
        }
        self.agenda.put(self.now + self.network.delay(), Event::Reached(job));
    }

    /// The job is at its host's door.
    pub(super) fn reach(&mut self, id: JobId) {
        let Some(job) = self.jobs.get_mut(id) else { return };
        let host = usize::from(job.host);
        job.reached = self.now;
        job.found = self.hosts[host].in_flight();
        if let Some(oracle) = &mut self.oracle {
            oracle.arrived(host, id);
        }
        match self.hosts[host].arrive(id, &job.demand, self.now, &mut self.agenda) {
            Reception::Taken => {}
            Reception::Refused => self.reply(id, Outcome::Refused),
            Reception::FailedFast => self.reply(id, Outcome::Failed),
        }
    }

    /// A host ends what is due.
    pub(super) fn end_services(&mut self, host: u16, call: u32) {
        let at = usize::from(host);
        if !self.hosts[at].expects(call) {
            return;
        }
        while let Some(id) = self.hosts[at].end_due(self.now, &mut self.agenda) {
            self.reply(id, Outcome::Served);
        }
    }

    /// What became of a job goes back to its balancer.
    pub(super) fn reply(&mut self, id: JobId, outcome: Outcome) {
        let Some(job) = self.jobs.get_mut(id) else { return };
        if outcome == Outcome::Served {
            let host = &mut self.hosts[usize::from(job.host)];
            host.served(job.found, self.now.since(job.reached), self.now);
            job.said = host.say(self.now);
        }
        self.agenda.put(self.now + self.network.delay(), Event::Answered(id, outcome));
    }

    /// The balancer hears what became of a job. Nobody listens if the passage has let go of it.
    pub(super) fn answer(&mut self, id: JobId, outcome: Outcome) {
        let Some(job) = self.jobs.take(id) else { return };
        let Some(journey) = self.journeys.get_mut(job.journey) else { return };
        if journey.passage.job != Some(id) {
            return;
        }
        journey.passage.job = None;
        if let (Some(said), Some(exchange)) = (job.said, &journey.passage.exchange) {
            let now = self.balancers[usize::from(journey.balancer)].reads(self.now);
            exchange.host().live.reported(self.form.filled(said), now);
        }
        let (journey, host) = (job.journey, job.host);
        match outcome {
            Outcome::Served => {
                self.let_go(journey, Finish::Success);
                self.settle(journey, Ending::Answered { status: 200, host });
            }
            Outcome::Failed => self.weigh_answer(journey, host, 500),
            Outcome::Refused => self.set_back(journey, host, FailureKind::Connect, Ending::Refused),
            Outcome::Broken => self.set_back(journey, host, FailureKind::Reset, Ending::Broken),
        }
    }

    /// An answer that is no success: it stands unless another host may better it.
    fn weigh_answer(&mut self, id: JourneyId, host: u16, status: u16) {
        let balancer = &self.balancers[self.balancer_of(id)];
        let may_repeat = balancer.view().settings().retry.statuses.contains(&status);
        let next = if may_repeat { self.next(id) } else { None };
        self.let_go(id, Finish::of_status(status));
        match next {
            Some(chosen) => self.board(id, &chosen),
            None => self.settle(id, Ending::Answered { status, host }),
        }
    }

    /// No answer came of it: another host, or an answer of the balancer's own.
    fn set_back(&mut self, id: JourneyId, host: u16, kind: FailureKind, ending: Ending) {
        let failed = self.let_go(id, Finish::Failure(kind));
        let next = failed.and_then(|()| self.next_after(id, host));
        match next {
            Some(chosen) => self.board(id, &chosen),
            None => self.settle(id, ending),
        }
    }

    /// Gives the place on a host back; its host hears of it if the job is still there. `None` if there was no place.
    fn let_go(&mut self, id: JourneyId, finish: Finish) -> Option<()> {
        let journey = self.journeys.get_mut(id)?;
        let balancer = usize::from(journey.balancer);
        if let Some(job) = journey.passage.job.take().filter(|_| self.setting.scenario.notices_leaving) {
            self.agenda.put(self.now + self.network.delay(), Event::Left(job));
        }
        let exchange = journey.passage.exchange.take()?;
        let host = host_at(exchange.host().address);
        let now = self.balancers[balancer].reads(self.now);
        if let Some(outcome) = exchange.finish(finish, now) {
            self.balancers[balancer].learn(&outcome);
        }
        self.call_next(balancer, host);
        Some(())
    }

    /// A host hears that nobody waits for a job.
    pub(super) fn leave(&mut self, id: JobId) {
        if let Some(job) = self.jobs.take(id) {
            self.hosts[usize::from(job.host)].leave(id, self.now, &mut self.agenda);
        }
    }

    /// Moves a request away from a host that was ejected, or that has had its time on trial, if there is another.
    pub(super) fn move_on(&mut self, id: JourneyId) {
        if let Some(chosen) = self.next(id) {
            self.let_go(id, Finish::Failure(FailureKind::Timeout));
            self.board(id, &chosen);
        }
    }

    /// The balancer has waited a minute for an answer.
    pub(super) fn overdue(&mut self, id: JourneyId) {
        if let Some(exchange) = self.journeys.get(id).and_then(|journey| journey.passage.exchange.as_ref()) {
            let host = host_at(exchange.host().address);
            self.set_back(id, host, FailureKind::Timeout, Ending::Silent);
        }
    }

    /// The user leaves the balancer.
    pub(super) fn abandon(&mut self, id: JourneyId) {
        if let Some(journey) = self.journeys.get_mut(id) {
            journey.passage.waiting = None;
        }
        self.let_go(id, Finish::Cancelled);
    }

    pub(super) fn balancer_of(&self, id: JourneyId) -> usize {
        usize::from(self.journeys.get(id).expect("who is served is there").balancer)
    }
}
