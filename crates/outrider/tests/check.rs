//! Transcripts of `outrider check`: every `check/*.yaml` beside what the command says of it, in `check/*.txt`.
//!
//! To add one, write the YAML and run with `OUTRIDER_REGENERATE=1`; then read what was written.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/check");
const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples");

fn outrider(folder: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_outrider"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("OUTRIDER_ADMIN_TOKEN")
        .output()
        .unwrap()
}

fn transcript(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    format!("{}{}exit code {}\n", text(&output.stdout), text(&output.stderr), output.status.code().unwrap())
}

fn cases() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path());
    let mut cases: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|e| e == "yaml")).collect();
    cases.sort();
    cases
}

#[test]
fn check_says_what_is_wrong() {
    let mut differing = Vec::new();
    let cases = cases();
    assert!(cases.len() >= 20, "the cases are in {FOLDER}");
    for path in cases {
        let name = path.file_name().unwrap().to_str().unwrap();
        let said = transcript(&outrider(FOLDER, &["check", "-c", name]));
        let expected_path = path.with_extension("txt");
        if std::env::var_os("OUTRIDER_REGENERATE").is_some() {
            std::fs::write(&expected_path, &said).unwrap();
        }
        let expected = std::fs::read_to_string(&expected_path).unwrap_or_default();
        if said != expected {
            differing.push(format!("--- {name}: expected\n{expected}--- said\n{said}"));
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn the_examples_are_valid() {
    for name in ["minimal.yaml", "full.yaml"] {
        let output = outrider(EXAMPLES, &["check", "-c", name]);
        assert!(output.status.success(), "{}", transcript(&output));
    }
}

#[test]
fn files_are_named_relative_to_the_configuration() {
    let output = outrider(FOLDER, &["check", "-c", "../../../../examples/full.yaml"]);
    assert!(output.status.success(), "{}", transcript(&output));
}

#[test]
fn json_has_stable_keys() {
    let json = |arguments: &[&str]| -> serde_json::Value {
        serde_json::from_slice(&outrider(EXAMPLES, arguments).stdout).unwrap()
    };
    let valid = json(&["check", "-c", "full.yaml", "--json"]);
    assert_eq!(valid["valid"], true);
    assert_eq!(valid["workers"], 2);
    assert_eq!(valid["admin"]["token"], true);
    assert_eq!(valid["config"]["pools"][0]["health"]["interval"], "2s");
    let refused = json(&["check", "-c", "hosts.yaml", "--json"]);
    assert_eq!(refused["valid"], false);
    let mistake = &refused["mistakes"][0];
    assert_eq!((mistake["line"].as_u64(), mistake["column"].as_u64()), (Some(2), Some(1)));
    assert_eq!(mistake["file"], "hosts.yaml");
    assert_eq!(mistake["wrong"], "the file is a list");
}

#[test]
fn a_file_that_is_not_there_is_one_clear_sentence() {
    let said = transcript(&outrider(FOLDER, &["check", "-c", "nowhere.yml"]));
    assert!(said.starts_with("nowhere.yml: cannot be read (No such file or directory"), "{said}");
    assert!(said.ends_with("exit code 1\n"), "{said}");
}

#[test]
fn wrong_use_is_exit_code_2() {
    for arguments in [&["chekc"][..], &["check", "--colour"], &[]] {
        assert_eq!(outrider(FOLDER, arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn schema_and_version_are_printed() {
    let schema: serde_json::Value = serde_json::from_slice(&outrider(FOLDER, &["schema"]).stdout).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let version = transcript(&outrider(FOLDER, &["version"]));
    assert_eq!(version, format!("outrider {}\nexit code 0\n", env!("CARGO_PKG_VERSION")));
    assert_eq!(transcript(&outrider(FOLDER, &["--version"])), version);
}

#[test]
fn output_without_a_reader_is_no_panic() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = Command::new(env!("CARGO_BIN_EXE_outrider")).arg("schema").stdout(writer).output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn no_transcript_is_left_behind() {
    for entry in std::fs::read_dir(FOLDER).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            assert!(Path::new(&path).with_extension("yaml").exists(), "{}", path.display());
        }
    }
}
