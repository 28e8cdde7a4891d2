//! Processor sharing: everything is in service at once, n requests on c servers at min(1, c/n) of a server each.
//!
//! Kept in attained service: all requests attain it at the same pace, so one number moves instead of n, and the next end
//! is that of the least finish, where a request's finish is what had been attained when it came plus what it needs.

use std::collections::BTreeMap;
use std::time::Duration;

use outrider_core::Time;

use super::{Pace, Ticket, span};
use crate::job::JobId;

/// Cost of an arrival or an end: one step in a tree.
#[derive(Debug)]
pub(super) struct Sharing {
    servers: f64,
    /// Service that a request has attained which has been here from the beginning, ns.
    attained_ns: f64,
    at: Time,
    /// By finish (the bits of a float above 0 sort as it does) and order of arrival.
    present: BTreeMap<(u64, u64), JobId>,
    entered: u64,
    frozen: bool,
}

/// What rounding to whole ns may leave unserved, ns.
const ROUNDING_NS: f64 = 1.0;

impl Sharing {
    pub(super) fn new(parallelism: usize) -> Sharing {
        Sharing {
            servers: parallelism as f64,
            attained_ns: 0.0,
            at: Time::ZERO,
            present: BTreeMap::new(),
            entered: 0,
            frozen: false,
        }
    }

    pub(super) fn enter(&mut self, ticket: Ticket, pace: &mut Pace, now: Time) {
        self.attain_until(now);
        let finish_ns = self.attained_ns + pace.service_ns(ticket.need_ns, now);
        self.entered += 1;
        self.present.insert((finish_ns.to_bits(), self.entered), ticket.job);
    }

    /// When the next service ends if nobody else comes.
    pub(super) fn due(&self) -> Option<Time> {
        let (&(finish, _), _) = self.present.first_key_value()?;
        let left_ns = (f64::from_bits(finish) - self.attained_ns).max(0.0) / self.rate();
        (!self.frozen).then(|| self.at + span(left_ns.ceil()))
    }

    pub(super) fn end_due(&mut self, _: &mut Pace, now: Time) -> Option<JobId> {
        self.attain_until(now);
        let (&first, _) = self.present.first_key_value()?;
        let is_over = f64::from_bits(first.0) <= self.attained_ns + ROUNDING_NS;
        if is_over && !self.frozen { self.present.remove(&first) } else { None }
    }

    pub(super) fn remove(&mut self, job: JobId, _: &mut Pace, now: Time) {
        self.attain_until(now);
        self.present.retain(|_, present| *present != job);
    }

    /// Hangs, as a stopped process: nothing is attained. Or goes on.
    pub(super) fn freeze(&mut self, frozen: bool, _: &mut Pace, now: Time) {
        self.attain_until(now);
        self.frozen = frozen;
    }

    pub(super) fn clear(&mut self) -> Vec<JobId> {
        std::mem::take(&mut self.present).into_values().collect()
    }

    pub(super) fn present(&self) -> (usize, usize) {
        (self.present.len(), 0)
    }

    /// Servers per request.
    fn rate(&self) -> f64 {
        (self.servers / self.present.len().max(1) as f64).min(1.0)
    }

    fn attain_until(&mut self, now: Time) {
        let passed: Duration = now.since(self.at);
        self.at = now;
        if self.present.is_empty() {
            // Small again, so that floats stay exact however long the run.
            self.attained_ns = 0.0;
        } else if !self.frozen {
            self.attained_ns += passed.as_nanos() as f64 * self.rate();
        }
    }
}
