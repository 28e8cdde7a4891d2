//! What a reader must know before believing the figures, each by a stated threshold.

use super::Report;
use super::detail::Detail;
use super::numbers::{percent, three_digits};
use super::run::Run;
use crate::limits::{LATE_SHARE, THREAD_CORES};
use outrider_sim::Measured;

/// A host given this much of what it can serve was overloaded; a little above 1 is the luck of cheap requests.
const OVERLOADED: f64 = 1.3;
/// With fewer requests beyond the p99 of all seeds, it is the luck of a few.
const BEYOND_P99: u64 = 20;
/// An interval over fewer seeds is wide by Student's law alone.
const SEEDS: usize = 3;

/// The warnings of a report whose figures stand.
pub(super) fn warnings(report: &Report, measured: &[Measured]) -> Vec<String> {
    let about_all = [late(report), lagging(report), busy(report), few_seeds(report)];
    let about_some = ABOUT_SOME.iter().map(|(what, about)| each(report, what, about));
    unequal(measured).into_iter().chain(about_all.into_iter().chain(about_some).flatten()).collect()
}

/// What is wrong with a strategy, in a figure, if it is.
type About = fn(&Run, &Detail) -> Option<String>;

const ABOUT_SOME: [(&str, About); 4] = [
    ("too few requests for a p99, which few lie beyond; give it more time", |_, detail| {
        (detail.beyond_p99 < BEYOND_P99).then(|| detail.beyond_p99.to_string())
    }),
    ("requests failed; latencies are those of the others and of timeouts", |run, _| {
        (run.error_rate > 0.0).then(|| percent(run.error_rate))
    }),
    (
        "the busiest host was given so many times what it can serve, so its queue grew to the end of the round; a longer round would show more",
        |_, detail| overload(detail).map(three_digits),
    ),
    ("the queue of a host grew as long as the round lasted; longer rounds would show more", |_, detail| {
        (detail.queue_grew && overload(detail).is_none()).then(String::new)
    }),
];

/// How many times over the worst host was loaded. After a fault nothing else is to be expected.
fn overload(detail: &Detail) -> Option<f64> {
    detail.max_host_load.filter(|load| *load > OVERLOADED && detail.phases.is_empty())
}

/// One warning for all strategies that it is about, each with its figure.
fn each(report: &Report, what: &str, about: impl Fn(&Run, &Detail) -> Option<String>) -> Option<String> {
    let told = report.runs.iter().zip(&report.details).filter_map(|(run, detail)| {
        let figure = about(run, detail)?;
        Some(format!("{} {figure}", report.label(run)).trim_end().to_owned())
    });
    let told: Vec<String> = told.collect();
    (!told.is_empty()).then(|| format!("{what}: {}", told.join(", ")))
}

/// Lanes of a round that did not meet the same requests cannot be compared.
fn unequal(measured: &[Measured]) -> Vec<String> {
    let mut warnings = Vec::new();
    for (index, round) in measured.iter().enumerate() {
        let rival = measured[..index].iter().find(|m| {
            m.scenario == round.scenario && m.load == round.load && m.seed == round.seed && m.strategy != round.strategy
        });
        if let Some(rival) = rival.filter(|rival| !same_requests(rival, round)) {
            warnings.push(format!(
                "{} and {} met different requests in seed {}: they must not be compared",
                round.strategy, rival.strategy, round.seed
            ));
        }
    }
    warnings
}

fn same_requests(a: &Measured, b: &Measured) -> bool {
    let met = |round: &Measured| round.rows.iter().map(|row| (row.scheduled_us, row.class)).collect::<Vec<_>>();
    a.rows.len() == b.rows.len() && met(a) == met(b)
}

fn late(report: &Report) -> Option<String> {
    let bench = report.bench.as_ref()?;
    let (p50, p99) = (least(report, |run| run.p50_ms), least(report, |run| run.p99_ms));
    (bench.late_p50_ms > LATE_SHARE * p50 || bench.late_p99_ms > LATE_SHARE * p99).then(|| {
        format!(
            "the bench itself was late: it took up requests {:.1} ms (p50) and {:.1} ms (p99) after their time, against \
             latencies of {p50:.1} and {p99:.1} ms. The machine is too busy or too small; the figures are too high for all",
            bench.late_p50_ms, bench.late_p99_ms
        )
    })
}

fn lagging(report: &Report) -> Option<String> {
    let (lag_ms, p50) = (report.bench.as_ref()?.timer_lag_mean_ms, least(report, |run| run.p50_ms));
    (lag_ms > LATE_SHARE * p50).then(|| {
        format!("simulated hosts answered {lag_ms:.1} ms too late on average, against a median of {p50:.1} ms: give the hosts longer times")
    })
}

fn busy(report: &Report) -> Option<String> {
    let cores = report.bench.as_ref()?.cpu_cores_max;
    // Load and hosts have a thread each; this much in all is one of them near its core.
    (cores > THREAD_CORES)
        .then(|| format!("the bench was the bottleneck, or close to it: it took {cores:.2} cores itself"))
}

fn few_seeds(report: &Report) -> Option<String> {
    let seeds = report.runs.iter().map(|run| run.seeds).min()?;
    let most = report.runs.iter().map(|run| run.seeds).max()?;
    if seeds < most {
        return Some(format!("some strategies have {seeds} of {most} seeds: ratios are over the seeds that both have"));
    }
    (seeds < SEEDS)
        .then(|| format!("{seeds} seed{} can tell little apart: give it 5", if seeds == 1 { "" } else { "s" }))
}

fn least(report: &Report, of: fn(&Run) -> Option<f64>) -> f64 {
    report.runs.iter().filter_map(of).fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figures;
    use crate::report::sample::{host_sample, round, row};
    use outrider_sim::{BenchTruth, End, Row};

    /// Three seeds of two strategies without fault.
    fn clean() -> Vec<Measured> {
        let rows: Vec<Row> = (0..5_000).map(|n| row(n * 1_000, 20_000 + n % 1_000)).collect();
        let of = |(strategy, seed)| Measured { rows: rows.clone(), ..round(strategy, seed) };
        [("a", 1), ("a", 2), ("a", 3), ("b", 1), ("b", 2), ("b", 3)].map(of).to_vec()
    }

    /// The same with both hosts seen to be given as much.
    fn seen() -> Vec<Measured> {
        let mut measured = clean();
        measured.iter_mut().for_each(|m| m.samples = (0..=50).map(|n| host_sample(n * 100, &[n, n])).collect());
        measured
    }

    /// What is said once `spoil` has spoilt the clean rounds.
    fn said(spoil: impl Fn(&mut Measured)) -> Vec<String> {
        let mut measured = seen();
        measured.iter_mut().for_each(spoil);
        figures(&measured).warnings
    }

    #[test]
    fn a_clean_run_needs_no_warning() {
        assert_eq!(said(|_| ()), Vec::<String>::new());
    }

    #[test]
    fn each_fault_is_told_once() {
        let b = |spoil: fn(&mut Measured)| {
            move |m: &mut Measured| {
                if m.strategy == "b" {
                    spoil(m);
                }
            }
        };
        let hog = |m: &mut Measured| m.samples.iter_mut().for_each(|sample| sample.arrived[0] *= 9);
        let pile_up = |m: &mut Measured| (0..).zip(&mut m.samples).for_each(|(n, sample)| sample.queued[1] = n);
        let table: [(&str, Vec<String>); 9] = [
            ("met different requests in seed 2", said(b(|m| m.rows[7].class = u16::from(m.seed == 2)))),
            ("the bench itself was late", said(|m| m.rows.iter_mut().for_each(|row| row.late_us = 3_000))),
            (
                "answered 2.0 ms too late",
                said(|m| m.bench = Some(BenchTruth { timer_lag_mean_ms: 2.0, ..BenchTruth::default() })),
            ),
            (
                "the bench was the bottleneck",
                said(|m| m.bench = Some(BenchTruth { cpu_cores: 0.95, ..BenchTruth::default() })),
            ),
            ("2 of 3 seeds", figures(&seen()[..5]).warnings),
            ("1 seed can tell little apart", figures(&seen()[..1]).warnings),
            ("of timeouts: b 50.0 %", said(b(|m| m.rows.iter_mut().step_by(2).for_each(|r| r.end = End::Broken)))),
            (
                "the busiest host was given so many times what it can serve, so its queue grew to the end of the round; a longer round would show more: b 1.80",
                said(|m| (m.load = Some(1.0), b(hog)(m)).1),
            ),
            (
                "the queue of a host grew as long as the round lasted; longer rounds would show more: b",
                said(b(pile_up)),
            ),
        ];
        for (words, said) in table {
            assert_eq!(said.iter().filter(|warning| warning.contains(words)).count(), 1, "{words}: {said:#?}");
        }
    }
}
