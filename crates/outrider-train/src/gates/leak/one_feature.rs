//! One feature that alone nearly determines the label: a table of it, made of the rows that train, judged on those that judge.

use outrider_core::frame::Values;

use super::{Contest, Evidence, Rules, too_good};
use crate::baselines::Statistic;

/// Numbers are cut into at most so many bins of equal weight.
const BINS: usize = 256;

pub(super) fn reasons(rules: &Rules, evidence: &Evidence, contests: &[Contest]) -> Vec<String> {
    let statistic = Statistic::best_by(rules.metric);
    let part = evidence.test();
    let reason = |name: &str| {
        let values = &evidence.data.frame().column(name)?.values;
        let scores = scores(values, evidence, statistic)?;
        let told = too_good(rules, evidence, &part.sample(&scores), contests)?;
        Some(format!(
            "feature {name:?} alone nearly determines the label: {told}. Is it made of the label? Take it out"
        ))
    };
    evidence.data.schema().features.iter().filter_map(|feature| reason(&feature.name)).collect()
}

/// What the feature alone says of the rows that judge.
fn scores(values: &Values, evidence: &Evidence, statistic: Statistic) -> Option<Vec<f64>> {
    let (data, split) = (evidence.data, evidence.split);
    let bins = Bins::of(values, &split.train);
    let weight = |row: usize| data.weights().map_or(1.0, |weights| weights[row]);
    let labelled = |row: &usize| (data.labels()[*row], weight(*row));
    let mut rows: Vec<Vec<(f64, f64)>> = vec![Vec::new(); bins.count()];
    split.train.iter().for_each(|row| rows[bins.bin(*row)].push(labelled(row)));
    let otherwise = statistic.of(split.train.iter().map(labelled).collect())?;
    let table: Vec<f64> = rows.into_iter().map(|rows| statistic.of(rows).unwrap_or(otherwise)).collect();
    Some(split.test.iter().map(|&row| table[bins.bin(row)]).collect())
}

/// A bin for each row; the last is that of the missing.
enum Bins<'a> {
    Numbers { values: &'a [f64], cuts: Vec<f64> },
    Words { codes: &'a [u32], words: usize },
    None,
}

impl<'a> Bins<'a> {
    fn of(values: &'a Values, train: &[usize]) -> Bins<'a> {
        match values {
            Values::Word(words) => Bins::Words { codes: &words.codes, words: words.dictionary.len() },
            Values::Number(values) => Bins::Numbers { values, cuts: cuts(values, train) },
            Values::Time(_) => Bins::None,
        }
    }

    fn count(&self) -> usize {
        match self {
            Bins::Numbers { cuts, .. } => cuts.len() + 2,
            Bins::Words { words, .. } => words + 1,
            Bins::None => 1,
        }
    }

    fn bin(&self, row: usize) -> usize {
        match self {
            Bins::Numbers { values, cuts } if values[row].is_nan() => cuts.len() + 1,
            Bins::Numbers { values, cuts } => cuts.partition_point(|cut| *cut <= values[row]),
            Bins::Words { codes, words } => (codes[row] as usize).min(*words),
            Bins::None => 0,
        }
    }
}

/// Where bins begin, but for the first.
fn cuts(values: &[f64], train: &[usize]) -> Vec<f64> {
    let mut sorted: Vec<f64> = train.iter().map(|&row| values[row]).filter(|value| !value.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    let mut cuts: Vec<f64> = (1..BINS).filter_map(|at| sorted.get(at * sorted.len() / BINS).copied()).collect();
    cuts.dedup();
    cuts
}
