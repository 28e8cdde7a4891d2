//! Where a request had better go, by the shipped binary: collected on sockets, trained on, asked; and logs as others write them.

#[path = "support/folder.rs"]
mod folder;
#[path = "support/shipped.rs"]
mod shipped;

use std::process::Output;

use folder::Folder;
use serde_json::Value;
use shipped::{outrider, text};

fn value(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(&output.stderr)))
}

fn said(folder: &Folder, words: &[&str]) -> String {
    let output = outrider(folder, words);
    assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(1), true), "{}", text(&output.stderr));
    text(&output.stderr)
}

#[test]
fn a_designed_experiment_is_run_trained_on_and_asked() {
    let folder = Folder::new("placement-collect");
    let words = ["lab", "collect", "placement", "--quick", "--days", "2", "--out", "log.jsonl.gz", "--json"];
    let told = value(&outrider(&folder, &words));
    let platforms = &told["platforms"];
    let count = |platform: usize, of: &str| platforms[platform][of].as_u64().unwrap();
    assert!(count(0, "requests") > 5_000 && count(0, "requests") == count(1, "requests"), "each to both: {told}");
    for platform in [0, 1] {
        let ends = ["served", "failed", "timed_out"].map(|end| count(platform, end)).iter().sum::<u64>();
        assert_eq!(ends, count(platform, "requests"), "{told}");
    }
    assert!(count(0, "cold_starts") > 0 && count(1, "cold_starts") == 0, "{told}");
    assert_eq!((&told["log"], &told["prices"]), (&"log.jsonl.gz".into(), &"log.prices.yaml".into()));
    for label in ["client_time", "balanced_optimal"] {
        let words = ["train", "placement", "--label", label, "--data", "log.jsonl.gz", "--prices", "log.prices.yaml"];
        let more = ["--trees", "20", "--out", label, "--accept-suspicious", "--json"];
        let trained = value(&outrider(&folder, &[&words[..], &more].concat()));
        assert_eq!((&trained["label"], trained["rejected_rows"].as_u64()), (&label.into(), Some(0)), "{trained}");
        assert_eq!(trained["baselines"][2]["name"], "table by workload and size");
        assert!(trained["notes"].to_string().contains("acceptance: "), "{trained}");
        // So short a log may hold one label alone, and the gates then write nothing; what they write, they say.
        let is_written = folder.path().join(label).join("placement.outrider").exists();
        assert_eq!(trained["artifact_bytes"].is_u64(), is_written, "{trained}");
        assert!(is_written || trained["verdict"] == "suspicious", "{trained}");
    }
}

#[test]
fn a_model_is_small_and_answers_soon() {
    let folder = Folder::new("placement-predict");
    folder.write("log.jsonl", &messy(&[0, 20_000]));
    let words = ["train", "placement", "--data", "log.jsonl", "--trees", "20", "--out", "out", "--accept-suspicious"];
    let trained = value(&outrider(&folder, &[&words[..], &["--json"]].concat()));
    let (bytes, us) = (trained["artifact_bytes"].as_u64(), trained["row_p50_us"].as_f64());
    assert!(bytes.is_some_and(|bytes| bytes < 50 << 20) && us.is_some_and(|us| us < 10e3), "{trained}");
    let row = |hour: usize, in_flight: usize| {
        format!(
            r#"{{"workload_type": "heavy_processing", "target_payload_size_kb": 10, "timestamp": "2026-11-09T{hour:02}:10:00Z", "rate_per_s": 0.7, "rate_now_per_s": 0.7, "workload_rate_per_s": 0.3, "workload_rate_now_per_s": 0.3, "since_last_s": 2, "serverless_in_flight": {in_flight}, "containers_in_flight": 0}}"#
        )
    };
    let probability = |hour: usize, in_flight: usize| {
        let words = ["predict", "placement", "--model", "out/placement.outrider", "--row", &row(hour, in_flight)];
        value(&outrider(&folder, &words))["probability"].as_f64().expect("a probability")
    };
    let (in_breath, out_of_breath) = (probability(6, 0), probability(7, 4));
    assert!(in_breath > 0.5 && out_of_breath < 0.5, "{in_breath} and {out_of_breath}");
    // The first of its workload: nothing came before.
    let first = row(6, 0).replace(r#""since_last_s": 2"#, r#""since_last_s": null"#);
    let words = ["predict", "placement", "--model", "out/placement.outrider", "--row", &first];
    assert!(value(&outrider(&folder, &words))["probability"].as_f64().is_some());
}

/// Numbers as strings, keys missing, null or empty, and a platform that nobody knows. Serverless is slower by so much, hour by hour.
fn messy(slower_ms: &[usize]) -> String {
    let line = |hour: usize, nth: usize| {
        let at = format!("2026-11-{:02}T{:02}:10:{nth:02}Z", 2 + hour / 20, 2 + hour % 20);
        let workload = ["lightweight_api", "heavy_processing"][nth % 2];
        let slower = if nth % 10 < 4 { slower_ms[hour % slower_ms.len()] } else { 0 };
        let waited = 1_000 + 370 * ((hour * 7 + nth * 3) % 11) + slower;
        match nth % 10 {
            8 => format!(
                r#"{{"platform": "ecs", "workload_type": "{workload}", "timestamp": "{at}", "http_status": null, "response_time_ms": "30000", "target_payload_size_kb": "10", "metrics": {{}}}}"#
            ),
            9 => format!(
                r#"{{"platform": "unknown", "workload_type": "{workload}", "timestamp": "{at}", "metrics": null}}"#
            ),
            platform => format!(
                r#"{{"platform": "{}", "workload_type": "{workload}", "timestamp": "{at}", "http_status": "200", "response_time_ms": "{waited}", "target_payload_size_kb": 10, "metrics": {{"execution_time_ms": "{waited}.5", "memory_used_mb": 128, "cold_start": false}}}}"#,
                if platform < 4 { "lambda" } else { "ecs" }
            ),
        }
    };
    (0..100).flat_map(|hour| (0..50).map(move |nth| line(hour, nth) + "\n")).collect()
}

#[test]
fn logs_as_others_write_them_are_read() {
    let folder = Folder::new("placement-messy");
    folder.write("log.jsonl", &messy(&[0, 20_000]));
    let trained = |label: &str| {
        let words =
            ["train", "placement", "--data", "log.jsonl", "--trees", "10", "--accept-suspicious", "--json", "--label"];
        value(&outrider(&folder, &[&words[..], &[label]].concat()))
    };
    let (client, balanced) = (trained("client_time"), trained("balanced_optimal"));
    assert_eq!(client["rejected_rows"], 0);
    assert_eq!(client["rows"], 4_500, "timeouts count, the unknown platform does not");
    assert!(client["notes"].to_string().contains("500 of 4500 rows were cut short"), "{client}");
    assert_eq!(balanced["rows"], 4_000, "only those that were served");
}

#[test]
fn a_model_keeps_the_prices_that_it_was_trained_with_and_is_judged_by_them() {
    let folder = Folder::new("placement-prices");
    folder.write("log.jsonl", &messy(&[0, 20_000, 60_000, 0]));
    // Containers at eight times the usual price: waiting 20 s for serverless is then better than a large one.
    folder.write("dear.yaml", "containers: { vcpu_hour_usd: 0.37, gb_hour_usd: 0.04 }\n");
    let train = |out: &str, more: &[&str]| {
        let words = ["train", "placement", "--data", "log.jsonl", "--trees", "10", "--accept-suspicious", "--json"];
        value(&outrider(&folder, &[&words[..], &["--out", out], more].concat()))
    };
    let judge = |out: &str, more: &[&str]| {
        let model = format!("{out}/placement.outrider");
        let words = ["model", "judge", &model, "--data", "log.jsonl", "--json", "--accept-suspicious"];
        value(&outrider(&folder, &[&words[..], &["--out", "judged.outrider"], more].concat()))
    };
    let show = |model: &str| text(&outrider(&folder, &["model", "show", model]).stdout);
    let (usual, dear) = (train("usual", &[]), train("dear", &["--prices", "dear.yaml"]));
    assert_ne!(usual["labels"], dear["labels"], "prices make labels");
    let shown = show("usual/placement.outrider");
    assert!(shown.contains("told      prices.region: unstated\n"), "{shown}");
    let shown = show("dear/placement.outrider");
    for part in ["client_second_usd: 0.0001\n", "containers.vcpu_hour_usd: 0.37\n", "tasks.heavy_processing.gb: 2\n"] {
        assert!(shown.contains(&format!("told      prices.{part}")), "{part} in {shown}");
    }
    // Of its own prices, though nobody names them.
    assert_eq!(judge("dear", &[])["labels"], dear["labels"]);
    assert_eq!(judge("usual", &[])["labels"], usual["labels"]);
    assert_eq!(judge("usual", &["--prices", "dear.yaml"])["labels"], dear["labels"]);
    let shown = show("judged.outrider");
    assert!(shown.contains("told      judged.prices.containers.vcpu_hour_usd: 0.37\n"), "{shown}");
    assert!(shown.contains("told      prices.containers.vcpu_hour_usd: 0.04656\n"), "{shown}");
    assert!(outrider(&folder, &["generate", "retry", "--rows", "5000", "--out", "t.csv"]).status.success());
    let words = ["train", "retry", "--data", "t.csv", "--models", "logistic", "--accept-suspicious", "--out", "retry"];
    assert!(outrider(&folder, &words).status.success());
    let words = ["model", "judge", "retry/retry.outrider", "--data", "t.csv", "--prices", "dear.yaml"];
    let wrong = said(&folder, &words);
    assert!(wrong.contains("--prices is for the task placement, and this is retry"), "{wrong}");
}

#[test]
fn mistakes_are_told_in_one_sentence() {
    let folder = Folder::new("placement-mistakes");
    folder.write("log.jsonl", &messy(&[0, 20_000]));
    folder.write("prices.yaml", "serverless: { gb_second_usd: -1 }\n");
    folder.write("retry.csv", "timestamp,status_code,response_time_ms,retried\n2026-11-02T10:00:00Z,200,1,0\n");
    let train = |words: &[&str]| said(&folder, &[&["train"], words].concat());
    let wrong = train(&["placement", "--data", "log.jsonl", "--label", "cheapest"]);
    assert!(wrong.contains("expected one of client_time, balanced_optimal"), "{wrong}");
    let wrong = train(&["placement", "--data", "log.jsonl", "--prices", "prices.yaml"]);
    assert!(wrong.contains("prices.yaml: serverless.gb_second_usd is -1, expected a number from 0"), "{wrong}");
    let wrong = train(&["placement", "--data", "retry.csv"]);
    assert!(
        wrong.contains("needs \"platform\", \"workload_type\"") && wrong.contains("lab collect placement"),
        "{wrong}"
    );
    let wrong = train(&["retry", "--data", "retry.csv", "--prices", "prices.yaml"]);
    assert!(wrong.contains("--prices is for the task placement, and this is retry"), "{wrong}");
    let wrong = said(&folder, &["lab", "collect", "placement", "--quick", "--out", "x.jsonl", "--data", "no.csv"]);
    assert!(wrong.contains("cannot read no.csv") && wrong.contains("lambda-perf"), "{wrong}");
    assert!(!folder.path().join("x.jsonl").exists());
}
