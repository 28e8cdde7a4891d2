//! Writes rows of the catalogue through the library's encoder.

use std::fmt;

use outrider_proxy::metrics::catalogue::{Metric, MetricKind};
use outrider_proxy::metrics::{BOUNDS_NS, HistogramTotals};
use prometheus_client::encoding::{DescriptorEncoder, EncodeCounterValue, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;

/// The page so far.
pub(super) struct Page<'a>(pub(super) DescriptorEncoder<'a>);

impl Page<'_> {
    /// A counter without labels.
    pub(super) fn counter(&mut self, metric: Metric, value: impl EncodeCounterValue) -> fmt::Result {
        self.counters(metric, [(Vec::new(), value)])
    }

    /// A counter, a row for each set of label values.
    pub(super) fn counters<'v, V: EncodeCounterValue>(
        &mut self,
        metric: Metric,
        rows: impl IntoIterator<Item = (Vec<&'v str>, V)>,
    ) -> fmt::Result {
        self.rows(metric, rows, |encoder, value| encoder.encode_counter::<NoLabelSet, _, f64>(&value, None))
    }

    /// A gauge without labels.
    pub(super) fn gauge(&mut self, metric: Metric, value: u64) -> fmt::Result {
        self.rows(metric, [(Vec::new(), value)], |encoder, value| encoder.encode_gauge(&value))
    }

    /// A gauge, a row for each set of label values.
    pub(super) fn gauges<'v>(
        &mut self,
        metric: Metric,
        rows: impl IntoIterator<Item = (Vec<&'v str>, f64)>,
    ) -> fmt::Result {
        self.rows(metric, rows, |encoder, value| encoder.encode_gauge(&value))
    }

    /// A histogram without labels.
    pub(super) fn histogram(&mut self, metric: Metric, totals: &HistogramTotals) -> fmt::Result {
        self.histograms(metric, [(Vec::new(), totals)])
    }

    /// A histogram for each set of label values.
    pub(super) fn histograms<'v>(
        &mut self,
        metric: Metric,
        rows: impl IntoIterator<Item = (Vec<&'v str>, &'v HistogramTotals)>,
    ) -> fmt::Result {
        self.rows(metric, rows, |encoder, totals| {
            let bounds = BOUNDS_NS.iter().map(|&ns| ns as f64 / 1e9).chain([f64::INFINITY]);
            let buckets: Vec<(f64, u64)> = bounds.zip(totals.buckets).collect();
            let sum_s = totals.sum_ns as f64 / 1e9;
            encoder.encode_histogram::<NoLabelSet>(sum_s, totals.count(), &buckets, None)
        })
    }

    fn rows<'v, V>(
        &mut self,
        metric: Metric,
        rows: impl IntoIterator<Item = (Vec<&'v str>, V)>,
        write: impl Fn(&mut MetricEncoder<'_>, V) -> fmt::Result,
    ) -> fmt::Result {
        let (stem, unit) = stem_and_unit(metric.name);
        let mut encoder = self.0.encode_descriptor(stem, metric.help, unit.as_ref(), kind(metric.kind))?;
        for (values, number) in rows {
            debug_assert_eq!(values.len(), metric.labels.len(), "{} has other labels", metric.name);
            let labels: Vec<(&str, &str)> = metric.labels.iter().copied().zip(values).collect();
            write_row(&mut encoder, &labels, |encoder| write(encoder, number))?;
        }
        Ok(())
    }
}

fn write_row(
    encoder: &mut MetricEncoder<'_>,
    labels: &Vec<(&str, &str)>,
    write: impl FnOnce(&mut MetricEncoder<'_>) -> fmt::Result,
) -> fmt::Result {
    if labels.is_empty() {
        return write(encoder);
    }
    write(&mut encoder.encode_family(labels)?)
}

/// The library adds the unit and `_total` by itself.
fn stem_and_unit(name: &'static str) -> (&'static str, Option<Unit>) {
    let name = name.strip_suffix("_total").unwrap_or(name);
    match (name.strip_suffix("_seconds"), name.strip_suffix("_bytes")) {
        (Some(stem), _) => (stem, Some(Unit::Seconds)),
        (_, Some(stem)) => (stem, Some(Unit::Bytes)),
        _ => (name, None),
    }
}

fn kind(kind: MetricKind) -> MetricType {
    match kind {
        MetricKind::Counter => MetricType::Counter,
        MetricKind::Gauge => MetricType::Gauge,
        MetricKind::Histogram => MetricType::Histogram,
    }
}
