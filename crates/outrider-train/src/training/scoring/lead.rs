//! How early alarms are: episodes that rows may forewarn of, and when each was first called.

use std::collections::BTreeMap;

use outrider_core::frame::NO_TIME;

use super::Figure;
use crate::dataset::Dataset;
use crate::metrics::{Bootstrap, Sample};

const MINUTE_US: f64 = 60e6;

/// An episode among some rows.
struct Episode {
    /// Its block is that of its first row.
    block: u32,
    /// From the first row called positive to its beginning, minutes; below 0: called after it had begun. None: never called.
    lead_min: Option<f64>,
}

/// How many episodes the rows are of, which share was called before it began, and how early on average, of those that were called at
/// all. Nothing if rows are of no episodes.
pub(super) fn figures(
    data: &Dataset,
    rows: &[usize],
    blocks: &[u32],
    is_called: impl Fn(usize) -> bool,
    bootstrap: &Bootstrap,
) -> Vec<Figure> {
    let Some(episodes) = episodes(data, rows, blocks, is_called) else { return Vec::new() };
    let is_early = |episode: &Episode| f64::from(u8::from(episode.lead_min.is_some_and(|lead| lead > 0.0)));
    let all: Vec<(f64, u32)> = episodes.iter().map(|episode| (is_early(episode), episode.block)).collect();
    let called: Vec<(f64, u32)> =
        episodes.iter().filter_map(|episode| Some((episode.lead_min?, episode.block))).collect();
    vec![
        ("episodes".to_owned(), Some(episodes.len() as f64), None),
        mean("warned_share", &all, bootstrap),
        mean("lead_min", &called, bootstrap),
    ]
}

fn episodes(data: &Dataset, rows: &[usize], blocks: &[u32], is_called: impl Fn(usize) -> bool) -> Option<Vec<Episode>> {
    let (begins, times, groups) = (data.episodes()?, data.times()?, data.groups()?);
    let mut order: Vec<usize> = (0..rows.len()).filter(|&at| begins[rows[at]] != NO_TIME).collect();
    order.sort_by_key(|&at| times[rows[at]]);
    let mut episodes: BTreeMap<(u32, i64), Episode> = BTreeMap::new();
    for at in order {
        let row = rows[at];
        let episode = episodes.entry((groups[row], begins[row]));
        let episode = episode.or_insert(Episode { block: blocks[at], lead_min: None });
        let lead_min = begins[row].saturating_sub(times[row]) as f64 / MINUTE_US;
        episode.lead_min = episode.lead_min.or(is_called(at).then_some(lead_min));
    }
    Some(episodes.into_values().collect())
}

fn mean(name: &str, values: &[(f64, u32)], bootstrap: &Bootstrap) -> Figure {
    let (values, blocks): (Vec<f64>, Vec<u32>) = values.iter().copied().unzip();
    let sample = Sample::new(&values, &values);
    let of = |sample: &Sample| sample.mean(|value, _| value);
    (name.to_owned(), of(&sample), bootstrap.interval(&sample, &blocks, of))
}

#[cfg(test)]
mod tests {
    use outrider_core::frame::Frame;

    use super::*;
    use crate::dataset::Roles;
    use crate::testing::{numbers, schema, times, words};

    #[test]
    fn the_first_call_of_an_episode_counts_and_those_of_other_links_do_not() {
        let minutes = |of: &[i64]| of.iter().map(|m| if *m < 0 { NO_TIME } else { m * 60_000_000 }).collect::<Vec<_>>();
        let links: Vec<Option<&str>> = ["a", "a", "a", "b", "b", "a"].map(Some).to_vec();
        let frame = Frame::new(vec![
            numbers("x", &[0.0; 6]),
            numbers("label", &[1.0, 1.0, 1.0, 1.0, 1.0, 0.0]),
            times("at", &minutes(&[2, 6, 14, 2, 6, 30])),
            times("begins", &minutes(&[10, 10, 10, 10, 4, -1])),
            words("link", &links),
        ]);
        let named = |name: &str| Some(name.to_owned());
        let roles = Roles {
            label: "label".to_owned(),
            time: named("at"),
            group: named("link"),
            episode: named("begins"),
            ..Roles::default()
        };
        let data = Dataset::new(frame.unwrap(), schema(&["x"], &[]), roles).unwrap();
        let called = [false, true, true, false, true, true];
        let told = figures(&data, &[0, 1, 2, 3, 4, 5], &[0; 6], |at| called[at], &Bootstrap::default());
        let value = |name: &str| told.iter().find(|figure| figure.0 == name).and_then(|figure| figure.1);
        // Of link a, called 4 minutes before; of link b one was never called and one 2 minutes late.
        assert_eq!((value("episodes"), value("lead_min")), (Some(3.0), Some(1.0)));
        assert!((value("warned_share").unwrap() - 1.0 / 3.0).abs() < 1e-12);
    }
}
