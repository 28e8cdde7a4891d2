//! The traps that the predecessors fell into, each set for us: a model must come out of it with the true verdict, and the column at fault
//! must be named.
#![expect(clippy::unwrap_used, reason = "a test panics when something is not as it must be")]

use outrider_core::Random;
use outrider_core::frame::{Column, Frame, NO_TIME, Values};
use outrider_core::schema::{Feature, FeatureKind, KnownAt, Schema};
use outrider_features::calendar::hour_utc;
use outrider_train::baselines::{CellTable, Statistic};
use outrider_train::dataset::{Dataset, Roles};
use outrider_train::gates::{
    Baseline, Contest, Evidence, Judgement, Rules, ShapeLimits, Verdict, differences, judge, survival,
};
use outrider_train::linear::{LinearSettings, train};
use outrider_train::metrics::{Bootstrap, Metric};
use outrider_train::split::{Copies, Shares, Split, SplitKind, at_random, by_time, leave_out};

const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3_600 * SECOND;
const ROWS: usize = 12_000;

/// Rows of telemetry as columns.
struct World {
    times: Vec<i64>,
    status: Vec<&'static str>,
    host: Vec<&'static str>,
    response_ms: Vec<f64>,
    label: Vec<f64>,
}

impl World {
    /// Failures are retried, and the more the longer the answer took: by `by_time` times its logarithm.
    fn new(seed: u64, by_time: f64) -> World {
        let mut random = Random::new(seed);
        let mut world = World { times: vec![], status: vec![], host: vec![], response_ms: vec![], label: vec![] };
        for row in 0..ROWS {
            let status = ["200", "200", "200", "404", "500"][random.below(5)];
            let long = -random.unit().max(1e-9).ln();
            let log_odds = if status == "200" { -2.5 } else { -1.1 } + by_time * (long.ln() + 0.58);
            world.times.push(i64::try_from(row).unwrap() * 20 * SECOND);
            world.status.push(status);
            world.host.push(["a", "b", "c"][random.below(3)]);
            world.response_ms.push(100.0 * long);
            world.label.push(f64::from(u8::from(random.chance(1.0 / (1.0 + f64::exp(-log_odds))))));
        }
        world
    }

    fn data(&self, more: Vec<Column>) -> Dataset {
        let mut columns = vec![
            numbers("response_ms", self.response_ms.clone()),
            words("status", &self.status),
            words("host", &self.host),
            Column { name: "at".to_owned(), values: Values::Time(self.times.clone()) },
            numbers("retried", self.label.clone()),
        ];
        let names: Vec<String> = more.iter().map(|column| column.name.clone()).collect();
        columns.extend(more);
        let features = [("response_ms", FeatureKind::Number), ("status", FeatureKind::Category)];
        let features = features.into_iter().map(|(name, kind)| feature(name, kind));
        let more = names.iter().map(|name| feature(name, FeatureKind::Number));
        let roles = Roles {
            label: "retried".to_owned(),
            time: Some("at".to_owned()),
            group: Some("host".to_owned()),
            ..Roles::default()
        };
        Dataset::new(Frame::new(columns).unwrap(), Schema { features: features.chain(more).collect() }, roles).unwrap()
    }
}

fn feature(name: &str, kind: FeatureKind) -> Feature {
    Feature { name: name.to_owned(), kind, known_at: KnownAt::Response }
}

fn numbers(name: &str, numbers: Vec<f64>) -> Column {
    Column { name: name.to_owned(), values: Values::Number(numbers) }
}

fn words(name: &str, words: &[&str]) -> Column {
    Column { name: name.to_owned(), values: Values::Word(words.iter().copied().map(Some).collect()) }
}

fn rules() -> Rules {
    Rules {
        decision: KnownAt::Response,
        forbidden: Vec::new(),
        embargo_us: 60 * SECOND,
        varies_within: vec!["status".to_owned()],
        can_be_cut_short: false,
        metric: Metric::LogLoss,
        shape: ShapeLimits { gap: Some(0.1), calibration: Some(0.05), ..ShapeLimits::default() },
    }
}

fn split(data: &Dataset) -> Split {
    by_time(data.times().unwrap(), 60 * SECOND, Shares::default(), &data.copies()).unwrap()
}

/// Trains a logistic regression on the split, and judges it beside the mean and a table by status.
fn judged(data: &Dataset, split: &Split, rules: &Rules, accept: bool) -> Judgement {
    let training = data.select(&split.train);
    let settings = LinearSettings::default();
    let model = train(training.frame(), data.schema(), training.labels(), None, &settings).unwrap();
    let test = data.select(&split.test);
    let table = CellTable::fit(&training, &["status"], Statistic::Mean).unwrap();
    let mean = Statistic::Mean.of(training.labels().iter().map(|label| (*label, 1.0)).collect()).unwrap();
    let baselines = [
        Baseline { name: "the mean".to_owned(), scores: vec![mean; test.rows()] },
        Baseline { name: "a table by status".to_owned(), scores: table.predict(test.frame()).unwrap() },
    ];
    let importances: Vec<(String, f64)> = model.coefficients().map(|(name, weight)| (name, weight.abs())).collect();
    let evidence = Evidence {
        data,
        split,
        train_scores: &model.predict(training.frame()).unwrap(),
        test_scores: &model.predict(test.frame()).unwrap(),
        baselines: &baselines,
        importances: &importances,
        load: None,
    };
    judge(rules, &evidence, &Bootstrap { resamples: 200, ..Bootstrap::default() }, accept)
}

fn reasons(judgement: &Judgement) -> Vec<String> {
    match &judgement.verdict {
        Verdict::Suspicious(reasons) => reasons.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_better_than_a_table_is_credible() {
    let data = World::new(1, 0.8).data(Vec::new());
    let judgement = judged(&data, &split(&data), &rules(), false);
    assert_eq!((&judgement.verdict, judgement.notes.len()), (&Verdict::Credible, 0), "{judgement:?}");
    assert!(judgement.may_decide() && judgement.contests.iter().all(Contest::is_won));
}

#[test]
fn what_a_table_knows_too_is_no_better_than_the_table() {
    // Retries depend on failure alone, as in the honest generator: the rest is noise.
    let data = World::new(2, 0.0).data(Vec::new());
    let judgement = judged(&data, &split(&data), &rules(), true);
    assert_eq!(judgement.verdict, Verdict::NoBetterThan("a table by status".to_owned()));
    assert!(judgement.contests[0].is_won(), "better than the mean: {:?}", judgement.contests);
    assert!(!judgement.may_decide() && !judgement.accepted, "there is nothing to accept");
}

#[test]
fn a_planted_leak_is_named_and_refused_until_accepted() {
    let world = World::new(3, 0.8);
    let mut random = Random::new(9);
    let leak = world.label.iter().map(|label| if random.chance(0.02) { 1.0 - label } else { *label });
    let data = world.data(vec![numbers("client_saw_error", leak.collect())]);
    let judgement = judged(&data, &split(&data), &rules(), false);
    let told = reasons(&judgement);
    assert!(told[0].starts_with("feature \"client_saw_error\" alone nearly determines the label: "), "{told:?}");
    assert!(
        told[1].starts_with("the model is too good to be true") && told[1].contains("\"client_saw_error\""),
        "{told:?}"
    );
    assert_eq!((told.len(), judgement.may_decide()), (2, false));
    let accepted = judged(&data, &split(&data), &rules(), true);
    assert_eq!((accepted.accepted, accepted.may_decide(), reasons(&accepted)), (true, true, told));
}

#[test]
fn a_feature_that_is_missing_unless_the_label_is_set_is_a_leak() {
    let world = World::new(4, 0.8);
    let told = world.label.iter().map(|label| if *label == 1.0 { 7.0 } else { f64::NAN }).collect();
    let data = world.data(vec![numbers("retry_delay_ms", told)]);
    let told = reasons(&judged(&data, &split(&data), &rules(), false));
    assert!(told[0].contains("\"retry_delay_ms\" alone") && told[0].contains("ROC-AUC 1.0000"), "{told:?}");
}

#[test]
fn an_amount_that_is_too_well_known_is_a_leak() {
    let world = World::new(5, 0.0);
    let near: Vec<f64> = world.response_ms.iter().map(|ms| ms * 1.5 + 3.0).collect();
    let columns = vec![
        numbers("total_ms", near.clone()),
        numbers("response_ms", world.response_ms.clone()),
        Column { name: "at".to_owned(), values: Values::Time(world.times) },
    ];
    let schema = Schema { features: vec![feature("total_ms", FeatureKind::Number)] };
    let roles = Roles { label: "response_ms".to_owned(), time: Some("at".to_owned()), ..Roles::default() };
    let data = Dataset::new(Frame::new(columns).unwrap(), schema, roles).unwrap();
    let split = split(&data);
    let of = |rows: &[usize]| rows.iter().map(|&row| (near[row] - 3.0) / 1.5 + 0.01).collect::<Vec<f64>>();
    let baselines = [Baseline { name: "the median".to_owned(), scores: vec![69.0; split.test.len()] }];
    let evidence = Evidence {
        data: &data,
        split: &split,
        train_scores: &of(&split.train),
        test_scores: &of(&split.test),
        baselines: &baselines,
        importances: &[],
        load: None,
    };
    let rules = Rules { metric: Metric::Mae, shape: ShapeLimits::default(), ..rules() };
    let told = reasons(&judge(&rules, &evidence, &Bootstrap::default(), false));
    assert!(
        told[0].contains("\"total_ms\" alone") && told[0].contains("below a twentieth of the best baseline's"),
        "{told:?}"
    );
    assert!(told[1].starts_with("the model is too good to be true: mae 0.0100"), "{told:?}");
}

#[test]
fn features_known_too_late_or_forbidden_are_refused() {
    let world = World::new(6, 0.8);
    let noise = world.response_ms.iter().rev().copied().collect();
    let mut schema = world.data(Vec::new()).schema().clone();
    schema.features.push(Feature { known_at: KnownAt::Outcome, ..feature("next_request_ms", FeatureKind::Number) });
    let data = world.data(vec![numbers("next_request_ms", noise)]).with_schema(schema).unwrap();
    let rules = Rules { forbidden: vec!["status".to_owned()], ..rules() };
    let told = reasons(&judged(&data, &split(&data), &rules, false));
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("\"next_request_ms\" is known at outcome, and the decision is taken at response"));
    assert!(told[1].contains("\"status\" is forbidden"));
}

#[test]
fn copies_across_a_split_are_seen_and_our_splits_have_none() {
    let mut world = World::new(7, 1.6);
    // Three of four rows are forward-filled.
    for row in (0..ROWS).filter(|row| row % 4 != 0) {
        world.response_ms[row] = world.response_ms[row - 1];
        world.status[row] = world.status[row - 1];
        world.label[row] = world.label[row - 1];
    }
    let data = world.data(Vec::new());
    let blind = at_random(data.labels(), Shares::default(), &Copies::none(), 1).unwrap();
    let told = reasons(&judged(&data, &blind, &rules(), false));
    assert!(told[0].contains("rows that judge are copies of rows that trained"), "{told:?}");
    let split = split(&data);
    assert_eq!(judged(&data, &split, &rules(), false).verdict, Verdict::Credible);
    let random = at_random(data.labels(), Shares::default(), &data.copies(), 1).unwrap();
    let judgement = judged(&data, &random, &rules(), false);
    assert!(judgement.notes[0].starts_with("the split is random"), "labelled so: {judgement:?}");
    let told = reasons(&judgement);
    assert!(told.len() == 1 && told[0].starts_with("the split is random, though rows have a time"), "{told:?}");
    assert_eq!(random.copies_dropped, 0);
}

#[test]
fn splits_that_share_rows_times_or_groups_are_seen() {
    let data = World::new(8, 0.8).data(Vec::new());
    let close = by_time(data.times().unwrap(), 0, Shares::default(), &Copies::none()).unwrap();
    let told = reasons(&judged(&data, &close, &rules(), false));
    assert!(told[0].contains("parts of the split are 20 s apart, expected at least 60 s"), "{told:?}");
    let fine = split(&data);
    let twice = Split { validation: fine.train.clone(), ..fine.clone() };
    assert!(reasons(&judged(&data, &twice, &rules(), false)).concat().contains("rows are in more than one part"));
    let host = leave_out(&data.groups().unwrap(), 1, &data.copies(), 0).unwrap();
    assert!(matches!(judged(&data, &host, &rules(), false).verdict, Verdict::Credible));
    let mixed = Split { kind: SplitKind::LeaveOut { group: 1 }, ..fine };
    let told = reasons(&judged(&data, &mixed, &rules(), false));
    assert!(told[0].contains("3 groups of \"host\" train and judge"), "{told:?}");
}

#[test]
fn a_label_that_is_constant_per_group_is_seen() {
    let mut world = World::new(9, 0.8);
    for row in (0..ROWS).filter(|&row| world.status[row] == "404") {
        world.label[row] = 0.0;
    }
    let data = world.data(Vec::new());
    let told = reasons(&judged(&data, &split(&data), &rules(), false));
    assert!(told[0].contains("does not vary within groups of \"status\" (404: always 0 in "), "{told:?}");
}

#[test]
fn swapped_columns_change_nothing_and_missing_ones_are_named() {
    let data = World::new(10, 0.8).data(Vec::new());
    let settings = LinearSettings::default();
    let model = train(data.frame(), data.schema(), data.labels(), None, &settings).unwrap();
    let swapped = Frame::new(data.frame().columns().iter().rev().cloned().collect()).unwrap();
    assert_eq!(model.predict(&swapped), model.predict(data.frame()));
    let renamed = Frame::new(vec![numbers("latency_ms", vec![1.0]), words("status", &["200"])]).unwrap();
    assert!(model.predict(&renamed).unwrap_err().to_string().contains("no column \"response_ms\""));
    // An artifact carries the hash of its schema: another order or name is another one.
    let reversed = Schema { features: data.schema().features.iter().rev().cloned().collect() };
    assert_ne!(reversed.hash(), data.schema().hash());
}

#[test]
fn a_word_that_training_has_not_seen_is_no_word_that_it_has() {
    let data = World::new(11, 0.8).data(Vec::new());
    let model = train(data.frame(), data.schema(), data.labels(), None, &LinearSettings::default()).unwrap();
    let asked = ["200", "404", "500", "599"];
    let frame = Frame::new(vec![numbers("response_ms", vec![100.0; 4]), words("status", &asked)]).unwrap();
    let predicted = model.predict(&frame).unwrap();
    assert!(predicted[..3].iter().all(|seen| (seen - predicted[3]).abs() > 0.01), "{predicted:?}");
    let range = predicted[..3].iter().fold((1.0f64, 0.0f64), |(low, high), p| (low.min(*p), high.max(*p)));
    assert!((range.0..range.1).contains(&predicted[3]), "between those it has seen: {predicted:?}");
}

#[test]
fn a_clock_of_another_zone_is_seen_as_skew() {
    let world = World::new(12, 0.8);
    let hours = |offset: i64| world.times.iter().map(|at| f64::from(hour_utc(at + offset))).collect();
    // The same moments, once as UTC and once as a wall clock two hours ahead.
    let trained = Frame::new(vec![numbers("hour_utc", hours(0))]).unwrap();
    let served = Frame::new(vec![numbers("hour_utc", hours(2 * HOUR))]).unwrap();
    let schema = Schema { features: vec![feature("hour_utc", FeatureKind::Number)] };
    let told = differences(&schema, &trained, &served);
    assert!(told[0].contains("\"hour_utc\" differs between training and serving in 12000 of 12000 rows"), "{told:?}");
    assert_eq!(differences(&schema, &trained, &trained.clone()), Vec::<String>::new());
}

#[test]
fn timeouts_are_counted_and_their_absence_is_seen() {
    let world = World::new(13, 0.8);
    let rules = Rules { can_be_cut_short: true, ..rules() };
    let silent = world.data(Vec::new());
    let told = reasons(&judged(&silent, &split(&silent), &rules, false));
    assert!(told[0].starts_with("no column says which requests were cut short"), "{told:?}");
    let cut_at = |ms: f64| {
        let cut = world.response_ms.iter().map(|took| f64::from(u8::from(*took > ms))).collect();
        let frame = silent.frame().columns().iter().cloned().chain([numbers("timed_out", cut)]).collect();
        let roles = Roles { censored: Some("timed_out".to_owned()), ..silent.roles().clone() };
        Dataset::new(Frame::new(frame).unwrap(), silent.schema().clone(), roles).unwrap()
    };
    let told = cut_at(300.0);
    let judgement = judged(&told, &split(&told), &rules, false);
    let cut_short = survival(&told).unwrap().cut_short;
    assert!((500..700).contains(&cut_short), "one in twenty: {cut_short}");
    assert_eq!(
        judgement.notes,
        [format!("{cut_short} of 12000 rows were cut short: how long they would have taken is not known")]
    );
    assert_eq!(judgement.verdict, Verdict::Credible);
    let most = cut_at(30.0);
    assert!(reasons(&judged(&most, &split(&most), &rules, false))[0].contains("(\"timed_out\"), more than half"));
}

#[test]
fn too_few_blocks_or_positives_prove_nothing() {
    let data = World::new(14, 0.8).data(Vec::new());
    let roles = Roles { block: Some("host".to_owned()), ..data.roles().clone() };
    let by_host = Dataset::new(data.frame().clone(), data.schema().clone(), roles).unwrap();
    let judgement = judged(&by_host, &split(&by_host), &rules(), false);
    assert!(matches!(judgement.verdict, Verdict::NoBetterThan(_)), "three hosts: {judgement:?}");
    let is_told = |part: &str| judgement.notes.iter().any(|note| note.contains(part));
    assert!(is_told("cannot be told: log_loss is undefined, or there are too few blocks"), "{judgement:?}");
    assert!(is_told("a class is in 3 blocks of rows that judge"), "{judgement:?}");
    let few = data.select(&(0..200).collect::<Vec<_>>());
    let judgement = judged(&few, &split(&few), &Rules { shape: ShapeLimits::default(), ..rules() }, false);
    assert!(judgement.notes.concat().contains("too few to tell a leak from luck"), "{judgement:?}");
}

#[test]
fn a_handful_of_episodes_proves_nothing_however_many_rows_they_have() {
    let data = World::new(14, 0.8).data(Vec::new());
    let verdict = |long_us: i64| {
        let began = data.times().unwrap().iter().zip(data.labels());
        let began: Vec<i64> =
            began.map(|(&at, &label)| if label == 1.0 { at.div_euclid(long_us) * long_us } else { NO_TIME }).collect();
        let mut frame = data.frame().clone();
        frame.push(Column { name: "began".to_owned(), values: Values::Time(began) }).unwrap();
        let roles = Roles { episode: Some("began".to_owned()), ..data.roles().clone() };
        let data = Dataset::new(frame, data.schema().clone(), roles).unwrap();
        judged(&data, &split(&data), &rules(), false)
    };
    assert_eq!(verdict(3_600_000_000).verdict, Verdict::Credible, "many of an hour");
    let few = verdict(1_000_000 * 3_600_000_000);
    assert!(matches!(few.verdict, Verdict::NoBetterThan(_)), "one of each of three hosts: {few:?}");
    assert!(few.notes.iter().any(|note| note.starts_with("3 episodes judge, fewer than 10")), "{few:?}");
}

#[test]
fn rows_learnt_by_heart_are_seen() {
    let data = World::new(15, 0.8).data(Vec::new());
    let split = split(&data);
    let labels = |rows: &[usize]| rows.iter().map(|&row| data.labels()[row] * 0.8 + 0.1).collect::<Vec<f64>>();
    let mut random = Random::new(1);
    let test_scores: Vec<f64> = split.test.iter().map(|_| 0.05 + 0.2 * random.unit()).collect();
    let evidence = Evidence {
        data: &data,
        split: &split,
        train_scores: &labels(&split.train),
        test_scores: &test_scores,
        baselines: &[Baseline { name: "the mean".to_owned(), scores: vec![0.15; split.test.len()] }],
        importances: &[],
        load: None,
    };
    let told = reasons(&judge(&rules(), &evidence, &Bootstrap::default(), false));
    assert!(told[0].contains("it has learnt its rows by heart"), "{told:?}");
}
