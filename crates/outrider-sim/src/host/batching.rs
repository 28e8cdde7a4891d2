//! A host that runs a language model: all requests of its batch at once, the slower the more there are, by measured times.
//!
//! A request's prompt is read, then its answer is written; both go on at the pace of the batch as it is at that moment. A
//! batch takes as many as were measured; more wait in one queue.

use std::collections::VecDeque;

use outrider_core::Time;
use outrider_workload::HostTimes;

use super::{Pace, Ticket, span};
use crate::job::JobId;

/// Cost of an arrival or an end: a look at each request of the batch.
#[derive(Debug)]
pub(super) struct Batching {
    times: HostTimes,
    size_max: usize,
    batch: Vec<Member>,
    queue: VecDeque<Ticket>,
    at: Time,
    frozen: bool,
}

/// One request of the batch: what is left of it, ns as if it were alone.
#[derive(Debug)]
struct Member {
    job: JobId,
    reading_ns: f64,
    writing_ns: f64,
}

/// What rounding to whole ns may leave undone, ns.
const ROUNDING_NS: f64 = 2.0;

impl Batching {
    pub(super) fn new(times: HostTimes, size_max: usize) -> Batching {
        Batching { times, size_max, batch: Vec::new(), queue: VecDeque::new(), at: Time::ZERO, frozen: false }
    }

    pub(super) fn enter(&mut self, ticket: Ticket, pace: &mut Pace, now: Time) {
        self.advance(now);
        self.queue.push_back(ticket);
        self.fill(pace, now);
    }

    /// When the next answer is whole if nobody else comes.
    pub(super) fn due(&self) -> Option<Time> {
        let (reading, writing) = self.stretches();
        let left_ns = self.batch.iter().map(|member| member.reading_ns * reading + member.writing_ns * writing);
        let next_ns = left_ns.min_by(f64::total_cmp)?;
        (!self.frozen).then(|| self.at + span(next_ns.ceil()))
    }

    pub(super) fn end_due(&mut self, pace: &mut Pace, now: Time) -> Option<JobId> {
        self.advance(now);
        let is_over = |member: &Member| member.reading_ns + member.writing_ns <= ROUNDING_NS;
        let over = self.batch.iter().position(is_over).filter(|_| !self.frozen)?;
        let job = self.batch.remove(over).job;
        self.fill(pace, now);
        Some(job)
    }

    pub(super) fn remove(&mut self, job: JobId, pace: &mut Pace, now: Time) {
        self.advance(now);
        self.batch.retain(|member| member.job != job);
        self.queue.retain(|ticket| ticket.job != job);
        self.fill(pace, now);
    }

    /// Hangs, as a stopped process: nothing is read or written. Or goes on.
    pub(super) fn freeze(&mut self, frozen: bool, pace: &mut Pace, now: Time) {
        self.advance(now);
        self.frozen = frozen;
        self.fill(pace, now);
    }

    pub(super) fn clear(&mut self) -> Vec<JobId> {
        let batch = self.batch.drain(..).map(|member| member.job);
        batch.chain(self.queue.drain(..).map(|ticket| ticket.job)).collect()
    }

    pub(super) fn present(&self) -> (usize, usize) {
        (self.batch.len(), self.queue.len())
    }

    /// How many times longer than alone reading and writing take now.
    fn stretches(&self) -> (f64, f64) {
        let there = self.batch.len().max(1);
        (self.times.prompt_stretch(there), self.times.token_stretch(there))
    }

    fn advance(&mut self, now: Time) {
        let passed_ns = now.since(self.at).as_nanos() as f64;
        self.at = now;
        if self.frozen {
            return;
        }
        let (reading, writing) = self.stretches();
        for member in &mut self.batch {
            let read_ns = member.reading_ns.min(passed_ns / reading);
            member.reading_ns -= read_ns;
            member.writing_ns = (member.writing_ns - (passed_ns - read_ns * reading) / writing).max(0.0);
        }
    }

    fn fill(&mut self, pace: &mut Pace, now: Time) {
        while !self.frozen && self.batch.len() < self.size_max {
            let Some(ticket) = self.queue.pop_front() else { return };
            let service_ns = pace.service_ns(ticket.need_ns, now);
            let reading_ns = service_ns * ticket.reading;
            self.batch.push(Member { job: ticket.job, reading_ns, writing_ns: service_ns - reading_ns });
        }
    }
}

#[cfg(test)]
mod tests {
    use outrider_workload::{Fleet, HostLuck, Law, Measurement};

    use super::*;
    use crate::job::Job;
    use crate::slab::Slab;

    /// Reading takes twice as long in a batch of 2, writing half as long again.
    fn times() -> HostTimes {
        let measured = |prompt, batch, prompt_ms, token_ms| Measurement { prompt, batch, prompt_ms, token_ms };
        HostTimes::of(&[measured(10.0, 1.0, 10.0, 1.0), measured(20.0, 1.0, 20.0, 1.0), measured(10.0, 2.0, 20.0, 1.5)])
            .unwrap()
    }

    /// Jobs of (when it comes, reading, writing; ms), and when each ends, ms.
    fn ends_ms(jobs: &[(u64, f64, f64)]) -> Vec<u64> {
        let fleet = Fleet::equal(1, 2, 1.0, Law::Fixed(1.0)).unwrap();
        let mut pace = Pace { luck: HostLuck::new(&fleet, 0, 1), slow: 1.0 };
        let (mut line, mut ids) = (Batching::new(times(), 2), Slab::<Job>::new());
        let names: Vec<JobId> = jobs.iter().map(|_| ids.put(Job::testing())).collect();
        let (mut ends, mut coming) = (vec![0; jobs.len()], 0);
        loop {
            let arrival = jobs.get(coming).map(|job| Time::from_millis(job.0));
            match (arrival, line.due()) {
                (Some(at), due) if due.is_none_or(|due| at < due) => {
                    let (_, reading, writing) = jobs[coming];
                    let (need_ns, reading) = ((reading + writing) * 1e6, reading / (reading + writing));
                    line.enter(Ticket { job: names[coming], need_ns, reading }, &mut pace, at);
                    coming += 1;
                }
                (_, Some(due)) => {
                    let job = line.end_due(&mut pace, due).expect("it is due");
                    let nth = names.iter().position(|name| *name == job).unwrap();
                    ends[nth] = (due.as_nanos() + 500_000) / 1_000_000;
                }
                (_, None) => return ends,
            }
        }
    }

    #[test]
    fn alone_it_takes_what_it_takes_and_each_phase_has_its_own_pace_in_company() {
        assert_eq!(ends_ms(&[(0, 10.0, 30.0)]), [40]);
        // Both read for 20 ms, then write 30 ms of work at 1.5.
        assert_eq!(ends_ms(&[(0, 10.0, 30.0), (0, 10.0, 30.0)]), [65, 65]);
        // Alone for 10 ms; from there on the first writes at 1.5 until it ends at 55; the second has read by 30, written
        // 25 / 1.5 by 55 and the rest alone.
        assert_eq!(ends_ms(&[(0, 10.0, 30.0), (10, 10.0, 30.0)]), [55, 68]);
    }

    #[test]
    fn beyond_its_batch_it_queues() {
        assert_eq!(ends_ms(&[(0, 10.0, 30.0), (0, 10.0, 30.0), (0, 10.0, 30.0)]), [65, 65, 105]);
    }
}
