//! From a file to a verdict by the shipped binary: what is true of honest data, what is found in leaking data, and what is said of mistakes.

#[path = "support/folder.rs"]
mod folder;
#[path = "support/shipped.rs"]
mod shipped;

use folder::Folder;
use serde_json::Value;
use shipped::{outrider, text};

const ROWS: &str = "20000";

/// What `outrider train --json` prints.
fn trained(folder: &Folder, words: &[&str]) -> (bool, Value) {
    let output = outrider(folder, &[&["train"], words, &["--json"]].concat());
    let value = serde_json::from_slice(&output.stdout);
    (output.status.success(), value.unwrap_or_else(|error| panic!("{error}: {}", text(&output.stderr))))
}

fn generate(folder: &Folder, name: &str, more: &[&str]) {
    let words = [&["generate", "retry", "--rows", ROWS, "--out", name], more].concat();
    assert!(outrider(folder, &words).status.success());
}

fn said(folder: &Folder, words: &[&str]) -> String {
    let output = outrider(folder, words);
    assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(1), true), "{}", text(&output.stderr));
    text(&output.stderr)
}

#[test]
fn honest_telemetry_holds_no_more_than_a_table_and_the_model_predicts_all_the_same() {
    let folder = Folder::new("train-honest");
    generate(&folder, "t.parquet", &[]);
    let (went_well, value) = trained(&folder, &["retry", "--data", "t.parquet", "--out", "m", "--trees", "40"]);
    assert!(went_well);
    assert!(value["verdict"].as_str().unwrap().starts_with("no_better_than"), "{value}");
    let names: Vec<&str> =
        value["models"].as_array().unwrap().iter().filter_map(|model| model["name"].as_str()).collect();
    assert_eq!(names, ["logistic", "forest", "boosting"]);
    let auc = value["models"][0]["metrics"]["roc_auc"].as_f64().unwrap();
    assert!((0.58..0.71).contains(&auc), "{auc}");
    let failed = r#"{"timestamp": "2026-11-02T10:00:00Z", "status_code": 503, "response_time_ms": 900, "failure_type": "unavailable"}"#;
    let served = r#"{"timestamp": "2026-11-02T10:00:00Z", "status_code": 200, "response_time_ms": 20}"#;
    // A column that is not there is told by name; the others are there in both.
    let missing = said(&folder, &["predict", "retry", "--model", "m/retry.outrider", "--row", failed]);
    assert!(missing.contains("\"server_id\"") && missing.contains("\"bytes\""), "{missing}");
    let full = |row: &str| {
        let more = r#", "server_id": "srv-1", "region": "eu-west", "method": "GET", "bytes": 100, "latency_bucket": "fast", "method_category": "read", "anomaly_score": 1.0}"#;
        let row = format!("{}{more}", row.trim_end_matches('}'));
        let output = outrider(&folder, &["predict", "retry", "--model", "m/retry.outrider", "--row", &row]);
        let value: Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output.stderr)));
        value["probability"].as_f64().expect("a probability")
    };
    assert!(full(failed) > 2.0 * full(served), "{} {}", full(failed), full(served));
    assert!(folder.path().join("m/index.html").is_file() && folder.path().join("m/roc.png").is_file());
}

#[test]
fn the_same_rows_and_options_give_the_same_bytes_on_any_number_of_threads() {
    let folder = Folder::new("train-same");
    generate(&folder, "t.csv.gz", &[]);
    let train = |out: &str, threads: &str, models: &str| {
        let words = ["retry", "--data", "t.csv.gz", "--out", out, "--threads", threads, "--models", models];
        assert!(trained(&folder, &[&words[..], &["--trees", "30"]].concat()).0);
        std::fs::read(folder.path().join(out).join("retry.outrider")).expect("a model")
    };
    for models in ["boosting", "network", "boosting,network,ensemble,stacked"] {
        assert!(train("one", "1", models) == train("two", "2", models), "{models}");
    }
}

#[test]
fn a_grid_weighs_positives_and_probabilities_stay_true() {
    let folder = Folder::new("train-grid");
    assert!(outrider(&folder, &["generate", "retry", "--rows", "4000", "--out", "t.csv"]).status.success());
    let words = ["retry", "--data", "t.csv", "--out", "m", "--models", "boosting", "--trees", "30", "--grid"];
    let (_, value) = trained(&folder, &[&words[..], &["--accept-suspicious"]].concat());
    let error = value["models"][0]["metrics"]["calibration_error"].as_f64().expect("probabilities");
    assert!(error < 0.04, "{error}: positives counted up to ten times");
    let shown = text(&outrider(&folder, &["model", "show", "m/retry.outrider"]).stdout);
    assert!(shown.contains("grid: true"), "{shown}");
    let both = outrider(&folder, &[&words[..], &["--search", "3"]].concat());
    assert_eq!(both.status.code(), Some(2), "one or the other");
}

#[test]
fn a_leak_is_named_and_no_model_is_written_until_a_person_says_so() {
    let folder = Folder::new("train-leak");
    generate(&folder, "t.csv", &["--leak"]);
    let words = ["retry", "--data", "t.csv", "--out", "m", "--models", "boosting", "--trees", "30"];
    let (went_well, value) = trained(&folder, &words);
    assert!(!went_well && value["artifact"].is_null());
    assert_eq!(value["verdict"], "suspicious");
    assert!(value["reasons"].to_string().contains("client_backoff_ms"), "{value}");
    assert!(!folder.path().join("m/retry.outrider").exists());
    let (went_well, _) = trained(&folder, &[&words[..], &["--accept-suspicious"]].concat());
    assert!(went_well);
    let shown = text(&outrider(&folder, &["model", "show", "m/retry.outrider"]).stdout);
    assert!(shown.contains("suspicious, accepted by hand"), "{shown}");
}

#[test]
fn mistakes_are_told_in_one_sentence_and_leave_nothing_behind() {
    let folder = Folder::new("train-mistakes");
    let head = "timestamp,status_code,response_time_ms,retried\n";
    let rows = |of: &dyn Fn(usize) -> String| (0..50).map(of).collect::<String>();
    let row = |nth: usize, status: &str, label: &str| format!("2026-11-02T10:{nth:02}:00Z,{status},20,{label}\n");
    folder.write(
        "column.csv",
        &format!("timestamp,status,response_time_ms\n{}", rows(&|nth| format!("2026-11-02T10:{nth:02}:00Z,200,20\n"))),
    );
    folder.write("empty.csv", "");
    folder.write("head.csv", head);
    folder.write("one.csv", &format!("{head}{}", rows(&|nth| row(nth, "200", "0"))));
    folder.write("three.csv", &format!("{head}{}{}{}", row(1, "200", "0"), row(2, "503", "1"), row(3, "200", "0")));
    folder.write("nan.csv", &format!("{head}{}", rows(&|nth| row(nth, "", ""))));
    folder.write("hostile.outrider", "OUTRIDER\u{1}\u{0}and then nothing that is one");
    let train = |data: &str| said(&folder, &["train", "retry", "--data", data, "--out", "m"]);
    let expected = [
        ("column.csv", "\"retried\""),
        ("empty.csv", "empty.csv"),
        ("head.csv", "no rows"),
        ("one.csv", "label 0"),
        ("three.csv", "rows"),
        ("nan.csv", "retried"),
        ("missing.csv", "missing.csv"),
    ];
    for (data, part) in expected {
        let sentence = train(data);
        assert!(sentence.contains(part) && sentence.trim_end().lines().count() == 1, "{data}: {sentence}");
        assert!(!folder.path().join("m").exists(), "{data} left something behind");
    }
    assert!(said(&folder, &["train", "weather", "--data", "one.csv"]).contains("retry, service, degradation"));
    assert!(said(&folder, &["model", "show", "hostile.outrider"]).contains("hostile.outrider"));
}
