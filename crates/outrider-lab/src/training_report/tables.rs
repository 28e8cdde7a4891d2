//! The tables of the report.

use outrider_train::metrics::Interval;
use outrider_train::training::{Labels, Scored, Trained};

use super::numbers::{figure, head, metric, or_dash, thousands, with_interval};
use super::pictures::gain_shares;
use super::{load_table, replay_table};
use crate::report::numbers::percent;
use crate::report::tables::{Cell, Table};

/// Groups of labels, at most: those with most rows.
const GROUPS_MAX: usize = 30;
/// Figures of which one value is better than another, and whether it is the higher one.
const ORDERED: [(&str, bool); 6] = [
    ("roc_auc", true),
    ("log_loss", false),
    ("pr_auc", true),
    ("brier", false),
    ("mae_ms", false),
    ("balanced_accuracy", true),
];

/// All of them, in their order.
pub(super) fn all(trained: &Trained) -> Vec<Table> {
    let tables = [models(trained), contests(trained)].into_iter().chain(replay_table::replayed(trained));
    tables.chain([labels(trained), features(trained)]).chain(load_table::by_load(trained)).collect()
}

/// The names of all figures, in the order of their first sight.
pub(super) fn figure_names(trained: &Trained) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (name, ..) in trained.candidates.iter().flat_map(|candidate| &candidate.scored.figures) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

fn models(trained: &Trained) -> Table {
    let names = figure_names(trained);
    let all: Vec<Scored> = scored(trained);
    let row = |(number, scored): (usize, &Scored)| {
        let what = match number {
            number if number == trained.best => "chosen",
            number if number < trained.candidates.len() => "model",
            _ => "baseline",
        };
        let first = [scored.name.clone(), what.to_owned()].map(Cell::from);
        let cells = names.iter().map(|name| cell(scored, name, &all));
        first.into_iter().chain(cells).collect()
    };
    Table {
        title: "Models beside baselines".to_owned(),
        note: note(trained),
        heads: ["name", "is"].map(str::to_owned).into_iter().chain(names.iter().cloned()).collect(),
        rows: all.iter().enumerate().map(row).collect(),
    }
}

fn note(trained: &Trained) -> String {
    let mut note = String::from(
        "On rows that judge; in parentheses 95 % intervals by blocks that were drawn anew, where there are enough blocks. Best of a column in bold.",
    );
    if trained.best().threshold.is_some() {
        note += " Models have their threshold from rows that choose, baselines the best one for the very rows that judge, which favours baselines.";
    }
    note
}

/// Models, then baselines with the figures of all their heads.
fn scored(trained: &Trained) -> Vec<Scored> {
    let mut all: Vec<Scored> = trained.candidates.iter().map(|candidate| candidate.scored.clone()).collect();
    let models = all.len();
    for baseline in &trained.baselines {
        match all[models..].iter_mut().find(|known| known.name == baseline.name) {
            Some(known) => known.figures.extend(baseline.figures.iter().cloned()),
            None => all.push(baseline.clone()),
        }
    }
    all
}

fn value<'a>(scored: &'a Scored, name: &str) -> Option<(f64, Option<&'a Interval>)> {
    let (_, value, interval) = scored.figures.iter().find(|(own, ..)| own == name)?;
    Some(((*value)?, interval.as_ref()))
}

fn cell(scored: &Scored, name: &str, all: &[Scored]) -> Cell {
    let Some((own, interval)) = value(scored, name) else { return Cell::from("-".to_owned()) };
    let others = all.iter().filter_map(|other| value(other, name)).map(|(other, _)| other);
    let is_best = is_higher_better(name)
        .is_some_and(|is_higher| others.into_iter().all(|other| if is_higher { own >= other } else { own <= other }));
    Cell { text: with_interval(Some(own), interval), is_best }
}

fn is_higher_better(name: &str) -> Option<bool> {
    let known = ORDERED.iter().find(|(own, _)| *own == name).map(|(_, is_higher)| *is_higher);
    known.or_else(|| name.starts_with("pinball_").then_some(false))
}

/// The chosen model against each baseline.
fn contests(trained: &Trained) -> Table {
    let rows = trained.heads.iter().flat_map(|of| {
        of.judgement.contests.iter().map(|contest| {
            let advantage = contest.advantage.as_ref();
            let verdict = match advantage {
                Some(_) if contest.is_won() => "yes",
                Some(_) => "no",
                None => "cannot be told",
            };
            let cells = [
                contest.baseline.clone(),
                format!("{}: {}", head(of.metric), metric(of.metric, &trained.data.roles().label)),
                or_dash(contest.ours),
                or_dash(contest.theirs),
                with_interval(advantage.map(|each| each.value), advantage),
                verdict.to_owned(),
            ];
            cells.map(Cell::from).into()
        })
    });
    Table {
        title: format!("{} against each baseline", trained.best().scored.name),
        note: "The advantage is paired by rows and drawn by blocks; the model is better where its whole 95 % interval lies above 0.".to_owned(),
        heads: ["baseline", "by", "model", "baseline has", "advantage", "is better"].map(str::to_owned).into(),
        rows: rows.collect(),
    }
}

/// By the task's groups, and of all.
fn labels(trained: &Trained) -> Table {
    let mut groups: Vec<(&String, &Labels)> = trained.labels.iter().collect();
    groups.sort_by_key(|(name, labels)| (*name == "all", std::cmp::Reverse(labels.rows)));
    let left_out = groups.len().saturating_sub(GROUPS_MAX + 1);
    groups.drain(groups.len() - 1 - left_out..groups.len() - 1);
    let has_classes = groups.iter().any(|(_, labels)| labels.positive.is_some());
    let row = |(name, labels): (&String, &Labels)| {
        let share = labels.positive.map(|positive| positive as f64 / labels.rows.max(1) as f64);
        let of_classes = [labels.positive.map(thousands), share.map(percent)];
        let cells = [Some(name.clone()), Some(thousands(labels.rows))].into_iter().chain(of_classes);
        cells.flatten().map(Cell::from).collect()
    };
    let heads: &[&str] = if has_classes { &["group", "rows", "positive", "share"] } else { &["group", "rows"] };
    Table {
        title: format!("Labels by {}", trained.task.groups),
        note: if left_out > 0 { format!("{left_out} groups with fewer rows are left out.") } else { String::new() },
        heads: heads.iter().map(ToString::to_string).collect(),
        rows: groups.into_iter().map(row).collect(),
    }
}

/// Each feature: when it is known, and what it does for the chosen model.
fn features(trained: &Trained) -> Table {
    let gains = gain_shares(trained);
    let gain = |name: &str| gains.iter().find(|(own, _)| own == name).map(|(_, share)| percent(*share));
    let schema = trained.data.schema();
    let row = |(name, importance): &(String, f64)| {
        let feature = &schema.features[schema.position(name)?];
        let about =
            [name.clone(), feature.kind.name().to_owned(), feature.known_at.name().to_owned(), figure(*importance)];
        Some(about.into_iter().chain(gain(name)).map(Cell::from).collect())
    };
    let mut heads = vec!["feature", "kind", "known at", "importance"];
    heads.extend((!gains.is_empty()).then_some("share of gain"));
    Table {
        title: "Features".to_owned(),
        note: format!(
            "Importance: the rise of {} on rows that choose when the feature's values are shuffled.",
            trained.heads.first().map_or_else(String::new, |of| metric(of.metric, &trained.data.roles().label))
        ),
        heads: heads.into_iter().map(str::to_owned).collect(),
        rows: trained.importances.iter().filter_map(row).collect(),
    }
}
