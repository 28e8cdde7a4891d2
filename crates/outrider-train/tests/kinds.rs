//! Every kind of model through a whole training: what ensembles are made of, that they do not peek, and that artifacts are the same
//! whatever the threads.

#![expect(clippy::unwrap_used, reason = "a test panics when something is not as it must be")]

use std::ops::ControlFlow;
use std::time::Duration;

use outrider_core::Random;
use outrider_core::frame::{Column, Frame, Values};
use outrider_infer::Model;
use outrider_infer::artifact::Artifact;
use outrider_train::tasks::{RETRY, SERVICE, Task};
use outrider_train::training::{Bench, Candidate, Options, Predictor, Trained, TrainingError, train};
use rayon::ThreadPoolBuilder;

fn column(name: &str, values: Values) -> Column {
    Column { name: name.to_owned(), values }
}

/// Generated telemetry: retries follow failures, slow answers, and where both meet.
fn telemetry(rows: usize) -> Frame {
    let mut random = Random::new(7);
    let (mut status, mut took, mut method, mut retried) = (vec![], vec![], vec![], vec![]);
    for _ in 0..rows {
        let (fails, ms) = (random.chance(0.3), 30.0 * (1.0 - random.unit()).powi(-2));
        let word = ["read", "write"][random.below(2)];
        let is_slow = ms > 200.0;
        let chance = if fails { 0.3 } else { 0.05 } + if is_slow && word == "read" { 0.4 } else { 0.0 };
        status.push(if fails { 503.0 } else { 200.0 });
        took.push(ms);
        method.push(Some(word));
        retried.push(f64::from(u8::from(random.chance(chance))));
    }
    let times = (0..rows).map(|row| row as i64 * 600_000_000).collect();
    Frame::new(vec![
        column("timestamp", Values::Time(times)),
        column("status_code", Values::Number(status)),
        column("response_time_ms", Values::Number(took)),
        column("method_category", Values::Word(method.into_iter().collect())),
        column("retried", Values::Number(retried)),
    ])
    .unwrap()
}

fn trained_on(threads: usize, task: &'static Task, source: &Frame, models: &[&str]) -> Result<Trained, TrainingError> {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let models = models.iter().map(|&name| name.to_owned()).collect();
    let options = Options { models, trees: 30, ..Options::default() };
    let mut bench = Bench { pool: &pool, clock: &mut || Duration::ZERO, watch: &mut |_, _| ControlFlow::Continue(()) };
    train(task, source, &options, &mut bench)
}

fn trained(task: &'static Task, source: &Frame, models: &[&str]) -> Trained {
    trained_on(2, task, source, models).unwrap()
}

fn names(trained: &Trained) -> Vec<&str> {
    trained.candidates.iter().map(|candidate| candidate.scored.name.as_str()).collect()
}

fn figure(candidate: &Candidate, name: &str) -> f64 {
    candidate.scored.figures.iter().find(|(own, ..)| own == name).unwrap().1.unwrap()
}

fn named<'a>(trained: &'a Trained, name: &str) -> &'a Candidate {
    trained.candidates.iter().find(|candidate| candidate.scored.name == name).unwrap()
}

#[test]
fn an_ensemble_is_never_worse_than_its_worst_member_and_is_their_mean() {
    let trained = trained(&RETRY, &telemetry(6_000), &["forest", "network", "logistic", "ensemble"]);
    assert_eq!(names(&trained), ["forest", "network", "logistic", "ensemble"]);
    let members = &trained.candidates[..3];
    let ensemble = named(&trained, "ensemble");
    let losses: Vec<f64> = members.iter().map(|member| figure(member, "log_loss")).collect();
    let mean = losses.iter().sum::<f64>() / 3.0;
    assert!(figure(ensemble, "log_loss") <= mean + 1e-12, "the mean of {losses:?} bounds it");
    for row in [0, 7, 99] {
        let mean = members.iter().map(|member| member.test_scores[0][row]).sum::<f64>() / 3.0;
        assert!((ensemble.test_scores[0][row] - mean).abs() < 1e-12);
    }
}

#[test]
fn an_ensemble_brings_what_it_is_made_of() {
    let source = telemetry(3_000);
    assert_eq!(
        names(&trained(&RETRY, &source, &["ensemble"])),
        ["logistic", "forest", "boosting", "network", "ensemble"]
    );
    let two = trained(&RETRY, &source, &["stacked", "boosting", "logistic"]);
    assert_eq!(names(&two), ["boosting", "logistic", "stacked"]);
    let told = trained_on(1, &RETRY, &source, &["stack"]).unwrap_err().to_string();
    assert!(told.contains("logistic, forest, boosting, network, ensemble, stacked"), "{told}");
}

/// What is said of rows that choose comes of shares that those rows have not taught: it is not what the final model says of them.
#[test]
fn a_stack_does_not_judge_itself_by_rows_that_taught_it() {
    let trained = trained(&RETRY, &telemetry(6_000), &["forest", "logistic", "stacked"]);
    let stacked = named(&trained, "stacked");
    let rows = &trained.split.validation;
    let said = stacked.model.predict(&trained.data.frame().select(rows)).unwrap().remove(0);
    let labels: Vec<f64> = rows.iter().map(|&row| trained.data.labels()[row]).collect();
    let taught = outrider_train::metrics::log_loss(&outrider_train::metrics::Sample::new(&labels, &said)).unwrap();
    assert!(stacked.validation.unwrap() > taught, "{:?}, taught {taught}", stacked.validation);
    let best_member =
        named(&trained, "forest").validation.unwrap().min(named(&trained, "logistic").validation.unwrap());
    assert!(taught <= best_member + 1e-4, "shares were learnt: {taught}, members {best_member}");
    let Model::Ensemble { ensemble, .. } = &stacked.model else { panic!("an ensemble") };
    assert!((ensemble.weights()[0].iter().sum::<f64>() - 1.0).abs() < 1e-9);
    assert!(stacked.members.as_ref().unwrap().starts_with("forest 0."), "{:?}", stacked.members);
}

/// The best of each: the artifact holds it whole, and the same on any number of threads.
#[test]
fn artifacts_of_every_kind_are_the_same_on_one_thread_and_two_and_say_the_same() {
    let source = telemetry(3_000);
    for kind in ["network", "ensemble", "stacked"] {
        let models = if kind == "network" { vec![kind] } else { vec!["logistic", "network", kind] };
        let bytes = |threads: usize| {
            let mut trained = trained_on(threads, &RETRY, &source, &models).unwrap();
            trained.best = trained.candidates.len() - 1;
            (trained.artifact().unwrap().write(), trained)
        };
        let ((one, trained), (two, _)) = (bytes(1), bytes(2));
        assert!(one == two, "{kind}");
        let predictor = Predictor::of(&Artifact::read(&one).unwrap()).unwrap();
        assert_eq!(predictor.model, trained.best().model);
        let said = predictor.predict(&source.select(&trained.split.test)).unwrap();
        assert_eq!(said, trained.best().test_scores);
    }
}

/// Requests of two classes on two hosts as `lab run` records them.
fn requests(rows: usize) -> Frame {
    let mut random = Random::new(3);
    let mut word =
        |of: [&'static str; 2]| -> Vec<Option<&str>> { (0..rows).map(|_| Some(of[random.below(2)])).collect() };
    let (hosts, classes) = (word(["a", "b"]), word(["read", "write"]));
    let ms = |row: usize| {
        let speed = if hosts[row] == Some("a") { 10.0 } else { 25.0 };
        speed * if classes[row] == Some("read") { 1.0 } else { 3.0 } * (0.5 + random.unit())
    };
    let ms = (0..rows).map(ms).collect();
    let scheduled = (0..rows).map(|row| 20.0 * row as f64).collect();
    let words = |words: Vec<Option<&str>>| Values::Word(words.into_iter().collect());
    Frame::new(vec![
        column("scheduled_ms", Values::Number(scheduled)),
        column("latency_ms", Values::Number(ms)),
        column("host", words(hosts.clone())),
        column("class", words(classes.clone())),
        column("end", words(vec![Some("answered"); rows])),
    ])
    .unwrap()
}

#[test]
fn quantiles_are_averaged_and_stacked_head_by_head() {
    let trained = trained(&SERVICE, &requests(4_000), &["boosting", "network", "ensemble", "stacked"]);
    for (head, quantile) in [(0, 0.5), (1, 0.9)] {
        for name in ["network", "ensemble", "stacked"] {
            let candidate = named(&trained, name);
            let covered = figure(candidate, &format!("coverage_{quantile}"));
            assert!((covered - quantile).abs() < 0.06, "{name}: {covered} of {quantile}");
            assert!(candidate.test_scores[head].iter().all(|ms| *ms > 0.0));
        }
    }
    let row = 5;
    let [trees, network, mean] =
        ["boosting", "network", "ensemble"].map(|name| named(&trained, name).test_scores[0][row]);
    assert!((mean - (trees * network).sqrt()).abs() < 1e-9 * mean, "the mean of logarithms");
}
