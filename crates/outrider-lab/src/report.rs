//! What a comparison has shown, for people and for programs.
//!
//! Figures are pure functions of what was measured, so that whatever measures (sockets here, a simulator elsewhere) prints the
//! same keys from the same code; files are written by [`write_all`] alone.

mod about;
mod bench;
mod columns;
mod detail;
mod findings;
#[cfg(test)]
pub(crate) mod gallery;
mod latencies;
pub(crate) mod markdown;
pub(crate) mod numbers;
pub(crate) mod page;
mod placement;
pub(crate) mod plots;
mod ratio;
mod recovery;
mod requests;
mod run;
#[cfg(test)]
pub(crate) mod sample;
mod table;
pub(crate) mod tables;
mod warnings;
mod write;

use serde::Serialize;

pub use about::{About, SOCKETS};
pub use bench::Bench;
pub use detail::{Detail, Phase};
pub use latencies::{BEYOND_MIN, BEYOND_MIN_SEED};
pub use ratio::{Ratio, Times, Verdict};
pub use run::{ClassFigures, RoundFigures, Run, SeedFigures};
pub(crate) use table::align_plain;
pub use table::render_table;
pub use write::{ReportError, Written, write_all};

use columns::Entry;
use outrider_sim::{Measured, MeasuredHost};

/// Everything that a comparison has shown, in figures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// One entry per scenario, load and strategy, in the order in which they were first measured.
    pub runs: Vec<Run>,
    /// More about each run, in the same order.
    pub details: Vec<Detail>,
    /// Every strategy against the first of its scenario and load.
    pub ratios: Vec<Ratio>,
    /// The hosts of each scenario.
    pub hosts: Vec<HostFigures>,
    /// How the bench itself did, where there was one.
    pub bench: Option<Bench>,
    /// What a reader must know before believing the figures; empty if nothing.
    pub warnings: Vec<String>,
}

/// One host that was balanced.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HostFigures {
    /// Name of the experiment.
    pub scenario: String,
    /// Its name.
    pub name: String,
    /// Requests that it serves at a time, in the first round.
    pub parallelism: usize,
    /// Its share of the capacity of all, mean over rounds (a seed may draw the fleet).
    pub capacity_share: f64,
}

/// The figures of `measured`. Rounds of one scenario, load and strategy are taken together.
pub fn figures(measured: &[Measured]) -> Report {
    let lanes = lanes(measured);
    let runs: Vec<Run> = lanes.iter().map(|rounds| Run::of(rounds)).collect();
    let mut report = Report {
        details: runs.iter().zip(&lanes).map(|(run, rounds)| Detail::of(run, rounds)).collect(),
        ratios: runs
            .chunk_by(same_group)
            .filter_map(|group| group.split_first())
            .flat_map(|(a, b)| ratio::ratios(a, b))
            .collect(),
        hosts: hosts(measured),
        bench: Bench::of(measured),
        warnings: Vec::new(),
        runs,
    };
    report.warnings = warnings::warnings(&report, measured);
    report
}

/// Rounds of one scenario, load and strategy, by seed; scenarios and loads stay together, in the order in which they
/// first appear, and strategies within them.
pub(crate) fn lanes(measured: &[Measured]) -> Vec<Vec<&Measured>> {
    let mut groups: Vec<Vec<Vec<&Measured>>> = Vec::new();
    for round in measured {
        let group = place(&mut groups, |lanes| same_comparison(lanes[0][0], round));
        let lane = place(group, |lane| lane[0].strategy == round.strategy);
        lane.push(round);
    }
    let mut lanes: Vec<Vec<&Measured>> = groups.into_iter().flatten().collect();
    lanes.iter_mut().for_each(|lane| lane.sort_by_key(|round| round.seed));
    lanes
}

/// The first list that fits, or a new one at the end.
fn place<T>(lists: &mut Vec<Vec<T>>, fits: impl Fn(&Vec<T>) -> bool) -> &mut Vec<T> {
    let at = lists.iter().position(fits).unwrap_or(lists.len());
    if at == lists.len() {
        lists.push(Vec::new());
    }
    &mut lists[at]
}

fn same_comparison(a: &Measured, b: &Measured) -> bool {
    a.scenario == b.scenario && a.load == b.load
}

fn same_group(a: &Run, b: &Run) -> bool {
    a.scenario == b.scenario && a.load == b.load
}

fn hosts(measured: &[Measured]) -> Vec<HostFigures> {
    let mut hosts: Vec<(HostFigures, f64)> = Vec::new();
    for round in measured {
        for host in &round.hosts {
            match hosts.iter_mut().find(|(known, _)| known.scenario == round.scenario && known.name == host.name) {
                Some((known, rounds)) => {
                    known.capacity_share += host.capacity_share;
                    *rounds += 1.0;
                }
                None => hosts.push((HostFigures::new(round, host), 1.0)),
            }
        }
    }
    let mean =
        |(host, rounds): (HostFigures, f64)| HostFigures { capacity_share: host.capacity_share / rounds, ..host };
    hosts.into_iter().map(mean).collect()
}

impl HostFigures {
    fn new(round: &Measured, host: &MeasuredHost) -> HostFigures {
        HostFigures {
            scenario: round.scenario.clone(),
            name: host.name.clone(),
            parallelism: host.parallelism,
            capacity_share: host.capacity_share,
        }
    }
}

impl Report {
    /// The runs of each scenario and load.
    pub fn groups(&self) -> impl Iterator<Item = &[Run]> {
        self.runs.chunk_by(same_group)
    }

    /// `run` against the first of its group; none for the first itself.
    pub fn ratio(&self, run: &Run) -> Option<&Ratio> {
        let about =
            |ratio: &&Ratio| (&ratio.scenario, ratio.load, &ratio.strategy) == (&run.scenario, run.load, &run.strategy);
        self.ratios.iter().find(about)
    }

    /// All that is known of each strategy, by scenario and load.
    pub(crate) fn grouped(&self) -> Vec<Vec<Entry<'_>>> {
        let entries = self.runs.iter().zip(&self.details);
        let entries = entries.map(|(run, detail)| Entry { run, detail, ratio: self.ratio(run) });
        let entries: Vec<Entry<'_>> = entries.collect();
        entries.chunk_by(|a, b| same_group(a.run, b.run)).map(<[Entry<'_>]>::to_vec).collect()
    }

    /// Where `run` was measured, if not all were in the same place: its scenario, its load.
    pub fn place(&self, run: &Run) -> String {
        let several_loads = self.runs.iter().any(|other| other.load != run.load);
        let scenario = self.runs.iter().any(|other| other.scenario != run.scenario).then(|| run.scenario.clone());
        let load = run.load.filter(|_| several_loads).map(|load| format!("load {load:.2}"));
        scenario.into_iter().chain(load).collect::<Vec<_>>().join(", ")
    }

    /// What `run` is called among the others: its strategy, with the load or scenario where there are several.
    pub fn label(&self, run: &Run) -> String {
        match self.place(run) {
            place if place.is_empty() => run.strategy.clone(),
            place => format!("{} ({place})", run.strategy),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{MadeUp, Wits};

    /// Strategies that a queue tells apart.
    pub(super) fn made_up(seeds: u64) -> Vec<Measured> {
        let wits =
            [("round_robin", 0.0, false), ("p2c", 0.6, false), ("least_request", 1.0, false), ("weighted", 1.0, true)];
        let wits = wits.map(|(name, looks, knows_speed)| (name, Wits { looks, knows_speed }));
        MadeUp::default().rounds(&wits, seeds)
    }

    #[test]
    fn runs_come_in_the_order_of_their_first_rounds() {
        let mut measured = made_up(2);
        let of_seed_2 = measured.iter_mut().filter(|round| round.seed == 2);
        of_seed_2.for_each(|round| round.load = Some(0.9));
        measured.swap(2, 3);
        let report = figures(&measured);
        let order: Vec<String> = report.runs.iter().map(|run| report.label(run)).collect();
        assert_eq!(order[..2], ["round_robin (load 0.70)", "p2c (load 0.70)"]);
        assert_eq!(report.groups().map(<[Run]>::len).collect::<Vec<_>>(), [4, 4]);
        assert_eq!(report.ratios.iter().filter(|ratio| ratio.to == "round_robin").count() % 3, 0);
    }

    #[test]
    fn a_queue_that_is_balanced_better_comes_out_better() {
        let report = figures(&made_up(5));
        let p99 = |strategy: &str| report.runs.iter().find(|run| run.strategy == strategy).unwrap().p99_ms.unwrap();
        assert!(p99("weighted") < p99("least_request") && p99("least_request") < p99("round_robin"));
        let weighted = report.ratios.last().unwrap();
        assert_eq!(weighted.p99.unwrap().verdict(), Verdict::Lower, "{weighted:?}");
        assert!(
            report.warnings.iter().all(|warning| !warning.contains("different requests")),
            "{:#?}",
            report.warnings
        );
    }

    #[test]
    fn the_keys_of_a_run_are_those_agreed() {
        let json = serde_json::to_value(figures(&made_up(2))).unwrap();
        let keys: Vec<&str> = json["runs"][0].as_object().unwrap().keys().map(String::as_str).collect();
        let mut agreed = vec![
            "scenario",
            "load",
            "strategy",
            "seeds",
            "requests",
            "mean_ms",
            "p50_ms",
            "p90_ms",
            "p95_ms",
            "p99_ms",
            "p99_ms_low",
            "p99_ms_high",
            "p999_ms",
            "sd_ms",
            "cv",
            "error_rate",
            "goodput_per_s",
            "attempts_per_request",
            "min_host_share",
            "recovery_s",
            "by_seed",
            "by_class",
            "by_host",
        ];
        agreed.sort_unstable();
        let mut keys = keys;
        keys.sort_unstable();
        assert_eq!(keys, agreed);
        let seed: Vec<&String> = json["runs"][0]["by_seed"][0].as_object().unwrap().keys().collect();
        assert_eq!(seed.len(), 3);
        assert!(json["runs"][0]["by_class"]["30 ms"]["p99_ms"].is_number());
    }

    #[test]
    fn nothing_measured_is_an_empty_report() {
        let report = figures(&[]);
        assert_eq!((report.runs.len(), report.warnings.len()), (0, 0));
    }
}
