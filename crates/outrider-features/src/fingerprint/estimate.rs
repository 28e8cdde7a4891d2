//! What is to be expected of a class on a host, whether it was seen there or not.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use outrider_core::{ClassId, Time};

use super::Fingerprints;
use super::cell::{Cell, Class};
use super::fading::Mean;
use super::host::{HostPrint, STRENGTH};
use super::line::{Fit, Prior};
use super::parallelism::Slots;
use super::spread::Spread;

/// How far a class on a host strays from the product of class and host, and a host from its kind: standard deviations of
/// logarithms, taken for true of anything not measured. (`uneven-mixed`: 0.23 and 0.4.)
const SIGMA_CELL: f64 = 0.25;
const SIGMA_HOST: f64 = 0.5;

/// What a class takes on a host.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Service time against size.
    pub fit: Fit,
    /// Stands in for a size that a request does not say.
    pub mean_size: f64,
    /// The largest size that was seen: beyond, the line is not to be trusted.
    pub size_max: f64,
    /// Median of actual over expected.
    pub p50_ratio: f64,
    /// 90th percentile of actual over expected.
    pub p90_ratio: f64,
    /// Standard deviation of the logarithm of actual over expected.
    pub sigma: f64,
    /// Mean of the logarithm of actual over expected: below 0, for the mean of times lies above most of them.
    pub mean_log: f64,
    /// Share of exchanges that fail, 0 to 1; `None` if none has ended on the host.
    pub error_rate: Option<f64>,
    /// Exchanges of this very class on this very host that the time rests on.
    pub evidence: f64,
    /// Relative standard error of the expected time.
    pub uncertainty: f64,
}

impl Estimate {
    /// What a request of `size` takes, ns.
    pub fn service_ns(&self, size: Option<f64>) -> f64 {
        self.fit.at(size.unwrap_or(self.mean_size).min(self.size_max))
    }
}

/// What a host does, whatever the class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HostEstimate {
    /// How many requests it serves at a time; `None` if that is not known yet.
    pub slots: Option<Slots>,
    /// Service time that one request brings, of classes as they come, ns.
    pub work_ns: Option<f64>,
    /// Exchanges that found a free slot on it.
    pub evidence: f64,
}

/// Reads fingerprints; what several estimates need is worked out once.
#[derive(Debug)]
pub struct Estimator<'a> {
    prints: &'a Fingerprints,
    now: Time,
    fits: BTreeMap<ClassId, Fit>,
    unseen: Option<Fit>,
    blank: Class,
    kinds: BTreeMap<Option<&'a str>, Mean>,
}

impl<'a> Estimator<'a> {
    pub(super) fn new(prints: &'a Fingerprints, now: Time) -> Estimator<'a> {
        let fit = |(&id, class): (&ClassId, &Class)| Some((id, class_fit(class, &prints.all)?));
        let mut kinds: BTreeMap<Option<&str>, Mean> = BTreeMap::new();
        for host in prints.hosts.values() {
            if let Some(log) = host.factor.value().filter(|_| host.evidence() >= STRENGTH) {
                kinds.entry(host.kind.as_deref()).or_default().observe(log, 1.0);
            }
        }
        Estimator {
            prints,
            now,
            fits: prints.classes.iter().filter_map(fit).collect(),
            unseen: prints.all.line.fit(None),
            blank: Class::default(),
            kinds,
        }
    }

    /// What `host` does; `None` if it is not among the hosts.
    pub fn host(&self, host: SocketAddr) -> Option<HostEstimate> {
        let host = self.prints.hosts.get(&host)?;
        Some(HostEstimate {
            slots: host.slots(self.prints.usual_slots(host)),
            work_ns: host.work.value(),
            evidence: host.evidence(),
        })
    }

    /// What `class` takes on `host`, or what a class takes of which nothing is known (`None`). `None` while nothing is known of any
    /// class, or if the host is not among the hosts.
    pub fn estimate(&self, host: SocketAddr, class: Option<ClassId>) -> Option<Estimate> {
        let host = self.prints.hosts.get(&host)?;
        let known = class.and_then(|class| self.prints.classes.get(&class)).unwrap_or(&self.blank);
        let anywhere = class.and_then(|class| self.fits.get(&class).copied()).or(self.unseen)?;
        let cell = class.and_then(|class| host.cells.get(&class));
        let evidence = cell.map_or(0.0, |cell| cell.evidence(self.now));
        let kind_log = self.kinds.get(&host.kind.as_deref()).and_then(Mean::value).unwrap_or(0.0);
        let (p50_ratio, p90_ratio) = cell.map_or(&known.spread, |cell| &cell.spread).quantiles(&known.spread);
        Some(Estimate {
            fit: host.fit(cell, anywhere, known, kind_log),
            mean_size: known.mean_size(),
            size_max: known.size_max,
            p50_ratio,
            p90_ratio,
            sigma: known.spread.sigma(),
            mean_log: known.spread.mean_log(),
            error_rate: error_rate(host, cell),
            evidence,
            uncertainty: uncertainty(&known.spread, evidence, host.evidence()),
        })
    }
}

/// What a class takes anywhere, leaning on what all classes do.
pub(super) fn class_fit(class: &Class, all: &Class) -> Option<Fit> {
    let sizes = class.line.sizes();
    let prior = |fit| Prior { fit, strength: 1.0, sizes: sizes.unwrap_or((0.0, 0.0)) };
    // A class that was seen leans on nobody's level, only against a slope read off two requests.
    let level = || class.line.fit(None).map(|fit| Fit::constant(fit.at(sizes.map_or(0.0, |(mean, _)| mean))));
    let shape = level().map(|fit| through_mean(fit, sizes));
    match shape {
        Some(fit) => class.line.fit(Some(prior(fit))),
        None => all.line.fit(None),
    }
}

/// Half constant, half growing with size: what is believed of a class whose sizes vary before anything is known.
fn through_mean(fit: Fit, sizes: Option<(f64, f64)>) -> Fit {
    match sizes {
        Some((mean, deviation)) if deviation > 0.0 && mean > 0.0 => {
            Fit { intercept_ns: fit.intercept_ns / 2.0, slope_ns: fit.intercept_ns / 2.0 / mean }
        }
        _ => fit,
    }
}

fn error_rate(host: &HostPrint, cell: Option<&Cell>) -> Option<f64> {
    let of_host = host.errors.value()?;
    Some(cell.map_or(of_host, |cell| cell.errors.leaning_on(of_host, STRENGTH)).clamp(0.0, 1.0))
}

/// Noise over the root of the evidence, and what is borrowed as far as it is borrowed.
fn uncertainty(spread: &Spread, cell_evidence: f64, host_evidence: f64) -> f64 {
    let borrowed = STRENGTH / (cell_evidence + STRENGTH);
    let host = STRENGTH / (host_evidence + STRENGTH) * SIGMA_HOST;
    let noise = spread.sigma().powi(2) / (cell_evidence + STRENGTH);
    (noise + borrowed * borrowed * (SIGMA_CELL * SIGMA_CELL + host * host)).sqrt()
}
