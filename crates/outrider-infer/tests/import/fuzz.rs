//! Mutated files: whatever is read without an error can be walked, written and read again.

use outrider_core::Random;
use outrider_infer::import::{Told, read};
use outrider_infer::imported::Imported;

/// The smallest files with every part: a split by a number, one by categories, and words.
const XGBOOST: &[u8] = br#"{"learner":{"feature_names":["a","b"],"gradient_booster":{"name":"dart","weight_drop":[0.5],"gbtree":{"model":{"cats":{"enc":[{},{"offsets":[0,1,3],"values":[71,80,81]}]},"trees":[{"left_children":[1,3,-1,-1,-1],"right_children":[2,4,-1,-1,-1],"split_indices":[0,1,0,0,0],"split_conditions":[0.5,0,1,2,3],"default_left":[1,0,0,0,0],"split_type":[0,1,0,0,0],"categories":[1,3],"categories_nodes":[1],"categories_segments":[0],"categories_sizes":[2],"sum_hessian":[9,5,4,3,2]}]}}},"learner_model_param":{"base_score":"[5E-1]","num_feature":"2"},"objective":{"name":"binary:logistic"}}}"#;
const LIGHTGBM: &[u8] = b"tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=1\nobjective=binary sigmoid:1\nfeature_names=a b\nfeature_infos=[0:9.5] -1:0:1\n\nTree=0\nnum_leaves=3\nnum_cat=1\nsplit_feature=0 1\nthreshold=0.5 0\ndecision_type=10 1\nleft_child=1 -1\nright_child=-2 -3\nleaf_value=1 2 3\nleaf_count=4 5 6\ninternal_count=15 10\ncat_boundaries=0 1\ncat_threshold=10\n\nend of trees\n\nparameters:\n[categorical_feature: 1]\nend of parameters\npandas_categorical:[[\"G\", \"PQ\"]]\n";
/// What numbers are made of and how far they can go.
const SPICES: [&[u8]; 15] = [
    b"0",
    b"-1",
    b"1",
    b"9",
    b"-",
    b".",
    b"e9",
    b"4294967296",
    b"2147483647",
    b"nan",
    b"NaN",
    b" ",
    b",",
    b"[",
    b"\xff",
];
const CASES: usize = 100_000;

/// One to four times: a byte altered, taken out, put twice, or spice put in.
fn mutated(file: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = file.to_vec();
    for _ in 0..=random.below(4) {
        let (at, len) = (random.below(bytes.len()), 1 + random.below(8));
        let end = (at + len).min(bytes.len());
        match random.below(5) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 if bytes.len() > 16 => drop(bytes.drain(at..end)),
            2 => {
                let twice = bytes[at..end].to_vec();
                bytes.splice(at..at, twice);
            }
            3 => drop(bytes.splice(at..at, SPICES[random.below(SPICES.len())].iter().copied())),
            _ => drop(bytes.splice(at..end, SPICES[random.below(SPICES.len())].iter().copied())),
        }
    }
    bytes
}

/// How many of the mutated files are models.
fn fuzz(name: &str, file: &[u8]) {
    let (mut random, mut imported) = (Random::new(11), 0);
    let values = [-1e300, -1.0, 0.0, 0.5, 3.0, 1e9, f64::INFINITY, f64::NAN];
    assert!(read(file).and_then(|foreign| foreign.named(Told::default())).is_ok(), "{name}: {:?}", read(file));
    for _ in 0..CASES {
        let Ok(foreign) = read(&mutated(file, &mut random)) else { continue };
        let _ = foreign.clone().named(Told::default());
        let model = foreign.model;
        let rows = model.raw(&vec![values.to_vec(); model.head().features]);
        assert!(rows.iter().all(|said| said.is_finite()));
        let explained = model.explain(&vec![f64::NAN; model.head().features]);
        assert!(explained.is_none_or(|told| told.expected.is_finite()));
        assert_eq!(Imported::read(&model.write()).as_ref(), Ok(&model));
        imported += 1;
    }
    println!("{name}: {CASES} mutated files, {imported} of them models, none does harm");
    assert!(imported > CASES / 1000, "mutations go nowhere deep");
}

#[test]
fn mutated_xgboost_files_do_no_harm() {
    fuzz("xgboost json", XGBOOST);
}

#[test]
fn mutated_lightgbm_files_do_no_harm() {
    fuzz("lightgbm text", LIGHTGBM);
}

#[test]
fn mutated_ubjson_files_do_no_harm() {
    fuzz("xgboost ubjson", &ubjson(&serde_json::from_slice(XGBOOST).unwrap()));
}

#[test]
fn mutated_parts_of_an_artifact_do_no_harm() {
    let mut random = Random::new(12);
    let parts = [XGBOOST, LIGHTGBM].map(|file| read(file).unwrap().model.write());
    for nth in 0..CASES {
        let Ok(model) = Imported::read(&mutated(&parts[nth % 2], &mut random)) else { continue };
        let _ = model.predict(&vec![vec![0.0, f64::NAN, 1e300]; model.head().features]);
    }
    println!("parts of artifacts: {CASES} mutated");
}

/// As XGBoost writes it: lengths of 64 bits, one type for numbers of a list.
fn ubjson(value: &serde_json::Value) -> Vec<u8> {
    use serde_json::Value;
    let length = |len: usize| [b"L", &(len as u64).to_be_bytes()[..]].concat();
    let text = |text: &str| [&length(text.len()), text.as_bytes()].concat();
    match value {
        Value::String(string) => [b"S", &text(string)[..]].concat(),
        Value::Number(number) => [b"d", &(number.as_f64().unwrap_or(0.0) as f32).to_be_bytes()[..]].concat(),
        Value::Array(list) if !list.is_empty() && list.iter().all(Value::is_i64) => {
            let numbers = list.iter().flat_map(|one| (one.as_i64().unwrap_or(0) as i32).to_be_bytes());
            [b"[$l#", &length(list.len())[..]].concat().into_iter().chain(numbers).collect()
        }
        Value::Array(list) => {
            let each = list.iter().flat_map(ubjson);
            [b"[#", &length(list.len())[..]].concat().into_iter().chain(each).collect()
        }
        Value::Object(entries) => {
            let each = entries.iter().flat_map(|(key, value)| [text(key), ubjson(value)].concat());
            b"{".iter().copied().chain(each).chain(*b"}").collect()
        }
        _ => unreachable!("the file has no such values"),
    }
}
