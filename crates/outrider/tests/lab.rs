//! `outrider lab run`, `outrider lab list`, `outrider demo`: from the command line to the report's files, with the shipped
//! binary as everything.

#![expect(clippy::unwrap_used, reason = "a test panics when something is not as it must be")]

#[path = "support/folder.rs"]
mod folder;

use std::process::{Command, Output};

use folder::Folder;
use serde_json::{Value, json};

const EXPERIMENT: &str = "\
name: tiny
about: A test of the whole way.
fleet: { equal: { hosts: 3, parallelism: 4, mean: 5ms, noise: { exponential: { mean: 1 } } } }
loads: [0.3]
warm_up: 200ms
measured: 1s
seeds: 2
jobs: 2
faults: ['host=1,at=600ms,kind=fail_fast,for=200ms']
recovery: goodput
balancers:
  - round_robin
  - { outrider: least_request, name: ours, weights: capacity, pool: { retry: { max: 1 } } }
  - direct: 0
";

/// Keys that every run is printed with.
const KEYS: [&str; 23] = [
    "scenario",
    "load",
    "strategy",
    "seeds",
    "requests",
    "mean_ms",
    "p50_ms",
    "p90_ms",
    "p95_ms",
    "p99_ms",
    "p99_ms_low",
    "p99_ms_high",
    "p999_ms",
    "sd_ms",
    "cv",
    "error_rate",
    "goodput_per_s",
    "attempts_per_request",
    "min_host_share",
    "recovery_s",
    "by_seed",
    "by_class",
    "by_host",
];

fn outrider(folder: &Folder, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_outrider")).current_dir(folder.path()).args(arguments).output().unwrap()
}

fn said(output: &[u8]) -> String {
    String::from_utf8_lossy(output).into_owned()
}

#[test]
fn an_experiment_becomes_figures_and_files() {
    let folder = Folder::new("lab-run");
    folder.write("tiny.yaml", EXPERIMENT);
    let output = outrider(&folder, &["lab", "run", "tiny.yaml", "--json", "--out", "report"]);
    assert!(output.status.success(), "{}", said(&output.stderr));
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    let runs = printed["runs"].as_array().unwrap();
    let strategies: Vec<&str> = runs.iter().map(|run| run["strategy"].as_str().unwrap()).collect();
    assert_eq!(strategies, ["round_robin", "ours", "direct h0"]);
    for run in runs {
        assert!(KEYS.iter().all(|key| run.get(key).is_some()), "{run}");
        assert!(run["requests"].as_u64().unwrap() > 100 && run["requests"] == runs[0]["requests"], "{run}");
    }
    for file in ["comparison.json", "requests.csv.gz", "summary.md", "index.html"] {
        assert!(folder.path().join("report").join(file).is_file(), "{file}");
    }
    assert!(
        said(&output.stderr).contains("tiny: 6 measurements of 1.2 s (the first 0.2 s warm up), 2 at a time: about ")
    );
}

/// The page that people read, in a real browser: it loads nothing, complains of nothing, shows its pictures, and a click
/// on a head sorts by that column.
#[test]
fn a_browser_shows_the_page_and_sorts_its_tables() {
    let folder = Folder::new("lab-page");
    folder.write("tiny.yaml", EXPERIMENT);
    let output = outrider(&folder, &["lab", "run", "tiny.yaml", "--out", "report"]);
    assert!(output.status.success(), "{}", said(&output.stderr));
    let script = folder.write("look.py", include_str!("../../../bench/page/look.py"));
    let page = format!("file://{}", folder.path().join("report/index.html").display());
    let looked = Command::new("python3").arg(script).arg(page).output().unwrap();
    assert!(looked.status.success(), "{}", said(&looked.stderr));
    let seen: Value = serde_json::from_slice(&looked.stdout).unwrap();
    assert!(seen["title"].as_str().unwrap().contains("tiny"), "{seen}");
    assert!(seen["pictures"].as_u64().unwrap() >= 6, "{seen}");
    assert_eq!((&seen["loaded"], &seen["said"], &seen["overflow"]), (&json!([]), &json!([]), &json!(0)), "{seen}");
    let column = |name: &str| -> Vec<f64> {
        let cells = seen[name].as_array().unwrap().iter();
        cells.map(|cell| cell.as_str().unwrap().parse().unwrap()).collect()
    };
    let (mut sorted, up, mut down) = (column("before"), column("up"), column("down"));
    sorted.sort_by(f64::total_cmp);
    down.reverse();
    assert!(sorted.len() == 3 && up == sorted && down == sorted, "{seen}");
}

#[test]
fn mistakes_of_a_file_are_told_with_their_places() {
    let folder = Folder::new("lab-mistakes");
    folder.write("bad.yaml", &EXPERIMENT.replace("[0.3]", "[30]").replace("host=1", "host=7"));
    let output = outrider(&folder, &["lab", "run", "bad.yaml"]);
    assert_eq!(output.status.code(), Some(1));
    let told = said(&output.stderr);
    assert!(told.contains("bad.yaml:4:9: a load is a number from 0.001 to 10, not 30"), "{told}");
    assert!(told.contains("bad.yaml:9:10: there is no host 7: they are 0 to 2"), "{told}");
}

#[test]
fn a_rule_that_outrider_does_not_know_is_told_before_anything_is_measured() {
    let folder = Folder::new("lab-rule");
    folder.write("tiny.yaml", &EXPERIMENT.replace("round_robin", "fastest"));
    let output = outrider(&folder, &["lab", "run", "tiny.yaml"]);
    let told = said(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(told.contains("fastest: the balancer ended") && told.contains("strategy"), "{told}");
    assert!(!folder.path().join("outrider-report").exists());
}

#[test]
fn what_is_built_in_is_listed_and_can_be_printed_to_start_from() {
    let folder = Folder::new("lab-list");
    let list = said(&outrider(&folder, &["lab", "list"]).stdout);
    for name in ["uneven-mixed", "storm", "rivals", "q-learning-three"] {
        assert!(list.lines().any(|line| line.starts_with(name)), "{list}");
    }
    let storm = said(&outrider(&folder, &["lab", "list", "storm"]).stdout);
    assert!(storm.starts_with("name: storm\n"));
}

#[test]
fn a_simulation_prints_the_keys_of_an_experiment_and_comparisons_twice_the_same() {
    let folder = Folder::new("simulate");
    let line =
        "simulate uneven-mixed --load 0.7 --seeds 2 --requests 2000 --strategies least_request,predictive --json";
    let arguments: Vec<&str> = line.split(' ').collect();
    let output = outrider(&folder, &arguments);
    assert!(output.status.success(), "{}", said(&output.stderr));
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    let runs = printed["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 2);
    for run in runs {
        let keys: Vec<&String> = run.as_object().unwrap().keys().collect();
        assert!(keys.len() == KEYS.len() && KEYS.iter().all(|key| run.get(key).is_some()), "{keys:?}");
    }
    let predictive = &printed["comparisons"][1];
    assert_eq!(predictive["strategy"], "predictive");
    assert!(predictive["best_rival"]["p99"]["ratio"].as_f64().unwrap() > 0.0, "{predictive}");
    assert_eq!(output.stdout, outrider(&folder, &arguments).stdout);
}

#[test]
fn scenarios_are_listed_and_unknown_ones_told() {
    let folder = Folder::new("simulate-list");
    let list = said(&outrider(&folder, &["simulate"]).stdout);
    for name in ["uneven-mixed", "storm", "poisoned-model"] {
        assert!(list.lines().any(|line| line.starts_with(name)), "{list}");
    }
    let output = outrider(&folder, &["simulate", "slow-hosts"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output.stderr).starts_with("no scenario is called slow-hosts (did you mean slow-host?); there are "));
}

#[test]
fn the_demo_prints_its_table_and_leaves_a_report() {
    let folder = Folder::new("demo");
    let output = outrider(&folder, &["demo", "--seconds", "6", "--strategies", "round_robin,weighted_least_request"]);
    let (table, told) = (said(&output.stdout), said(&output.stderr));
    assert!(output.status.success(), "{told}");
    for word in ["round_robin", "weighted_least_request", "p99", "outrider-report/demo/index.html ("] {
        assert!(table.contains(word), "{word} is missing in:\n{table}");
    }
    assert!(!table.contains('\x1b'), "no colours where there is no terminal");
    let files = std::fs::read_dir(folder.path().join("outrider-report/demo")).unwrap().map(|file| file.unwrap().path());
    let plots = files.filter(|file| file.extension().is_some_and(|ending| ending == "png")).count();
    assert!(plots >= 6, "{plots} plots");
}

#[test]
fn who_reads_no_more_ends_a_list_without_a_word() {
    for words in [&["lab", "list"][..], &["lab", "list", "storm"], &["simulate"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = Command::new(env!("CARGO_BIN_EXE_outrider")).args(words).stdout(writer).output().unwrap();
        assert_eq!((output.status.code(), said(&output.stderr)), (Some(0), String::new()), "{words:?}");
    }
}
