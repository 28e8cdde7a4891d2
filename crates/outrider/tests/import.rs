//! Models from elsewhere by the shipped binary: imported, refused, judged, and predicting as they did where they were made.

#[path = "support/folder.rs"]
mod folder;
#[path = "support/shipped.rs"]
mod shipped;
#[path = "import/tasks.rs"]
mod tasks;

use std::path::{Path, PathBuf};
use std::process::Command;

use folder::Folder;
use serde_json::Value;
use shipped::{outrider, text};

fn done(folder: &Folder, words: &[&str]) -> String {
    let output = outrider(folder, words);
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    text(&output.stdout)
}

fn refused(folder: &Folder, words: &[&str]) -> String {
    let output = outrider(folder, words);
    let told = text(&output.stderr);
    assert_eq!((output.status.code(), told.trim_end().lines().count()), (Some(1), 1), "{words:?}: {told}");
    told
}

/// A file that the libraries wrote once, in `folder` under its own name.
fn fetch(folder: &Folder, name: &str) {
    let files = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../outrider-infer/tests/import/files");
    std::fs::copy(files.join(name), folder.path().join(name)).expect("a file of the repository");
}

/// XGBoost trains on `data`, with columns of it as features more.
fn train_elsewhere(folder: &Folder, data: &str, model: &str, more: &[&str]) {
    python(folder, "elsewhere.py", &[&[data, model], more].concat());
}

/// Runs a script of this test with the libraries.
fn python(folder: &Folder, script: &str, words: &[&str]) {
    let python = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).with_file_name("test-venv").join("bin").join("python");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import").join(script);
    let output = Command::new(&python).current_dir(folder.path()).arg(script).args(words).output();
    let output = output.unwrap_or_else(|error| {
        panic!("cannot run {}: {error}; ci/test-tools.sh installs what the tests need", python.display())
    });
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn generate(folder: &Folder, name: &str, more: &[&str]) {
    done(folder, &[&["generate", "retry", "--rows", "20000", "--out", name], more].concat());
}

fn predictions(text: &str, key: &str) -> Vec<f64> {
    let value = |line: &str| serde_json::from_str::<Value>(line).expect("a line of JSON")[key].as_f64();
    text.lines().map(|line| value(line).expect("a number")).collect()
}

/// The rows that the libraries predicted for, as CSV with columns in this order.
fn rows(order: [&str; 4]) -> (String, Value) {
    let rows: Value =
        serde_json::from_str(include_str!("../../outrider-infer/tests/import/files/words.json")).expect("JSON");
    let cell = |name: &str, row: usize| match &rows["columns"][name][row] {
        Value::Null => String::new(),
        Value::String(word) => word.clone(),
        other => other.to_string(),
    };
    let line = |row: usize| order.map(|name| cell(name, row)).join(",") + "\n";
    let count = rows["said"]["lightgbm"].as_array().map_or(0, Vec::len);
    (format!("{}\n{}", order.join(","), (0..count).map(line).collect::<String>()), rows["said"].clone())
}

#[test]
fn columns_of_any_file_bind_by_name_in_any_order() {
    let folder = Folder::new("import-columns");
    let (csv, said) = rows(["wait", "status", "bytes", "method"]);
    folder.write("rows.csv", &csv);
    for (file, engine) in
        [("words-lightgbm.txt", "lightgbm"), ("words-xgboost.json", "xgboost"), ("words-xgboost.ubj", "xgboost")]
    {
        fetch(&folder, file);
        done(&folder, &["model", "import", file, "--task", "columns", "--out", "m.outrider"]);
        let text = done(&folder, &["predict", "columns", "--model", "m.outrider", "--data", "rows.csv"]);
        for (ours, theirs) in predictions(&text, "prediction").iter().zip(said[engine].as_array().expect("a list")) {
            assert!((ours - theirs.as_f64().expect("a number")).abs() < 1e-6, "{file}: {ours}, expected {theirs}");
        }
    }
    folder.write("renamed.csv", &csv.replacen("bytes", "size", 1));
    let missing = refused(&folder, &["predict", "columns", "--model", "m.outrider", "--data", "renamed.csv"]);
    assert!(missing.contains("no column \"bytes\""), "{missing}");
    let judged = refused(&folder, &["model", "judge", "m.outrider", "--data", "rows.csv"]);
    assert!(judged.contains("answer no question"), "{judged}");
}

#[test]
fn trees_that_are_left_out_are_told_when_imported_and_when_shown() {
    let folder = Folder::new("import-left-out");
    fetch(&folder, "continued-xgboost.json");
    let told =
        done(&folder, &["model", "import", "continued-xgboost.json", "--task", "columns", "--out", "m.outrider"]);
    assert!(
        told.contains("takes 2 features, not judged yet\nLeft out: 4 of the 8 trees of continued-xgboost.json"),
        "{told}"
    );
    let shown = done(&folder, &["model", "show", "m.outrider"]);
    let expected = "told      imported.0.trees: 4\ntold      imported.0.trees_left_out: 4, after the best iteration";
    assert!(shown.contains(expected), "{shown}");
}

#[test]
fn columns_that_have_words_are_told_where_the_file_leaves_them_open() {
    let folder = Folder::new("import-words");
    fetch(&folder, "auto-lightgbm.txt");
    let import = ["model", "import", "auto-lightgbm.txt", "--task", "columns", "--out", "m.outrider"];
    let told = refused(&folder, &import);
    assert!(told.contains("does not prove which columns have words") && told.contains("--words"), "{told}");
    done(&folder, &[&import[..], &["--words", "method"]].concat());
    let shown = done(&folder, &["model", "show", "m.outrider"]);
    assert!(shown.contains("method (category, known at outcome, 4 words)"), "{shown}");
    done(&folder, &[&import[..], &["--codes"]].concat());
    assert!(done(&folder, &["model", "show", "m.outrider"]).contains("method (number, known at outcome)"));
}

#[test]
fn what_does_not_fit_is_refused_by_name_and_leaves_nothing_behind() {
    let folder = Folder::new("import-refused");
    fetch(&folder, "words-lightgbm.txt");
    fetch(&folder, "xgboost-1.7.json");
    folder.write("cut.json", "{\"learner\":{\"feature_names\":[");
    let import = |file: &str, more: &[&str]| {
        refused(&folder, &[&["model", "import", file, "--out", "m.outrider"], more].concat())
    };
    let cases: [(&str, &[&str], &str); 9] = [
        ("words-lightgbm.txt", &["--task", "retry"], "feature \"status\" is none of task retry"),
        (
            "words-lightgbm.txt",
            &["--task", "service"],
            "task service has 2 heads, each a model of its own, and 1 file is named",
        ),
        ("words-lightgbm.txt", &["--task", "weather"], "no task \"weather\", expected one of retry, service"),
        (
            "words-lightgbm.txt",
            &["--task", "columns", "--features", "bytes,status,method,wait"],
            "feature 1 is \"method\" in the file",
        ),
        ("xgboost-1.7.json", &["--task", "retry"], "does not name its 2 features"),
        (
            "xgboost-1.7.json",
            &["--task", "retry", "--features", "bytes,try,is_slow"],
            "--features has 3 names, and the model takes 2 features",
        ),
        (
            "xgboost-1.7.json",
            &["--task", "retry", "--features", "bytes,method"],
            "feature \"method\" is a category of task retry",
        ),
        ("cut.json", &["--task", "columns"], "cut.json: the XGBoost file"),
        ("none.json", &["--task", "columns"], "none.json"),
    ];
    for (file, more, expected) in cases {
        let told = import(file, more);
        assert!(told.contains(expected), "{told}");
        assert!(!folder.path().join("m.outrider").exists(), "{expected} left something behind");
    }
    done(
        &folder,
        &["model", "import", "xgboost-1.7.json", "--task", "retry", "--features", "bytes,try", "--out", "m.outrider"],
    );
}

#[test]
fn an_imported_model_decides_nothing_before_the_gates_of_its_task_have_judged_it() {
    let folder = Folder::new("import-judged");
    generate(&folder, "t.csv", &[]);
    train_elsewhere(&folder, "t.csv", "m.json", &[]);
    done(&folder, &["model", "import", "m.json", "--task", "retry", "--out", "m.outrider"]);
    let shown = done(&folder, &["model", "show", "m.outrider"]);
    assert!(shown.contains("verdict   not_judged") && shown.contains("decides   no"), "{shown}");
    let before = done(&folder, &["predict", "retry", "--model", "m.outrider", "--data", "t.csv"]);
    let words = ["model", "judge", "m.outrider", "--data", "t.csv", "--json", "--out", "judged.outrider"];
    let judged: Value = serde_json::from_str(&done(&folder, &words)).expect("JSON");
    // Telemetry that is honest holds no more than a table.
    assert!(judged["verdict"].as_str().expect("a verdict").starts_with("no_better_than"), "{judged}");
    let auc = judged["models"][0]["metrics"]["roc_auc"].as_f64().expect("a figure");
    assert!((0.58..0.71).contains(&auc) && judged["baselines"].as_array().expect("a list").len() == 3, "{judged}");
    let shown = done(&folder, &["model", "show", "judged.outrider"]);
    assert!(shown.contains("verdict   no_better_than") && shown.contains("told      judged.rows"), "{shown}");
    let after = done(&folder, &["predict", "retry", "--model", "judged.outrider", "--data", "t.csv"]);
    assert_eq!(predictions(&before, "probability"), predictions(&after, "probability"));
    let explained = done(&folder, &["model", "explain", "judged.outrider", "--data", "t.csv"]);
    let said = predictions(&explained, "sum").into_iter().map(|sum| 1.0 / (1.0 + (-sum).exp()));
    assert!(said.zip(predictions(&after, "probability")).all(|(sum, said)| (sum - said).abs() < 1e-6));
}

#[test]
fn a_leak_that_was_trained_elsewhere_is_refused_by_the_name_of_its_column() {
    let folder = Folder::new("import-leak");
    generate(&folder, "leak.csv", &["--leak"]);
    train_elsewhere(&folder, "leak.csv", "m.json", &["client_backoff_ms"]);
    let told = refused(&folder, &["model", "import", "m.json", "--task", "retry", "--out", "m.outrider"]);
    assert!(told.contains("feature \"client_backoff_ms\" is none of task retry"), "{told}");
}
