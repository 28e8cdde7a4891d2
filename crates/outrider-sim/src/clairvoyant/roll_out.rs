//! A one-step roll-out: for each host, this request goes there and those that come next (when, of which class, how big and
//! how lucky is known) go where they finish first; the host with which all of them wait the least in sum.
//!
//! Looks ahead over as many requests as find the fleet's servers busy with what is here now. Pace is that of now: what an
//! antagonist does within that short time is left out.

use std::collections::VecDeque;

use outrider_workload::{Fleet, HostLuck, Request, Requests};

use super::index;
use super::outlook::Outlook;
use crate::host::Host;

/// Requests looked ahead.
const AHEAD: usize = 24;
/// Hosts tried: the ones where the request itself finishes first.
const TRIED: usize = 6;

#[derive(Debug)]
pub(super) struct RollOut {
    stream: Requests,
    noise: HostLuck,
    /// The next requests after the one that was picked for last, and size times noise of each.
    ahead: VecDeque<(Request, f64)>,
    scratch: Scratch,
}

/// The servers of all hosts, host after host.
#[derive(Debug, Default)]
struct Scratch {
    free_ns: Vec<f64>,
    /// Where each host's servers begin; one entry more at the end.
    starts: Vec<usize>,
    /// Service time by request to come and host, ns.
    services_ns: Vec<f64>,
}

impl RollOut {
    /// `stream` is the same that arrives.
    pub(super) fn new(fleet: &Fleet, stream: Requests, seed: u64) -> RollOut {
        RollOut {
            stream,
            noise: HostLuck::new(fleet, 0, seed),
            ahead: VecDeque::with_capacity(AHEAD + 1),
            scratch: Scratch::default(),
        }
    }

    pub(super) fn pick(
        &mut self,
        request: &Request,
        factor: f64,
        hosts: &[Host],
        outlooks: &[(usize, Outlook)],
        at_door_ns: f64,
    ) -> Option<u16> {
        self.look_beyond(request.number);
        let way_ns = at_door_ns - request.at.as_nanos() as f64;
        let mut tried = first_finishers(request, factor, hosts, outlooks, at_door_ns);
        tried.truncate(TRIED);
        if let [only] = tried[..] {
            return Some(index(outlooks[only.1].0));
        }
        self.scratch.fill(&self.ahead, hosts, outlooks, at_door_ns);
        let arrivals: Vec<f64> = self.ahead.iter().map(|(next, _)| next.at.as_nanos() as f64 + way_ns).collect();
        let total = |&(finish_ns, at): &(f64, usize)| (finish_ns + self.scratch.run(at, finish_ns, &arrivals), at);
        let totals = tried.iter().map(total);
        totals.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, at)| index(outlooks[at].0))
    }

    /// Has the requests ready that come after number `number`.
    fn look_beyond(&mut self, number: u64) {
        while self.ahead.front().is_some_and(|(next, _)| next.number <= number) {
            self.ahead.pop_front();
        }
        while self.ahead.len() < AHEAD {
            let Some(next) = self.stream.next() else { return };
            if next.number > number {
                let factor = next.size * self.noise.noise(Some(next.number));
                self.ahead.push_back((next, factor));
            }
        }
    }
}

/// Where the request would finish when, soonest first: time, ns, and position among `outlooks`.
fn first_finishers(
    request: &Request,
    factor: f64,
    hosts: &[Host],
    outlooks: &[(usize, Outlook)],
    at_door_ns: f64,
) -> Vec<(f64, usize)> {
    let finish = |(at, (host, outlook)): (usize, &(usize, Outlook))| {
        let need_ns = hosts[*host].need_ns(request.class, factor);
        (outlook.clone().place(need_ns, at_door_ns), at)
    };
    let mut finishes: Vec<(f64, usize)> = outlooks.iter().enumerate().map(finish).collect();
    finishes.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    finishes
}

impl Scratch {
    fn fill(
        &mut self,
        ahead: &VecDeque<(Request, f64)>,
        hosts: &[Host],
        outlooks: &[(usize, Outlook)],
        at_door_ns: f64,
    ) {
        self.free_ns.clear();
        self.starts.clear();
        self.services_ns.clear();
        let mut factors = Vec::with_capacity(outlooks.len());
        for (_, outlook) in outlooks {
            let mut outlook = outlook.clone();
            let (free_ns, factor) = outlook.frozen(at_door_ns);
            self.starts.push(self.free_ns.len());
            self.free_ns.extend_from_slice(free_ns);
            factors.push(factor);
        }
        self.starts.push(self.free_ns.len());
        for (next, size) in ahead {
            let services = outlooks.iter().zip(&factors);
            self.services_ns
                .extend(services.map(|((host, _), factor)| hosts[*host].need_ns(next.class, *size) * factor));
        }
    }

    /// The sum of all finishes to come, ns, if the present request goes to the host at `at` and is finished there at
    /// `finish_ns`.
    fn run(&self, at: usize, finish_ns: f64, arrivals_ns: &[f64]) -> f64 {
        let mut free_ns = self.free_ns.clone();
        let server = self.first_free(&free_ns, at).0;
        free_ns[server] = finish_ns;
        let hosts = self.starts.len() - 1;
        let mut sum_ns = 0.0;
        for (services_ns, &arrival_ns) in self.services_ns.chunks_exact(hosts).zip(arrivals_ns) {
            let finish = |host: usize| {
                let (server, begin_ns) = self.first_free(&free_ns, host);
                (begin_ns.max(arrival_ns) + services_ns[host], server)
            };
            let first = (0..hosts).map(finish).min_by(|a, b| a.0.total_cmp(&b.0));
            let (finish_ns, server) = first.expect("there is a host");
            free_ns[server] = finish_ns;
            sum_ns += finish_ns;
        }
        sum_ns
    }

    fn first_free(&self, free_ns: &[f64], host: usize) -> (usize, f64) {
        let servers = self.starts[host]..self.starts[host + 1];
        let first = servers.map(|server| (server, free_ns[server])).min_by(|a, b| a.1.total_cmp(&b.1));
        first.expect("a host serves at least one at a time")
    }
}
