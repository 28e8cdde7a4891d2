//! How the episodes of a label lie beside the changes that a person marked, where a source has such marks (column `change`, 1: marked).
//! No feature is made of them; they say whether a label finds what people call a change.

use outrider_core::frame::Frame;

use super::super::columns::numbers;
use super::states::State;
use super::{Label, Link, Links, normal};

/// The column of marks.
pub(super) const MARK: &str = "change";
/// So many sampling intervals are near.
const NEAR_INTERVALS: i64 = 4;

#[derive(Debug, Default)]
struct Counts {
    episodes: usize,
    episodes_near: usize,
    samples: usize,
    samples_near: usize,
    marks: usize,
    marks_met: usize,
}

/// A sentence on it; none where nothing is marked.
pub(super) fn told(source: &Frame, label: Label) -> Option<String> {
    let marks = numbers(source, MARK)?;
    let Links { links, places } = Links::of(source).ok()?;
    let mut of_link: Vec<Vec<i64>> = vec![Vec::new(); links.len()];
    for (place, _) in places.iter().zip(&marks).filter(|(_, mark)| **mark == 1.0) {
        let Some((link, bucket)) = *place else { continue };
        of_link[link].push(links[link].buckets[bucket].at_us);
    }
    let mut counts = Counts::default();
    for (link, marks) in links.iter().zip(&mut of_link) {
        marks.sort_unstable();
        counts.add(link, label, marks);
    }
    counts.told()
}

impl Counts {
    fn add(&mut self, link: &Link, label: Label, marks: &[i64]) {
        let states = label.states(link, &normal::moments(link));
        let mut began: Vec<i64> = states.iter().filter_map(|state| state.since_us()).collect();
        began.dedup();
        let near_us = NEAR_INTERVALS * link.interval_us();
        self.episodes += began.len();
        self.episodes_near += began.iter().filter(|&&at_us| is_near(marks, at_us, near_us)).count();
        self.samples += link.buckets.len();
        self.samples_near += link.buckets.iter().filter(|bucket| is_near(marks, bucket.at_us, near_us)).count();
        self.marks += marks.len();
        self.marks_met += marks.iter().filter(|&&at_us| is_near(&began, at_us, near_us)).count();
    }

    fn told(&self) -> Option<String> {
        let share = |part: usize, of: usize| part as f64 / of.max(1) as f64;
        (self.marks > 0).then(|| {
            format!(
                "{:.4} of {} episodes begin within {NEAR_INTERVALS} sampling intervals of a change that a person marked, where {:.4} of all samples lie; {:.4} of {} marked changes have such an episode",
                share(self.episodes_near, self.episodes),
                self.episodes,
                share(self.samples_near, self.samples),
                share(self.marks_met, self.marks),
                self.marks
            )
        })
    }
}

impl State {
    fn since_us(self) -> Option<i64> {
        match self {
            State::Degraded { since_us } => Some(since_us),
            State::Unknown | State::Normal => None,
        }
    }
}

/// Whether one of `sorted` lies no further than `near_us` from `at_us`.
fn is_near(sorted: &[i64], at_us: i64, near_us: i64) -> bool {
    let first = sorted.partition_point(|&other| other < at_us.saturating_sub(near_us));
    sorted.get(first).is_some_and(|&other| other <= at_us.saturating_add(near_us))
}
