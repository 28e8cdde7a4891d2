use std::time::Duration;

use proptest::prelude::*;

use crate::balancers::Kind;
use crate::experiment::{Demand, Experiment, FleetSource};
use outrider_sim::Recovery;

/// The least there can be.
const LEAST: &str = "name: x\nabout: y\nfleet: { uneven_mixed: { hosts: 4 } }\nloads: [0.7]\nwarm_up: 2s\nmeasured: 8s\nbalancers: [random]\n";

fn read(text: &str) -> Experiment {
    Experiment::read(text, "x.yaml").unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

fn told(text: &str) -> String {
    Experiment::read(text, "x.yaml").expect_err(text).to_string()
}

#[test]
fn what_is_left_out_has_its_default() {
    let experiment = read(LEAST);
    assert_eq!((experiment.seeds.as_slice(), experiment.jobs, experiment.workers), ([1, 2, 3, 4, 5].as_slice(), 1, 1));
    assert_eq!(experiment.demands, [Demand::Load(0.7)]);
    assert_eq!(experiment.fleet, FleetSource::UnevenMixed { hosts: 4, antagonists: true, seed: None });
    assert!(experiment.orca && experiment.faults.is_empty() && experiment.recovery.is_none());
    assert_eq!((experiment.clients.retries, experiment.length()), (0, Duration::from_secs(10)));
}

#[test]
fn every_key_says_what_it_says() {
    let experiment = read(
        "name: all-of-it\nabout: >-\n  Two\n  lines.\nfleet: { equal: { hosts: 5, parallelism: 4, mean: 20ms, noise: { exponential: { mean: 1 } } } }\n\
         scale: 5\nrate_per_s: 80\npatterns: { low: poisson, high: pace }\nwarm_up: 2s\nmeasured: 8s\nseeds: [3, 9]\n\
         clients: { timeout: 1s, retries: 3, backoff: 50ms }\norca: false\nfaults: ['host=2,at=3s,kind=hang,for=2s']\n\
         joins: [{ host: 3, at: 4s }]\nrecovery: { host: 2 }\njobs: 4\nworkers: 2\nbalancers:\n  - least_request\n  \
         - { outrider: prequal, pool: { probe: { path: /probe } } }\n  - { haproxy: leastconn, weights: capacity }\n  \
         - nginx: least_conn\n  - { command: [lb, '{listen}', '{hosts}'], name: mine }\n  - direct: 0\n",
    );
    assert_eq!(experiment.about, "Two lines.");
    assert!((experiment.fleet(1).unwrap().capacity_per_s() - 200.0).abs() < 1e-9);
    assert_eq!(
        (experiment.demands.as_slice(), experiment.seeds.as_slice()),
        ([Demand::RatePerS(80.0)].as_slice(), [3, 9].as_slice())
    );
    let scenarios: Vec<String> = experiment.patterns.iter().map(|pattern| experiment.scenario(pattern)).collect();
    assert_eq!(scenarios, ["all-of-it-low", "all-of-it-high"]);
    assert_eq!(
        (experiment.recovery, experiment.faults.len(), experiment.joins[0].host),
        (Some(Recovery::Host(2)), 1, 3)
    );
    let labels: Vec<&str> = experiment.balancers.iter().map(|b| b.label.as_str()).collect();
    assert_eq!(labels, ["least_request", "prequal", "haproxy leastconn", "nginx least_conn", "mine", "direct h0"]);
    assert!(experiment.balancers[2].weighted);
    assert!(matches!(&experiment.balancers[1].kind, Kind::Outrider { pool, .. } if pool["probe"]["path"] == "/probe"));
}

/// What is written for what in [`LEAST`], and what is said of it.
const MISTAKES: [(&str, &str, &str); 27] = [
    ("name: x", "name: a/b", "x.yaml:1:7: name is 1 to 48 small letters, digits and '-', for it names files"),
    ("about: y", "about: ''", "x.yaml:2:8: about says in a sentence or two what is compared, for the report"),
    ("about: y\n", "", "x.yaml:6:1: missing field `about`"),
    ("loads", "laods", "x.yaml:4:1: unknown field `laods`, expected one of "),
    ("[0.7]", "[]", "x.yaml:4:8: loads has 1 to 64 entries"),
    ("[0.7]", "[0.7, 70]", "x.yaml:4:14: a load is a number from 0.001 to 10, not 70"),
    ("[0.7]", "[0.7, 0.7]", "x.yaml:4:14: the load 0.7 is there already"),
    ("[0.7]", "[often]", "x.yaml:4:9: a number is expected"),
    (
        "loads: [0.7]\n",
        "",
        "x.yaml:1:7: how much is asked of the hosts? loads: [0.7] of their capacity, or rate_per_s: 200",
    ),
    ("loads: [0.7]", "loads: [0.7]\nrate_per_s: 5", "x.yaml:5:13: either loads or rate_per_s, not both"),
    ("2s", "2", "x.yaml:5:10: \"2\" is not a time with its unit, such as 250ms, 5s, 2m or 1h (at most a year)"),
    ("8s", "0s", "x.yaml:6:11: measured must be above 0s"),
    ("8s", "2h", "x.yaml:6:11: at most 1h"),
    ("hosts: 4", "hosts: 0", "x.yaml:3:8: a fleet has 1 to 256 hosts here, not 0"),
    ("hosts: 4", "hosts: 4, speed: 1", "x.yaml:3:36: unknown field `speed`, expected one of hosts, antagonists, seed"),
    ("uneven_mixed", "even", "x.yaml:3:10: unknown variant `even`, expected one of uneven_mixed, equal, full"),
    ("[random]", "[]", "x.yaml:7:12: balancers has 1 to 64 entries"),
    ("[random]", "[random, random]", "x.yaml:7:21: \"random\" is there already: give this one another name"),
    ("[random]", "['a b']", "x.yaml:7:13: \"a b\" is no rule: a word such as least_request"),
    ("[random]", "[{ name: z }]", "x.yaml:7:13: a balancer is one of outrider: RULE, haproxy: ALGORITHM, "),
    ("[random]", "[{ nginx: best }]", "x.yaml:7:13: \"best\" is no method of NGINX: one of round_robin, least_conn, "),
    ("[random]", "[{ direct: 4 }]", "x.yaml:7:13: there is no host 4: they are 0 to 3"),
    ("[random]", "[{ nginx: random, pool: {} }]", "x.yaml:7:13: pool is for outrider: keys of its pool"),
    ("balancers", "faults: ['host=9,at=1s,kind=hang']\nbalancers", "x.yaml:7:10: there is no host 9: they are 0 to 3"),
    (
        "balancers",
        "faults: ['host=1,at=10s,kind=hang']\nbalancers",
        "x.yaml:7:10: at 10s the round is over: warm_up and measured are 10s together",
    ),
    (
        "balancers",
        "faults: ['host=1,kind=explode']\nbalancers",
        "x.yaml:7:10: \"explode\" is no fault: slow, hang, refuse, fail_fast, flap, die or recover",
    ),
    ("balancers", "seeds: [1, 1]\nbalancers", "x.yaml:7:8: a seed is listed twice: it would count twice"),
];

#[test]
fn each_mistake_is_told_with_its_place_and_what_was_expected() {
    for (from, to, expected) in MISTAKES {
        assert!(LEAST.contains(from), "{from}");
        let told = told(&LEAST.replacen(from, to, 1));
        assert!(told.starts_with(expected), "{from} -> {to}\n told: {told}\nnot: {expected}");
    }
}

#[test]
fn what_makes_no_sense_is_told_all_at_once() {
    let text = LEAST.replace("name: x", "name: X").replace("0.7", "-1").replace("[random]", "[a, a]");
    let lines: Vec<String> = told(&text).lines().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(lines, ["x.yaml:1:7:", "x.yaml:4:9:", "x.yaml:7:16:"]);
}

proptest! {
    #[test]
    fn no_text_panics(text in ".{0,200}") {
        let _ = Experiment::read(&text, "x");
    }

    #[test]
    fn no_line_too_many_panics(at in 0usize..7, line in "[a-z_]{1,12}: [-0-9a-z{}\\[\\]., ]{0,20}") {
        let mut lines: Vec<&str> = LEAST.lines().collect();
        lines.insert(at, &line);
        let _ = Experiment::read(&lines.join("\n"), "x");
    }
}
