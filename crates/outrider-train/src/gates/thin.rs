//! Whether what judges holds enough of both classes to tell skill, or a leak, from luck: rows of one block share their luck, and a
//! handful of episodes says nothing of the next.

use std::collections::BTreeSet;

use outrider_core::frame::NO_TIME;

use super::Evidence;
use crate::metrics::{MIN_BLOCKS, POSITIVE};

/// With fewer episodes, or rows where rows are of no episodes, nothing is told.
const EPISODES: usize = 10;

/// Why what judges says too little; `None`: it says enough, or labels are amounts.
pub(super) fn told(evidence: &Evidence) -> Option<String> {
    if !evidence.data.is_two_class() {
        return None;
    }
    let (rows, blocks) = (&evidence.split.test, evidence.data.blocks());
    let of =
        |is_positive: bool| rows.iter().filter(move |&&row| (evidence.data.labels()[row] == POSITIVE) == is_positive);
    let blocks_of = |is_positive| of(is_positive).map(|&row| blocks[row]).collect::<BTreeSet<u32>>().len();
    let least = blocks_of(true).min(blocks_of(false));
    let episodes = evidence.data.episodes().zip(evidence.data.groups()).map(|(begins, groups)| {
        let of_episodes = rows.iter().filter(|&&row| begins[row] != NO_TIME);
        of_episodes.map(|&row| (groups[row], begins[row])).collect::<BTreeSet<_>>().len()
    });
    if let Some(episodes) = episodes.filter(|&episodes| episodes < EPISODES) {
        return Some(format!(
            "{episodes} episodes judge, fewer than {EPISODES}: too few to tell skill or a leak from luck; bring more links or days"
        ));
    }
    (least < MIN_BLOCKS).then(|| {
        format!(
            "a class is in {least} blocks of rows that judge (hours, days or hosts), fewer than {MIN_BLOCKS}: too few to tell skill or a leak from luck; bring more"
        )
    })
}
