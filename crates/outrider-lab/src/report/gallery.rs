//! Whole reports of made-up comparisons: few and many strategies, long names, wide ranges, faults, one seed, two loads.
//!
//! In every picture of theirs each word must be readable. `OUTRIDER_GALLERY=FOLDER cargo test -p outrider-lab gallery` keeps
//! them, to be looked at.

use std::fs;
use std::path::PathBuf;

use super::plots::plots;
use super::sample::{MadeUp, Wits};
use super::{About, SOCKETS, figures, render_table, write_all};
use crate::chart::{Anchor, Scene, Shape, width};
use outrider_sim::{Measured, Recovery};

const NAMES: [&str; 13] = [
    "round_robin",
    "random",
    "least_request",
    "weighted_least_request",
    "p2c",
    "peak_ewma",
    "c3",
    "grpc_wrr",
    "prequal",
    "prequal_local",
    "consistent_hash",
    "haproxy leastconn",
    "nginx least_conn with a name that somebody made far too long",
];

/// As many strategies as asked for, from witless to clever.
fn strategies(count: usize) -> Vec<(&'static str, Wits)> {
    let wits = |n: usize| Wits { looks: (n as f64 / (count - 1) as f64).sqrt(), knows_speed: n > count / 2 };
    NAMES[..count].iter().enumerate().map(|(n, name)| (*name, wits(n))).collect()
}

/// Checks what must be true of every report, and keeps this one if asked for. Returns the number of pictures.
fn show(name: &str, measured: &[Measured]) -> usize {
    let report = figures(measured);
    let about = About {
        name: format!("gallery: {name}"),
        about: "Made up by a queue in a test: nothing was served.".into(),
        world: SOCKETS.into(),
        setup: vec![
            ("fleet".into(), "as many hosts as speeds".into()),
            ("arrivals".into(), "Poisson, open loop".into()),
        ],
        versions: vec![("outrider".into(), "0.1.0".into())],
        command: "cargo test -p outrider-lab gallery".into(),
    };
    if let Some(folder) = std::env::var_os("OUTRIDER_GALLERY").map(PathBuf::from) {
        write_all(&folder.join(name), measured, &report, &about).unwrap();
        fs::write(folder.join(name).join("table.txt"), render_table(&report, false)).unwrap();
    }
    let plots = plots(measured, &report, &about);
    for plot in &plots {
        let flaws = flaws(&plot.scene);
        assert!(flaws.is_empty(), "{name}, {}: {flaws:#?}", plot.name);
        assert!(plot.scene.shapes.len() > 10, "{}: hardly anything is drawn", plot.name);
    }
    plots.len()
}

/// Left, top, right, bottom.
type Bounds = (f32, f32, f32, f32);

/// What a reader would stumble over: words that leave the picture or run into each other, lines that leave it.
pub(crate) fn flaws(scene: &Scene) -> Vec<String> {
    let inside = |&(left, top, right, bottom): &Bounds| {
        left >= -0.5 && top >= -0.5 && right <= scene.width + 0.5 && bottom <= scene.height + 0.5
    };
    let bounds: Vec<(&str, Bounds)> = scene.shapes.iter().map(bounds).collect();
    let outside =
        bounds.iter().filter(|(_, bounds)| !inside(bounds)).map(|(what, _)| format!("leaves the picture: {what}"));
    let words: Vec<&(&str, Bounds)> = bounds.iter().filter(|(what, _)| !what.starts_with('<')).collect();
    let meet = |a: &Bounds, b: &Bounds| a.0 < b.2 && b.0 < a.2 && a.1 < b.3 && b.1 < a.3;
    let pairs = words.iter().enumerate().flat_map(|(n, a)| words[n + 1..].iter().map(move |b| (a, b)));
    let clashes = pairs.filter(|(a, b)| meet(&a.1, &b.1)).map(|(a, b)| format!("{:?} runs into {:?}", a.0, b.0));
    outside.chain(clashes).collect()
}

/// What a shape is, and where.
fn bounds(shape: &Shape) -> (&str, Bounds) {
    match shape {
        Shape::Path { points, .. } => {
            let all =
                |of: fn(&(f32, f32)) -> f32, pick: fn(f32, f32) -> f32| points.iter().map(of).reduce(pick).unwrap();
            ("<line>", (all(|p| p.0, f32::min), all(|p| p.1, f32::min), all(|p| p.0, f32::max), all(|p| p.1, f32::max)))
        }
        Shape::Area { x, y, width, height, .. } => ("<area>", (*x, *y, x + width, y + height)),
        Shape::Dot { x, y, radius, .. } => ("<dot>", (x - radius, y - radius, x + radius, y + radius)),
        Shape::Dots { points, radius, .. } => {
            let x =
                points.iter().map(|p| p.0).fold((f32::INFINITY, f32::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
            let y =
                points.iter().map(|p| p.1).fold((f32::INFINITY, f32::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
            ("<dots>", (x.0 - radius, y.0 - radius, x.1 + radius, y.1 + radius))
        }
        Shape::Text { x, y, size, anchor, text, .. } => {
            let width = width(text, *size);
            let left = match anchor {
                Anchor::Start => *x,
                Anchor::Middle => x - width / 2.0,
                Anchor::End => x - width,
            };
            // Small letters and capitals; what hangs below the line is seldom and does not touch the next.
            (text, (left, y - 0.75 * size, left + width, *y))
        }
    }
}

#[test]
fn two_strategies() {
    assert_eq!(show("two", &MadeUp::default().rounds(&strategies(2), 5)), 7);
}

#[test]
fn thirteen_strategies_of_which_some_drown() {
    let made = MadeUp { load: 0.85, length_s: 10.0, ..MadeUp::default() };
    show("thirteen", &made.rounds(&strategies(13), 3));
}

#[test]
fn two_loads() {
    let at = |load| MadeUp { load, length_s: 8.0, ..MadeUp::default() }.rounds(&strategies(4), 3);
    assert_eq!(show("two-loads", &[at(0.5), at(0.7)].concat()), 13);
}

#[test]
fn a_host_that_hangs() {
    let made = MadeUp { hang_s: Some((8.0, 14.0)), length_s: 24.0, timeout_ms: 2_000.0, ..MadeUp::default() };
    assert_eq!(show("fault", &made.rounds(&strategies(4), 3)), 10);
    let mut stormy = made.rounds(&strategies(6), 2);
    stormy.iter_mut().for_each(|round| round.recovery = Some(Recovery::Goodput));
    show("fault-six", &stormy);
}

#[test]
fn one_seed_and_hardly_a_request() {
    show("one-seed", &MadeUp { length_s: 4.0, ..MadeUp::default() }.rounds(&strategies(3), 1));
    let made = MadeUp { speeds: vec![0.05, 0.05], length_s: 2.0, ..MadeUp::default() };
    show("tiny", &made.rounds(&strategies(2), 1));
}
