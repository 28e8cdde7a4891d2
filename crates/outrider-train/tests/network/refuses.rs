use std::ops::ControlFlow;

use outrider_core::frame::{Column, Frame, Values};
use outrider_train::network::{NetworkError, NetworkSettings, Rows, train};
use outrider_train::trees::Objective;
use rayon::ThreadPoolBuilder;

use crate::data::{Data, learnt_on, numbers};

fn told(data: &Data, objectives: &[Objective], settings: &NetworkSettings) -> String {
    learnt_on(1, data, None, objectives, settings).unwrap_err().to_string()
}

fn small() -> Data {
    numbers(20, 1, 2, |row, _| f64::from(u8::from(row[0] > 0.0)))
}

#[test]
fn rows_that_cannot_be_learnt_are_told_in_a_sentence() {
    let (data, plain) = (small(), NetworkSettings::default());
    let with = |labels: Vec<f64>| told(&Data { labels, frame: data.frame.clone() }, &[Objective::Logistic], &plain);
    assert!(with(vec![0.0]).contains("1 labels for 20 rows"));
    assert!(with(vec![1.0; 20]).contains("every label is 1"));
    assert!(with(vec![0.5; 20]).contains("the label of row 0 is 0.5, expected 0 or 1"));
    let none = Data { frame: data.frame.select(&[]), labels: vec![] };
    assert!(told(&none, &[Objective::Squared], &plain).contains("no rows"));
    let mut huge = small();
    let columns = huge.frame.columns().iter().map(|column| match column.name.as_str() {
        "x1" => Column { values: Values::Number(vec![1e300; 20]), ..column.clone() },
        _ => column.clone(),
    });
    huge.frame = Frame::new(columns.collect()).unwrap();
    assert!(told(&huge, &[Objective::Logistic], &plain).contains("column \"x1\", row 0"));
}

#[test]
fn weights_and_held_out_rows_are_checked_too() {
    let data = small();
    let pool = ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let tell = |rows: &Rows, held: Option<&Rows>| {
        let settings = NetworkSettings::default();
        train(&data.schema(), rows, held, &[Objective::Logistic], &settings, &pool, &mut |_| ControlFlow::Continue(()))
    };
    let bad = Rows { weights: Some(&[-1.0; 20]), ..data.rows() };
    assert!(tell(&bad, None).unwrap_err().to_string().contains("the weight of row 0 is -1"));
    let nothing = Rows { weights: Some(&[0.0; 20]), ..data.rows() };
    assert!(tell(&nothing, None).unwrap_err().to_string().contains("all weights are 0"));
    let other = Data { frame: data.frame.clone(), labels: vec![0.5; 20] };
    assert!(tell(&data.rows(), Some(&other.rows())).unwrap_err().to_string().contains("the label of row 0 is 0.5"));
    let one_class = Data { frame: data.frame.clone(), labels: vec![0.0; 20] };
    assert!(tell(&data.rows(), Some(&one_class.rows())).is_ok());
}

#[test]
fn settings_out_of_range_are_named() {
    let plain = NetworkSettings::default;
    let cases = [
        (NetworkSettings { hidden: vec![8; 4], ..plain() }, "hidden layers is 4"),
        (NetworkSettings { hidden: vec![0], ..plain() }, "hidden is 0"),
        (NetworkSettings { hidden: vec![257], ..plain() }, "hidden is 257"),
        (NetworkSettings { learning_rate: f64::NAN, ..plain() }, "learning_rate is NaN"),
        (NetworkSettings { decay: -1.0, ..plain() }, "decay is -1"),
        (NetworkSettings { longest_gradient: 0.0, ..plain() }, "longest_gradient is 0"),
        (NetworkSettings { epochs: 0, ..plain() }, "epochs is 0"),
    ];
    for (settings, expected) in cases {
        let told = told(&small(), &[Objective::Logistic], &settings);
        assert!(told.contains(expected), "{told}");
    }
    assert!(told(&small(), &[], &plain()).contains("heads is 0"));
    assert!(told(&small(), &[Objective::Logistic; 2], &plain()).contains("heads is 2"));
    assert!(told(&small(), &[Objective::Quantile(1.0)], &plain()).contains("quantile is 1"));
}

#[test]
fn whoever_watches_can_break_off() {
    let data = numbers(5_000, 2, 2, |row, _| row[0]);
    let pool = ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    let mut told = Vec::new();
    let broken = train(
        &data.schema(),
        &data.rows(),
        None,
        &[Objective::Squared],
        &NetworkSettings::default(),
        &pool,
        &mut |done| {
            told.push(done);
            if told.len() == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        },
    );
    assert!(matches!(broken, Err(NetworkError::Cancelled(_))));
    assert!(told.len() == 3 && told.is_sorted() && told[2] < 0.01, "{told:?}");
}
