//! Rules that are known, in generated data: a model of degradation finds what can be found and beats every baseline; where labels are
//! shuffled there is nothing to find, and nothing may be called credible.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;

use outrider_core::Random;
use outrider_core::frame::{Column, Frame, Values};
use outrider_workload::Prices;
use rayon::ThreadPoolBuilder;

use super::{DEGRADATION, PLACEMENT, Task, priced};
use crate::gates::{Contest, Verdict};
use crate::metrics::{Sample, average_precision};
use crate::training::{Bench, Options, Trained, train};

const SECOND_US: i64 = 1_000_000;
const BEGIN_S: i64 = 1_476_000_000;

fn column(name: &str, values: Values) -> Column {
    Column { name: name.to_owned(), values }
}

fn trained(task: &'static Task, source: &Frame) -> Trained {
    let pool = ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    let options = Options { models: vec!["boosting".to_owned()], trees: 60, ..Options::default() };
    let mut bench = Bench { pool: &pool, clock: &mut || Duration::ZERO, watch: &mut |_, _| ControlFlow::Continue(()) };
    train(task, source, &options, &mut bench).unwrap()
}

/// Labels, and what else is known of the outcome, dealt out anew: features and times stay.
fn shuffled(rows: &Frame, outcome: &[&str]) -> Frame {
    let mut order: Vec<usize> = (0..rows.rows()).collect();
    let mut random = Random::new(11);
    for last in (1..order.len()).rev() {
        order.swap(last, random.below(last + 1));
    }
    let dealt = rows.select(&order);
    let of = |column: &Column| match outcome.contains(&column.name.as_str()) {
        true => dealt.column(&column.name).unwrap().clone(),
        false => column.clone(),
    };
    Frame::new(rows.columns().iter().map(of).collect()).unwrap()
}

static SHUFFLED_DEGRADATION: Task = Task {
    rows: |source| Ok(shuffled(&(DEGRADATION.rows)(source)?, &["degraded_ahead", "episode_begins"])),
    ..DEGRADATION
};
static SHUFFLED_PLACEMENT: Task = Task {
    rows: |source| Ok(shuffled(&(PLACEMENT.rows)(source)?, &["serverless_is_better", "not_served"])),
    ..PLACEMENT
};

/// Of ten episodes seven are a rise by half, which goes on to the next sample with a chance of a half, and three one by a tenth, which
/// goes on with 0.97: share, factor, chance. How long it has lasted says less of it than how high it is.
const RISES: [(f64, f64, f64); 2] = [(0.7, 1.5, 0.5), (0.3, 1.1, 0.97)];
/// That an episode begins at a quiet sample, once the hour before is quiet.
const BEGINS: f64 = 0.05;
/// Samples of an hour, and two more.
const QUIET: usize = 17;
/// Below an hour, from when on the level is normal.
const LASTS_AT_MOST: usize = 13;

/// How a link is at a sample: an episode of a kind and its samples so far, or quiet for so many.
#[derive(Clone, Copy)]
enum Now {
    Quiet(usize),
    Risen(usize, usize),
}

impl Now {
    fn next(self, random: &mut Random) -> Now {
        match self {
            Now::Risen(kind, lasted) if lasted < LASTS_AT_MOST && random.chance(RISES[kind].2) => {
                Now::Risen(kind, lasted + 1)
            }
            Now::Quiet(quiet) if quiet >= QUIET && random.chance(BEGINS) => {
                Now::Risen(usize::from(!random.chance(RISES[0].0)), 1)
            }
            Now::Quiet(quiet) => Now::Quiet(quiet + 1),
            Now::Risen(..) => Now::Quiet(1),
        }
    }

    /// That it is degraded two samples ahead, the first that is more than five minutes away: in an episode of three samples or more.
    fn chance(self) -> f64 {
        let lasts: f64 = RISES.iter().map(|(share, _, goes_on)| share * goes_on * goes_on).sum();
        match self {
            Now::Risen(_, lasted) if lasted + 2 > LASTS_AT_MOST => 0.0,
            Now::Risen(kind, _) => RISES[kind].2.powi(2),
            Now::Quiet(quiet) => {
                let at_next = if quiet >= QUIET { BEGINS } else { 0.0 };
                let at_second = if quiet + 1 >= QUIET { BEGINS * (1.0 - at_next) } else { 0.0 };
                (at_next + at_second) * lasts
            }
        }
    }
}

/// Round trips of eight links, 240 s apart, and how likely each is degraded two samples ahead for who knows the rule, by link and second.
fn links() -> (Frame, BTreeMap<(String, i64), f64>) {
    let mut random = Random::new(5);
    let (mut names, mut times, mut trips, mut known) = (vec![], vec![], vec![], BTreeMap::new());
    for link in 0..8 {
        let name = format!("link {link}");
        let mut now = Now::Quiet(0);
        for nth in 0..3_000_i64 {
            now = now.next(&mut random);
            let at_s = BEGIN_S + 240 * nth;
            let rise = if let Now::Risen(kind, _) = now { RISES[kind].1 } else { 1.0 };
            known.insert((name.clone(), at_s), now.chance());
            names.push(name.clone());
            times.push(at_s * SECOND_US);
            trips.push(20.0 * f64::from(link + 1) * rise * (1.0 + 0.002 * random.unit()));
        }
    }
    let frame = Frame::new(vec![
        column("link", Values::Word(names.iter().map(|name| Some(name.as_str())).collect())),
        column("timestamp", Values::Time(times)),
        column("rtt_ms", Values::Number(trips)),
    ]);
    (frame.unwrap(), known)
}

#[test]
fn how_high_a_degradation_is_says_how_long_it_lasts_and_a_model_finds_it() {
    let (source, known) = links();
    let trained = trained(&DEGRADATION, &source);
    let rows = &trained.split.test;
    let labels: Vec<f64> = rows.iter().map(|&row| trained.data.labels()[row]).collect();
    let Values::Word(names) = &trained.data.frame().column("link").unwrap().values else { panic!("words") };
    let times = trained.data.times().unwrap();
    let best: Vec<f64> =
        rows.iter().map(|&row| known[&(names.get(row).unwrap().to_owned(), times[row] / SECOND_US)]).collect();
    let precision = |scores: &[f64]| average_precision(&Sample::new(&labels, scores)).unwrap();
    let (possible, found) = (precision(&best), precision(&trained.best().test_scores[0]));
    println!("degradation: PR-AUC {found:.4}, of who knows the rule {possible:.4}, of {} rows", rows.len());
    for baseline in &trained.heads[0].baselines {
        println!("degradation: {} {:.4}", baseline.name, precision(&baseline.scores));
    }
    assert!((0.5..0.95).contains(&possible) && (found - possible).abs() < 0.05, "{found} beside {possible}");
    let contests = &trained.heads[0].judgement.contests;
    assert_eq!(contests.len(), 4);
    assert!(contests.iter().all(Contest::is_won), "{contests:?}");
    assert_eq!(trained.verdict(), &Verdict::Credible, "{:?}", trained.reasons());
}

#[test]
fn shuffled_labels_of_degradation_are_never_credible() {
    let trained = trained(&SHUFFLED_DEGRADATION, &links().0);
    println!("degradation shuffled: {}", trained.verdict_text());
    assert!(!trained.may_decide() && trained.verdict() != &Verdict::Credible, "{}", trained.verdict_text());
    assert!(trained.heads[0].judgement.contests.iter().any(|contest| !contest.is_won()));
}

/// Requests of four workloads on both platforms over ten days; serverless is the faster one by workload and by hour.
fn requests() -> Frame {
    const WORKLOADS: [&str; 4] = ["lightweight_api", "thumbnail_processing", "medium_processing", "heavy_processing"];
    let mut random = Random::new(7);
    let (mut platforms, mut workloads, mut times, mut waited) = (vec![], vec![], vec![], vec![]);
    for hour in 0..240 {
        for (place, workload) in WORKLOADS.into_iter().enumerate() {
            let chance = [0.8, 0.3, 0.7, 0.2][place];
            let chance = if hour % 24 < 9 { 1.0 - chance } else { chance };
            let serverless_ms = if random.chance(chance) { 50.0 } else { 200.0 };
            for nth in 0..12_i64 {
                let (platform, ms) = [("lambda", serverless_ms), ("ecs", 100.0)][usize::from(nth % 2 == 1)];
                platforms.push(Some(platform));
                workloads.push(Some(workload));
                times.push((1_793_584_800 + 3_600 * hour + 4 * nth) * SECOND_US);
                waited.push(ms + random.unit());
            }
        }
    }
    let count = times.len();
    Frame::new(vec![
        column("platform", Values::Word(platforms.into_iter().collect())),
        column("workload_type", Values::Word(workloads.into_iter().collect())),
        column("timestamp", Values::Time(times)),
        column("http_status", Values::Number(vec![200.0; count])),
        column("response_time_ms", Values::Number(waited)),
        column("target_payload_size_kb", Values::Number(vec![100.0; count])),
        column("metrics.execution_time_ms", Values::Number(vec![10.0; count])),
        column("metrics.memory_used_mb", Values::Number(vec![128.0; count])),
    ])
    .unwrap()
}

#[test]
fn shuffled_labels_of_placement_are_never_credible_where_the_true_ones_beat_every_baseline() {
    // What is paid is nothing beside what is waited.
    let source = priced(&requests(), &Prices { client_second_usd: 1.0, ..Prices::default() });
    let truth = trained(&PLACEMENT, &source);
    println!("placement: {}, {:?}", truth.verdict_text(), truth.reasons());
    assert!(truth.heads[0].judgement.contests.iter().all(Contest::is_won), "{:?}", truth.heads[0].judgement.contests);
    let shuffled = trained(&SHUFFLED_PLACEMENT, &source);
    println!("placement shuffled: {}", shuffled.verdict_text());
    assert!(!shuffled.may_decide() && shuffled.verdict() != &Verdict::Credible, "{}", shuffled.verdict_text());
    assert!(shuffled.heads[0].judgement.contests.iter().any(|contest| !contest.is_won()));
}
