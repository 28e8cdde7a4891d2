//! The chosen model and its baselines by deciles of load: what matters is how they do where it is full.

use outrider_core::frame::Values;
use outrider_train::gates::load_deciles;
use outrider_train::metrics::{Metric, Sample};
use outrider_train::training::Trained;

use super::numbers::{head, metric, or_dash, thousands};
use super::seen::{Contender, Seen, Standing};
use crate::report::numbers::percent;
use crate::report::tables::{Cell, Table};

/// A table for each head; none without a load.
pub(super) fn by_load(trained: &Trained) -> Vec<Table> {
    let Some((name, load)) = load(trained) else { return Vec::new() };
    let (seen, deciles) = (Seen::of(trained), load_deciles(&load));
    let of = |nth: usize| table(&seen, nth, name, &load, &deciles);
    (0..trained.heads.len()).map(of).collect()
}

/// The column of load, and its values on rows that judge.
fn load(trained: &Trained) -> Option<(&'static str, Vec<f64>)> {
    let name = trained.task.load?;
    let Values::Number(values) = &trained.data.frame().column(name)?.values else { return None };
    Some((name, trained.split.test.iter().map(|&row| values[row]).collect()))
}

fn table(seen: &Seen<'_>, nth: usize, name: &str, load: &[f64], deciles: &[Vec<usize>]) -> Table {
    let own = seen.trained.heads[nth].metric;
    let all = seen.contenders(nth);
    let told: Vec<&Contender> = all.iter().filter(|one| one.standing != Standing::Model).collect();
    let row = |rows: &Vec<usize>| -> Vec<Cell> {
        let (low, high) = (load[rows[0]], load[rows[rows.len() - 1]]);
        let first = [format!("{low} to {high}"), thousands(rows.len())];
        let cells = told.iter().map(|one| figures(own, &pick(&seen.labels, rows), &pick(one.scores, rows)));
        first.into_iter().chain(cells).map(Cell::from).collect()
    };
    Table {
        title: format!("By load: {}", head(own)),
        note: format!(
            "Rows that judge, in tenths by {name}: {}{}.",
            metric(own, &seen.trained.data.roles().label),
            if matches!(own, Metric::Pinball(_)) { ", and the share of rows at or below what was said" } else { "" }
        ),
        heads: [name, "rows"].into_iter().chain(told.iter().map(|one| one.name)).map(str::to_owned).collect(),
        rows: deciles.iter().map(row).collect(),
    }
}

fn pick(values: &[f64], rows: &[usize]) -> Vec<f64> {
    rows.iter().map(|&row| values[row]).collect()
}

/// The metric, and of a quantile its coverage.
fn figures(own: Metric, labels: &[f64], scores: &[f64]) -> String {
    let value = or_dash(own.of(&Sample::new(labels, scores)));
    if !matches!(own, Metric::Pinball(_)) {
        return value;
    }
    let covered = labels.iter().zip(scores).filter(|(label, said)| label <= said).count();
    format!("{value} ({})", percent(covered as f64 / labels.len() as f64))
}
