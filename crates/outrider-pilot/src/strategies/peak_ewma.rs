//! `peak_ewma`: of two distinct random hosts the one with the lower cost, latency x (load + 1).
//!
//! Source: Finagle, `finagle-core/.../loadbalancer/PeakEwma.scala`; Linkerd, `linkerd/ewma/src/lib.rs`. The latency is
//! an average that fades over 10 s and that a slower answer replaces at once; it fades while a host is idle, so that a
//! host that was slow once is tried again. It is taken to the response head, as Linkerd does, so that a client that
//! reads slowly is not held against the host.
//!
//! A host never measured costs nothing while it is idle, so it is tried; with anything in flight, or a failure in the
//! last seconds, it costs more than any measured one, so it gets no second request before its first answer. Both hosts
//! are drawn by weight; the cost itself knows no weight, since latency already tells what a host can do.

use outrider_core::Random;

use super::alias::AliasTable;
use super::{Candidate, Field, Strategy};
use crate::exchange::Host;

/// Cost of a host never measured that is busy, ns: above any latency x load.
const UNMEASURED_BUSY_NS: f64 = 1e30;

/// Two draws, two costs, one comparison.
#[derive(Debug)]
pub(super) struct PeakEwma(AliasTable);

impl PeakEwma {
    pub(super) fn new(candidates: &[Candidate]) -> PeakEwma {
        PeakEwma(AliasTable::new(candidates))
    }
}

impl Strategy for PeakEwma {
    fn pick(&self, field: &Field<'_>, random: &mut Random) -> Option<usize> {
        let cost = |at: usize| cost_ns(&field.candidates[at].host, field);
        let (first, second) = self.0.draw_two(field, random)?;
        Some(second.filter(|&second| cost(second) < cost(first)).unwrap_or(first))
    }
}

fn cost_ns(host: &Host, field: &Field<'_>) -> f64 {
    let load = host.live.load_at(field.request.now);
    match host.live.peak_ewma_ns(field.request.now) {
        Some(latency_ns) => latency_ns * (load + 1.0),
        None if load == 0.0 => 0.0,
        None => UNMEASURED_BUSY_NS * (load + 1.0),
    }
}
