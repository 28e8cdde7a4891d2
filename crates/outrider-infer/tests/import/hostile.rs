//! Files that were cut, altered, or hold what cannot be represented: one sentence that names it, never a panic.

use outrider_infer::import::{BYTES_MAX, read};

use crate::files::{LIGHTGBM, XGBOOST, XGBOOST_OLD, XGBOOST_UBJSON};

/// What is said of `file` with the first `from` made `to`.
fn told(file: &[u8], from: &str, to: &str) -> String {
    let text = std::str::from_utf8(file).unwrap();
    assert!(text.contains(from), "{from}");
    read(text.replacen(from, to, 1).as_bytes()).map_or_else(|error| error.to_string(), |_| "imported".to_owned())
}

#[test]
fn what_cannot_be_represented_in_xgboost_is_refused_by_name() {
    let cases = [
        ("\"name\":\"gbtree\"", "\"name\":\"gblinear\"", "booster \"gblinear\""),
        ("\"name\":\"binary:logistic\"", "\"name\":\"rank:pairwise\"", "objective \"rank:pairwise\""),
        ("\"num_class\":\"0\"", "\"num_class\":\"3\"", "3 classes"),
        ("\"num_target\":\"1\"", "\"num_target\":\"2\"", "several outputs"),
        ("\"tree_info\":[0,", "\"tree_info\":[1,", "several outputs"),
        ("\"size_leaf_vector\":\"1\"", "\"size_leaf_vector\":\"2\"", "leaves are vectors"),
        ("\"split_type\":[0,", "\"split_type\":[7,", "tree 0, node 0: split_type 7"),
        ("\"left_children\":[1,", "\"left_children\":[0,", "tree 0, node 0: a child at 0"),
        ("\"left_children\":[1,", "\"left_children\":[2,", "a child at 2"),
        ("\"left_children\":[1,", "\"left_children\":[99999,", "a child at 99999, expected one of"),
        ("\"left_children\":[1,", "\"left_children\":[-2,", "a child at -2"),
        ("\"left_children\":[1,", "\"left_children\":[", "right_children has"),
        ("\"split_indices\":[3,", "\"split_indices\":[4,", "feature 4, expected one of 4"),
        ("\"num_feature\":\"4\",\"num_target", "\"num_feature\":\"99999999\",\"num_target", "99999999 features"),
        ("\"num_feature\":\"4\",\"num_target", "\"num_feature\":\"0\",\"num_target", "0 features"),
        ("\"num_feature\":\"4\",\"num_target", "\"num_feature\":\"-4\",\"num_target", "num_feature \"-4\""),
        ("\"base_score\":\"[", "\"base_score\":\"[1E0,", "several outputs"),
        ("\"base_score\":\"[", "\"base_score\":\"[nan", "base_score"),
        ("\"attributes\":{}", "\"attributes\":{\"best_iteration\":\"4\"}", "best_iteration \"4\""),
        ("\"split_conditions\":[", "\"split_conditions\":[1e60,", "number out of range"),
        ("\"categories_sizes\":[", "\"categories_sizes\":[9999,", "differ in length"),
        ("\"categories\":[", "\"categories\":[16777216,", "category 16777216"),
        ("\"feature_names\":[\"bytes\"", "\"feature_names\":[\"wait\"", "named \"wait\""),
        ("\"feature_names\":[\"bytes\",", "\"feature_names\":[", "3 names for 4 features"),
        ("\"values\":[80,", "\"values\":[-61,", "no words of ASCII"),
        ("\"offsets\":[0,", "\"offsets\":[1,", "categories of feature 1"),
    ];
    for (from, to, expected) in cases {
        let told = told(XGBOOST, from, to);
        assert!(told.contains(expected) && told.lines().count() == 1, "{to}: {told}");
    }
    assert!(told(XGBOOST_OLD, "\"best_iteration\":\"2\"", "\"best_iteration\":\"1\"") == "imported");
}

#[test]
fn what_cannot_be_represented_in_lightgbm_is_refused_by_name() {
    let cases = [
        ("is_linear=0", "is_linear=1", "linear leaves"),
        ("objective=binary sigmoid:1", "objective=lambdarank", "objective \"lambdarank\""),
        ("objective=binary sigmoid:1", "objective=binary", "sigmoid"),
        ("objective=binary sigmoid:1", "objective=binary sigmoid:-1", "sigmoid -1"),
        ("objective=binary sigmoid:1", "objective=regression sqrt", "reg_sqrt"),
        ("num_class=1", "num_class=3", "3 classes"),
        ("num_tree_per_iteration=1", "num_tree_per_iteration=2", "2 classes"),
        ("max_feature_idx=3", "max_feature_idx=4294967295", "features"),
        ("max_feature_idx=3", "max_feature_idx=2", "feature 3, expected one of 3"),
        ("decision_type=8", "decision_type=12", "missing type"),
        ("decision_type=8", "decision_type=255", "decision_type 255"),
        ("left_child=1 ", "left_child=0 ", "a child at 0"),
        ("left_child=1 ", "left_child=5 ", "a child at 5, expected one of 5 splits"),
        ("left_child=1 ", "left_child=-99 ", "a child at 103, expected one of 11 nodes"),
        ("left_child=1 ", "left_child=", "left_child: expected 5 numbers"),
        ("leaf_value=", "leaf_value=nan ", "leaf_value: expected 6 numbers"),
        ("leaf_value=-0.26", "leaf_value=1e999-0.26", "leaf_value: expected 6 numbers"),
        ("threshold=1.0000000180025095e-35", "threshold=nan", "threshold NaN"),
        ("num_leaves=6", "num_leaves=99999999", "99999999 leaves"),
        ("num_leaves=6", "num_leaves=4000000", "leaf_value: expected 4000000 numbers"),
        ("num_cat=2", "num_cat=6", "6 sets"),
        ("cat_boundaries=0 1 2", "cat_boundaries=0 2 1", "cat_threshold: expected 1 numbers"),
        ("cat_boundaries=0 1 2", "cat_boundaries=2 1 2", "set 0, expected one of the tree"),
        ("end of trees", "end of tree", "\"end of trees\""),
        ("[categorical_feature: 1,2]", "[categorical_feature: 1]", "some columns of categories alone"),
        ("[categorical_feature: 1,2]", "[categorical_feature: 1,9]", "column 9"),
        ("[categorical_feature: 1,2]", "[categorical_feature: 1,0]", "feature 0: it has words"),
        ("pandas_categorical:[", "pandas_categorical:[{},", "pandas_categorical"),
        ("feature_names=bytes ", "feature_names=wait ", "named \"wait\""),
    ];
    for (from, to, expected) in cases {
        let told = told(LIGHTGBM, from, to);
        assert!(told.contains(expected) && told.lines().count() == 1, "{to}: {told}");
    }
}

#[test]
fn a_leaf_that_is_not_a_number_is_refused() {
    let nan = told(LIGHTGBM, "leaf_value=-0.26640688721042366", "leaf_value=nan");
    assert!(nan.contains("a leaf says NaN"), "{nan}");
    assert!(told(XGBOOST, "\"split_conditions\":[", "\"split_conditions\":[NaN,").contains("line 1 column"));
}

#[test]
fn a_file_that_was_cut_anywhere_is_refused() {
    for file in [XGBOOST, XGBOOST_UBJSON] {
        assert!((0..file.len()).step_by(7).chain([file.len() - 1]).all(|at| read(&file[..at]).is_err()));
    }
    // What follows the parameters are words of categories alone; whoever lacks them takes numbers in their place.
    let end = LIGHTGBM.windows(17).position(|bytes| bytes == b"end of parameters").unwrap();
    assert!((0..end + 17).step_by(7).chain([end + 16]).all(|at| read(&LIGHTGBM[..at]).is_err()));
    let json = LIGHTGBM.windows(19).position(|bytes| bytes == b"pandas_categorical:").unwrap();
    assert!((json + 1..LIGHTGBM.len() - 1).all(|at| read(&LIGHTGBM[..at]).is_err()));
}

#[test]
fn what_is_no_model_is_told_so() {
    for bytes in [&b""[..], b"\x80\x04\x95", b"PK\x03\x04", b"<html>", b"[]", b"binf"] {
        assert!(read(bytes).unwrap_err().to_string().starts_with("this is no model"), "{bytes:?}");
    }
    assert!(read(b"{}").unwrap_err().to_string().contains("learner"));
    assert!(read(b"{L").unwrap_err().to_string().contains("byte 2"));
    assert!(read(&vec![b' '; BYTES_MAX + 1]).unwrap_err().to_string().contains("more than 134217728 bytes"));
}
