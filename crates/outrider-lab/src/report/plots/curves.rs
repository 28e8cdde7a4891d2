//! What goes over time, over requests, and the tail of the distribution.

use super::Group;
use super::series::{self, Points};
use crate::chart::{Axis, Curve, Curves, Mark, Scene, Unit, curves};
use crate::report::numbers;
use crate::report::run::measured_rows;
use outrider_sim::{Measured, Recovery};

/// Marks told in words; further ones are only drawn.
const MARKS_TOLD: usize = 4;

/// All of them, by the names of their files.
pub(super) fn all(group: &Group<'_>) -> Vec<(&'static str, Scene)> {
    let window_s = group.lanes.first().map_or(1.0, |lane| series::window_s(lane));
    let mut scenes = vec![
        ("latency-over-time", latency(group, window_s)),
        ("throughput-over-time", throughput(group, window_s)),
        ("latency-distribution", distribution(group)),
        ("learning-curve", learning(group)),
    ];
    if group.first().is_some_and(|round| !round.marks.is_empty()) {
        scenes.push(("served-over-time", served(group, window_s)));
        scenes.extend(attempts(group, window_s).map(|scene| ("attempts-over-time", scene)));
        scenes.extend(share(group, window_s).map(|scene| ("share-over-time", scene)));
    }
    scenes
}

fn over_time(group: &Group<'_>, what: &str, notes: &str, points: impl Fn(&[&Measured]) -> Points) -> Curves {
    let first = group.first();
    let length_s = first.map_or(1.0, |round| round.length.as_secs_f64());
    let warm_up_s = first.map_or(0.0, |round| round.warm_up.as_secs_f64());
    let seeds = group.lanes.iter().map(Vec::len).max().unwrap_or(0);
    let seeds = if seeds == 1 { "1 seed".to_owned() } else { format!("{seeds} seeds together") };
    let mut told = vec![format!("{notes}, {seeds}; shaded: warm-up. {}.", short(group.world))];
    told.extend(first.and_then(marks_told));
    Curves {
        title: group.title(what),
        notes: told,
        x: Axis::between(0.0, length_s, Unit::Seconds),
        y: Axis::between(0.0, 1.0, Unit::Share),
        x_title: "time since the start of the round".into(),
        y_title: String::new(),
        curves: lines(group, points),
        reference: None,
        shade_to: Some(warm_up_s),
        marks: first.map_or_else(Vec::new, marks),
    }
}

/// The part before the colon.
fn short(world: &str) -> &str {
    world.split(':').next().unwrap_or(world)
}

fn lines(group: &Group<'_>, points: impl Fn(&[&Measured]) -> Points) -> Vec<Curve> {
    let of = |(name, lane): (String, &Vec<&Measured>)| Curve { name, points: points(lane) };
    group.names().into_iter().zip(group.lanes).map(of).collect()
}

fn marks(round: &Measured) -> Vec<Mark> {
    let numbered = (1..).zip(&round.marks);
    numbered.map(|(number, mark)| Mark { at: mark.at.as_secs_f64(), number }).collect()
}

fn marks_told(round: &Measured) -> Option<String> {
    let told = (1..).zip(round.marks.iter().take(MARKS_TOLD));
    let told =
        told.map(|(number, mark)| format!("{number}: {} ({} s)", mark.what, numbers::short(mark.at.as_secs_f64())));
    let more = round.marks.len().saturating_sub(MARKS_TOLD);
    let more = (more > 0).then(|| format!("and {more} more"));
    let told: Vec<String> = told.chain(more).collect();
    (!told.is_empty()).then(|| told.join("; "))
}

fn values(curves: &[Curve]) -> impl Iterator<Item = f64> + Clone {
    curves.iter().flat_map(|curve| curve.points.iter().map(|(_, y)| *y))
}

fn latency(group: &Group<'_>, window_s: f64) -> Scene {
    let notes = format!("By scheduled arrival, windows of {} s", numbers::short(window_s));
    let of = over_time(group, "p99 over time", &notes, |lane| series::latency(lane, window_s, 0.99));
    let y = Axis::fitting(values(&of.curves), Unit::Ms);
    let y_title = format!("p99 latency{}", if y.is_log() { ", logarithmic" } else { "" });
    curves(&Curves { y, y_title, ..of })
}

fn throughput(group: &Group<'_>, window_s: f64) -> Scene {
    let notes = format!("By when answers came, windows of {} s", numbers::short(window_s));
    let of = over_time(group, "Good answers per second over time", &notes, |lane| series::throughput(lane, window_s));
    let offered = group.lanes.first().map(|lane| ("offered".to_owned(), series::offered(lane, window_s)));
    let all = values(&of.curves).chain(offered.iter().flat_map(|(_, points)| points.iter().map(|(_, y)| *y)));
    let y = Axis::from_zero(all, Unit::PerSecond);
    curves(&Curves { y, y_title: "good answers (dotted: requests offered)".into(), reference: offered, ..of })
}

fn served(group: &Group<'_>, window_s: f64) -> Scene {
    let notes = format!("By scheduled arrival, windows of {} s", numbers::short(window_s));
    let of = over_time(group, "Users served over time", &notes, |lane| series::served(lane, window_s));
    let y = Axis::between(0.0, 1.02, Unit::Share);
    curves(&Curves { y, y_title: "share of requests that ended well".into(), ..of })
}

fn attempts(group: &Group<'_>, window_s: f64) -> Option<Scene> {
    let notes = format!("What hosts were given over requests of users, windows of {} s", numbers::short(window_s));
    let of = over_time(group, "Attempts per request over time", &notes, |lane| series::attempts(lane, window_s));
    let y = Axis::from_zero(values(&of.curves), Unit::Count);
    values(&of.curves).next()?;
    Some(curves(&Curves { y, y_title: "attempts per request".into(), ..of }))
}

/// Of the host that the experiment is about.
fn share(group: &Group<'_>, window_s: f64) -> Option<Scene> {
    let round = group.first()?;
    let asked = match round.recovery {
        Some(Recovery::Host(host)) => Some(host),
        _ => round.marks.iter().find_map(|mark| mark.host),
    };
    let host = asked?;
    let name = &round.hosts.get(host)?.name;
    let notes = format!("Of all that was given to hosts, windows of {} s", numbers::short(window_s));
    let what = format!("Share of {name} over time");
    let of = over_time(group, &what, &notes, |lane| series::share(lane, window_s, host));
    let y = Axis::from_zero(values(&of.curves), Unit::Share);
    let fair = vec![(0.0, round.hosts[host].capacity_share), (of.x.high(), round.hosts[host].capacity_share)];
    let reference = Some(("its capacity".to_owned(), fair));
    Some(curves(&Curves {
        y,
        y_title: format!("share of requests given to {name} (dotted: of the capacity)"),
        reference,
        ..of
    }))
}

fn distribution(group: &Group<'_>) -> Scene {
    let rows = |lane: &[&Measured]| lane.iter().flat_map(|round| measured_rows(round)).copied().collect::<Vec<_>>();
    let mut lines = lines(group, |lane| series::tail(rows(lane).into_iter()));
    // The quickest twentieth is of no interest and would take up half the picture.
    lines.iter_mut().for_each(|line| line.points.retain(|(_, beyond)| *beyond <= 0.95));
    let xs = lines.iter().flat_map(|curve| curve.points.iter().map(|(x, _)| *x));
    curves(&Curves {
        title: group.title("Distribution of latency, with its tail"),
        notes: vec![format!(
            "How many requests took longer: at 1 % stands the p99, at 0.1 % the p99.9. Both axes are logarithmic. {}.",
            short(group.world)
        )],
        x: Axis::log(xs, Unit::Ms),
        y: Axis::log(values(&lines), Unit::Share),
        x_title: "latency from the scheduled arrival".into(),
        y_title: "share of requests that took longer".into(),
        curves: lines,
        reference: None,
        shade_to: None,
        marks: Vec::new(),
    })
}

fn learning(group: &Group<'_>) -> Scene {
    let lines = lines(group, |lane| series::learning(lane, 0.9));
    let most = group.first().map_or(1.0, |round| round.rows.len() as f64);
    let warm_up = group
        .first()
        .map(|round| round.rows.partition_point(|row| u128::from(row.scheduled_us) < round.warm_up.as_micros()) as f64);
    let y = Axis::fitting(values(&lines), Unit::Ms);
    curves(&Curves {
        title: group.title("Learning curve: p90 by requests since the start"),
        notes: vec![
            "What a balancer makes of experience: a rule that learns should fall.".into(),
            format!("Blocks of requests, all seeds together; shaded: warm-up. {}.", short(group.world)),
        ],
        x: Axis::between(0.0, most, Unit::Count),
        y_title: format!("p90 latency{}", if y.is_log() { ", logarithmic" } else { "" }),
        y,
        x_title: "requests since the start of the round".into(),
        curves: lines,
        reference: None,
        shade_to: warm_up,
        marks: Vec::new(),
    })
}
