//! Models of the tasks service and degradation from elsewhere: as good as the rule in the data, and as bad as shuffled labels.

use std::fmt::Write as _;

use outrider_core::Random;
use serde_json::Value;

use crate::folder::Folder;
use crate::{done, predictions, python, refused};

/// Requests whose time goes by their size alone: 5 ms and a tenth of a millisecond for each unit, times 0.8 to 1.2.
fn requests() -> String {
    let mut random = Random::new(3);
    let mut csv = String::from("scheduled_ms,latency_ms,host,class,size,end\n");
    for row in 0..8_000 {
        let (host, class, size) = (random.below(3), ["read", "write"][random.below(2)], 1 + random.below(1_000));
        let ms = (5.0 + 0.1 * size as f64) * (0.8 + 0.4 * random.unit());
        let _ = writeln!(csv, "{},{ms},host-{host},{class},{size},answered", 25 * row);
    }
    csv
}

fn judged(folder: &Folder, model: &str, data: &str) -> Value {
    let text = done(folder, &["model", "judge", model, "--data", data, "--json"]);
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn quantiles_of_xgboost_are_judged_as_a_model_of_service() {
    let folder = Folder::new("import-service");
    folder.write("requests.csv", &requests());
    python(&folder, "service.py", &["requests.csv", "p50.json", "p90.json"]);
    let import = ["model", "import", "p50.json", "p90.json", "--task", "service", "--out", "m.outrider"];
    assert!(done(&folder, &import).contains("takes 1 feature, not judged yet"));
    let swapped = ["model", "import", "p90.json", "p50.json", "--task", "service", "--out", "swapped.outrider"];
    let told = refused(&folder, &swapped);
    assert!(told.contains("quantile 0.5 in head 0"), "{told}");

    let told = judged(&folder, "m.outrider", "requests.csv");
    assert_eq!(told["verdict"], "credible", "{told}");
    let figures = &told["models"][0]["metrics"];
    let covered = |name: &str| figures[name].as_f64().expect("a figure");
    assert!((covered("coverage_0.5") - 0.5).abs() < 0.05 && (covered("coverage_0.9") - 0.9).abs() < 0.05, "{figures}");
    let shown = done(&folder, &["model", "show", "m.outrider"]);
    assert!(shown.contains("decides   yes") && shown.contains("told      judged.rows"), "{shown}");

    let row = r#"{"host": "host-1", "class": "read", "in_flight": 0, "size": 500}"#;
    let said: Value =
        serde_json::from_str(&done(&folder, &["predict", "service", "--model", "m.outrider", "--row", row])).unwrap();
    let ms = |name: &str| said[name].as_f64().unwrap_or_else(|| panic!("{name} in {said}"));
    // 55 ms, times 1 in the middle and 1.16 at nine in ten.
    assert!((ms("p50_ms") - 55.0).abs() < 3.0 && (ms("p90_ms") - 63.8).abs() < 3.5, "{said}");
}

/// Round trips of twelve links, 240 s apart. Of ten episodes seven are half as high again and end with a chance of a half at each sample,
/// three are a tenth higher and end with 0.03; an hour at the least is quiet between them.
fn round_trips() -> String {
    let mut random = Random::new(5);
    let mut csv = String::from("trace,unix_ts,rtt_ms\n");
    for link in 0..12 {
        let (mut episode, mut quiet): (Option<(f64, f64, usize)>, usize) = (None, 0);
        for nth in 0..3_000 {
            episode = match episode {
                Some((rise, goes_on, lasted)) => {
                    (lasted < 13 && random.chance(goes_on)).then_some((rise, goes_on, lasted + 1))
                }
                None if quiet > 16 && random.chance(0.05) => {
                    Some(if random.chance(0.7) { (1.5, 0.5, 1) } else { (1.1, 0.97, 1) })
                }
                None => None,
            };
            quiet = if episode.is_some() { 0 } else { quiet + 1 };
            let rise = episode.map_or(1.0, |(rise, ..)| rise);
            let ms = 20.0 * f64::from(link + 1) * rise * (1.0 + 0.002 * random.unit());
            let _ = writeln!(csv, "{link},{},{ms}", 1_476_000_000 + 240 * nth);
        }
    }
    csv
}

#[test]
fn a_model_of_lightgbm_is_judged_as_one_of_degradation_and_a_shuffled_one_is_found_out() {
    let folder = Folder::new("import-degradation");
    folder.write("rtt.csv", &round_trips());
    let verdict = |model: &str, more: &[&str]| {
        python(&folder, "degradation.py", &[&["rtt.csv", model], more].concat());
        let artifact = format!("{model}.outrider");
        done(&folder, &["model", "import", model, "--task", "degradation", "--out", &artifact]);
        judged(&folder, &artifact, "rtt.csv")
    };
    let told = verdict("m.txt", &[]);
    assert_eq!(told["verdict"], "credible", "{told}");
    assert_eq!(told["baselines"].as_array().map(Vec::len), Some(4), "{told}");
    let shuffled = verdict("shuffled.txt", &["shuffled"]);
    assert!(shuffled["verdict"] != "credible" && !shuffled["reasons"].to_string().is_empty(), "{shuffled}");
    let shown = done(&folder, &["model", "show", "shuffled.txt.outrider"]);
    assert!(shown.contains("decides   no"), "{shown}");

    let text = done(&folder, &["predict", "degradation", "--model", "m.txt.outrider", "--data", "rtt.csv"]);
    let said = predictions(&text, "probability");
    assert_eq!(said.len(), 36_000);
    let shown = done(&folder, &["model", "show", "m.txt.outrider"]);
    assert!(shown.contains("rise_over_normal (number, known at arrival)"), "{shown}");
    // The file it came from is a model for the background too.
    let run = ["forecast", "run", "--once", "--model", "m.txt.outrider", "--source", "rtt.csv", "--out", "f.json"];
    done(&folder, &run);
    let shown = done(&folder, &["forecast", "show", "--file", "f.json"]);
    assert!(shown.starts_with("critical, 0 min old, newest sample is of 2"), "of old data: {shown}");
    let shown: Value =
        serde_json::from_str(&done(&folder, &["forecast", "show", "--file", "f.json", "--json"])).unwrap();
    assert!(shown.to_string().contains("\"links\":[{"), "{shown}");
}
