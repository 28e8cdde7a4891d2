//! What one request would cost on one host.

use outrider_core::Time;

use super::forecast::Terms;
use crate::exchange::Host;
use crate::prediction::{Cell, Row};

/// How much of what a request takes from those who come after it counts: its service time for each request that the host
/// has per slot. The design's first guess was 0.5; see `docs/adr/0016-predictive.md`.
const EXTERNALITY: f64 = 0.35;

/// What one request would cost on one host, ns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Quote {
    /// Requests in flight there as best known, failures of the last seconds included.
    pub(crate) found: f64,
    /// The host's live correction, as far as it is beyond doubt.
    pub(crate) correction: f64,
    /// What the table says that it takes.
    pub(crate) table_ns: f64,
    /// The same, corrected.
    pub(crate) service_ns: f64,
    /// Until a slot is free.
    pub(crate) wait_ns: f64,
    /// All of it.
    pub(crate) cost_ns: f64,
}

impl Quote {
    /// For `size` of the class of `cell` on `host`, where others than we have `others` requests.
    #[inline]
    pub(crate) fn of(host: &Host, row: &Row, cell: &Cell, size: Option<f32>, terms: &Terms, others: f64) -> Quote {
        let live = &host.live;
        let correction = f64::from(terms.correction(live.factor(), row));
        let table_ns = f64::from(cell.service_ns(size));
        let service_ns = table_ns * correction;
        let slots = f64::from(terms.slots.unwrap_or(row.slots));
        let found = f64::from(live.in_flight()) + others + live.penalty_at(terms.now);
        let queued = found - slots + 1.0;
        let wait_ns = if queued > 0.0 && terms.wait {
            let work_ns = live.outstanding_ns() as f64 + others * f64::from(row.work_ns);
            work_ns * correction / slots * queued / found
        } else {
            0.0
        };
        let cost_ns = service_ns + wait_ns + EXTERNALITY * service_ns * found / slots;
        Quote { found, correction, table_ns, service_ns, wait_ns, cost_ns }
    }

    /// Whether the request would find a free slot on a host of `slots`.
    pub(crate) fn is_free(&self, slots: f32) -> bool {
        self.found < f64::from(slots)
    }
}

impl Terms {
    #[inline]
    fn correction(&self, factor: Option<f32>, row: &Row) -> f32 {
        match factor {
            Some(factor) if self.correct => beyond_doubt(factor / (row.level * self.common), row.doubt),
            _ => 1.0,
        }
    }

    /// The terms at `now`.
    pub(super) fn at(&self, now: Time) -> Terms {
        Terms { now, ..*self }
    }
}

/// `correction` as far as it is beyond `doubt`: hosts that differ by chance alone shall not be told apart (a soft threshold, Donoho
/// 1995).
#[inline]
fn beyond_doubt(correction: f32, doubt: f32) -> f32 {
    if correction > 1.0 { (correction - doubt).max(1.0) } else { (correction / (1.0 - doubt)).min(1.0) }
}
