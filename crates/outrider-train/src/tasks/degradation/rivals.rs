//! What a forecast must beat.

use outrider_core::frame::{Column, Frame, Values};
use outrider_core::schema::{Feature, FeatureKind, KnownAt, Schema};

use crate::baselines::{BaselineError, CellTable, Statistic};
use crate::dataset::Dataset;
use crate::gates::Baseline;
use crate::linear::{self, LinearSettings};
use crate::metrics::Metric;
use crate::split::Split;

const SLOPE: &str = "ewma_slope";

/// All of them, on rows that judge, as probabilities.
pub(super) fn baselines(data: &Dataset, split: &Split, _: Metric) -> Result<Vec<Baseline>, BaselineError> {
    let (train, test) = (data.select(&split.train), data.select(&split.test));
    let table = |name: &str, columns: &[&str]| {
        let scores = CellTable::fit(&train, columns, Statistic::Mean)?.predict(test.frame())?;
        Ok(Baseline { name: name.to_owned(), scores })
    };
    let mut all = vec![
        table("no alarm", &[])?,
        table("persistence", &["degraded_now"])?,
        table("table by samples degraded", &["samples_degraded"])?,
    ];
    all.extend(slope(&train, &test).map(|scores| Baseline { name: "ewma slope".to_owned(), scores }));
    Ok(all)
}

/// The slope of the two averages as a probability, by logistic regression of it alone; none where that does not settle.
fn slope(train: &Dataset, test: &Dataset) -> Option<Vec<f64>> {
    let of = |data: &Dataset| {
        let Values::Number(slopes) = &data.frame().column(SLOPE)?.values else { return None };
        let slopes = slopes.iter().map(|slope| if slope.is_nan() { 0.0 } else { *slope }).collect();
        Frame::new(vec![Column { name: SLOPE.to_owned(), values: Values::Number(slopes) }]).ok()
    };
    let feature = Feature { name: SLOPE.to_owned(), kind: FeatureKind::Number, known_at: KnownAt::Arrival };
    let schema = Schema { features: vec![feature] };
    let settings = LinearSettings::default();
    let regression = linear::train(&of(train)?, &schema, train.labels(), train.weights(), &settings).ok()?;
    regression.predict(&of(test)?).ok()
}
