//! The scenario `llm-fleet` on the public data, where they lie beside the project.

#![expect(clippy::print_stdout, reason = "says what could not be tested")]

use std::path::PathBuf;

use outrider_lab::with_data;
use outrider_pilot::StrategyKind;
use outrider_sim::{Rule, by_name, fly, quantile};

/// The folder of data beside the project's; none in a newcomer's clone.
fn data() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let is_there = folder.join("splitwise/perf_model.csv.gz").exists();
    if !is_there {
        println!("not tested: there is no ../shared/data beside the project with {}", outrider_lab::LLM_DATA);
    }
    is_there.then_some(folder)
}

/// Nothing is claimed of prediction here: on this fleet it is behind the best rules that count what is in flight.
#[test]
fn real_questions_on_measured_hosts_are_answered_sooner_by_who_counts_than_blindly() {
    let Some(folder) = data() else { return };
    let scenario = with_data(by_name("llm-fleet").unwrap(), &folder).unwrap();
    let trace = scenario.trace.as_ref().unwrap();
    assert_eq!(trace.asked().len(), 28_185, "all questions of both recordings");
    let flown = |kind| fly(&scenario, Rule::Pilot(kind), 0.7, 1).unwrap().measured;
    let (counted, blind) = (flown(StrategyKind::LeastRequest), flown(StrategyKind::RoundRobin));
    assert!(counted.rows.iter().all(|row| row.end.is_good()));
    let (counted_ms, blind_ms) = (quantile(&counted.latencies_ms(), 0.99), quantile(&blind.latencies_ms(), 0.99));
    assert!(counted_ms < 0.5 * blind_ms, "{counted_ms} {blind_ms}");
}
