//! Names bind; places alone do not.

use outrider_infer::import::{Told, read};

use crate::files::{LIGHTGBM, XGBOOST_OLD};

fn told(file: &[u8], names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let named = read(file).unwrap().named(Told { features: (!names.is_empty()).then_some(&names), ..Told::default() });
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
    assert!(told(XGBOOST_OLD, &["size"]).starts_with("--features has 1 name, and the model takes 2 features"));
    assert!(told(XGBOOST_OLD, &["size", "wait", "x"]).starts_with("--features has 3 names, and the model takes 2"));
    let twice = told(XGBOOST_OLD, &["size", "size"]);
    assert!(twice.starts_with("--features has \"size\" twice, in places 1 and 2"), "{twice}");
    assert!(told(XGBOOST_OLD, &["size", ""]).contains("a feature is named \"\""));
}

#[test]
fn names_that_contradict_the_file_are_refused_by_name() {
    assert_eq!(told(LIGHTGBM, &["bytes", "method", "status", "wait"]), told(LIGHTGBM, &[]));
    let permuted = told(LIGHTGBM, &["bytes", "status", "method", "wait"]);
    assert!(permuted.starts_with("feature 1 is \"method\" in the file and \"status\" in --features"), "{permuted}");
    assert!(permuted.ends_with("or say bytes,method,status,wait"), "{permuted}");
}

#[test]
fn names_that_lightgbm_may_have_made_up_count_once_they_are_told() {
    let text = String::from_utf8(LIGHTGBM.to_vec()).unwrap();
    let made_up =
        text.replace("feature_names=bytes method status wait", "feature_names=Column_0 Column_1 Column_2 Column_3");
    let nameless = told(made_up.as_bytes(), &[]);
    assert!(nameless.contains("also if they are called Column_0"), "{nameless}");
    let names = ["Column_0", "Column_1", "Column_2", "Column_3"];
    assert_eq!(told(made_up.as_bytes(), &names), format!("{names:?}"));
}
