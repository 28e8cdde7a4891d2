//! Files that were cut, altered, or hold what cannot be represented: one sentence that names it, never a panic.

use outrider_infer::import::{BYTES_MAX, Told, read};

use crate::files::{CATEGORIES, CUSTOM, LIGHTGBM, XGBOOST, XGBOOST_OLD, XGBOOST_UBJSON};

/// What is said of `file` with the first `from` made `to`.
fn told(file: &[u8], from: &str, to: &str) -> String {
    let text = std::str::from_utf8(file).unwrap();
    assert!(text.contains(from), "{from}");
    let named = read(text.replacen(from, to, 1).as_bytes()).and_then(|foreign| foreign.named(Told::default()));
    named.map_or_else(|error| error.to_string(), |_| "imported".to_owned())
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
        (
            "\"split_conditions\":[",
            "\"split_conditions\":[1e60,",
            "floating point `1e+60`, expected a number of 32 bits",
        ),
        ("\"split_conditions\":[", "\"split_conditions\":[1e39,", "expected a number of 32 bits"),
        ("\"split_conditions\":[", "\"split_conditions\":[\"NaN\",", "line 1 column"),
        ("\"split_conditions\":[", "\"split_conditions\":[\"Nope\",", "string \"Nope\", expected a number"),
        ("\"split_conditions\":[", "\"split_conditions\":[nan,", "line 1 column"),
        ("\"sum_hessian\":[", "\"sum_hessian\":[NaN,", "line 1 column"),
        ("\"values\":[80,", "\"values\":[80.5,", "are fractions"),
        ("\"values\":[80,", "\"values\":[300,", "are no bytes"),
        ("\"categories_segments\":[0", "\"categories_segments\":[4294967296", "4294967296"),
        ("\"categories_sizes\":[", "\"categories_sizes\":[9999,", "differ in length"),
        ("\"categories\":[", "\"categories\":[16777216,", "category 16777216"),
        ("\"feature_names\":[\"bytes\"", "\"feature_names\":[\"wait\"", "named \"wait\""),
        ("\"feature_names\":[\"bytes\",", "\"feature_names\":[", "the file has 3 names for 4 features"),
        ("\"values\":[80,", "\"values\":[-61,", "letters beyond ASCII"),
        ("\"offsets\":[0,", "\"offsets\":[1,", "categories of feature 1"),
    ];
    for (from, to, expected) in cases {
        let told = told(XGBOOST, from, to);
        assert!(told.contains(expected) && told.lines().count() == 1, "{to}: {told}");
    }
    let fewer = told(XGBOOST_OLD, "\"best_iteration\":\"2\"", "\"best_iteration\":\"1\"");
    assert!(fewer.contains("does not name its 2 features"), "{fewer}");
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
        ("-1:0:3:4:2:1 -1:0:2:1", "-1:0:3:4:2:1 [0:2]", "feature \"status\", whose categories were ordered"),
        ("-1:0:3:4:2:1 -1:0:2:1", "-1:0:3:4:2:1 [0:2.5]", "no codes for them"),
        ("-1:0:3:4:2:1 -1:0:2:1", "-1:0:3:4:2:1 1e300:0", "no codes for them"),
        (
            "feature_infos=[0.0014810272673538251:6860.0930123592871] -1:0:3:4:2:1",
            "feature_infos=-1:0 [0:9]",
            "no codes for them",
        ),
        ("feature_infos=", "feature_infas=", "there is no feature_infos"),
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
    let first = |json: &[u8]| {
        let text = std::str::from_utf8(json).unwrap();
        let from = text.find("\"split_conditions\":[").unwrap();
        text[from..=from + text[from..].find(',').unwrap()].to_owned()
    };
    for bare in ["NaN", " NaN ", "-Infinity"] {
        let to = format!("\"split_conditions\":[{bare},");
        let refused = told(CATEGORIES[1].0, &first(CATEGORIES[1].0), &to);
        let number = if bare.trim() == "NaN" { "NaN" } else { "-inf" };
        assert!(refused.contains(&format!("tree 0, node 0: threshold {number} at a split by a number")), "{refused}");
    }
    assert_eq!(told(CATEGORIES[1].0, &first(CATEGORIES[1].0), "\"split_conditions\":[Infinity,"), "imported");
    let leaf = told(CATEGORIES[1].0, "NaN,NaN,4.4996002E-1", "NaN,NaN,NaN");
    assert!(leaf.contains("a leaf says NaN"), "{leaf}");
    let minus = told(CATEGORIES[1].0, "NaN,NaN,4.4996002E-1", "NaN,NaN,-NaN");
    assert!(minus.contains("line 1 column"), "{minus}");
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
    for (bytes, expected) in [
        (&b"\x80\x04\x95\x9f"[..], "but a pickle, which is a program"),
        (b"PK\x03\x04", "an archive; unpack it"),
        (b"binf\0\0\0?", "the old binary format of XGBoost"),
        (b"[\n  { \"nodeid\": 0, \"depth\": 0,", "dump_model of XGBoost"),
        (b"booster[0]:\n0:[a<-0.001] yes=1", "dump_model of XGBoost"),
        (
            b"{\"name\": \"tree\", \"version\": \"v4\", \"num_class\": 1, \"num_tree_per_iteration\": 1",
            "dump_model of LightGBM",
        ),
    ] {
        let told = read(bytes).unwrap_err().to_string();
        assert!(told.contains(expected) && told.lines().count() == 1, "{told}");
    }
    let custom = read(CUSTOM).unwrap_err().to_string();
    assert!(
        custom.starts_with("a model without an objective, as a custom one leaves it, cannot be imported"),
        "{custom}"
    );
    for name in ["", "none", "custom"] {
        let told = told(LIGHTGBM, "objective=binary sigmoid:1", &format!("objective={name}"));
        assert_eq!(told, custom);
    }
    assert!(read(b"{}").unwrap_err().to_string().contains("learner"));
    assert!(read(b"{L").unwrap_err().to_string().contains("byte 2"));
    assert!(read(&vec![b' '; BYTES_MAX + 1]).unwrap_err().to_string().contains("more than 134217728 bytes"));
}
