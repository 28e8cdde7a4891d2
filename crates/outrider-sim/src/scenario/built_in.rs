//! The scenarios of the page of methods, by name. Those that are flown on sockets too have the shape of their experiments.

use std::time::Duration;

use outrider_workload::{Burst, Class, Fleet, FleetHost, Law, Mix, Pattern, Ramp, TraceFile};

use super::{Clients, EngineKind, EngineLine, FleetSource, Move, Scenario};
use crate::host::Discipline;
use crate::measured::Recovery;

type Make = fn() -> Scenario;

const ALL: [(&str, Make); 21] = [
    ("uneven-mixed", uneven_mixed),
    ("mixed-path", mixed_path),
    ("blind", blind),
    ("blind-ramp", blind_ramp),
    ("starvation", starvation),
    ("slow-host", slow_host),
    ("dead-host-refuse", || dead_host("refuse")),
    ("dead-host-hang", || dead_host("hang")),
    ("dead-host-fail-fast", || dead_host("fail_fast")),
    ("flapping", flapping),
    ("cold-host", cold_host),
    ("storm", storm),
    ("fleet", || fleet(true)),
    ("fleet-silent", || fleet(false)),
    ("q-learning-low", || q_learning(Pattern::Poisson)),
    ("q-learning-medium", || q_learning(Pattern::Ramp(Ramp { from: 3.0, to: 3.0 }))),
    ("q-learning-ramp", || q_learning(Pattern::Ramp(Ramp { from: 1.0, to: 5.0 }))),
    ("q-learning-burst", || q_learning(Pattern::Burst(Burst { factor: 6.0, length: secs(3), every: secs(9) }))),
    ("no-model", || broken_model(EngineKind::Silent, "never learns anything")),
    ("stale-model", || broken_model(EngineKind::Stopped, "stops after twenty seconds")),
    ("poisoned-model", || broken_model(EngineKind::Nonsense, "predicts nonsense from twenty seconds on")),
];

/// The names of all scenarios.
pub fn names() -> Vec<&'static str> {
    ALL.iter().map(|(name, _)| *name).collect()
}

/// The scenario called `name`, if there is one.
pub fn by_name(name: &str) -> Option<Scenario> {
    let (name, make) = ALL.iter().find(|(known, _)| *known == name)?;
    Some(Scenario { name: (*name).to_owned(), ..make() })
}

/// A scenario of the page: an answer takes a tenth of a millisecond more each way, hosts report.
fn scenario(about: &str, fleet: FleetSource, loads: &[f64], warm_up_s: u64, measured_s: u64) -> Scenario {
    Scenario {
        about: about.to_owned(),
        loads: loads.to_vec(),
        warm_up: Duration::from_secs(warm_up_s),
        measured: Duration::from_secs(measured_s),
        network_ms: Law::Fixed(0.1),
        orca: true,
        ..Scenario::new("", fleet)
    }
}

fn uneven_mixed() -> Scenario {
    let about = "One balancer, twelve unlike hosts with neighbours, six classes: the case that Outrider exists for.";
    let fleet = FleetSource::UnevenMixed { hosts: 12, antagonists: true };
    scenario(about, fleet, &[0.5, 0.7, 0.85], 10, 100)
}

fn mixed_path() -> Scenario {
    let about = "Twelve equal hosts, one path: 92 % of requests cost 1 ms, 8 % cost 100 ms, told apart by their head.";
    let mix = Mix::new(vec![Class::new("cheap", 1.0, 0.92), Class::new("dear", 100.0, 0.08)])
        .expect("two classes make sense");
    let host = FleetHost { speed: 1.0, parallelism: 4, class_speeds: Vec::new() };
    let fleet = Fleet { mix, size: one(), noise: one(), antagonists: None, hosts: vec![host; 12] };
    scenario(about, FleetSource::Full(fleet), &[0.5, 0.7, 0.85], 10, 60)
}

/// A hundred hosts that share four servers among their requests, every other one half as fast; work is Normal(13 ms, 13 ms)
/// cut at 0, as in Prequal's testbed. `spare` is what a host has beyond its allocation.
fn blind_fleet(spare: f64) -> Fleet {
    let host = |nth: usize| FleetHost {
        speed: if nth.is_multiple_of(2) { spare } else { spare / 2.0 },
        parallelism: 4,
        class_speeds: Vec::new(),
    };
    let mix = Mix::single(13.0).expect("one class makes sense");
    let noise = Law::CutNormal { mean: 1.0, sd: 1.0 };
    Fleet { mix, size: one(), noise, antagonists: None, hosts: (0..100).map(host).collect() }
}

fn blind() -> Scenario {
    let about = "A hundred balancers before a hundred hosts, half of them twice as slow; nothing to know of a request.";
    let clients = Clients { timeout: Duration::from_secs(5), ..Clients::default() };
    let fleet = FleetSource::Full(blind_fleet(1.0));
    let scenario = scenario(about, fleet, &[0.7, 0.9], 4, 16);
    Scenario { discipline: Discipline::Sharing, instances: 100, probes: true, clients, ..scenario }
}

fn blind_ramp() -> Scenario {
    let about =
        "The same with half a host's allocation spare, from 0.75 to 1.74 of the allocation in steps of a ninth.";
    // Loads are over what hosts have, which is one and a half of what they are given.
    let loads: Vec<f64> = (0..9).map(|step| 0.75 / 1.5 * (10.0f64 / 9.0).powi(step)).collect();
    let fleet = FleetSource::Full(blind_fleet(1.5));
    Scenario { about: about.to_owned(), fleet, loads, measured: Duration::from_secs(10), ..blind() }
}

/// Equal hosts, times scaled by 5 as on sockets: how guards act depends on times that are not scaled.
fn equal(about: &str, hosts: usize, load: f64, warm_up_s: u64, measured_s: u64) -> Scenario {
    let noise = Law::Exponential { mean: 1.0 };
    let fleet = FleetSource::Equal { hosts, parallelism: 4, mean: Duration::from_millis(20), noise };
    let clients = Clients { timeout: Duration::from_secs(10), ..Clients::default() };
    Scenario { scale: 5.0, clients, ..scenario(about, fleet, &[load], warm_up_s, measured_s) }
}

fn befallen(scenario: Scenario, fault: &str) -> Scenario {
    let fault = fault.parse().expect("faults of built-in scenarios can be read");
    Scenario { faults: vec![fault], ..scenario }
}

fn starvation() -> Scenario {
    let about = "Five equal hosts, one of which is ten times slower for two seconds. Does it get its share again?";
    befallen(equal(about, 5, 0.6, 12, 60), "host=2,at=16s,kind=slow,factor=10,for=2s")
}

fn slow_host() -> Scenario {
    let about = "Six equal hosts, one of which turns ten times slower and stays so.";
    let scenario = befallen(equal(about, 6, 0.6, 12, 24), "host=2,at=18s,kind=slow,factor=10");
    Scenario { recovery: Some(Recovery::Host(2)), ..scenario }
}

fn dead_host(kind: &str) -> Scenario {
    let about = "Six equal hosts, one of which fails for twelve seconds.";
    let scenario = befallen(equal(about, 6, 0.5, 12, 28), &format!("host=2,at=18s,kind={kind},for=12s"));
    Scenario { recovery: Some(Recovery::Host(2)), ..scenario }
}

fn flapping() -> Scenario {
    let about = "Six equal hosts, one of which is away for two seconds and back for two, over and over.";
    befallen(equal(about, 6, 0.6, 12, 28), "host=2,at=16s,kind=flap,period=4s")
}

fn cold_host() -> Scenario {
    let about = "Five equal hosts at 0.84 of what they can; a sixth joins, and all six are at 0.7.";
    let joins = vec![Move { host: 5, at: Duration::from_secs(20) }];
    Scenario { joins, ..equal(about, 6, 0.7, 12, 24) }
}

fn storm() -> Scenario {
    let about = "Ten equal hosts at 0.8 lose four tenths of what they can for twenty seconds; users wait a second and try again up \
                 to three times; hosts do not notice who has left. Does goodput come back?";
    let clients = Clients { timeout: Duration::from_secs(1), retries: 3, ..Clients::default() };
    let slow = |host: usize| format!("host={host},at=30s,kind=slow,factor=1.6667,for=20s");
    let faults = (0..10).map(|host| slow(host).parse().expect("the line can be read")).collect();
    let recovery = Some(Recovery::Goodput);
    Scenario { clients, faults, recovery, notices_leaving: false, ..equal(about, 10, 0.8, 10, 80) }
}

fn fleet(orca: bool) -> Scenario {
    let about = "Ten balancers before twenty hosts of uneven-mixed, each seeing a tenth of the traffic: no herding.";
    let source = FleetSource::UnevenMixed { hosts: 20, antagonists: true };
    Scenario { instances: 10, orca, ..scenario(about, source, &[0.7], 10, 60) }
}

/// The hosts and the traffic of experiments/q-learning-three.yaml: 72 a second times what the pattern makes of it, of 433 that
/// the hosts can.
fn q_learning(pattern: Pattern<TraceFile>) -> Scenario {
    let about = "Three hosts of 50, 75 and 100 ms under traffic in the proportions of the Q-learning predecessor's.";
    let mix = Mix::single(100.0).expect("one class makes sense");
    let host = |speed: f64| FleetHost { speed, parallelism: 10, class_speeds: Vec::new() };
    let hosts = [2.0, 4.0 / 3.0, 1.0].map(host).to_vec();
    let noise = Law::Uniform { low: 0.9, high: 1.1 };
    let fleet = FleetSource::Full(Fleet { mix, size: one(), noise, antagonists: None, hosts });
    Scenario { pattern, ..scenario(about, fleet, &[72.0 / (1_300.0 / 3.0)], 20, 100) }
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// `uneven-mixed` at 0.7 with an engine that fails; one that is silent is so from the start.
fn broken_model(kind: EngineKind, what: &str) -> Scenario {
    let at = Duration::from_secs(if kind == EngineKind::Silent { 0 } else { 20 });
    let about = format!("The fleet of uneven-mixed; the model {what}. Is it as good as the fallback?");
    Scenario { about, loads: vec![0.7], engine: vec![EngineLine { at, kind }], ..uneven_mixed() }
}

fn one() -> Law {
    Law::Fixed(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_makes_sense_at_each_of_its_loads() {
        for name in names() {
            let scenario = by_name(name).unwrap();
            assert_eq!(scenario.name, name);
            assert!(!scenario.loads.is_empty());
            for load in &scenario.loads {
                scenario.check(*load, 1).unwrap_or_else(|error| panic!("{name} at {load}: {error}"));
            }
        }
        assert!(by_name("nothing").is_none());
    }

    #[test]
    fn a_scenario_written_reads_back_the_same() {
        for name in names() {
            let scenario = by_name(name).unwrap();
            let text = serde_json::to_string(&scenario).unwrap();
            let read: Scenario = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(read, scenario, "{name}");
        }
    }

    #[test]
    fn little_has_to_be_written_and_what_is_unknown_is_refused() {
        let text = r#"{"name": "small", "fleet": {"equal": {"hosts": 3, "parallelism": 2, "mean": "10ms"}},
            "warm_up": "1s", "measured": "5s", "faults": ["host=1,at=2s,kind=hang"]}"#;
        let scenario: Scenario = serde_json::from_str(text).unwrap();
        assert!(scenario.check(0.5, 1).is_ok());
        assert_eq!((scenario.instances, scenario.notices_leaving, scenario.scale), (1, true, 1.0));
        assert!(serde_json::from_str::<Scenario>(&text.replace("warm_up", "warm")).is_err());
        assert!(serde_json::from_str::<Scenario>(&text.replace("\"1s\"", "\"1\"")).is_err());
    }
}
