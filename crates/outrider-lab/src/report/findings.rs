//! What the figures say, in sentences: better or worse only where the whole interval is.

use super::bench::Bench;
use super::ratio::{Ratio, Verdict};
use super::run::Run;
use super::{Report, numbers};

/// How every figure is made, for a reader who has to believe it.
pub(crate) const METHOD: &str = "\
Every strategy met the same requests at the same times, seed by seed. Load is open loop: requests come when they are scheduled, \
whether or not earlier ones were answered, and latency counts from the schedule. Only requests scheduled after the warm-up count. \
Latencies are those of answers below 500 and of users who gave up, who waited at least that long; fast failures are counted \
as errors, not averaged in. Quantiles are exact, by nearest rank. Intervals are Student's, 95 %, over seeds; they say nothing of \
other fleets or machines. The strategy that others are compared with is the first.";

/// A sentence or two for each scenario and load.
pub(crate) fn findings(report: &Report) -> Vec<String> {
    report.groups().filter_map(|group| finding(report, group)).collect()
}

fn finding(report: &Report, group: &[Run]) -> Option<String> {
    let (first, others) = group.split_first()?;
    if others.is_empty() {
        return None;
    }
    let ratios: Vec<&Ratio> = others.iter().filter_map(|run| report.ratio(run)).collect();
    let of = |verdict| {
        let with = ratios.iter().filter(move |ratio| ratio.p99.is_some_and(|p99| p99.verdict() == verdict));
        let mut with: Vec<&&Ratio> = with.collect();
        with.sort_by(|a, b| a.p99.map(|p| p.ratio).unwrap_or(0.0).total_cmp(&b.p99.map(|p| p.ratio).unwrap_or(0.0)));
        with.into_iter().map(|ratio| told(ratio)).collect::<Vec<_>>()
    };
    let parts = [
        part("lower", &of(Verdict::Lower)),
        part("higher", &of(Verdict::Higher)),
        part("not told apart", &of(Verdict::Open)),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let against = format!("{}p99 against {}", place(report, first), first.strategy);
    (!parts.is_empty()).then(|| format!("{against}: {}.{}", parts.join("; "), best(group, &ratios)))
}

fn told(ratio: &Ratio) -> String {
    ratio.p99.map_or_else(String::new, |p99| format!("{} ({} times)", ratio.strategy, numbers::three_digits(p99.ratio)))
}

fn part(what: &str, strategies: &[String]) -> Option<String> {
    (!strategies.is_empty()).then(|| format!("{what} for {}", strategies.join(", ")))
}

/// Where the figures of `run` are from, if there are several places.
fn place(report: &Report, run: &Run) -> String {
    let place = report.place(run);
    let mut letters = place.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}: ", first.to_uppercase(), letters.as_str()))
}

/// Which p99 is the least, said only of one that is below the first's beyond doubt.
fn best(group: &[Run], ratios: &[&Ratio]) -> String {
    let least = group
        .iter()
        .filter(|run| run.p99_ms.is_some())
        .min_by(|a, b| a.p99_ms.unwrap_or(f64::INFINITY).total_cmp(&b.p99_ms.unwrap_or(f64::INFINITY)));
    let sure = |run: &&Run| {
        let own = ratios.iter().find(|ratio| ratio.strategy == run.strategy);
        own.and_then(|ratio| ratio.p99).is_some_and(|p99| p99.verdict() == Verdict::Lower)
    };
    least.filter(sure).map_or_else(String::new, |run| {
        let range = numbers::interval(run.p99_ms_low, run.p99_ms_high);
        format!(" The least p99 was that of {}: {} ms ({range}).", run.strategy, numbers::ms(run.p99_ms))
    })
}

/// How the bench itself did; empty where there was none.
pub(crate) fn bench(report: &Report) -> String {
    report.bench.as_ref().map_or_else(String::new, told_of_bench)
}

fn told_of_bench(bench: &Bench) -> String {
    format!(
        "The bench itself: requests taken up {:.2} ms (p50), {:.2} ms (p99), {:.1} ms (worst) after their time; simulated \
         hosts {:.2} ms late on average, {:.1} ms at worst; {:.2} cores of CPU.",
        bench.late_p50_ms,
        bench.late_p99_ms,
        bench.late_max_ms,
        bench.timer_lag_mean_ms,
        bench.timer_lag_max_ms,
        bench.cpu_cores
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{figures, tests::made_up};

    #[test]
    fn only_what_is_beyond_doubt_is_called_lower() {
        let mut report = figures(&made_up(5));
        let told = findings(&report).join("\n");
        assert!(told.starts_with("p99 against round_robin: lower for weighted ("), "{told}");
        assert!(told.contains("The least p99 was that of weighted"), "{told}");
        for ratio in &mut report.ratios {
            ratio.p99.as_mut().unwrap().high = Some(1.5);
        }
        let told = findings(&report).join("\n");
        assert!(told.starts_with("p99 against round_robin: not told apart for weighted"), "{told}");
        assert!(!told.contains("least p99"), "{told}");
    }

    #[test]
    fn several_loads_are_told_by_name() {
        let mut measured = made_up(2);
        measured.iter_mut().filter(|round| round.seed == 2).for_each(|round| round.load = Some(0.9));
        let told = findings(&figures(&measured));
        assert_eq!(told.len(), 2);
        assert!(told[1].starts_with("Load 0.90: p99 against round_robin: not told apart"), "{told:?}");
    }
}
