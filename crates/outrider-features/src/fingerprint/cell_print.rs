//! Fingerprints as they are shown and exported: one row of named numbers per host and class, absent where not known.

use std::net::SocketAddr;

use outrider_core::{ClassId, Time};

use super::host::HostPrint;
use super::{Estimate, Fingerprints};

/// What the numbers of [`CellPrint::vector`] are, in their order.
pub const FEATURES: [&str; 15] = [
    "mean_ms",
    "p50_ms",
    "p90_ms",
    "intercept_ms",
    "slope_ms",
    "uncertainty",
    "evidence",
    "error_rate",
    "throughput_per_s",
    "cpu",
    "mem",
    "parallelism",
    "host_work_ms",
    "host_evidence",
    "mean_size",
];

type Values = [Option<f64>; FEATURES.len()];
const NS_PER_MS: f64 = 1e6;

/// One class on one host.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CellPrint {
    /// The host.
    pub host: SocketAddr,
    /// The class.
    pub class: ClassId,
    values: Values,
}

impl CellPrint {
    /// The numbers in the order of [`FEATURES`]; `None` where nothing is known.
    pub fn vector(&self) -> &[Option<f64>; FEATURES.len()] {
        &self.values
    }

    /// The number called `name`, if there is one and it is known.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.values[FEATURES.iter().position(|&feature| feature == name)?]
    }
}

impl Fingerprints {
    /// Every host with every class that was seen on it, by address and class.
    pub fn prints(&self, now: Time) -> Vec<CellPrint> {
        let estimator = self.estimator(now);
        let row = |host: SocketAddr, known: &HostPrint, class: ClassId| CellPrint {
            host,
            class,
            values: self.values(known, class, estimator.estimate(host, Some(class)), now),
        };
        let hosts = self.hosts.iter();
        hosts.flat_map(|(&host, known)| known.cells.keys().map(move |&class| row(host, known, class))).collect()
    }

    fn values(&self, host: &HostPrint, class: ClassId, estimate: Option<Estimate>, now: Time) -> Values {
        let cell = host.cells.get(&class);
        let ms = |ns: fn(&Estimate) -> f64| estimate.as_ref().map(|estimate| ns(estimate) / NS_PER_MS);
        [
            ms(|e| e.service_ns(None)),
            ms(|e| e.service_ns(None) * e.p50_ratio),
            ms(|e| e.service_ns(None) * e.p90_ratio),
            ms(|e| e.fit.intercept_ns),
            ms(|e| e.fit.slope_ns),
            estimate.map(|e| e.uncertainty),
            estimate.map(|e| e.evidence),
            estimate.and_then(|e| e.error_rate),
            cell.map(|cell| cell.completions.at(now)),
            cell.and_then(|cell| cell.cpu.value()),
            cell.and_then(|cell| cell.mem.value()),
            host.slots(self.usual_slots(host)).map(|slots| f64::from(slots.count)),
            host.work.value().map(|work_ns| work_ns / NS_PER_MS),
            Some(host.evidence()),
            self.classes.get(&class).and_then(|class| class.size.value()),
        ]
    }
}
