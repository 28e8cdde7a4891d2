//! Files that promise more than they hold, and small ones that would unfold: memory stays within a few times their bytes.

use std::alloc::System;

use outrider_infer::import::read;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// All that was ever taken while reading, by the bytes of the file: lists grow by doubling, and what they leave behind counts too.
const TIMES: usize = 12;
/// What sets of categories may unfold to, which are short in a file.
const BESIDES: usize = 64 << 20;

fn xgboost(learner: &str) -> String {
    format!("{{\"learner\":{{{learner}}}}}")
}

fn model(trees: &str) -> String {
    let rest = "\"learner_model_param\":{\"base_score\":\"0\",\"num_feature\":\"1\"},\"objective\":{\"name\":\"reg:squarederror\"}";
    xgboost(&format!("{rest},\"gradient_booster\":{{\"name\":\"gbtree\",\"model\":{{\"trees\":[{trees}]}}}}"))
}

/// A tree that is a chain of splits by categories, each with a set of half a million words.
fn sets(splits: usize) -> String {
    let list = |of: &dyn Fn(usize) -> String| (0..=2 * splits).map(of).collect::<Vec<_>>().join(",");
    let split = |at: usize| at < 2 * splits && at.is_multiple_of(2);
    let child = |at: usize, next: usize| if split(at) { (at + next).to_string() } else { "-1".to_owned() };
    let nodes = (0..splits).map(|nth| (2 * nth).to_string()).collect::<Vec<_>>().join(",");
    let all = |of: &str| vec![of; splits].join(",");
    format!(
        "{{\"left_children\":[{}],\"right_children\":[{}],\"split_indices\":[{}],\"split_conditions\":[{}],\"default_left\":[{}],\
         \"split_type\":[{}],\"categories\":[16777215],\"categories_nodes\":[{nodes}],\"categories_segments\":[{}],\
         \"categories_sizes\":[{}]}}",
        list(&|at| child(at, 1)),
        list(&|at| child(at, 2)),
        list(&|_| "0".to_owned()),
        list(&|_| "0".to_owned()),
        list(&|_| "0".to_owned()),
        list(&|at| u8::from(split(at)).to_string()),
        all("0"),
        all("1"),
    )
}

fn ubjson(array: &[u8]) -> Vec<u8> {
    [b"{U\x07learner{U\x0dfeature_names", array].concat()
}

fn lightgbm(tree: &str) -> String {
    format!(
        "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=0\nobjective=regression\nfeature_names=a\n\n{tree}\n\
         end of trees\n\nparameters:\nend of parameters\n"
    )
}

/// A list of `count` numbers of a byte each.
fn small(count: usize, number: u8) -> Vec<u8> {
    let length = u64::try_from(count).unwrap_or(0).to_be_bytes();
    [b"[$U#L", &length[..], &vec![number; count]].concat()
}

/// An object of UBJSON, without the marks of its entries.
fn object(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let entry = |(name, value): &(&str, &[u8])| {
        [&[b'U', u8::try_from(name.len()).unwrap_or(0)], name.as_bytes(), value].concat()
    };
    [b"{".to_vec(), entries.iter().flat_map(entry).collect(), b"}".to_vec()].concat()
}

/// A model whose only tree, or whose words, are these.
fn ubjson_model(tree: &[(&str, &[u8])], cats: &[u8]) -> Vec<u8> {
    let trees = if tree.is_empty() { b"[]".to_vec() } else { [b"[", &object(tree)[..], b"]"].concat() };
    let model = object(&[("trees", &trees), ("cats", &object(&[("enc", cats)]))]);
    let booster = object(&[("name", b"SU\x06gbtree"), ("model", &model)]);
    object(&[("learner", &object(&[("gradient_booster", &booster)]))])
}

#[test]
fn memory_stays_within_a_few_times_the_bytes_of_the_file() {
    let many = |of: &str, times: usize| vec![of; times].join(",");
    let leaf = "{\"left_children\":[-1],\"right_children\":[-1],\"split_indices\":[0],\"split_conditions\":[0],\"default_left\":[0]}";
    let bytes = small((32 << 20) + 1, 80);
    let words = object(&[("offsets", b"[$U#U\x02\0\x01"), ("values", &bytes)]);
    let files: [(&str, Vec<u8>); 17] = [
        ("levels", xgboost(&format!("\"x\":{}", "[".repeat(1 << 20))).into_bytes()),
        ("names", xgboost(&format!("\"feature_names\":[{}]", many("\"\"", 1 << 20))).into_bytes()),
        ("trees", model(&many(leaf, 100_001)).into_bytes()),
        ("tree", model(&format!("{{\"left_children\":[{}]", many("0", 1 << 20))).into_bytes()),
        ("sets", model(&sets(200)).into_bytes()),
        (
            "weights",
            xgboost(&format!("\"gradient_booster\":{{\"name\":\"dart\",\"weight_drop\":[{}]", many("1", 1 << 20)))
                .into_bytes(),
        ),
        ("ubjson length", ubjson(b"[$d#L\x7f\xff\xff\xff\xff\xff\xff\xff")),
        ("ubjson nothing", ubjson(b"[$Z#L\x7f\xff\xff\xff\xff\xff\xff\xff")),
        ("ubjson levels", ubjson(&b"[".repeat(1 << 20))),
        ("ubjson text", ubjson(b"[SL\x7f\xff\xff\xff\xff\xff\xff\xff")),
        ("ubjson words", ubjson_model(&[], &[b"[", &words[..], b"]"].concat())),
        ("ubjson starts", ubjson_model(&[("categories_segments", &bytes)], b"[]")),
        ("ubjson sizes", ubjson_model(&[("categories_sizes", &bytes), ("categories", &bytes)], b"[]")),
        ("leaves", lightgbm("Tree=0\nnum_leaves=4194304\nnum_cat=0").into_bytes()),
        ("blocks", lightgbm(&"\nTree=".repeat(200_000)).into_bytes()),
        ("keys", lightgbm(&(0..1 << 17).map(|nth| format!("\n{nth}=")).collect::<String>()).into_bytes()),
        (
            "words",
            format!(
                "{}pandas_categorical:[[{}]]",
                lightgbm("Tree=0\nnum_leaves=1\nnum_cat=0\nleaf_value=1"),
                many("\"\"", 1 << 21)
            )
            .into_bytes(),
        ),
    ];
    for (name, file) in files {
        let region = Region::new(ALLOCATOR);
        let told = read(&file).unwrap_err().to_string();
        let change = region.change();
        let taken = change.bytes_allocated + usize::try_from(change.bytes_reallocated).unwrap_or(0);
        println!("{name}: {} bytes, {taken} taken: {told}", file.len());
        assert!(taken <= TIMES * file.len() + BESIDES && told.len() < 500, "{name}: {taken} for {}", file.len());
    }
}
