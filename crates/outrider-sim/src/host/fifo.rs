//! Bounded parallelism with one queue in front, first come, first served.

use std::collections::VecDeque;

use outrider_core::Time;

use super::{Pace, Ticket, span};
use crate::job::JobId;

/// Cost of an arrival or an end: a look at each server.
#[derive(Debug)]
pub(crate) struct Fifo {
    parallelism: usize,
    in_service: Vec<(Time, JobId)>,
    queue: VecDeque<Ticket>,
    frozen: bool,
}

impl Fifo {
    pub(super) fn new(parallelism: usize) -> Fifo {
        Fifo { parallelism, in_service: Vec::with_capacity(parallelism), queue: VecDeque::new(), frozen: false }
    }

    pub(super) fn enter(&mut self, ticket: Ticket, pace: &mut Pace, now: Time) {
        self.queue.push_back(ticket);
        self.fill(pace, now);
    }

    /// When the next service ends; nothing ends on a host that hangs.
    pub(super) fn due(&self) -> Option<Time> {
        if self.frozen { None } else { self.in_service.iter().map(|(ends, _)| *ends).min() }
    }

    /// The first service that has ended by `now`; the next begins in its place.
    pub(super) fn end_due(&mut self, pace: &mut Pace, now: Time) -> Option<JobId> {
        if self.frozen {
            return None;
        }
        let first = (0..self.in_service.len()).min_by_key(|&at| self.in_service[at].0)?;
        if self.in_service[first].0 > now {
            return None;
        }
        let (_, job) = self.in_service.swap_remove(first);
        self.fill(pace, now);
        Some(job)
    }

    pub(super) fn remove(&mut self, job: JobId, pace: &mut Pace, now: Time) {
        self.in_service.retain(|(_, served)| *served != job);
        self.queue.retain(|ticket| ticket.job != job);
        self.fill(pace, now);
    }

    /// Hangs: what is in service runs on unseen, as its timers do on sockets; nothing else begins. Or goes on.
    pub(super) fn freeze(&mut self, frozen: bool, pace: &mut Pace, now: Time) {
        self.frozen = frozen;
        self.fill(pace, now);
    }

    pub(super) fn clear(&mut self) -> Vec<JobId> {
        let served = self.in_service.drain(..).map(|(_, job)| job);
        served.chain(self.queue.drain(..).map(|ticket| ticket.job)).collect()
    }

    pub(super) fn present(&self) -> (usize, usize) {
        (self.in_service.len(), self.queue.len())
    }

    /// When each service under way will end.
    pub(crate) fn ends(&self) -> impl Iterator<Item = Time> {
        self.in_service.iter().map(|(ends, _)| *ends)
    }

    /// Those who wait, in their order.
    pub(crate) fn waiting(&self) -> impl ExactSizeIterator<Item = &Ticket> {
        self.queue.iter()
    }

    fn fill(&mut self, pace: &mut Pace, now: Time) {
        while !self.frozen && self.in_service.len() < self.parallelism {
            let Some(ticket) = self.queue.pop_front() else { return };
            self.in_service.push((now + span(pace.service_ns(ticket.need_ns, now)), ticket.job));
        }
    }
}
