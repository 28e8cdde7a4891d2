//! When each server of a host will be free, given all that it has and all that is on its way to it.

use outrider_core::Time;

use crate::host::{Host, Pace, Ticket};

/// Times are ns from the origin, as floats: exact to a microsecond for a hundred years.
#[derive(Clone, Debug)]
pub(super) struct Outlook {
    free_ns: Vec<f64>,
    present: usize,
    pace: Pace,
}

impl Outlook {
    /// That of `host`, when `coming` will arrive before whatever arrives at `at_door_ns`.
    pub(super) fn of(host: &Host, coming: &[Ticket], at_door_ns: f64) -> Outlook {
        let line = host.fifo().expect("clairvoyant rules are flown over FIFO hosts alone");
        let mut free_ns: Vec<f64> = line.ends().map(|ends| ends.as_nanos() as f64).collect();
        let present = free_ns.len() + line.waiting().len() + coming.len();
        free_ns.resize(host.parallelism(), 0.0);
        let mut outlook = Outlook { free_ns, present, pace: host.pace().clone() };
        for ticket in line.waiting() {
            outlook.place(ticket.need_ns, 0.0);
        }
        for ticket in coming {
            outlook.place(ticket.need_ns, at_door_ns);
        }
        outlook
    }

    /// When a request that arrives at `at_door_ns` would begin, and for how long it would be served, ns.
    pub(super) fn next(&mut self, need_ns: f64, at_door_ns: f64) -> (f64, f64) {
        let (_, free_ns) = self.first_free();
        let begin_ns = free_ns.max(at_door_ns);
        (begin_ns, self.pace.service_ns(need_ns, time(begin_ns)))
    }

    /// It goes there. Returns when it will be finished, ns.
    pub(super) fn place(&mut self, need_ns: f64, at_door_ns: f64) -> f64 {
        let (server, _) = self.first_free();
        let (begin_ns, service_ns) = self.next(need_ns, at_door_ns);
        self.free_ns[server] = begin_ns + service_ns;
        self.free_ns[server]
    }

    /// Requests there over its parallelism.
    pub(super) fn crowding(&self) -> f64 {
        self.present as f64 / self.free_ns.len() as f64
    }

    /// When each server is free, and how many times longer everything takes now.
    pub(super) fn frozen(&mut self, now_ns: f64) -> (&[f64], f64) {
        let factor = self.pace.factor_at(time(now_ns));
        (&self.free_ns, factor)
    }

    fn first_free(&self) -> (usize, f64) {
        let servers = self.free_ns.iter().copied().enumerate();
        servers.min_by(|a, b| a.1.total_cmp(&b.1)).expect("a host serves at least one at a time")
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "times are ns from the origin, not below 0"
)]
fn time(ns: f64) -> Time {
    Time::from_nanos(ns as u64)
}
