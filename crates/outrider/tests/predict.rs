//! What a model says of rows, by the shipped binary: columns are what the model takes them for, and errors say where.

#[path = "support/folder.rs"]
mod folder;

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use folder::Folder;
use outrider_core::frame::{Column, Frame, Values};
use serde_json::Value;

/// In the place of the words that the model was trained on.
const ODD: [(&str, &str); 5] =
    [("PUT", "none"), ("GET", "001"), ("POST", "1e3"), ("DELETE", "2024-01-01"), ("HEAD", "-")];

fn command(folder: &Folder, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_outrider"));
    command.current_dir(folder.path()).env("TMPDIR", folder.path().join("tmp")).args(words);
    command
}

/// With `input` on standard input.
fn outrider(folder: &Folder, words: &[&str], input: &[u8]) -> Output {
    let mut command = command(folder, words);
    let mut process =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
    let mut stdin = process.stdin.take().expect("a pipe");
    // A command that is refused at once reads nothing.
    let _ = stdin.write_all(input);
    drop(stdin);
    process.wait_with_output().expect("the binary ends")
}

fn done(folder: &Folder, words: &[&str], input: &str) -> String {
    let output = outrider(folder, words, input.as_bytes());
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("all output is text")
}

fn refused(folder: &Folder, words: &[&str], input: &str) -> String {
    let output = outrider(folder, words, input.as_bytes());
    let told = String::from_utf8(output.stderr).expect("all output is text");
    assert_eq!((output.status.code(), told.trim_end().lines().count()), (Some(1), 1), "{words:?}: {told}");
    told
}

/// A model that takes a number named `timestamp`, and words; `odd.outrider` has other words for the same.
fn models(name: &str) -> Folder {
    let folder = Folder::new(name);
    std::fs::create_dir(folder.path().join("tmp")).expect("a folder of our own");
    let file =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../outrider-infer/tests/import/files/words-lightgbm.txt");
    let plain = std::fs::read_to_string(file).expect("a file of the repository");
    let plain = plain.replace("feature_names=bytes", "feature_names=timestamp");
    let odd =
        ODD.iter().fold(plain.clone(), |text, (word, odd)| text.replace(&format!("{word:?}"), &format!("{odd:?}")));
    for (name, text) in [("plain", &plain), ("odd", &odd)] {
        folder.write("model.txt", text);
        let out = format!("{name}.outrider");
        done(&folder, &["model", "import", "model.txt", "--task", "columns", "--out", &out], "");
    }
    folder
}

fn predict<'a>(model: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["predict", "columns", "--model", model], more].concat()
}

#[test]
fn columns_are_what_the_model_takes_them_for_in_every_format_and_number_of_rows() {
    let folder = models("predict-kinds");
    for (word, odd) in ODD {
        let json = |word: &str| format!(r#"{{"timestamp":1475280000,"method":"{word}","status":"200","wait":"0.5"}}"#);
        let expected = done(&folder, &predict("plain.outrider", &["--row", &json(word)]), "");
        assert_eq!(done(&folder, &predict("odd.outrider", &["--row", &json(odd)]), ""), expected, "{odd}");
        assert_eq!(done(&folder, &predict("odd.outrider", &[]), &json(odd)), expected, "{odd} on standard input");
        let csv = format!("timestamp,method,status,wait\n1475280000,{odd},200,0.5\n");
        assert_eq!(done(&folder, &predict("odd.outrider", &[]), &csv), expected, "{odd} as CSV");
        let words = |word: &str| Values::Word([Some(word)].into_iter().collect());
        let columns = [
            ("timestamp", Values::Number(vec![1_475_280_000.0])),
            ("method", words(odd)),
            ("status", words("200")),
            ("wait", Values::Number(vec![0.5])),
        ]
        .map(|(name, values)| Column { name: name.to_owned(), values });
        let frame = Frame::new(columns.into()).expect("columns of one row");
        outrider_store::write(&frame, &folder.path().join("rows.parquet")).expect("a folder of our own");
        assert_eq!(
            done(&folder, &predict("odd.outrider", &["--data", "rows.parquet"]), ""),
            expected,
            "{odd} as Parquet"
        );
    }
}

#[test]
fn a_word_is_spelt_alike_in_training_and_in_a_row_by_itself() {
    let folder = Folder::new("predict-parity");
    let mut csv = String::from("timestamp,response_time_ms,status_code,region,server_id,retried\n");
    let regions = [("na", 80), ("001", 15), ("1e3", 45)];
    for (row, (region, percent)) in (0..6_000_u64).zip(regions.into_iter().cycle()) {
        let retried = u8::from((row.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) & 0xffff < percent * 655);
        let at = 1_700_000_000 + 60 * row;
        let _ = writeln!(csv, "{at},{},503.0,{region},00{},{retried}", 100 + row % 50, row % 4);
    }
    folder.write("rows.csv", &csv);
    let train = [
        "train",
        "retry",
        "--data",
        "rows.csv",
        "--models",
        "boosting",
        "--trees",
        "20",
        "--accept-suspicious",
        "--out",
        "m",
    ];
    done(&folder, &train, "");
    let shown = done(&folder, &["model", "show", "m/retry.outrider", "--json"], "");
    let shown: Value = serde_json::from_str(&shown).expect("JSON");
    let dictionary = |name: &str| {
        let features = shown["features"].as_array().expect("features");
        features.iter().find(|feature| feature["name"] == name).expect("a feature")["dictionary"].clone()
    };
    assert_eq!(dictionary("region"), serde_json::json!(["001", "1e3", "na"]));
    assert_eq!(dictionary("server_id"), serde_json::json!(["000", "001", "002", "003"]));
    assert_eq!(dictionary("status_code"), serde_json::json!(["503"]), "a number is a number");
    let rows: Vec<&str> = csv.lines().take(4).collect();
    let of = |rows: &str| done(&folder, &["predict", "retry", "--model", "m/retry.outrider"], rows);
    let alone: String = rows[1..].iter().map(|row| of(&format!("{}\n{row}\n", rows[0]))).collect();
    assert_eq!(alone, of(&rows.join("\n")));
    assert_eq!(alone.lines().collect::<std::collections::BTreeSet<_>>().len(), 3, "the region counts: {alone}");
}

#[test]
fn rows_that_do_not_fit_are_told_by_place_and_column() {
    let folder = models("predict-mistakes");
    let head = "timestamp,method,status,wait\n";
    let told = refused(&folder, &predict("plain.outrider", &[]), &format!("{head}1,PUT,200,1\ninf,PUT,200,1\n"));
    let place = "the first: standard input, line 3, column \"timestamp\": expected a finite number";
    assert!(told.starts_with("1 of 2 rows do not fit") && told.contains(place) && told.contains("\"inf\""), "{told}");
    let row = r#"{"timestamp":"x","method":"PUT","status":"200","wait":1}"#;
    let told = refused(&folder, &predict("plain.outrider", &["--row", row]), "");
    assert!(told.contains("--row, line 1, column \"timestamp\": expected a number, found \"x\""), "{told}");
    let told = refused(&folder, &predict("plain.outrider", &["--row", "timestamp"]), "");
    assert_eq!(told, "--row: expected one JSON object, as {\"size\": 1}, found \"timestamp\"\n");
    let told = refused(&folder, &predict("plain.outrider", &[]), "");
    assert!(told.starts_with("standard input: it is empty, expected CSV"), "{told}");
}

#[test]
fn nothing_lies_about_while_rows_come_and_who_reads_no_more_ends_it_well() {
    let folder = models("predict-pipe");
    let mut command = command(&folder, &predict("plain.outrider", &[]));
    let mut process =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
    let mut stdin = process.stdin.take().expect("a pipe");
    let rows = 400_000;
    stdin.write_all(b"timestamp,method,status,wait\n").expect("it reads");
    stdin.write_all("1,PUT,200,0.125\n".repeat(rows).as_bytes()).expect("it reads");
    let lying = std::fs::read_dir(folder.path().join("tmp")).expect("a folder of our own").count();
    assert_eq!(lying, 0, "more than is held in memory, and no file has a name");
    drop(stdin);
    let mut stdout = BufReader::new(process.stdout.take().expect("a pipe"));
    let mut line = String::new();
    stdout.read_line(&mut line).expect("a line");
    drop(stdout);
    let mut told = String::new();
    process.stderr.take().expect("a pipe").read_to_string(&mut told).expect("text");
    let status = process.wait().expect("the binary ends");
    assert!(line.starts_with("{\"prediction\":") && status.success() && told.is_empty(), "{line}{status}: {told}");
}
