//! Columns of words, bound by name, whatever the codes of the engine are.

use outrider_core::frame::{Column, Frame, Values};
use outrider_core::schema::{Feature, FeatureKind, KnownAt, Schema};
use outrider_infer::Model;
use outrider_infer::import::{Named, Told, read};
use outrider_infer::imported::Columns;
use serde_json::Value;

use crate::files::{CATEGORIES, CONTINUED, LIGHTGBM, ROWS, XGBOOST, XGBOOST_OLD, XGBOOST_UBJSON};

pub(crate) fn model(Named { foreign, features }: Named) -> Model {
    let feature = |(name, words): &(String, Vec<String>)| Feature {
        name: name.clone(),
        kind: if words.is_empty() { FeatureKind::Number } else { FeatureKind::Category },
        known_at: KnownAt::Arrival,
    };
    let schema = Schema { features: features.iter().map(feature).collect() };
    let columns = Columns::new(schema, features.into_iter().map(|(_, words)| words).collect()).unwrap();
    Model::Imported { columns, heads: vec![foreign.model], recalibration: None }
}

/// The rows as a table, its columns in another order than those of the training.
pub(crate) fn table(rows: &Value) -> Frame {
    let values = |column: &Value| match column.as_array().unwrap() {
        list if list.iter().any(Value::is_string) => Values::Word(list.iter().map(Value::as_str).collect()),
        list => Values::Number(list.iter().map(|one| one.as_f64().unwrap_or(f64::NAN)).collect()),
    };
    let columns = rows["columns"].as_object().unwrap().iter().rev();
    Frame::new(columns.map(|(name, list)| Column { name: name.clone(), values: values(list) }).collect()).unwrap()
}

#[test]
fn words_bind_by_name_and_predict_as_in_their_own_library() {
    let rows: Value = serde_json::from_str(ROWS).unwrap();
    let table = table(&rows);
    assert_eq!(read(XGBOOST), read(XGBOOST_UBJSON));
    for (file, engine, bound) in
        [(XGBOOST, "xgboost", 1e-6), (XGBOOST_UBJSON, "xgboost", 1e-6), (LIGHTGBM, "lightgbm", 1e-12)]
    {
        let model = model(read(file).unwrap().named(Told::default()).unwrap());
        let expected = rows["said"][engine].as_array().unwrap();
        for (ours, theirs) in model.predict(&table).unwrap()[0].iter().zip(expected) {
            assert!((ours - theirs.as_f64().unwrap()).abs() <= bound, "{engine}: {ours}, expected {theirs}");
        }
        for (explained, said) in model.explain(&table).unwrap().iter().zip(expected) {
            let (sum, said) = (1.0 / (1.0 + (-explained.sum()).exp()), said.as_f64().unwrap());
            assert!((sum - said).abs() <= bound && explained.features.len() == 4, "{engine}: {sum}, expected {said}");
        }
    }
}

#[test]
fn a_file_of_an_old_version_predicts_too() {
    let named = read(XGBOOST_OLD)
        .unwrap()
        .named(Told { features: Some(&["a".to_owned(), "b".to_owned()]), ..Told::default() })
        .unwrap();
    assert_eq!(named.foreign.engine, "xgboost 1.7.6");
    let said = named.foreign.model.predict(&[vec![0.125_730_22, 1.304], vec![f64::NAN, 0.947_080_96]]);
    // As XGBoost 1.7.6 said of these rows.
    for (ours, theirs) in said.iter().zip([0.189_363_777_637_481_7, 0.803_796_052_932_739_3]) {
        assert!((ours - theirs).abs() < 1e-7, "{ours}, expected {theirs}");
    }
}

#[test]
fn splits_by_categories_without_a_threshold_predict_as_in_their_own_library() {
    for (json, ubjson, said) in CATEGORIES {
        assert!(json.windows(4).any(|bytes| bytes == b",NaN"));
        let foreign = read(json).unwrap();
        assert_eq!(read(ubjson).as_ref(), Ok(&foreign));
        let said: Value = serde_json::from_str(said).unwrap();
        let rows = said["rows"].as_array().unwrap();
        let column = |at: usize| rows.iter().map(|row| row[at].as_f64().unwrap_or(f64::NAN)).collect::<Vec<_>>();
        let ours = foreign.model.predict(&[column(0), column(1)]);
        for (ours, theirs) in ours.iter().zip(said["said"].as_array().unwrap()) {
            assert!((ours - theirs.as_f64().unwrap()).abs() <= 1e-6, "{}: {ours}, expected {theirs}", foreign.engine);
        }
        assert_eq!(ours.len(), 20);
    }
}

#[test]
fn trees_after_the_best_iteration_are_counted() {
    let foreign = read(CONTINUED).unwrap();
    assert_eq!((foreign.model.len(), foreign.trees_left_out), (4, 4));
    assert_eq!(read(XGBOOST).unwrap().trees_left_out, 0);
}

#[test]
fn a_table_without_a_column_of_the_model_is_refused_by_name() {
    let model = model(read(LIGHTGBM).unwrap().named(Told::default()).unwrap());
    let renamed = Frame::new(vec![Column { name: "byte".to_owned(), values: Values::Number(vec![1.0]) }]).unwrap();
    let told = model.predict(&renamed).unwrap_err().to_string();
    for name in ["bytes", "method", "status", "wait"] {
        assert!(told.contains(&format!("it has no column {name:?}")), "{told}");
    }
}
