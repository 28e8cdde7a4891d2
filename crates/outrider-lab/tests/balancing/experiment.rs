//! Experiments from their text to what they have measured.

use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

use outrider_lab::Stop;
use outrider_lab::balancers::BalancerError;
use outrider_lab::experiment::{Experiment, Outcome, Progress, RoundError, RunError, run};
use outrider_sim::{End, Measured};

use crate::stand_in::{note_path, tools};

pub(crate) const TESTS: [(&str, fn()); 6] = [
    ("experiment::every_balancer_meets_the_same_requests", every_balancer_meets_the_same_requests),
    ("experiment::faults_and_joins_happen_when_they_should", faults_and_joins_happen_when_they_should),
    ("experiment::other_peoples_balancers_forward_too", other_peoples_balancers_forward_too),
    ("experiment::what_is_missing_is_left_out_and_said", what_is_missing_is_left_out_and_said),
    ("experiment::a_balancer_that_ends_is_reported_with_its_last_words", a_balancer_that_ends),
    ("experiment::a_raised_flag_ends_all_and_leaves_no_balancer", a_raised_flag_ends_all),
];

fn experiment(more: &str) -> Experiment {
    let text = format!(
        "name: tiny\nabout: A test.\nfleet: {{ equal: {{ hosts: 3, parallelism: 4, mean: 5ms, noise: {{ fixed: 1 }} }} }}\n{more}"
    );
    Experiment::read(&text, "tiny").unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

fn outcome(experiment: &Experiment) -> Outcome {
    run(experiment, &tools(), &Stop::new(), &Progress::silent()).unwrap_or_else(|error| panic!("{error}"))
}

fn every_balancer_meets_the_same_requests() {
    let outcome = outcome(&experiment(
        "loads: [0.2, 0.3]\nwarm_up: 200ms\nmeasured: 800ms\nseeds: 2\njobs: 2\nbalancers: [one, { outrider: two, weights: capacity }, { direct: 1 }]\n",
    ));
    let of = |m: &Measured| (m.strategy.clone(), m.load.unwrap().to_string(), m.seed);
    let told: Vec<_> = outcome.measured.iter().map(of).collect();
    let all: BTreeSet<_> = told.iter().cloned().collect();
    assert_eq!((told.len(), all.len()), (12, 12), "2 loads x 3 balancers x 2 seeds, each once");
    for m in &outcome.measured {
        let twin =
            outcome.measured.iter().find(|o| o.strategy == "one" && (o.load, o.seed) == (m.load, m.seed)).unwrap();
        let asked = |m: &Measured| m.rows.iter().map(|row| (row.scheduled_us, row.class)).collect::<Vec<_>>();
        assert!(m.rows.len() > 50 && asked(m) == asked(twin), "{} met other requests", m.strategy);
        assert!(m.rows.iter().all(|row| row.end == End::Status(200) && row.host.is_some()));
        assert!(m.samples.len() >= 8 && m.samples.is_sorted_by_key(|sample| sample.at));
        let last = m.samples.last().unwrap();
        assert!(last.arrived.iter().sum::<u64>() <= m.rows.len() as u64);
        assert!((m.hosts.iter().map(|host| host.capacity_share).sum::<f64>() - 1.0).abs() < 1e-9);
    }
    let direct = outcome.measured.iter().find(|m| m.strategy == "direct h1").unwrap();
    assert!(direct.rows.iter().all(|row| row.host == Some(1)) && direct.bench.unwrap().balancer_cpu_cores.is_none());
    assert_eq!(
        outcome.versions,
        [("one".to_owned(), "Outrider stand-in".to_owned()), ("two".to_owned(), "Outrider stand-in".to_owned())]
    );
}

fn faults_and_joins_happen_when_they_should() {
    let outcome = outcome(&experiment(
        "loads: [0.1]\nwarm_up: 0s\nmeasured: 2s\nseeds: 1\nfaults: ['host=0,at=500ms,kind=fail_fast,for=500ms']\n\
         joins: [{ host: 1, at: 1500ms }]\nclients: { timeout: 1s }\nbalancers: [{ direct: 0 }, { direct: 2 }]\n",
    ));
    let [failing, well] = outcome.measured.as_slice() else { panic!("two balancers") };
    let told: Vec<_> = failing.marks.iter().map(|mark| (mark.host.unwrap(), mark.what.as_str())).collect();
    assert_eq!(told, [(0, "fails fast"), (0, "is well again"), (1, "joins")]);
    let bad =
        |m: &Measured| m.rows.iter().filter(|row| !row.end.is_good()).map(|row| row.scheduled_us).collect::<Vec<_>>();
    let (failed, fine) = (bad(failing), bad(well));
    assert!(fine.is_empty() && !failed.is_empty(), "{fine:?} {failed:?}");
    let (from, to) = (failing.marks[0].at.as_micros(), failing.marks[1].at.as_micros());
    // A request may be under way while the fault comes or goes.
    assert!(failed.iter().all(|&us| u128::from(us) + 200_000 >= from && u128::from(us) <= to + 200_000), "{failed:?}");
}

fn other_peoples_balancers_forward_too() {
    let outcome = outcome(&experiment(
        "loads: [0.1]\nwarm_up: 0s\nmeasured: 1s\nseeds: 1\njobs: 2\nbalancers:\n  - { haproxy: leastconn, weights: capacity }\n  \
         - { nginx: least_conn, weights: capacity }\n  - { haproxy: roundrobin, name: h }\n  - { nginx: round_robin, name: n }\n",
    ));
    assert!(outcome.notes.is_empty(), "ci/test-tools.sh installs both: {:?}", outcome.notes);
    for m in &outcome.measured {
        let hosts: BTreeSet<_> = m.rows.iter().map(|row| row.host).collect();
        assert!(m.rows.iter().all(|row| row.end == End::Status(200)), "{}", m.strategy);
        assert_eq!(hosts, BTreeSet::from([Some(0), Some(1), Some(2)]), "{}", m.strategy);
        assert!(m.bench.unwrap().balancer_cpu_cores.is_some());
    }
    let says = |word: &str| outcome.versions.iter().filter(|(_, version)| version.contains(word)).count();
    assert_eq!((says("HAProxy version 2"), says("nginx/1")), (2, 2), "{:?}", outcome.versions);
}

fn what_is_missing_is_left_out_and_said() {
    let some = "loads: [0.1]\nwarm_up: 0s\nmeasured: 300ms\nseeds: 1\nbalancers:\n  - { command: [no-such-balancer, '{listen}', '{hosts}'] }\n";
    let outcome = outcome(&experiment(&format!("{some}  - direct: 0\n")));
    assert_eq!(outcome.measured.len(), 1);
    assert!(
        outcome.notes[0].starts_with("no-such-balancer is left out: no-such-balancer is not installed"),
        "{:?}",
        outcome.notes
    );
    let none = run(&experiment(some), &tools(), &Stop::new(), &Progress::silent());
    assert!(matches!(none, Err(RunError::NoBalancer(_))));
}

fn a_balancer_that_ends() {
    let fails = |rule: &str| {
        let more =
            format!("loads: [0.5]\nwarm_up: 0s\nmeasured: 500ms\nseeds: 2\njobs: 2\nbalancers: [fine, {rule}]\n");
        match run(&experiment(&more), &tools(), &Stop::new(), &Progress::silent()) {
            Err(RunError::Round { balancer, source: RoundError::Balancer(BalancerError::Ended { said, .. }) }) => {
                assert_eq!(balancer, rule);
                said
            }
            other => panic!("{other:?}"),
        }
    };
    assert!(fails("refused").contains("no such strategy"));
    assert!(fails("dies_at_once").contains("these are my last words"));
}

fn a_raised_flag_ends_all() {
    let experiment = experiment("loads: [0.1]\nwarm_up: 1s\nmeasured: 10m\nseeds: 1\nbalancers: [notes_its_address]\n");
    let stop = Stop::new();
    let running = std::thread::spawn({
        let stop = stop.clone();
        move || run(&experiment, &tools(), &stop, &Progress::silent())
    });
    let note = note_path(std::process::id());
    // The first balancer is but tried out.
    let tried_out = noted(&note, None);
    let address = noted(&note, Some(tried_out));
    let _ = TcpStream::connect(address);
    stop.stop();
    assert!(matches!(running.join().unwrap(), Err(RunError::Stopped)));
    assert!(TcpStream::connect(address).is_err(), "the balancer is gone");
    std::fs::remove_file(note).unwrap();
}

/// The address that a balancer notes, other than `before`.
fn noted(note: &Path, before: Option<SocketAddr>) -> SocketAddr {
    loop {
        match std::fs::read_to_string(note).ok().and_then(|text| text.strip_suffix('\n')?.parse().ok()) {
            Some(address) if Some(address) != before => return address,
            _ => std::thread::yield_now(),
        }
    }
}
