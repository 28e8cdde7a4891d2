//! What each feature adds to what the chosen model says of rows: a dot for each row.

use outrider_core::frame::Values;
use outrider_infer::imported::Imported;
use outrider_infer::trees::Trees;
use outrider_infer::{Model, Scale};

use super::evenly;
use super::lines::WIDTH;
use crate::chart::{Anchor, Axis, Frame, Ink, Panel, Pen, Scene, Shape, Unit, fit, width};
use crate::training_report::numbers::figure;
use crate::training_report::seen::Seen;

const ROWS_MAX: usize = 1_000;
/// Rows times their work, at most: a forest is deep.
const WORK_MAX: usize = 20_000_000;
const SHOWN: usize = 10;
const ROW: f32 = 36.0;
const SIZE: f32 = 12.0;
const NAME_MAX: f32 = 200.0;
const RADIUS: f32 = 1.6;

/// A feature: what it adds to each row, and how high its value is there among all.
struct Swarm {
    name: String,
    adds: Vec<f64>,
    heights: Vec<Height>,
    /// The mean of what it adds, whichever way.
    mean: f64,
}

/// Among the thirds of a feature's values.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Height {
    Low,
    Middle,
    High,
    /// Words, and what is missing.
    None,
}

/// The foremost features.
pub(super) fn summary(seen: &Seen<'_>) -> Option<Scene> {
    let rows = rows(seen);
    let mut swarms = swarms(seen, &rows)?;
    swarms.sort_by(|a, b| b.mean.total_cmp(&a.mean));
    swarms.truncate(SHOWN);
    let top = 88.0;
    let height = ROW * swarms.len() as f32;
    let mut scene = Scene::new(WIDTH, top + height + 56.0, "What raises and lowers predictions (SHAP)");
    scene.head(&notes(seen, rows.len()));
    let names = swarms.iter().map(|swarm| width(&swarm.name, SIZE)).fold(40.0, f32::max).min(NAME_MAX);
    let frame = Frame { x: 16.0 + names + 12.0, y: top, width: WIDTH - names - 28.0 - 84.0, height };
    let x = Axis::around(swarms.iter().flat_map(|swarm| swarm.adds.iter().copied()).chain([0.0]), Unit::Count);
    let none = Axis::between(0.0, 1.0, Unit::Count);
    let panel = Panel { frame, x: &x, y: &none, has_x_ticks: true, has_y_ticks: false };
    panel.columns(&mut scene);
    let (zero, _) = panel.place((0.0, 0.0));
    scene.path(vec![(zero, top), (zero, top + height)], Pen::solid(Ink::Quiet, 1.0));
    for (number, swarm) in swarms.iter().enumerate() {
        swarm.draw(&mut scene, &panel, top + ROW * (number as f32 + 0.5), names);
    }
    scene.text((frame.x, top + height + 36.0), SIZE, Anchor::Start, Ink::Text, &format!("added to {}", said(seen)));
    Some(scene)
}

fn notes(seen: &Seen<'_>, rows: usize) -> [String; 2] {
    [
        format!(
            "{} on {} rows that judge: a dot for each row, to the right what raised the prediction; at the end the mean size.",
            seen.trained.best().scored.name,
            rows
        ),
        "Blue: the lowest third of the feature's values; red: the highest; grey: between, words, or missing."
            .to_owned(),
    ]
}

/// What contributions add up to.
fn said(seen: &Seen<'_>) -> String {
    let label = seen.label();
    match seen.trained.best().model.scale() {
        Scale::LogOdds => format!("the log odds of {label}, nats"),
        Scale::Logarithm => format!("ln({label}) of the first quantile"),
        Scale::Plain => format!("the probability of {label}"),
    }
}

/// Places among rows that judge, evenly.
fn rows(seen: &Seen<'_>) -> Vec<usize> {
    let most = ROWS_MAX.min(WORK_MAX / work(&seen.trained.best().model).max(1)).max(1);
    evenly(seen.trained.split.test.len(), most)
}

/// What it takes to explain a row, in leaves that are walked to. A network is walked 32 times through its features; a step over
/// eight neurons counts as a leaf.
fn work(model: &Model) -> usize {
    match model {
        Model::Logistic { .. } => 1,
        Model::Trees { heads, .. } => heads.first().map_or(1, Trees::leaves),
        Model::Imported { heads, .. } => heads.first().map_or(1, Imported::leaves),
        Model::Network { network, .. } => 32 * network.inputs().inputs().len() * network.layers()[0].width() / 8,
        Model::Ensemble { ensemble, .. } => ensemble.members().iter().map(work).sum(),
    }
}

fn swarms(seen: &Seen<'_>, rows: &[usize]) -> Option<Vec<Swarm>> {
    let rows: Vec<usize> = rows.iter().map(|&row| seen.trained.split.test[row]).collect();
    let frame = seen.trained.data.frame().select(&rows);
    let explained = seen.trained.best().model.explain(&frame).ok()?;
    let names: Vec<&String> = explained.first()?.features.iter().map(|(name, _)| name).collect();
    let swarm = |(at, name): (usize, &&String)| {
        let mut adds: Vec<f64> = explained.iter().map(|row| row.features[at].1).collect();
        if matches!(seen.trained.best().model, Model::Logistic { .. }) {
            // The SHAP values of a linear model are its terms less their means (Lundberg, Lee 2017, corollary 1).
            let mean = adds.iter().sum::<f64>() / adds.len() as f64;
            adds.iter_mut().for_each(|add| *add -= mean);
        }
        let mean = adds.iter().map(|add| add.abs()).sum::<f64>() / adds.len() as f64;
        let heights = heights(frame.column(name).map(|column| &column.values), rows.len());
        Swarm { name: (*name).clone(), adds, heights, mean }
    };
    Some(names.iter().enumerate().map(swarm).collect())
}

/// Thirds of the numbers; equal ones are in the same.
fn heights(values: Option<&Values>, rows: usize) -> Vec<Height> {
    let Some(Values::Number(numbers)) = values else { return vec![Height::None; rows] };
    let mut ascending: Vec<f64> = numbers.iter().copied().filter(|number| !number.is_nan()).collect();
    ascending.sort_by(f64::total_cmp);
    let (Some(&least), Some(&most)) = (ascending.first(), ascending.last()) else { return vec![Height::None; rows] };
    let (low, high) = (ascending[ascending.len() / 3], ascending[ascending.len() * 2 / 3]);
    let of = |&number: &f64| match number {
        number if number.is_nan() || least == most => Height::None,
        number if number >= high && number > least && (number > low || number == most) => Height::High,
        number if number <= low => Height::Low,
        _ => Height::Middle,
    };
    numbers.iter().map(of).collect()
}

impl Height {
    const fn ink(self) -> Ink {
        match self {
            Height::Low => Ink::Line(0),
            Height::High => Ink::Mark,
            Height::Middle | Height::None => Ink::Quiet,
        }
    }
}

impl Swarm {
    fn draw(&self, scene: &mut Scene, panel: &Panel<'_>, middle: f32, names: f32) {
        let left = panel.frame.x;
        scene.path(vec![(left, middle), (left + panel.frame.width, middle)], Pen::solid(Ink::Grid, 1.0));
        scene.text((left - 12.0, middle + 4.0), SIZE, Anchor::End, Ink::Text, &fit(&self.name, SIZE, names));
        scene.text((WIDTH - 16.0, middle + 4.0), SIZE, Anchor::End, Ink::Text, &figure(self.mean));
        let xs: Vec<f32> = self.adds.iter().map(|add| panel.place((*add, 0.0)).0).collect();
        let ys = offsets(&xs, ROW / 2.0 - 3.0);
        for height in [Height::None, Height::Middle, Height::Low, Height::High] {
            let of = (0..xs.len()).filter(|&row| self.heights[row] == height);
            let points: Vec<(f32, f32)> = of.map(|row| (xs[row], middle + ys[row])).collect();
            if !points.is_empty() {
                scene.shapes.push(Shape::Dots { points, radius: RADIUS, ink: height.ink(), opacity: 0.7 });
            }
        }
    }
}

/// How far each dot leaves the middle, so that those of one place stand beside each other, at most `most`.
#[expect(clippy::cast_possible_truncation, reason = "a place in a picture")]
fn offsets(xs: &[f32], most: f32) -> Vec<f32> {
    let column = |x: f32| (x / (2.0 * RADIUS)) as i32;
    let mut counts = std::collections::BTreeMap::new();
    let nth: Vec<u16> = xs
        .iter()
        .map(|&x| {
            let count = counts.entry(column(x)).or_insert(0u16);
            *count += 1;
            *count - 1
        })
        .collect();
    let fullest = counts.values().copied().max().unwrap_or(1);
    let step = (most / f32::from(fullest.div_ceil(2)).max(1.0)).min(2.0 * RADIUS);
    let offset = |nth: u16| if nth.is_multiple_of(2) { f32::from(nth / 2) } else { -f32::from(nth.div_ceil(2)) };
    nth.into_iter().map(|nth| offset(nth) * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_of_one_place_stand_beside_each_other_within_their_row() {
        let xs = [vec![10.0; 50], vec![90.0]].concat();
        let ys = offsets(&xs, 15.0);
        assert!(ys.iter().all(|y| y.abs() <= 15.01) && ys[50] == 0.0);
        let mut of_place: Vec<f32> = ys[..50].to_vec();
        of_place.sort_by(f32::total_cmp);
        assert!(of_place.windows(2).all(|pair| pair[0] < pair[1]), "{of_place:?}");
    }

    #[test]
    fn values_are_high_or_low_among_their_own() {
        let of = |numbers: &[f64]| heights(Some(&Values::Number(numbers.to_vec())), numbers.len());
        assert!(of(&[1.0, 2.0, 3.0]) == [Height::Low, Height::Low, Height::High]);
        assert!(of(&[0.0, 0.0, 0.0, 1.0]) == [Height::Low, Height::Low, Height::Low, Height::High]);
        assert!(of(&[1.0, 1.0, 1.0, 0.0]) == [Height::High, Height::High, Height::High, Height::Low]);
        assert!(of(&[7.0, 7.0, f64::NAN]) == [Height::None; 3]);
    }
}
