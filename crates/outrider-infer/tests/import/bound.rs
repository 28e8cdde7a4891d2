//! Which column words are of: proven by the file, told, or refused; and words that rows cannot spell.

use outrider_infer::import::{Told, read};
use serde_json::Value;

use crate::files::{AUTO, AUTO_ROWS, EXPLICIT, LIGHTGBM, ORDERED, XGBOOST};
use crate::words::{model, table};

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

/// Features with their words, or why there are none.
fn bound(file: &[u8], words: &[&str], codes: bool) -> String {
    let words = names(words);
    let told = Told { words: (!words.is_empty()).then_some(&words), codes, ..Told::default() };
    let with_words = |(name, words): &(String, Vec<String>)| format!("{name}:{}", words.join("/"));
    read(file).and_then(|foreign| foreign.named(told)).map_or_else(
        |error| error.to_string(),
        |named| named.features.iter().map(with_words).collect::<Vec<_>>().join(" "),
    )
}

fn altered(file: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = std::str::from_utf8(file).unwrap();
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1).into_bytes()
}

const METHODS: &str = "method:PUT/GET/POST/DELETE";

#[test]
fn words_that_may_be_of_several_columns_are_refused_until_told() {
    for (file, first) in [(AUTO, "retries"), (EXPLICIT, "retries")] {
        let told = bound(file, &[], false);
        assert!(told.contains(&format!("list 1 of 1 may be of {first:?} or of \"method\"; say --words")), "{told}");
        assert_eq!(bound(file, &[], true), "retries: method: resp_time: share:");
    }
    assert_eq!(bound(AUTO, &["method"], false), format!("retries: {METHODS} resp_time: share:"));
    assert!(
        bound(EXPLICIT, &["method"], false).contains("feature \"method\", whose categories were ordered or left out")
    );
    assert!(
        bound(AUTO, &["share"], false).contains("--words names \"share\", whose values in the training were no codes")
    );
    assert!(
        bound(AUTO, &["sharp"], false).contains("--words names \"sharp\", expected features of the model: retries,")
    );
    assert!(bound(AUTO, &["method", "share"], false).contains("--words has 2 names, and the file has words for 1"));
    assert!(bound(LIGHTGBM, &["status", "method"], false).contains("--words names \"method\" too late"));
    assert!(bound(XGBOOST, &["method"], false).contains("the file tells itself which features have words"));
}

#[test]
fn words_that_can_be_of_one_column_alone_bind() {
    // Three retries more than there are words: only the method can have them.
    let proven = altered(AUTO, "[0:3]", "[0:7]");
    assert_eq!(bound(&proven, &[], false), format!("retries: {METHODS} resp_time: share:"));
    let proven = altered(EXPLICIT, "-1:2:3:0:1 [0:3]", "-1:2:3:0:1 [0:7]");
    // The column of whole numbers that categorical_feature names would take them now, and nothing contradicts it.
    assert!(bound(&proven, &[], false).starts_with("retries:PUT"));
    let none = altered(AUTO, "[0:3] -1:2:0:3:1", "[0:7] -1:2:9:3:1");
    assert!(bound(&none, &[], false).contains("has 1 list of words, and the features have no codes for them"));
    let compared = altered(AUTO, "[0:3] -1:2:0:3:1", "-1:0:3 [0:7.5]");
    assert!(bound(&compared, &[], false).starts_with("feature 0: it has words, and a split that compares them"));
    assert!(bound(&altered(AUTO, "[0:3] ", ""), &[], false).contains("expected one for each of 4 features"));
}

#[test]
fn ordered_categories_are_refused_by_name() {
    let told = bound(ORDERED, &[], false);
    assert!(told.starts_with("feature \"grade\", whose categories were ordered") && told.contains("--codes"), "{told}");
    assert_eq!(bound(ORDERED, &[], true), "grade: method: resp_time: share:");
}

#[test]
fn a_model_whose_words_were_told_predicts_as_in_its_library() {
    let rows: Value = serde_json::from_str(AUTO_ROWS).unwrap();
    let method = names(&["method"]);
    let told = || Told { words: Some(&method), ..Told::default() };
    let model = model(read(AUTO).unwrap().named(told()).unwrap());
    let refused = model.predict(&table(&rows)).unwrap_err().to_string();
    assert!(refused.contains("it has no column \"resp_time\""), "{refused}");
    assert!(refused.contains("LightGBM writes _ for a space in a name, so rename column \"resp time\""), "{refused}");
    let renamed: Value = serde_json::from_str(&AUTO_ROWS.replace("resp time", "resp_time")).unwrap();
    let expected = rows["said"]["lightgbm"].as_array().unwrap();
    let said = &model.predict(&table(&renamed)).unwrap()[0];
    assert_eq!(said.len(), expected.len());
    for (ours, theirs) in said.iter().zip(expected) {
        assert!((ours - theirs.as_f64().unwrap()).abs() <= 1e-12, "{ours}, expected {theirs}");
    }
}

#[test]
fn words_that_rows_cannot_spell_are_refused_by_name() {
    for (to, expected) in [
        ("[\" PUT\", ", "feature \"method\" has among its categories \" PUT\", and rows are read without white space"),
        ("[\"PUT\\t\", ", "white space at the ends"),
        ("[\"\", ", "feature \"method\" has among its categories the empty word"),
        ("[\"GET\", ", "feature \"method\" has among its categories \"GET\" twice"),
        ("[0.5, ", "a category that is the fraction 0.5"),
    ] {
        let told = bound(&altered(LIGHTGBM, "[\"PUT\", ", to), &[], false);
        assert!(told.contains(expected) && told.lines().count() == 1, "{told}");
    }
    let told = bound(&altered(XGBOOST, "\"values\":[80,", "\"values\":[32,"), &[], false);
    assert!(told.contains("feature \"method\" has among its categories \" UT\""), "{told}");
    let told = bound(&altered(XGBOOST, "\"values\":[80,", "\"values\":[-61,"), &[], false);
    assert!(
        told.contains("feature 1 (counted from 0) has words with letters beyond ASCII cannot be imported"),
        "{told}"
    );
}
