//! The pictures of a comparison: one set for each scenario and load, and one summary of all.
//!
//! Strategies have the same colour in all of them, by their place among all that were measured.

mod cells;
mod curves;
mod series;
mod summary;

use super::about::About;
use super::{Report, lanes};
use crate::chart::Scene;
use outrider_sim::Measured;

/// A picture and the name of its file, without the ending.
#[derive(Clone, Debug)]
pub(crate) struct Plot {
    pub(crate) name: String,
    pub(crate) scene: Scene,
}

/// One scenario at one load: the rounds of every strategy.
pub(super) struct Group<'a> {
    /// What distinguishes it from the others; empty if it is the only one.
    pub(super) place: String,
    /// Its rounds by strategy.
    pub(super) lanes: &'a [Vec<&'a Measured>],
    /// Where the hosts came from, in words.
    pub(super) world: &'a str,
}

/// All pictures of `measured`, whose figures are in `report`.
pub(crate) fn plots(measured: &[Measured], report: &Report, about: &About) -> Vec<Plot> {
    let lanes = lanes(measured);
    let mut plots = vec![Plot { name: "summary".into(), scene: summary::summary(report, about) }];
    let mut rest = &lanes[..];
    for entries in report.grouped() {
        let (own, later) = rest.split_at(entries.len());
        rest = later;
        let place = report.place(entries[0].run);
        let group = Group { place: place.clone(), lanes: own, world: &about.world };
        let scenes = curves::all(&group).into_iter().chain(cells::all(&group, &entries));
        plots.extend(scenes.map(|(name, scene)| Plot { name: file_name(name, &place), scene }));
    }
    plots
}

/// With what is letter or digit in `place`.
fn file_name(name: &str, place: &str) -> String {
    let plain: String = place.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
    let plain: String = plain.trim_matches('-').chars().take(60).collect();
    if plain.is_empty() { name.to_owned() } else { format!("{name}-{plain}") }
}

impl Group<'_> {
    /// The title of one of its pictures.
    pub(super) fn title(&self, what: &str) -> String {
        if self.place.is_empty() { what.to_owned() } else { format!("{what} ({})", self.place) }
    }

    /// The names of its strategies.
    pub(super) fn names(&self) -> Vec<String> {
        self.lanes.iter().filter_map(|lane| lane.first()).map(|round| round.strategy.clone()).collect()
    }

    /// A round to tell times from: all of a group are as long.
    pub(super) fn first(&self) -> Option<&Measured> {
        self.lanes.first()?.first().copied()
    }
}
