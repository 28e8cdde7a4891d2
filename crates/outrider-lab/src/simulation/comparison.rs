//! Each strategy against those that matter: the best rival, least request with the true capacities, the limit; each class
//! against its best rival.

use std::collections::BTreeMap;

use outrider_sim::Measured;
use serde::Serialize;

use crate::report::{RoundFigures, Times};
use crate::statistics::geometric_mean;

/// The rules that anybody could use instead, without knowing more than a balancer can.
const RIVALS: [&str; 7] = ["least_request", "p2c", "peak_ewma", "c3", "grpc_wrr", "prequal", "prequal_local"];
const WEIGHTED: &str = "weighted_least_request";
const LIMIT: &str = "clairvoyant";

/// One strategy in one scenario at one load. A ratio is the geometric mean over fleets, each fleet against itself; none
/// where the other was not flown or a fleet has no such figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Name of the scenario.
    pub scenario: String,
    /// Arrivals over capacity.
    pub load: Option<f64>,
    /// The strategy.
    pub strategy: String,
    /// Against the rival that is best on each fleet, by the same figure.
    pub best_rival: Against,
    /// Against least request with the true capacities as weights.
    pub weighted_least_request: Against,
    /// Against the limit.
    pub clairvoyant: Against,
    /// p99 of each class against that of the rival whose geometric mean is least.
    pub by_class: BTreeMap<String, Times>,
    /// The class with the greatest of these.
    pub worst_class: Option<String>,
}

/// So many times as much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Against {
    /// Of p99.
    pub p99: Option<Times>,
    /// Of the mean.
    pub mean: Option<Times>,
}

/// One strategy by seed: what ratios are made of.
struct Lane<'a> {
    strategy: &'a str,
    seeds: Vec<RoundFigures>,
}

/// Every strategy of `measured`, which is of one scenario and load, seeds in one order.
pub fn compare(measured: &[Measured]) -> Vec<Comparison> {
    let lanes: Vec<Lane<'_>> = measured.chunk_by(|a, b| a.strategy == b.strategy).map(Lane::of).collect();
    let Some(first) = measured.first() else { return Vec::new() };
    lanes.iter().map(|lane| lane.comparison(first, &lanes)).collect()
}

type Figure = fn(&RoundFigures) -> Option<f64>;

impl<'a> Lane<'a> {
    fn of(rounds: &'a [Measured]) -> Lane<'a> {
        Lane { strategy: &rounds[0].strategy, seeds: rounds.iter().map(RoundFigures::of).collect() }
    }

    fn comparison(&self, about: &Measured, lanes: &[Lane<'_>]) -> Comparison {
        let by_class = self.by_class(&about.classes, lanes);
        let worst = by_class.iter().max_by(|a, b| a.1.ratio.total_cmp(&b.1.ratio));
        Comparison {
            scenario: about.scenario.clone(),
            load: about.load,
            strategy: self.strategy.to_owned(),
            best_rival: self.against(lanes, &RIVALS),
            weighted_least_request: self.against(lanes, &[WEIGHTED]),
            clairvoyant: self.against(lanes, &[LIMIT]),
            worst_class: worst.map(|(name, _)| name.clone()),
            by_class,
        }
    }

    /// Fleet by fleet against the least of those called `names`, but not against itself.
    fn against(&self, lanes: &[Lane<'_>], names: &[&str]) -> Against {
        let others = self.others(lanes, names);
        let times = |figure: Figure| {
            let least = |seed: usize| others.iter().filter_map(|lane| figure(&lane.seeds[seed])).reduce(f64::min);
            let ratio = |(seed, own): (usize, &RoundFigures)| Some(figure(own)? / least(seed)?);
            let ratios: Option<Vec<f64>> = self.seeds.iter().enumerate().map(ratio).collect();
            geometric_mean(&ratios?).map(Times::from)
        };
        Against { p99: times(|seed| seed.p99_ms), mean: times(|seed| seed.mean_ms) }
    }

    fn others<'b>(&self, lanes: &'b [Lane<'b>], names: &[&str]) -> Vec<&'b Lane<'b>> {
        let is_meant = |lane: &&Lane<'_>| names.contains(&lane.strategy) && lane.strategy != self.strategy;
        lanes.iter().filter(is_meant).collect()
    }

    fn by_class(&self, classes: &[String], lanes: &[Lane<'_>]) -> BTreeMap<String, Times> {
        let rivals = self.others(lanes, &RIVALS);
        let times = |(class, name): (usize, &String)| {
            let all = rivals.iter().filter_map(|lane| lane.class_p99_ms(class));
            let best = all.min_by(|a, b| mean(a).total_cmp(&mean(b)))?;
            let ratios: Vec<f64> = self.class_p99_ms(class)?.iter().zip(best).map(|(own, best)| own / best).collect();
            Some((name.clone(), geometric_mean(&ratios)?.into()))
        };
        classes.iter().enumerate().filter_map(times).collect()
    }

    /// By seed; none if one of them has too few requests of that class.
    fn class_p99_ms(&self, class: usize) -> Option<Vec<f64>> {
        self.seeds.iter().map(|seed| seed.class_p99_ms[class]).collect()
    }
}

fn mean(values: &[f64]) -> f64 {
    geometric_mean(values).map_or(f64::INFINITY, |mean| mean.center)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{round, row};

    /// A thousand requests, one in four large; large ones take twice as long.
    fn measured(strategy: &str, seed: u64, factor: u64) -> Measured {
        let row_of = |n: u64| {
            let class = u16::from(n.is_multiple_of(4));
            outrider_sim::Row { class, ..row(1_000_000 + n * 1_000, n * factor * (1 + u64::from(class))) }
        };
        Measured { rows: (1..=2_000).map(row_of).collect(), ..round(strategy, seed) }
    }

    fn rounds(lanes: &[(&str, [u64; 2])]) -> Vec<Measured> {
        lanes.iter().flat_map(|(name, f)| [measured(name, 1, f[0]), measured(name, 2, f[1])]).collect()
    }

    #[test]
    fn the_best_rival_is_another_one_on_each_fleet() {
        let all = rounds(&[
            ("p2c", [20, 40]),
            ("c3", [40, 20]),
            ("predictive", [10, 10]),
            ("weighted_least_request", [10, 40]),
        ]);
        let [p2c, c3, predictive, weighted] = &compare(&all)[..] else { panic!() };
        let ratio = |times: Option<Times>| (times.unwrap().ratio * 1e6).round() / 1e6;
        assert_eq!((ratio(predictive.best_rival.p99), ratio(predictive.best_rival.mean)), (0.5, 0.5));
        assert_eq!(ratio(predictive.weighted_least_request.p99), 0.5, "1 and 1/4");
        assert_eq!((ratio(p2c.best_rival.p99), ratio(c3.best_rival.p99)), (1.0, 1.0), "1/2 and 2, against each other");
        assert_eq!((predictive.clairvoyant, weighted.weighted_least_request), Default::default());
    }

    #[test]
    fn the_worst_class_is_named() {
        let mut all = rounds(&[("p2c", [20, 20]), ("predictive", [10, 10])]);
        let predictive = all.iter_mut().filter(|round| round.strategy == "predictive");
        let large = predictive.flat_map(|round| &mut round.rows).filter(|row| row.class == 1);
        large.for_each(|row| row.latency_us *= 3);
        let compared = &compare(&all)[1];
        assert_eq!(compared.worst_class.as_deref(), Some("large"));
        assert!((compared.by_class["large"].ratio - 1.5).abs() < 1e-9, "{compared:?}");
        assert!((compared.by_class["small"].ratio - 0.5).abs() < 1e-9, "{compared:?}");
    }
}
