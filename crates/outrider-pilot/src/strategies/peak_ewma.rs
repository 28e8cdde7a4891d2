//! `peak_ewma`: of two distinct random hosts the one with the lower cost, latency x (load + 1).
//!
//! Source: Finagle, `finagle-core/.../loadbalancer/PeakEwma.scala`; Linkerd, `linkerd/ewma/src/lib.rs`. The latency is
//! an average that fades over 10 s and that a slower answer replaces at once; it fades while a host is idle, so that a
//! host that was slow once is tried again. Only while it is idle, other than in Finagle: the first request to a host
//! that has faded to nearly nothing would be followed by all others until its answer. The latency is taken to the
//! response head, as Linkerd does, so that a client that reads slowly is not held against the host.
//!
//! A host never measured costs nothing while it is idle, so it is tried; with anything in flight, or a failure in the
//! last seconds, it costs more than any measured one, so it gets no second request before its first answer. Both hosts
//! are drawn by weight; the cost itself knows no weight, since latency already tells what a host can do.

use super::alias::AliasTable;
use super::{Candidate, Field, Rule};
use crate::exchange::Host;
use crate::picker::Picker;

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

impl Rule for PeakEwma {
    fn pick(&self, field: &Field<'_>, picker: &mut Picker) -> Option<usize> {
        let cost = |at: usize| cost_ns(&field.candidates[at].host, field);
        let (first, second) = self.0.draw_two(field, picker.random())?;
        Some(second.filter(|&second| cost(second) < cost(first)).unwrap_or(first))
    }
}

fn cost_ns(host: &Host, field: &Field<'_>) -> f64 {
    let load = host.live.load_at(field.request.now);
    match host.live.expected_latency_ns(field.request.now) {
        Some(latency_ns) => latency_ns * (load + 1.0),
        None if load == 0.0 => 0.0,
        None => UNMEASURED_BUSY_NS * (load + 1.0),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use outrider_core::Time;
    use proptest::prelude::*;

    use super::*;
    use crate::exchange::{Exchange, FailureKind, Finish};
    use crate::testing::{candidates, field, load, picker, request_at};

    const START: Time = Time::from_millis(1_000);

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// One answer of `host` that took `took` and ended at `now`.
    fn answer(candidate: &Candidate, took: Duration, now: Time) {
        Exchange::begin(&candidate.host, false, now - took).finish(Finish::Success, now);
    }

    /// How many of 1000 picks at `now` go to candidate 0.
    fn share_of_first(candidates: &[Candidate], now: Time) -> usize {
        let (rule, request, mut picker) = (PeakEwma::new(candidates), request_at(now), picker(9));
        (0..1_000).filter(|_| rule.pick(&field(candidates, &request), &mut picker) == Some(0)).count()
    }

    proptest! {
        #[test]
        fn of_two_the_dearer_is_never_picked(
            took_ms in [1u64..1_000, 1u64..1_000], loads in [0usize..5, 0usize..5], seed: u64,
        ) {
            let candidates = candidates(&[1, 1]);
            for (candidate, took) in candidates.iter().zip(took_ms) {
                answer(candidate, ms(took), START);
            }
            let _held = load(&candidates, &loads);
            let request = request_at(START);
            let picked = PeakEwma::new(&candidates).pick(&field(&candidates, &request), &mut picker(seed)).unwrap();
            let cost = |at: usize| took_ms[at] * (loads[at] as u64 + 1);
            prop_assert!(cost(picked) <= cost(1 - picked));
        }
    }

    #[test]
    fn a_spike_counts_at_once_and_fades_while_the_host_is_idle() {
        let candidates = candidates(&[1, 1]);
        answer(&candidates[0], ms(10), START);
        answer(&candidates[1], ms(20), START);
        assert_eq!(share_of_first(&candidates, START), 1_000);
        answer(&candidates[0], ms(500), START + ms(1));
        assert_eq!(share_of_first(&candidates, START + ms(1)), 0);
        // 500 ms fade below 20 ms, which keeps being measured, within 10 s x ln 25 = 32.2 s.
        let later = START + ms(33_000);
        answer(&candidates[1], ms(20), later);
        assert_eq!(share_of_first(&candidates, later), 1_000);
    }

    #[test]
    fn a_host_never_measured_is_tried_once_and_then_waited_for() {
        let candidates = candidates(&[1, 1]);
        answer(&candidates[1], ms(20), START);
        assert_eq!(share_of_first(&candidates, START), 1_000);
        let _held = load(&candidates, &[1, 50]);
        assert_eq!(share_of_first(&candidates, START), 0);
    }

    #[test]
    fn a_host_idle_for_long_is_tried_once_and_then_costs_what_it_did() {
        let candidates = candidates(&[1, 1]);
        answer(&candidates[0], ms(20), START);
        let later = START + ms(120_000);
        answer(&candidates[1], ms(20), later);
        assert_eq!(share_of_first(&candidates, later), 1_000);
        let _held = load(&candidates, &[2, 1]);
        assert_eq!(share_of_first(&candidates, later), 0);
    }

    #[test]
    fn a_host_that_only_fails_does_not_look_fast() {
        let candidates = candidates(&[1, 1]);
        answer(&candidates[1], ms(20), START);
        let exchange = Exchange::begin(&candidates[0].host, false, START);
        exchange.finish(Finish::Failure(FailureKind::Status(500)), START + ms(1));
        assert_eq!(share_of_first(&candidates, START + ms(500)), 0);
    }

    #[test]
    fn a_failure_never_lowers_the_latency_and_a_timeout_raises_it() {
        let candidates = candidates(&[1]);
        let live = &candidates[0].host.live;
        answer(&candidates[0], ms(20), START);
        Exchange::begin(&candidates[0].host, false, START).finish(Finish::Failure(FailureKind::Connect), START + ms(1));
        assert!((live.peak_ewma_ns(START + ms(1)).unwrap() - 20e6).abs() < 1e4);
        let slow = Exchange::begin(&candidates[0].host, false, START);
        slow.finish(Finish::Failure(FailureKind::Timeout), START + ms(3_000));
        assert_eq!(live.peak_ewma_ns(START + ms(3_000)), Some(3e9));
    }
}
