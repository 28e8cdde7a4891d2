//! Tables of shaded cells: a row for each strategy, a column for each host or class.

use super::Group;
use crate::chart::{Anchor, Ink, Scene, Shape, fit, width};
use crate::report::columns::Entry;
use crate::report::numbers::ms;
use outrider_sim::Measured;

const NAME_WIDTH_MAX: f32 = 200.0;
const WIDTH: f32 = 960.0;
const CELL_HEIGHT: f32 = 26.0;
/// Columns beyond these would be too narrow for their numbers.
const COLUMNS_MAX: usize = 24;

/// A cell: what it says, and how dark it is, 0 to 1.
type Cell = Option<(String, f64)>;

struct Cells {
    title: String,
    notes: Vec<String>,
    columns: Vec<(String, String)>,
    rows: Vec<(String, Vec<Cell>)>,
}

/// All of them, by the names of their files.
pub(super) fn all(group: &Group<'_>, entries: &[Entry<'_>]) -> Vec<(&'static str, Scene)> {
    let utilisation = utilisation(group).map(|cells| ("host-utilisation", draw(&cells)));
    let classes = classes(group, entries).map(|cells| ("latency-by-class", draw(&cells)));
    utilisation.into_iter().chain(classes).collect()
}

/// Of each host in the measured time, the strongest first.
fn utilisation(group: &Group<'_>) -> Option<Cells> {
    let first = group.first()?;
    let mut hosts: Vec<usize> = (0..first.hosts.len()).collect();
    hosts.sort_by(|&a, &b| first.hosts[b].capacity_share.total_cmp(&first.hosts[a].capacity_share));
    let left_out = hosts.len().saturating_sub(COLUMNS_MAX);
    hosts.truncate(COLUMNS_MAX);
    let cell = |share: f64| (format!("{:.0}", share * 100.0), share);
    let row = |lane: &Vec<&Measured>| hosts.iter().map(|&host| busy_share(lane, host).map(cell)).collect();
    let head = |&host: &usize| {
        let host = &first.hosts[host];
        (host.name.clone(), format!("{:.0} %", host.capacity_share * 100.0))
    };
    let rows: Vec<(String, Vec<Cell>)> =
        group.names().into_iter().zip(group.lanes).map(|(name, lane)| (name, row(lane))).collect();
    let more = if left_out > 0 { format!(" {left_out} weaker hosts are left out.") } else { String::new() };
    rows.iter().any(|(_, cells)| cells.iter().any(Option::is_some)).then(|| Cells {
        title: group.title("Host utilisation"),
        notes: vec![format!(
            "Time spent serving over time and slots, percent, in the measured time; below each host its share of the capacity. \
             The darker, the busier.{more}"
        )],
        columns: hosts.iter().map(head).collect(),
        rows,
    })
}

/// Time that `host` spent serving over what it had, mean over rounds.
fn busy_share(lane: &[&Measured], host: usize) -> Option<f64> {
    let shares = lane.iter().map(|round| {
        let within = |at| at >= round.warm_up && at <= round.length;
        let mut samples = round.samples.iter().filter(|sample| within(sample.at));
        let (first, last) = (samples.next()?, samples.next_back()?);
        let busy_s = last.busy_s.get(host)? - first.busy_s.get(host)?;
        let slots = round.hosts.get(host)?.parallelism.max(1) as f64;
        Some(busy_s / (last.at - first.at).as_secs_f64() / slots)
    });
    crate::report::detail::mean(shares).filter(|share| share.is_finite())
}

/// p99 of each class, the darker the more it exceeds the least of its column.
fn classes(group: &Group<'_>, entries: &[Entry<'_>]) -> Option<Cells> {
    let classes: Vec<&String> = group.first()?.classes.iter().take(COLUMNS_MAX).collect();
    if classes.len() < 2 {
        return None;
    }
    let p99 = |entry: &Entry<'_>, class: &str| entry.run.by_class.get(class).and_then(|figures| figures.p99_ms);
    let least = |class: &str| entries.iter().filter_map(|entry| p99(entry, class)).fold(f64::INFINITY, f64::min);
    let cell = |entry: &Entry<'_>, class: &str| {
        p99(entry, class).map(|value| (ms(Some(value)), 1.0 - least(class) / value.max(1e-9)))
    };
    let row = |entry: &Entry<'_>| classes.iter().map(|class| cell(entry, class)).collect();
    let requests =
        |class: &str| entries.first().and_then(|entry| entry.run.by_class.get(class)).map_or(0, |c| c.requests);
    Some(Cells {
        title: group.title("p99 by class of request"),
        notes: vec![
            "In ms, over all seeds; below each class its number of requests. The darker, the further above the least of its column; \
             empty where fewer than five requests lie beyond."
                .into(),
        ],
        columns: classes.iter().map(|class| ((*class).clone(), requests(class).to_string())).collect(),
        rows: entries.iter().map(|entry| (entry.run.strategy.clone(), row(entry))).collect(),
    })
}

fn draw(cells: &Cells) -> Scene {
    let top = 100.0 + 16.0 * (cells.notes.len() - 1) as f32;
    let mut scene = Scene::new(WIDTH, top + CELL_HEIGHT * cells.rows.len() as f32 + 18.0, &cells.title);
    scene.head(&cells.notes);
    let names = cells.rows.iter().map(|(name, _)| width(name, 12.0)).fold(40.0, f32::max).min(NAME_WIDTH_MAX);
    let left = 16.0 + names + 12.0;
    let cell_width = ((WIDTH - left - 16.0) / cells.columns.len().max(1) as f32).min(96.0);
    for (column, (head, under)) in cells.columns.iter().enumerate() {
        let x = left + cell_width * (column as f32 + 0.5);
        scene.text((x, top - 20.0), 12.0, Anchor::Middle, Ink::Text, &fit(head, 12.0, cell_width - 4.0));
        scene.text((x, top - 6.0), 10.0, Anchor::Middle, Ink::Quiet, &fit(under, 10.0, cell_width - 2.0));
    }
    for (number, (name, row)) in cells.rows.iter().enumerate() {
        let y = top + CELL_HEIGHT * number as f32;
        let name = fit(name, 12.0, names);
        scene.text((left - 12.0, y + 17.0), 12.0, Anchor::End, Ink::Line(number), &name);
        for (column, cell) in row.iter().enumerate() {
            shaded(&mut scene, (left + cell_width * column as f32, y), cell_width, cell.as_ref());
        }
    }
    scene
}

fn shaded(scene: &mut Scene, (x, y): (f32, f32), cell_width: f32, cell: Option<&(String, f64)>) {
    let Some((text, darkness)) = cell else {
        return;
    };
    #[expect(clippy::cast_possible_truncation, reason = "a shade needs no more digits")]
    let darkness = darkness.clamp(0.0, 1.0) as f32;
    // Never so dark that a word on it could not be read, in either scheme.
    let (width, height) = (cell_width - 2.0, CELL_HEIGHT - 2.0);
    scene.shapes.push(Shape::Area { x, y, width, height, ink: Ink::Line(0), opacity: 0.04 + 0.51 * darkness });
    scene.text((x + width / 2.0, y + 16.5), 12.0, Anchor::Middle, Ink::Text, text);
}
