//! What it would have come to, had others decided: policies replayed on rows that each went one of two ways.

use outrider_train::training::{Replay, Scored, Trained};

use super::numbers::{thousands, with_interval};
use crate::report::tables::{Cell, Table};

/// One table where rows are a trial, else none.
pub(super) fn replayed(trained: &Trained) -> Option<Table> {
    let replay = trained.replay.as_ref()?;
    let names = replay.policies.first()?.figures.iter().map(|(name, ..)| name.clone());
    Some(Table {
        title: "What it would have come to".to_owned(),
        note: note(replay),
        heads: ["policy".to_owned()].into_iter().chain(names).collect(),
        rows: replay.policies.iter().map(row).collect(),
    })
}

fn note(replay: &Replay) -> String {
    format!(
        "Each policy on those rows that went where it would have sent them, {} in all ({} tell nothing), with 95 % intervals by blocks. Money and waiting in dollars per 1000; who was not served counts with what they paid and waited all the same. It holds both ways as they were then, not as the load that a policy makes would have them.",
        thousands(replay.rows),
        thousands(replay.left_out),
    )
}

fn row(policy: &Scored) -> Vec<Cell> {
    let figures = policy.figures.iter().map(|(_, value, interval)| with_interval(*value, interval.as_ref()));
    [policy.name.clone()].into_iter().chain(figures).map(Cell::from).collect()
}
