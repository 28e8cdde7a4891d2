//! When the bench itself is what was measured: the thresholds, in one place, and what is said beyond them.

use crate::load::{LoadEnd, Summary};

/// Lateness as a share of the latency that it is part of: the usual of the median, the worst of p99.
pub(crate) const LATE_SHARE: f64 = 0.05;
/// A thread that is busy for so much of the time is about to be too slow.
pub(crate) const THREAD_CORES: f64 = 0.8;

/// What a run of load has to confess: empty where the figures are those of what was measured.
pub(crate) fn confessions(summary: &Summary, end: &LoadEnd) -> Vec<String> {
    let late = (summary.late_ms(0.5), summary.late_ms(0.99));
    let latency = (summary.quantile_ms(0.5), summary.quantile_ms(0.99));
    let waited_ms = summary.waited_ms(0.99);
    let cores = end.effort.loader_cpu.as_secs_f64() / end.took.as_secs_f64().max(1e-9);
    let mut said = Vec::new();
    if late.0 > LATE_SHARE * latency.0 || late.1 > LATE_SHARE * latency.1 {
        said.push(format!(
            "the bench was the bottleneck: it took up requests {:.2} ms (p50) and {:.2} ms (p99) after their time, against \
             latencies of {:.2} and {:.2} ms",
            late.0, late.1, latency.0, latency.1
        ));
    }
    if cores > THREAD_CORES {
        said.push(format!(
            "the bench was the bottleneck: the thread that sends and receives was busy {:.0} % of the time",
            cores * 100.0
        ));
    }
    if waited_ms > LATE_SHARE * latency.1 {
        said.push(format!(
            "the bench was the bottleneck: requests waited {waited_ms:.2} ms (p99) for a connection of its own to open or come free"
        ));
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use outrider_core::Time;

    use crate::load::{Effort, Outcome, Record};

    fn summary(late_ms: u64, waited_ms: u64) -> Summary {
        let mut summary = Summary::default();
        let scheduled = Time::from_millis(10);
        let taken = scheduled + Duration::from_millis(late_ms);
        let sent = Some(taken + Duration::from_millis(waited_ms));
        let done = scheduled + Duration::from_millis(100);
        let outcome = Outcome::Answered(200);
        summary.add(&Record {
            number: 0,
            class: 0,
            scheduled,
            taken,
            due: scheduled,
            sent,
            done,
            outcome,
            tries: 1,
            size: 1.0,
            before: Vec::new(),
            host: None,
        });
        summary
    }

    fn end(loader_ms: u64) -> LoadEnd {
        let effort = Effort { loader_cpu: Duration::from_millis(loader_ms), ..Effort::default() };
        LoadEnd { connections: 1, stopped: false, took: Duration::from_secs(1), effort }
    }

    #[test]
    fn each_limit_is_told_when_it_is_passed_and_not_before() {
        assert_eq!(confessions(&summary(4, 4), &end(700)), Vec::<String>::new());
        for (summary, end, word) in [
            (summary(6, 0), end(0), "after their time"),
            (summary(0, 0), end(900), "busy 90 % of the time"),
            (summary(0, 6), end(0), "a connection of its own"),
        ] {
            let said = confessions(&summary, &end);
            assert!(said.len() == 1 && said[0].contains(word), "{said:?}");
            assert!(said[0].starts_with("the bench was the bottleneck: "));
        }
    }
}
