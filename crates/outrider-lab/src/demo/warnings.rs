//! What a reader must know before believing the demo's figures.

use super::report::{DemoReport, StrategyReport};

/// The bench's lateness, as a share of the quickest strategy's latency, that is worth a word.
const LATE_SHARE: f64 = 0.05;
/// Below this many requests a p99 is the luck of a few.
const REQUESTS_MIN: u64 = 2_000;

pub(super) fn warnings(report: &DemoReport) -> Vec<String> {
    let mut warnings = Vec::new();
    for run in &report.runs {
        let (strategy, percent) = (&run.strategy, run.error_rate * 100.0);
        if run.error_rate > 0.0 {
            warnings.push(format!(
                "{strategy}: {percent:.2} % of its requests failed; its latencies are those of the others"
            ));
        }
        if run.requests < REQUESTS_MIN {
            let requests = run.requests;
            warnings.push(format!("{strategy}: {requests} requests are too few for a p99; give it more --seconds"));
        }
    }
    if is_late(report) {
        warnings.push(
            "the bench itself was late: this machine is too busy or too small, and the figures are too high for all"
                .to_owned(),
        );
    }
    warnings
}

/// Whether the bench added to what it measured: its usual lateness to the median, its worst to the tail.
fn is_late(report: &DemoReport) -> bool {
    let least = |of: fn(&StrategyReport) -> f64| report.runs.iter().map(of).fold(f64::INFINITY, f64::min);
    let bench = &report.bench;
    let usual_ms = bench.late_p50_ms + bench.timer_lag_mean_ms;
    usual_ms > LATE_SHARE * least(|r| r.p50_ms) || bench.late_p99_ms > LATE_SHARE * least(|r| r.p99_ms.unwrap_or(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::report::{BenchReport, FleetReport, Round};
    use crate::load::{Outcome, Record, Summary};
    use outrider_core::Time;
    use std::collections::BTreeMap;
    use std::time::Duration;

    /// One strategy whose requests all took 20 ms and ended as `outcomes` in turn.
    fn report(requests: u64, outcomes: &[Outcome]) -> DemoReport {
        let mut summary = Summary::default();
        for (number, &outcome) in (0..requests).zip(outcomes.iter().cycle()) {
            let scheduled = Time::from_millis(number);
            let done = scheduled + Duration::from_millis(20);
            let record = Record {
                number,
                class: 0,
                scheduled,
                taken: scheduled,
                sent: None,
                done,
                outcome,
                tries: 1,
                host: None,
            };
            summary.add(&record);
        }
        let fleet = FleetReport {
            simulated: true,
            capacity_per_s: 100.0,
            rate_per_s: 70.0,
            measured_s: 1.0,
            warm_up_s: 0.0,
            class_mean_ms: BTreeMap::new(),
            hosts: Vec::new(),
        };
        let rounds = [Round { seed: 1, summary }];
        let run = StrategyReport::new("p2c", 0.7, &rounds, &fleet);
        DemoReport { runs: vec![run], fleet, bench: bench(0.1), warnings: Vec::new() }
    }

    fn bench(late_ms: f64) -> BenchReport {
        BenchReport {
            late_p50_ms: late_ms,
            late_p99_ms: late_ms,
            late_max_ms: late_ms,
            timer_lag_mean_ms: 0.0,
            timer_lag_max_ms: 0.0,
        }
    }

    #[test]
    fn a_clean_run_needs_no_warning() {
        assert_eq!(warnings(&report(3_000, &[Outcome::Answered(200)])), Vec::<String>::new());
    }

    #[test]
    fn errors_few_requests_and_lateness_are_each_told() {
        let good = [Outcome::Answered(200)];
        let mixed = [Outcome::Answered(200), Outcome::Broken];
        let few = warnings(&report(100, &good));
        assert!(few.len() == 1 && few[0].contains("100 requests are too few"), "{few:?}");
        let failed = warnings(&report(3_000, &mixed));
        assert!(failed.len() == 1 && failed[0].contains("50.00 % of its requests failed"), "{failed:?}");
        let late = warnings(&DemoReport { bench: bench(3.0), ..report(3_000, &good) });
        assert!(late.len() == 1 && late[0].contains("the bench itself was late"), "{late:?}");
    }
}
