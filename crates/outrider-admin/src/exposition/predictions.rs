//! The metrics of pools that predict.

use std::collections::BTreeMap;
use std::fmt;

use outrider_pilot::{Accuracy, Doubt, HostPrediction, PredictionStatus};
use outrider_proxy::metrics::catalogue as names;

use super::Scrape;
use super::page::Page;

/// Not a reason: predictions route.
const NONE: &str = "none";

impl Scrape {
    pub(super) fn predictions(&self, page: &mut Page<'_>) -> fmt::Result {
        let pools = self.predicting();
        page.counter(names::OUTCOMES_LOST, self.metrics.counter(|w| &w.outcomes_lost))?;
        page.counters(names::POOL_CHOSEN_BY, pools.iter().flat_map(|(pool, status)| chosen_by(pool, status)))?;
        page.gauges(names::POOL_FALLBACK, pools.iter().flat_map(|(pool, status)| in_force(pool, status)))?;
        let age = |(pool, status): &(_, &PredictionStatus)| Some((vec![*pool], status.table_age?.as_secs_f64()));
        page.gauges(names::POOL_TABLE_AGE, pools.iter().filter_map(age))?;
        page.gauges(names::POOL_LOSS, pools.iter().flat_map(|(pool, status)| losses(pool, status)))?;
        let cost = |of: fn(&PredictionStatus) -> f64| pools.iter().map(move |(pool, status)| (vec![*pool], of(status)));
        page.counters(names::POOL_COST, cost(|status| status.reckoning.cost_s))?;
        page.counters(names::POOL_LEAST_COST, cost(|status| status.reckoning.least_cost_s))?;
        self.predictions_by_host(page, &pools)?;
        self.predictions_by_class(page, &pools)
    }

    fn predicting(&self) -> Vec<(&str, &PredictionStatus)> {
        let pools = self.pools.iter();
        pools.filter_map(|pool| Some((pool.settings.name.as_str(), pool.prediction.as_ref()?))).collect()
    }

    fn predictions_by_host(&self, page: &mut Page<'_>, pools: &[(&str, &PredictionStatus)]) -> fmt::Result {
        let named = |(pool, status): &(&str, &PredictionStatus)| -> Vec<_> {
            let pool = (*pool).to_owned();
            status.hosts.iter().map(|host| (pool.clone(), host.address.to_string(), host.clone())).collect()
        };
        let hosts: Vec<(String, String, HostPrediction)> = pools.iter().flat_map(named).collect();
        let rows = || hosts.iter().map(|(pool, address, host)| (vec![pool.as_str(), address.as_str()], host));
        let sums = |of: fn(&Accuracy) -> f64| rows().map(move |(labels, host)| (labels, of(&host.accuracy)));
        page.counters(names::HOST_PREDICTED, rows().map(|(labels, host)| (labels, host.accuracy.requests)))?;
        page.counters(names::HOST_PREDICTED_SERVICE, sums(|accuracy| accuracy.predicted_s))?;
        page.counters(names::HOST_SERVICE, sums(|accuracy| accuracy.actual_s))?;
        page.counters(names::HOST_WITHIN, rows().flat_map(|(labels, host)| within(&labels, &host.accuracy)))?;
        let known = |of: fn(&HostPrediction) -> Option<f32>| {
            rows().filter_map(move |(labels, host)| Some((labels, f64::from(of(host)?))))
        };
        page.gauges(names::HOST_CORRECTION, known(|host| host.correction))?;
        page.gauges(names::HOST_SLOTS, known(|host| host.slots))?;
        page.gauges(names::HOST_WORK, rows().map(|(labels, host)| (labels, host.outstanding_s)))
    }

    /// Of all pools together, as other metrics of classes are.
    fn predictions_by_class(&self, page: &mut Page<'_>, pools: &[(&str, &PredictionStatus)]) -> fmt::Result {
        let published = self.shared.published.load();
        let mut classes: BTreeMap<&str, Accuracy> = BTreeMap::new();
        for (class, accuracy) in pools.iter().flat_map(|(_, status)| &status.classes) {
            let sum = classes.entry(published.snapshot.classes.name(*class)).or_default();
            *sum = sum.plus(accuracy);
        }
        let rows = || classes.iter().map(|(name, accuracy)| (vec![*name], accuracy));
        page.counters(names::CLASS_PREDICTED, rows().map(|(labels, accuracy)| (labels, accuracy.requests)))?;
        page.counters(names::CLASS_PREDICTED_SERVICE, rows().map(|(labels, sum)| (labels, sum.predicted_s)))?;
        page.counters(names::CLASS_SERVICE, rows().map(|(labels, sum)| (labels, sum.actual_s)))?;
        page.counters(names::CLASS_WITHIN, rows().flat_map(|(labels, sum)| within(&labels, sum)))
    }
}

fn within<'a>(labels: &[&'a str], accuracy: &Accuracy) -> [(Vec<&'a str>, u64); 2] {
    let at = |quantile: &'a str| labels.iter().copied().chain([quantile]).collect();
    [(at("0.5"), accuracy.within_p50), (at("0.9"), accuracy.within_p90)]
}

fn chosen_by<'a>(pool: &'a str, status: &PredictionStatus) -> Vec<(Vec<&'a str>, u64)> {
    let reckoning = status.reckoning;
    let fallbacks =
        Doubt::ALL.iter().zip(reckoning.by_fallback).map(|(doubt, count)| (vec![pool, doubt.name()], count));
    fallbacks.chain([(vec![pool, "predictions"], reckoning.by_table)]).collect()
}

fn in_force<'a>(pool: &'a str, status: &PredictionStatus) -> Vec<(Vec<&'a str>, f64)> {
    let now = status.doubt.map_or(NONE, Doubt::name);
    let reasons = Doubt::ALL.iter().map(|doubt| doubt.name()).chain([NONE]);
    reasons.map(|reason| (vec![pool, reason], f64::from(u8::from(reason == now)))).collect()
}

fn losses<'a>(pool: &'a str, status: &PredictionStatus) -> Vec<(Vec<&'a str>, f64)> {
    let Some((predictions, averages)) = status.losses else { return Vec::new() };
    vec![(vec![pool, "predictions"], predictions), (vec![pool, "averages"], averages)]
}
