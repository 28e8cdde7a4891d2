//! What a host has said of itself last: the cells behind [`HostLive::reported`].
//!
//! A part of `live.rs`, with the same rules. Each cell stands for itself: of two reports that come at once a reader may
//! see some numbers of the one and some of the other, all of them said and all of them fresh. (A lock would have to be
//! taken for every answer with a report.) Cost per report: seven stores on a line of its own, so that reports do not
//! take the line of the counters from the cores that pick.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use crossbeam_utils::CachePadded;
use outrider_core::{LoadReport, Time};

use super::{AtomicU64, HostLive};

/// The metric under which hosts name their requests in flight.
pub(super) const RIF: &str = "rif";
/// The time of a report that has not come.
const NEVER_NS: u64 = u64::MAX;

/// What a host has last said of its own load. What it left out is `None`, not 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReportSeen {
    /// How long ago.
    pub age: Duration,
    /// CPU in use over CPU available, >= 0.
    pub cpu_utilization: Option<f64>,
    /// Memory in use over memory available, >= 0.
    pub mem_utilization: Option<f64>,
    /// Utilisation as the application defines it, >= 0.
    pub application_utilization: Option<f64>,
    /// Requests per second that it serves.
    pub rps_fractional: Option<f64>,
    /// Errors per second that it answers.
    pub eps: Option<f64>,
    /// Requests in flight as it counts them, the named metric `rif`.
    pub rif: Option<f64>,
}

#[derive(Debug)]
pub(super) struct Reported(CachePadded<Cells>);

#[derive(Debug)]
struct Cells {
    at_ns: AtomicU64,
    cpu: Number,
    mem: Number,
    application: Number,
    rps: Number,
    eps: Number,
    rif: Number,
}

impl HostLive {
    /// The host has said this of itself. What the report leaves out is absent from now on, and so is what cannot be: NaN,
    /// infinite or negative numbers.
    pub fn reported(&self, report: &LoadReport, now: Time) {
        self.1.store(report, now);
        if let Some(rif) = report.named(RIF).filter(|rif| *rif >= 0.0) {
            self.hear_in_flight(rif, now);
        }
        if self.wants_feedback() {
            self.2.reported(report, now);
        }
    }

    /// What the host has last said of itself; `None` if it never has.
    pub fn report(&self, now: Time) -> Option<ReportSeen> {
        self.1.load(now)
    }
}

impl Reported {
    pub(super) fn new() -> Reported {
        Reported(CachePadded::new(Cells {
            at_ns: AtomicU64::new(NEVER_NS),
            cpu: Number::absent(),
            mem: Number::absent(),
            application: Number::absent(),
            rps: Number::absent(),
            eps: Number::absent(),
            rif: Number::absent(),
        }))
    }

    pub(super) fn store(&self, report: &LoadReport, now: Time) {
        let cells = &*self.0;
        cells.cpu.store(report.cpu_utilization);
        cells.mem.store(report.mem_utilization);
        cells.application.store(report.application_utilization);
        cells.rps.store(report.rps_fractional);
        cells.eps.store(report.eps);
        cells.rif.store(report.named(RIF));
        cells.at_ns.store(now.as_nanos().min(NEVER_NS - 1), Relaxed);
    }

    pub(super) fn load(&self, now: Time) -> Option<ReportSeen> {
        let cells = &*self.0;
        let at_ns = cells.at_ns.load(Relaxed);
        (at_ns != NEVER_NS).then(|| ReportSeen {
            age: now.since(Time::from_nanos(at_ns)),
            cpu_utilization: cells.cpu.load(),
            mem_utilization: cells.mem.load(),
            application_utilization: cells.application.load(),
            rps_fractional: cells.rps.load(),
            eps: cells.eps.load(),
            rif: cells.rif.load(),
        })
    }
}

/// A number that may be absent: the bits of an `f64`, NaN for none.
#[derive(Debug)]
struct Number(AtomicU64);

impl Number {
    fn absent() -> Number {
        Number(AtomicU64::new(f64::NAN.to_bits()))
    }

    /// What is not finite, or below 0, is nobody's load: as good as absent.
    fn store(&self, number: Option<f64>) {
        let number = number.filter(|n| n.is_finite() && *n >= 0.0);
        self.0.store(number.unwrap_or(f64::NAN).to_bits(), Relaxed);
    }

    fn load(&self) -> Option<f64> {
        Some(f64::from_bits(self.0.load(Relaxed))).filter(|n| !n.is_nan())
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number() -> impl Strategy<Value = Option<f64>> {
        let odd = prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 0.0]);
        prop::option::of(prop_oneof![0.0f64..1e6, odd])
    }

    fn report() -> impl Strategy<Value = LoadReport> {
        let numbers = (number(), number(), number(), number(), number(), number());
        numbers.prop_map(|(cpu, mem, application, rps, eps, rif)| LoadReport {
            cpu_utilization: cpu,
            mem_utilization: mem,
            application_utilization: application,
            rps_fractional: rps,
            eps,
            named_metrics: [("other".to_owned(), 7.0)]
                .into_iter()
                .chain(rif.map(|rif| (RIF.to_owned(), rif)))
                .collect(),
            ..LoadReport::default()
        })
    }

    proptest! {
        #[test]
        fn the_last_report_is_seen_as_it_was_said(reports in prop::collection::vec(report(), 1..8), age_ms in 0u64..1_000) {
            let (cells, said) = (Reported::new(), Time::from_millis(5));
            reports.iter().for_each(|report| cells.store(report, said));
            let last = reports.last().unwrap();
            let sound = |number: Option<f64>| number.filter(|n| n.is_finite() && *n >= 0.0);
            let expected = ReportSeen {
                age: Duration::from_millis(age_ms),
                cpu_utilization: sound(last.cpu_utilization),
                mem_utilization: sound(last.mem_utilization),
                application_utilization: sound(last.application_utilization),
                rps_fractional: sound(last.rps_fractional),
                eps: sound(last.eps),
                rif: sound(last.named(RIF)),
            };
            prop_assert_eq!(cells.load(said + expected.age), Some(expected));
        }
    }

    #[test]
    fn nothing_said_is_nothing_seen_and_an_empty_report_is_a_report() {
        let cells = Reported::new();
        assert_eq!(cells.load(Time::from_millis(9)), None);
        cells.store(&LoadReport::default(), Time::ZERO);
        let seen = cells.load(Time::from_millis(9)).unwrap();
        assert_eq!((seen.age, seen.cpu_utilization, seen.rif), (Duration::from_millis(9), None, None));
    }
}
