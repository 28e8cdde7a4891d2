//! What C3 knows of a host: averages of the response times that we see, and of the service time and queue that the host
//! reports with its answers.
//!
//! A part of `live.rs`, with the same rules. Kept only where the pool's rule reads it, on a line of its own, so that no
//! other pool pays for it; there it costs one write per answer and two per report. Each average carries the millisecond
//! it was last written, and reads do not write.
//!
//! Smoothing: every sample counts 0.9 and all before it 0.1, as in the authors' Cassandra
//! (`org.apache.cassandra.c3.ScoreTracker`, `ALPHA = 0.9` on the new value; the paper names no value).

use std::time::Duration;

use crossbeam_utils::CachePadded;
use outrider_core::{LoadReport, Time};

use super::LATENCY_DECAY_MS;
use super::decaying::Decaying;
use super::report::RIF;
use super::words::{Fading, nanos_f32};

/// The metric under which hosts name the time that they have served the request, its queueing apart, ms.
pub(super) const SERVICE_MS: &str = "service_ms";
/// The weight of the newest sample.
const ALPHA: f32 = 0.9;
/// What a host has not reported for so long of answers it reports no more.
const CURRENT_MS: i32 = 10_000;

/// What C3 knows of one host.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FeedbackSeen {
    /// Average time from request to response head as seen here, ns.
    pub response_ns: f64,
    /// Average service time as the host reports it (`service_ms`), ns; `None` if it does not: then the response time
    /// stands for it.
    pub service_ns: Option<f64>,
    /// Average of the requests in flight that the host reports (`rif`); `None` if it does not: then only our own count.
    pub queue: Option<f64>,
}

#[derive(Debug)]
pub(super) struct Feedback(CachePadded<Cells>);

#[derive(Debug)]
struct Cells {
    response_ns: Decaying,
    service_ns: Decaying,
    queue: Decaying,
}

impl Feedback {
    pub(super) fn new() -> Feedback {
        let cells = Cells { response_ns: Decaying::new(), service_ns: Decaying::new(), queue: Decaying::new() };
        Feedback(CachePadded::new(cells))
    }

    /// A request was answered well.
    pub(super) fn answered(&self, after: Duration, now: Time) {
        self.0.response_ns.smooth(nanos_f32(after), ALPHA, now);
    }

    /// A request failed: may raise the response time, never lowers it, and a host that has only failed has none.
    pub(super) fn failed(&self, after: Duration, now: Time) {
        self.0.response_ns.smooth_up(nanos_f32(after), ALPHA, now);
    }

    /// The host has reported. No request is served in no time: 0, by which ORCA may mean that it is unknown, would make the
    /// rank of a host independent of its queue, and one that hangs would be picked for ever.
    pub(super) fn reported(&self, report: &LoadReport, now: Time) {
        if let Some(service_ms) = sound(report.named(SERVICE_MS)).filter(|&ms| ms > 0.0) {
            self.0.service_ns.smooth(service_ms * 1e6, ALPHA, now);
        }
        if let Some(rif) = sound(report.named(RIF)) {
            self.0.queue.smooth(rif, ALPHA, now);
        }
    }

    /// The averages; `None` before the first success. While the host is idle they fade with a time constant of 10 s, so
    /// that one that was slow once is tried again.
    #[inline]
    pub(super) fn seen(&self, is_idle: bool, now: Time) -> Option<FeedbackSeen> {
        let response = self.0.response_ns.get()?;
        let kept = if is_idle { response.kept(now, LATENCY_DECAY_MS) } else { 1.0 };
        let faded = |average: Fading| f64::from(average.written() * kept);
        let current = |average: &Decaying| {
            let average = average.get()?;
            (average.written_before_ms(response) < CURRENT_MS).then(|| faded(average))
        };
        Some(FeedbackSeen {
            response_ns: faded(response),
            service_ns: current(&self.0.service_ns),
            queue: current(&self.0.queue),
        })
    }
}

/// Numbers that can be a time or a queue, as far as an average of 32 bits can hold them.
#[allow(clippy::cast_possible_truncation)] // precision is not needed, range is checked
fn sound(number: Option<f64>) -> Option<f32> {
    number.filter(|n| (0.0..1e12).contains(n)).map(|n| n as f32)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn report(named: &[(&str, f64)]) -> LoadReport {
        let named_metrics = named.iter().map(|&(name, value)| (name.to_owned(), value)).collect();
        LoadReport { named_metrics, ..LoadReport::default() }
    }

    proptest! {
        #[test]
        fn the_newest_counts_nine_tenths(samples_ms in prop::collection::vec(1u64..100_000, 1..20)) {
            let (feedback, now) = (Feedback::new(), Time::from_millis(7));
            let mut expected = samples_ms[0] as f64 * 1e6;
            for &sample in &samples_ms {
                feedback.answered(ms(sample), now);
                expected = 0.9 * sample as f64 * 1e6 + 0.1 * expected;
            }
            let seen = feedback.seen(false, now).unwrap();
            prop_assert!((seen.response_ns / expected - 1.0).abs() < 1e-5);
        }

        #[test]
        fn failures_never_lower_anything(samples_ms in prop::collection::vec((any::<bool>(), 1u64..10_000), 1..20)) {
            let (feedback, now) = (Feedback::new(), Time::from_millis(7));
            let response = || feedback.seen(false, now).map(|seen| seen.response_ns);
            for (ok, sample) in samples_ms {
                let before = response();
                if ok {
                    feedback.answered(ms(sample), now);
                } else {
                    feedback.failed(ms(sample), now);
                    prop_assert!(response() >= before && response().is_some() == before.is_some());
                }
            }
        }
    }

    #[test]
    fn what_hosts_report_counts_until_their_answers_come_without_it_for_10_s() {
        let (feedback, start) = (Feedback::new(), Time::from_millis(1_000));
        feedback.reported(&report(&[("service_ms", 4.0), ("rif", 3.0)]), start);
        assert_eq!(feedback.seen(false, start), None, "nothing has been answered");
        feedback.answered(ms(10), start);
        let seen = feedback.seen(false, start).unwrap();
        assert_eq!((seen.service_ns, seen.queue), (Some(4e6), Some(3.0)));
        feedback.answered(ms(10), start + ms(9_999));
        assert_eq!(feedback.seen(false, start + ms(9_999)).unwrap().queue, Some(3.0));
        feedback.answered(ms(10), start + ms(10_000));
        let silent = feedback.seen(false, start + ms(10_000)).unwrap();
        assert_eq!((silent.service_ns, silent.queue), (None, None));
    }

    #[test]
    fn what_cannot_be_is_as_good_as_not_said() {
        let (feedback, now) = (Feedback::new(), Time::from_millis(1));
        feedback.answered(ms(1), now);
        for number in [f64::NAN, f64::INFINITY, -1.0, 1e300] {
            feedback.reported(&report(&[("service_ms", number), ("rif", number)]), now);
        }
        let seen = feedback.seen(false, now).unwrap();
        assert_eq!((seen.service_ns, seen.queue), (None, None));
    }

    #[test]
    fn averages_fade_while_the_host_is_idle_and_only_then() {
        let (feedback, start) = (Feedback::new(), Time::from_millis(1));
        feedback.answered(ms(100), start);
        let later = start + ms(10_000);
        assert_eq!(feedback.seen(false, later).unwrap().response_ns, 1e8);
        let faded = feedback.seen(true, later).unwrap().response_ns;
        assert!((faded - 1e8 / std::f64::consts::E).abs() < 1e3, "{faded}");
    }
}
