//! The comparison for a terminal.

use super::Comparison;
use super::comparison::Against;
use crate::report::{Times, align_plain};

/// One line for each strategy, and one for each that has classes; empty where nothing can be compared.
pub fn render_comparisons(comparisons: &[Comparison]) -> String {
    let heads = ["p99 and mean over", "best rival's", "", "weighted's", "", "clairvoyant's", "", "worst class p99"];
    let rows = comparisons.iter().map(row);
    let all: Vec<Vec<String>> = [heads.map(str::to_owned).into()].into_iter().chain(rows).collect();
    let classes = comparisons.first().map_or(0, |first| first.by_class.len());
    let note = "Geometric means over fleets of the ratios, with their 95 % interval (p99); of the rivals shown.";
    let by_class = if classes > 1 { format!("\n{}", by_class(comparisons)) } else { String::new() };
    format!("{}{by_class}{note}\n", align_plain(&all))
}

fn row(of: &Comparison) -> Vec<String> {
    let worst = of.worst_class.as_ref().map(|name| format!("{} {}", of.by_class[name].plain(), name));
    let against = [of.best_rival, of.weighted_least_request, of.clairvoyant];
    let cells = against.into_iter().flat_map(|Against { p99, mean }| [full(p99), plain(mean)]);
    [of.strategy.clone()].into_iter().chain(cells).chain([worst.unwrap_or_else(|| "-".to_owned())]).collect()
}

/// p99 of each class over that of its best rival.
fn by_class(comparisons: &[Comparison]) -> String {
    let names = comparisons.iter().flat_map(|of| of.by_class.keys());
    let names: std::collections::BTreeSet<&String> = names.collect();
    let heads = ["p99 over best rival's".to_owned()].into_iter().chain(names.iter().map(|name| (*name).clone()));
    let row = |of: &Comparison| {
        let cells = names.iter().map(|name| plain(of.by_class.get(*name).copied()));
        [of.strategy.clone()].into_iter().chain(cells).collect()
    };
    let rows: Vec<Vec<String>> = [heads.collect()].into_iter().chain(comparisons.iter().map(row)).collect();
    align_plain(&rows)
}

fn plain(times: Option<Times>) -> String {
    times.map_or_else(|| "-".to_owned(), |times| times.plain())
}

/// With the interval, where there is one.
fn full(times: Option<Times>) -> String {
    let range = times.and_then(|times| times.low.zip(times.high));
    range.map_or_else(|| plain(times), |(low, high)| format!("{} ({low:.2} to {high:.2})", plain(times)))
}
