//! `c3`: the host with the lowest rank psi = (R - 1/mu) + q^3 / mu, where q = 1 + os x n + Q; ties at random.
//!
//! Source: Suresh, Canini, Schmid, Feldmann, "C3: Cutting tail latency in cloud data stores via adaptive replica
//! selection", NSDI'15, section 3.1; where the paper leaves a choice, its authors' Cassandra
//! (`org.apache.cassandra.c3.ScoreTracker`). R is the average response time that we see; 1/mu the service time and Q the
//! queue that the host reports with its answers (ORCA named metrics `service_ms` and `rif`), both averaged; os what we
//! have outstanding there; n how many balancers there are, since each may have as much there. What a host does not
//! report is taken from here: R stands for 1/mu, and Q is 0. `/api/v1/hosts` says which of the two is so.
//!
//! Left out: the paper's rate control and backpressure (sections 3.2 and 3.3), which delay requests instead of placing
//! them. Ours, since a balancer meets what a database of equal replicas does not:
//! * Failures count as outstanding for a while and may raise R but never lower it, so that one that fails fast does not
//!   look fast.
//! * Averages fade while a host is idle, else the rank of one that was slow once would never be renewed. (Cassandra
//!   reads from all replicas now and then; Elasticsearch moves the averages of hosts not chosen.)
//! * A host never measured ranks first while it is idle and last while it is not, as in [`super::peak_ewma`].
//! * q is taken per weight, relative to the mean weight; with equal weights it is the paper's.

use super::lowest::lowest;
use super::{Candidate, Field, Rule};
use crate::picker::Picker;

/// Rank of a host never measured that is busy, ns: above any other.
const UNMEASURED_BUSY_NS: f64 = 1e60;

/// Cost: two cache lines and a few multiplications per host looked at.
#[derive(Debug)]
pub(super) struct C3 {
    balancers: f64,
    mean_share: f64,
}

impl C3 {
    /// The rule of one of `balancers` that use these hosts.
    pub(super) fn new(candidates: &[Candidate], balancers: u32) -> C3 {
        let total: f64 = candidates.iter().map(|candidate| candidate.share as f64).sum();
        C3 { balancers: f64::from(balancers), mean_share: total / candidates.len().max(1) as f64 }
    }

    /// psi, ns; `None` if the host may not be picked.
    #[inline]
    fn rank_ns(&self, field: &Field<'_>, at: usize) -> Option<f64> {
        let outstanding = field.load_if_open(at)?;
        let candidate = &field.candidates[at];
        let Some(seen) = candidate.host.live.feedback(field.request.now) else {
            return Some(if outstanding == 0.0 { 0.0 } else { UNMEASURED_BUSY_NS * (outstanding + 1.0) });
        };
        let service_ns = seen.service_ns.unwrap_or(seen.response_ns);
        let queue = outstanding * self.balancers + seen.queue.unwrap_or(0.0);
        let q = 1.0 + queue * self.mean_share * candidate.per_share;
        Some(seen.response_ns - service_ns + q * q * q * service_ns)
    }
}

impl Rule for C3 {
    fn pick(&self, field: &Field<'_>, picker: &mut Picker) -> Option<usize> {
        lowest(field.candidates.len(), |at| self.rank_ns(field, at), picker.random())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use outrider_core::{LoadReport, Time};
    use proptest::prelude::*;

    use super::*;
    use crate::exchange::{Exchange, FailureKind, Finish};
    use crate::testing::{field, load, picker, request_at};

    const START: Time = Time::from_millis(1_000);

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn candidates(shares: &[u64]) -> Vec<Candidate> {
        let candidates = crate::testing::candidates(shares);
        candidates.iter().for_each(|candidate| candidate.host.live.set_wants_feedback(true));
        candidates
    }

    /// One answer of `candidate` that took `took` and ended at `now`.
    fn answer(candidate: &Candidate, took: Duration, now: Time) {
        Exchange::begin(&candidate.host, false, now - took).finish(Finish::Success, now);
    }

    fn report(candidate: &Candidate, service_ms: f64, rif: f64) {
        let named_metrics = vec![("service_ms".to_owned(), service_ms), ("rif".to_owned(), rif)];
        candidate.host.live.reported(&LoadReport { named_metrics, ..LoadReport::default() }, START);
    }

    fn pick(candidates: &[Candidate], balancers: u32, now: Time) -> usize {
        let request = request_at(now);
        C3::new(candidates, balancers).pick(&field(candidates, &request), &mut picker(5)).unwrap()
    }

    /// What one host shows: response and service time, reported queue, requests of ours in flight.
    fn host() -> impl Strategy<Value = (u64, f64, f64, usize)> {
        (1u64..200, 0.001f64..1.0, 0u32..40, 0usize..6)
            .prop_map(|(response, part, queue, held)| (response, part * response as f64, f64::from(queue), held))
    }

    proptest! {
        #[test]
        fn what_is_picked_has_the_lowest_rank_of_the_paper(
            hosts in prop::collection::vec(host(), 1..12), balancers in 1u32..5,
        ) {
            let candidates = candidates(&vec![100; hosts.len()]);
            let mut ranks = Vec::new();
            for (candidate, &(response_ms, service_ms, queue, held)) in candidates.iter().zip(&hosts) {
                report(candidate, service_ms, queue);
                answer(candidate, ms(response_ms), START);
                let q = 1.0 + held as f64 * f64::from(balancers) + queue;
                ranks.push((response_ms as f64 - service_ms) + q.powi(3) * service_ms);
            }
            let _held = load(&candidates, &hosts.iter().map(|host| host.3).collect::<Vec<_>>());
            let picked = pick(&candidates, balancers, START);
            let least = ranks.iter().copied().fold(f64::INFINITY, f64::min);
            prop_assert!(ranks[picked] <= least * 1.000_01 + 1e-9, "{} of {ranks:?}", ranks[picked]);
        }

        #[test]
        fn without_reports_response_time_and_own_requests_decide(
            hosts in prop::collection::vec((1u64..200, 0usize..6), 1..12), balancers in 1u32..5,
        ) {
            let candidates = candidates(&vec![100; hosts.len()]);
            candidates.iter().zip(&hosts).for_each(|(candidate, host)| answer(candidate, ms(host.0), START));
            let _held = load(&candidates, &hosts.iter().map(|host| host.1).collect::<Vec<_>>());
            let rank = |&(took, held): &(u64, usize)| took * (1 + held as u64 * u64::from(balancers)).pow(3);
            let picked = pick(&candidates, balancers, START);
            prop_assert_eq!(rank(&hosts[picked]), hosts.iter().map(rank).min().unwrap());
        }
    }

    #[test]
    fn a_host_of_twice_the_weight_holds_twice_as_many() {
        let candidates = candidates(&[200, 100]);
        candidates.iter().for_each(|candidate| answer(candidate, ms(10), START));
        let mut held = Vec::new();
        for _ in 0..30 {
            let at = pick(&candidates, 1, START);
            held.push(Exchange::begin(&candidates[at].host, false, START));
        }
        assert_eq!(candidates[0].host.live.in_flight(), 20);
    }

    #[test]
    fn a_host_never_measured_is_tried_once_and_then_waited_for() {
        let candidates = candidates(&[1, 1]);
        answer(&candidates[1], ms(20), START);
        assert_eq!(pick(&candidates, 1, START), 0);
        let _held = load(&candidates, &[1, 50]);
        assert_eq!(pick(&candidates, 1, START), 1);
    }

    #[test]
    fn a_host_that_was_slow_once_is_tried_again_and_one_at_a_time() {
        let candidates = candidates(&[1, 1]);
        answer(&candidates[0], ms(2_000), START);
        let later = START + ms(50_000);
        answer(&candidates[1], ms(20), later);
        assert_eq!(pick(&candidates, 1, later), 0, "2 s have faded to 13 ms");
        let _held = load(&candidates, &[1, 1]);
        assert_eq!(pick(&candidates, 1, later), 1);
    }

    #[test]
    fn a_host_that_only_fails_is_not_first_and_failing_fast_lowers_nothing() {
        let candidates = candidates(&[1, 1]);
        answer(&candidates[1], ms(20), START);
        let fail = |at: usize| {
            let exchange = Exchange::begin(&candidates[at].host, false, START);
            exchange.finish(Finish::Failure(FailureKind::Status(500)), START + ms(1));
        };
        fail(0);
        assert_eq!(pick(&candidates, 1, START + ms(500)), 1);
        answer(&candidates[0], ms(30), START + ms(1));
        (0..5).for_each(|_| fail(0));
        assert_eq!(pick(&candidates, 1, START + ms(3_000)), 1);
        let seen = candidates[0].host.live.feedback(START + ms(1)).unwrap();
        assert_eq!(seen.response_ns, 3e7);
    }

    #[test]
    fn a_host_that_hangs_keeps_what_is_outstanding_there() {
        let candidates = candidates(&[1, 1]);
        answer(&candidates[0], ms(1), START);
        answer(&candidates[1], ms(500), START);
        let _hung = load(&candidates, &[8, 0]);
        assert_eq!(pick(&candidates, 1, START), 1, "1 ms x 9^3 is more than 500 ms");
    }

    #[test]
    fn a_host_that_names_no_time_of_service_is_not_taken_for_one_that_needs_none() {
        let candidates = candidates(&[1, 1]);
        report(&candidates[0], 0.0, 0.0);
        answer(&candidates[0], ms(10), START);
        answer(&candidates[1], ms(20), START);
        let _hung = load(&candidates, &[1_000, 0]);
        assert_eq!(pick(&candidates, 1, START), 1);
    }
}
