//! All strategies at a glance: median, p99 with its interval, p99.9, on one axis of latency.

use crate::chart::{Anchor, Axis, Frame, Ink, Panel, Pen, Scene, Shape, Unit, fit, width};
use crate::report::columns::Entry;
use crate::report::numbers::ms;
use crate::report::{About, Report, Run};

const WIDTH: f32 = 960.0;
const ROW: f32 = 26.0;
const NAME_WIDTH_MAX: f32 = 210.0;
/// Between groups: the name of the next.
const GAP: f32 = 34.0;

/// The picture: a block of rows for each scenario and load.
pub(super) fn summary(report: &Report, about: &About) -> Scene {
    let groups = report.grouped();
    let notes = [
        "Ring: median; dot and number: p99, geometric mean over seeds, with its 95 % interval as a bar; diamond: p99.9. The axis is logarithmic."
            .to_owned(),
        format!("{}.", about.world.split(':').next().unwrap_or_default()),
    ];
    let top = 62.0 + 16.0 * notes.len() as f32;
    let rows: usize = groups.iter().map(Vec::len).sum();
    let height = top + ROW * rows as f32 + GAP * groups.len().saturating_sub(1) as f32 + 40.0;
    let mut scene = Scene::new(WIDTH, height, "Latency of each strategy");
    scene.head(&notes);
    let x = Axis::log(report.runs.iter().flat_map(points), Unit::Ms);
    let names = report.runs.iter().map(|run| width(&run.strategy, 12.0)).fold(40.0, f32::max).min(NAME_WIDTH_MAX);
    let mut y = top;
    for (index, group) in groups.iter().enumerate() {
        let frame =
            Frame { x: 16.0 + names + 12.0, y, width: WIDTH - names - 28.0 - 70.0, height: ROW * group.len() as f32 };
        let is_last = index + 1 == groups.len();
        block(&mut scene, &Panel { frame, x: &x, y: &rows_axis(), has_x_ticks: is_last, has_y_ticks: false }, group);
        let place = report.place(group[0].run);
        scene.text((frame.x, y - 8.0), 12.0, Anchor::Start, Ink::Text, &place);
        y += frame.height + GAP;
    }
    scene
}

/// Rows are no values: nothing of it is drawn.
fn rows_axis() -> Axis {
    Axis::between(0.0, 1.0, Unit::Count)
}

fn points(run: &Run) -> impl Iterator<Item = f64> {
    [run.p50_ms, run.p99_ms, run.p99_ms_low, run.p99_ms_high, run.p999_ms].into_iter().flatten()
}

fn block(scene: &mut Scene, panel: &Panel<'_>, group: &[Entry<'_>]) {
    panel.columns(scene);
    for (number, entry) in group.iter().enumerate() {
        let y = panel.frame.y + ROW * (number as f32 + 0.5);
        let ink = Ink::Line(number);
        let name = fit(&entry.run.strategy, 12.0, NAME_WIDTH_MAX);
        scene.text((panel.frame.x - 12.0, y + 4.0), 12.0, Anchor::End, ink, &name);
        row(scene, panel, entry.run, y, ink);
    }
}

fn row(scene: &mut Scene, panel: &Panel<'_>, run: &Run, y: f32, ink: Ink) {
    let x = |value: f64| panel.place((value, 1.0)).0;
    if let Some((p50, p99)) = run.p50_ms.zip(run.p99_ms) {
        scene.path(vec![(x(p50), y), (x(p99), y)], Pen::solid(Ink::Ghost, 1.0));
    }
    if let Some((low, high)) = run.p99_ms_low.zip(run.p99_ms_high) {
        scene.path(vec![(x(low), y), (x(high), y)], Pen::solid(ink, 5.0));
    }
    if let Some(p50) = run.p50_ms {
        scene.shapes.push(Shape::Dot { x: x(p50), y, radius: 4.0, ink, is_filled: false });
    }
    if let Some(p99) = run.p99_ms {
        scene.shapes.push(Shape::Dot { x: x(p99), y, radius: 4.5, ink, is_filled: true });
        let text = format!("{} ms", ms(Some(p99)));
        scene.text((WIDTH - 8.0, y + 4.0), 12.0, Anchor::End, Ink::Text, &text);
    }
    if let Some(p999) = run.p999_ms {
        let x = x(p999);
        scene.path(vec![(x, y - 5.0), (x + 5.0, y), (x, y + 5.0), (x - 5.0, y), (x, y - 5.0)], Pen::solid(ink, 1.4));
    }
}
