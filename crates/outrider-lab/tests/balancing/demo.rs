//! The demo: an experiment like any other, shaped by what a person asks for.

use std::time::Duration;

use outrider_lab::Stop;
use outrider_lab::demo::{DemoSettings, experiment};
use outrider_lab::experiment::{Progress, run};
use outrider_lab::report::{figures, render_table};

use crate::stand_in::tools;

pub(crate) const TESTS: [(&str, fn()); 1] = [("demo::rules_are_compared_on_equal_requests", rules_are_compared)];

fn rules_are_compared() {
    let rules = vec!["one".to_owned(), "weighted_least_request".to_owned()];
    let settings = DemoSettings { total: Some(Duration::from_secs(4)), seed: 7, rules };
    let mut experiment = experiment(&settings);
    // The stand-in is no balancer for much.
    experiment.demands = vec![outrider_lab::experiment::Demand::Load(0.3)];
    let outcome =
        run(&experiment, &tools(), &Stop::new(), &Progress::silent()).unwrap_or_else(|error| panic!("{error}"));
    let report = figures(&outcome.measured);
    let [one, two] = report.runs.as_slice() else { panic!("{} runs", report.runs.len()) };
    assert_eq!((one.strategy.as_str(), two.strategy.as_str()), ("one", "weighted_least_request"));
    assert!(one.requests > 50 && one.requests == two.requests, "{} and {}", one.requests, two.requests);
    let seeds: Vec<u64> = two.by_seed.iter().map(|seed| seed.seed).collect();
    assert_eq!((one.seeds, seeds, one.by_host.len()), (5, vec![7, 8, 9, 10, 11], 8));
    let table = render_table(&report, false);
    assert!(table.contains("weighted_least_request") && !table.contains('\x1b'), "{table}");
}
