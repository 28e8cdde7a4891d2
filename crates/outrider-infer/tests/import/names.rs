//! Names bind; places alone do not.

use outrider_infer::import::read;

use crate::files::{LIGHTGBM, XGBOOST_OLD};

fn told(file: &[u8], names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let named = read(file).unwrap().named((!names.is_empty()).then_some(&names));
    named.map_or_else(
        |error| error.to_string(),
        |named| format!("{:?}", named.features.iter().map(|f| &f.0).collect::<Vec<_>>()),
    )
}

#[test]
fn a_file_without_names_wants_them_told_and_takes_just_as_many() {
    let nameless = told(XGBOOST_OLD, &[]);
    assert!(nameless.contains("does not name its 2 features") && nameless.contains("--features"), "{nameless}");
    assert_eq!(told(XGBOOST_OLD, &["size", "wait"]), "[\"size\", \"wait\"]");
    assert!(told(XGBOOST_OLD, &["size"]).starts_with("1 names for 2 features"));
    assert!(told(XGBOOST_OLD, &["size", "size"]).starts_with("a feature is named \"size\""));
}

#[test]
fn names_that_contradict_the_file_are_refused_by_name() {
    assert_eq!(told(LIGHTGBM, &["bytes", "method", "status", "wait"]), told(LIGHTGBM, &[]));
    let permuted = told(LIGHTGBM, &["bytes", "status", "method", "wait"]);
    assert!(permuted.starts_with("feature 1 is \"method\" in the file and \"status\" in --features"), "{permuted}");
    assert!(permuted.ends_with("or say bytes,method,status,wait"), "{permuted}");
}
