//! From round trips to a forecast that others read, by the shipped binary: what is fresh, what fails, and what there is before the first.

#![expect(clippy::unwrap_used, reason = "a test panics when something is not as it must be")]

#[path = "forecast/atlas.rs"]
mod atlas;
#[path = "../../outrider-store/tests/support/atlas_server.rs"]
mod atlas_server;
#[path = "support/child.rs"]
mod child;
#[path = "support/folder.rs"]
mod folder;
#[path = "support/shipped.rs"]
mod shipped;
#[path = "support/signals.rs"]
mod signals;

use std::fmt::Write as _;
use std::process::Output;

use folder::Folder;
use serde_json::Value;
use shipped::{outrider, text};

/// Round trips of three probes over so many samples, 240 s apart; every 37th sample a level 20 % higher begins and lasts for nine.
fn round_trips(samples: i64) -> String {
    let mut csv = String::from("trace,unix_ts,rtt_ms\n");
    for probe in 0..3_i64 {
        for nth in 0..samples {
            let noise = ((nth * 7_919 + probe * 104_729) % 100) as f64 / 500.0;
            let level = if (nth + 11 * probe) % 37 < 9 && nth > 20 { 120.0 } else { 100.0 };
            let rtt_ms = if nth % 200 == 150 { -1.0 } else { level * (1.0 + probe as f64) + noise };
            let _ = writeln!(csv, "{probe},{},{rtt_ms}", 1_476_000_000 + 240 * nth);
        }
    }
    csv
}

fn train(folder: &Folder) {
    folder.write("rtt.csv", &round_trips(4_000));
    let words = ["train", "degradation", "--data", "rtt.csv", "--out", "m", "--models", "boosting", "--trees", "20"];
    let output = outrider(folder, &[&words[..], &["--accept-suspicious"]].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let told = text(&output.stdout);
    for part in ["persistence", "no alarm", "ewma slope", "lead_min", "pr_auc less that of persistence"] {
        assert!(told.contains(part), "{part} in {told}");
    }
}

fn run(folder: &Folder, source: &str) -> Output {
    run_at(folder, source, &[])
}

fn run_at(folder: &Folder, source: &str, more: &[&str]) -> Output {
    let words = ["forecast", "run", "--once", "--model", "m/degradation.outrider", "--source", source];
    outrider(folder, &[&words[..], &["--out", "f.json"], more].concat())
}

fn shown(folder: &Folder) -> Value {
    shown_at(folder, &[])
}

fn shown_at(folder: &Folder, more: &[&str]) -> Value {
    let output = outrider(folder, &[&["forecast", "show", "--file", "f.json", "--json"], more].concat());
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(&output.stderr)))
}

#[test]
fn the_last_good_forecast_outlives_a_step_that_fails() {
    let folder = Folder::new("forecast");
    let before = outrider(&folder, &["forecast", "show", "--file", "f.json"]);
    assert_eq!(before.status.code(), Some(3));
    assert!(text(&before.stderr).starts_with("There is no forecast yet"));

    train(&folder);
    assert_eq!(run(&folder, "gone.csv").status.code(), Some(1), "fails before the first");
    assert_eq!(outrider(&folder, &["forecast", "show", "--file", "f.json"]).status.code(), Some(3));

    assert!(run(&folder, "rtt.csv").status.success());
    let first = shown(&folder);
    assert_eq!((first["state"].as_str(), first["links"].as_array().map(Vec::len)), (Some("critical"), Some(3)));
    let line = text(&outrider(&folder, &["forecast", "show", "--file", "f.json"]).stdout);
    assert!(line.starts_with("critical, 0 min old, newest sample is of 2016-10-20"), "{line}");
    assert!(first["failed"].is_null());

    let output = run(&folder, "gone.csv");
    assert!(text(&output.stderr).contains("step source failed"), "{}", text(&output.stderr));
    let kept = shown(&folder);
    assert_eq!((&kept["links"], &kept["made_at_s"]), (&first["links"], &first["made_at_s"]));
    assert_eq!(kept["failed"]["step"], "source");
    assert!(!folder.path().join("f.json.unfinished").exists());
}

#[test]
fn a_link_that_loses_packets_stays_in_sight_and_a_replay_sees_no_future() {
    let folder = Folder::new("forecast-lost");
    train(&folder);
    let mut csv = String::from("trace,unix_ts,rtt_ms\n");
    // Lost at the end: nothing, one sample, three; heard but once; and one that has been gone for an hour.
    for (name, samples, lost) in [("well", 40, 0), ("one", 40, 1), ("down", 40, 3), ("gone", 25, 0)] {
        for nth in 0..samples {
            let rtt_ms = if nth < samples - lost { 100.0 + (nth % 5) as f64 } else { -1.0 };
            let _ = writeln!(csv, "{name},{},{rtt_ms}", 1_476_000_000 + 240 * nth);
        }
    }
    let newest_s = 1_476_000_000 + 240 * 39;
    let _ = writeln!(csv, "thin,{newest_s},9.0\nwell,{},100.0", newest_s + 301);
    folder.write("lost.csv", &csv);
    let now = ["--now", &newest_s.to_string()];
    assert!(run_at(&folder, "lost.csv", &now).status.success());
    let value = shown_at(&folder, &now);
    let names: Vec<&str> = value["links"].as_array().unwrap().iter().filter_map(|link| link["link"].as_str()).collect();
    assert_eq!((value["state"].as_str(), names), (Some("fresh"), vec!["gone", "one", "well"]), "{value:#}");
    let one = &value["links"][1];
    assert_eq!(one["lost_samples"], 1);
    assert_eq!(one["newest_sample_at_s"].as_f64().zip(one["sampled_at_s"].as_f64()).map(|(a, b)| a - b), Some(240.0));
    let down = &value["lost"][0];
    assert_eq!((&down["link"], &down["lost_samples"], &down["is_red"]), (&"down".into(), &3.into(), &true.into()));
    assert_eq!(down["lost_since_s"].as_f64(), Some((newest_s - 480) as f64));
    assert_eq!((&value["too_little_history"][0], &value["silent"][0]), (&"thin".into(), &"gone".into()));
    assert_eq!((&value["samples_ahead"], &value["newest_sample_at_s"]), (&1.into(), &(newest_s as f64).into()));
    let line = text(&outrider(&folder, &[&["forecast", "show", "--file", "f.json"][..], &now].concat()).stdout);
    assert!(line.contains("RED: down lost since 2016-10-09T10:28:00Z (3 samples)"), "{line}");
    assert_eq!(shown(&folder)["state"], "critical", "by the clock of today");
}

#[test]
fn results_of_ripe_atlas_are_taken_as_they_come_and_thin_history_is_told() {
    let folder = Folder::new("forecast-atlas");
    train(&folder);
    let mut results: Vec<String> = (0..40)
        .map(|nth| {
            format!(
                r#"{{"type":"ping","msm_id":1001,"prb_id":7,"timestamp":{},"sent":3,"rcvd":2,"min":9.9,"avg":10.0,"max":10.1,"result":[{{"rtt":9.9}},{{"rtt":10.1}},{{"x":"*"}}]}}"#,
                1_476_000_000 + 240 * nth
            )
        })
        .collect();
    // Another probe was heard but once.
    results.push(results[39].replace("\"prb_id\":7", "\"prb_id\":8"));
    folder.write("atlas.json", &format!("[{}]", results.join(",")));
    assert!(run(&folder, "atlas.json").status.success());
    let value = shown(&folder);
    assert_eq!((value["links"].as_array().map(Vec::len), value["links_without"].as_u64()), (Some(1), Some(1)));
    assert_eq!(value["links"][0]["link"], "7");
}

#[test]
fn what_is_no_forecast_or_no_model_is_told_in_a_sentence() {
    let folder = Folder::new("forecast-wrong");
    folder.write("f.json", "[1, 2");
    let output = outrider(&folder, &["forecast", "show", "--file", "f.json"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("f.json is no forecast"));
    folder.write("hostile.outrider", "OUTRIDER and nothing behind it");
    let words = ["forecast", "run", "--once", "--model", "hostile.outrider", "--source", "f.json", "--out", "g.json"];
    assert!(text(&outrider(&folder, &words).stderr).contains("step model failed"));
}

#[test]
fn a_share_that_nothing_can_reach_is_refused() {
    let folder = Folder::new("forecast-red");
    for red in ["nan", "-0.1", "1.1", "inf", "much"] {
        let output = outrider(&folder, &["forecast", "show", &format!("--red={red}")]);
        let told = text(&output.stderr);
        assert!(output.status.code() == Some(2) && told.contains("expected a number from 0 to 1"), "{red}: {told}");
    }
    assert_eq!(outrider(&folder, &["forecast", "show", "--red=1"]).status.code(), Some(3));
}
