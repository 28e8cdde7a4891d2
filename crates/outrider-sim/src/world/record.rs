//! What is kept of what happens: a row per request, looks at the hosts, marks, and a hash of every event.

use std::hash::{Hash, Hasher};

use outrider_core::Time;
use outrider_workload::Fleet;

use crate::event::Trace;
use crate::measured::{HostSample, Mark, MeasuredHost, Row};

/// What is kept of what happens.
pub(crate) struct Record {
    pub(crate) rows: Vec<Option<Row>>,
    /// Rows that are there.
    pub(crate) ended: usize,
    pub(super) samples: Vec<HostSample>,
    pub(super) marks: Vec<Mark>,
    /// Jobs sent to each host.
    pub(super) picks: Vec<u64>,
    pub(super) trace: Trace,
    pub(super) probes: u64,
    pub(super) events: u64,
    pub(super) in_flight_max: usize,
}

impl Record {
    pub(super) fn new(hosts: usize) -> Record {
        Record {
            rows: Vec::new(),
            ended: 0,
            samples: Vec::new(),
            marks: Vec::new(),
            picks: vec![0; hosts],
            trace: Trace::new(),
            probes: 0,
            events: 0,
            in_flight_max: 0,
        }
    }

    pub(super) fn note(&mut self, at: Time, what: &impl Hash) {
        self.events += 1;
        self.trace.write_u64(at.as_nanos());
        what.hash(&mut self.trace);
    }
}

pub(super) fn measured_hosts(fleet: &Fleet) -> Vec<MeasuredHost> {
    let all = fleet.capacity_per_s();
    let host = |index: usize| MeasuredHost {
        name: format!("h{index}"),
        parallelism: fleet.hosts[index].parallelism,
        capacity_share: fleet.host_capacity_per_s(index) / all,
    };
    (0..fleet.hosts.len()).map(host).collect()
}
