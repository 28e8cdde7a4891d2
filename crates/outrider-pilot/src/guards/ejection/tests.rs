use outrider_core::Random;
use proptest::prelude::*;

use super::*;

/// Successes and failures of each host.
type Rates = &'static [(u64, u64)];

const NOW: Time = Time::from_millis(100_000);

fn settings() -> EjectionSettings {
    EjectionSettings::default()
}

fn before(millis: u64) -> Time {
    NOW - Duration::from_millis(millis)
}

/// A host that has answered so often and was heard just now.
fn host(successes: u64, failures: u64) -> Symptoms {
    Symptoms {
        successes,
        failures,
        lately: (0, 0),
        failures_in_row: 0,
        others_meanwhile: (0, 0),
        last_failure: None,
        last_answer: before(1),
        silence: None,
        crowded_since: None,
        ignoring_since: None,
        slowest: Some(Duration::from_millis(20)),
    }
}

fn failing(run: u32, successes: u64, failures: u64) -> Symptoms {
    Symptoms {
        lately: (0, 0),
        failures_in_row: run,
        others_meanwhile: (20, 0),
        last_failure: Some(FailureKind::Status(500)),
        ..host(successes, failures)
    }
}

fn silent(for_ms: u64, requests: u32) -> Symptoms {
    let since = before(for_ms);
    let silence = Silence { since, length: Duration::from_millis(for_ms), requests, is_ignoring: true };
    Symptoms {
        silence: Some(silence),
        crowded_since: is_crowded(Some(silence)).then_some(since),
        ignoring_since: Some(since),
        last_answer: since,
        ..host(100, 0)
    }
}

fn ejected(pool: &[Symptoms]) -> Vec<usize> {
    let slowest = pool.iter().filter_map(|s| s.slowest).max();
    judge(pool, slowest, &settings(), NOW).into_iter().map(|(at, _)| at).collect()
}

#[test]
fn success_rates() {
    let table: [(&str, Rates, &[usize]); 9] = [
        ("one of three fails always", &[(100, 0), (100, 0), (0, 100)], &[2]),
        ("one of three fails half", &[(100, 0), (50, 50), (100, 0)], &[1]),
        ("four points below the others are no reason", &[(9_600, 400), (10_000, 0), (10_000, 0)], &[]),
        ("six points are, with answers enough", &[(9_400, 600), (10_000, 0), (10_000, 0)], &[0]),
        ("six points of fifty answers are chance", &[(47, 3), (50, 0), (50, 0)], &[]),
        ("two hosts are no pool", &[(100, 0), (0, 100)], &[]),
        ("too few answers are not judged", &[(100, 0), (100, 0), (0, 49)], &[]),
        ("nor do they make a third host", &[(100, 0), (0, 100), (10, 0)], &[]),
        ("all fail alike", &[(50, 50), (52, 48), (49, 51), (48, 52)], &[]),
    ];
    for (name, rates, expected) in table {
        let pool: Vec<Symptoms> = rates.iter().map(|&(ok, bad)| host(ok, bad)).collect();
        assert_eq!(ejected(&pool), expected, "{name}");
    }
}

#[test]
fn others_that_differ_widely_excuse_an_outlier() {
    // The others' standard deviation is 16 points, so 1.9 of them reach 31 points below their mean of 84.
    let rates = [(100, 0), (100, 0), (70, 30), (65, 35), (58, 42)];
    let pool: Vec<Symptoms> = rates.iter().map(|&(ok, bad)| host(ok * 100, bad * 100)).collect();
    assert_eq!(ejected(&pool), Vec::<usize>::new());
}

#[test]
fn failures_in_a_row() {
    let healthy = host(1_000, 0);
    let meanwhile = |successes, failures| {
        vec![Symptoms { others_meanwhile: (successes, failures), ..failing(6, 900, 6) }, healthy, healthy]
    };
    let table: [(&str, Vec<Symptoms>, &[usize]); 10] = [
        ("five of one host", vec![failing(5, 0, 5), healthy, healthy], &[0]),
        ("four are too few", vec![failing(4, 0, 4), healthy, healthy], &[]),
        ("the others fail right now too", vec![failing(9, 900, 9), failing(3, 900, 3), failing(2, 900, 2)], &[]),
        ("the others have begun to fail with it", meanwhile(12, 8), &[]),
        ("a few failures of theirs explain nothing", meanwhile(98, 2), &[0]),
        ("they have not been asked meanwhile", meanwhile(0, 0), &[]),
        ("one of two", vec![failing(5, 900, 5), healthy], &[0]),
        ("two of two", vec![failing(5, 900, 5), failing(6, 900, 6)], &[]),
        (
            "a route of a tenth that always fails makes such runs",
            vec![failing(5, 9_000, 1_000), host(9_000, 1_000), host(9_000, 1_000)],
            &[],
        ),
        ("but not of nine", vec![failing(9, 9_000, 1_000), host(9_000, 1_000), host(9_000, 1_000)], &[0]),
    ];
    for (name, pool, expected) in table {
        assert_eq!(ejected(&pool), expected, "{name}");
    }
}

#[test]
fn silence() {
    let slow = Symptoms { slowest: Some(Duration::from_secs(20)), ..silent(10_000, 9) };
    let new = Symptoms { slowest: None, last_answer: Time::ZERO, ..silent(2_000, 9) };
    let poller = Symptoms { slowest: Some(Duration::from_secs(20)), ..host(100, 0) };
    let burst = Symptoms { crowded_since: Some(before(100)), last_answer: before(9_000), ..silent(1_100, 3) };
    let idle = Symptoms { last_answer: before(5_000), ..host(100, 0) };
    let done = Symptoms { last_answer: before(1_100), ..host(100, 0) };
    let failed = Symptoms { failures_in_row: 1, ..done };
    let owing = Symptoms { last_answer: before(1_100), ..silent(1_100, 1) };
    let table: [(&str, Vec<Symptoms>, &[usize]); 11] = [
        ("a second", vec![silent(1_000, 3), host(100, 0)], &[0]),
        ("less", vec![silent(999, 3), host(100, 0)], &[]),
        ("a host that is slow by habit is waited for", vec![slow, host(100, 0)], &[]),
        ("one that is new is given what its neighbours take", vec![new, poller, poller], &[]),
        ("else it is not", vec![new, host(100, 0), host(100, 0)], &[0]),
        ("requests that have only just come do not prove it", vec![burst, host(100, 0)], &[]),
        ("nobody answers", vec![silent(4_000, 9), silent(4_100, 9), idle], &[]),
        ("nobody is asked any more, and who was has answered", vec![silent(1_200, 9), done], &[0]),
        ("a failure is no sign of life", vec![silent(1_200, 9), failed], &[]),
        ("nor is an answer of who owes the next", vec![silent(1_200, 9), owing], &[]),
        ("nor one of before", vec![silent(1_000, 9), done], &[]),
    ];
    for (name, pool, expected) in table {
        assert_eq!(ejected(&pool), expected, "{name}");
    }
}

#[test]
fn silence_of_which_few_know() {
    let took = |seconds| Symptoms { slowest: Some(Duration::from_secs(seconds)), ..host(100, 0) };
    let answers_others = Symptoms { ignoring_since: None, ..silent(9_000, 1) };
    let joined = Symptoms { ignoring_since: Some(before(50)), ..silent(9_000, 2) };
    let gave_up = Silence { length: Duration::from_millis(100), ..silent(9_000, 1).silence.unwrap() };
    let gave_up = Symptoms { silence: Some(gave_up), ..silent(9_000, 1) };
    let idle_since = |millis| Symptoms { last_answer: before(millis), ..host(9, 0) };
    let table: [(&str, Vec<Symptoms>, &[usize]); 13] = [
        ("one request, three seconds", vec![silent(3_000, 1), host(100, 0)], &[0]),
        ("less", vec![silent(2_999, 1), host(100, 0)], &[]),
        ("two are as few as one", vec![silent(2_500, 2), host(100, 0)], &[]),
        ("somebody takes two seconds at times", vec![silent(5_900, 2), took(0), took(2)], &[]),
        ("but not six", vec![silent(6_000, 2), took(0), took(2)], &[0]),
        ("it answers what comes later", vec![answers_others, host(100, 0)], &[]),
        ("what is ignored has only just come", vec![joined, host(100, 0)], &[]),
        ("the client left long ago", vec![gave_up, host(100, 0)], &[]),
        ("all are silent", vec![silent(9_000, 1), silent(8_000, 1), silent(4_000, 2)], &[]),
        ("nobody else was asked since, but shortly before", vec![silent(4_000, 1), idle_since(4_900)], &[0]),
        ("nor shortly before", vec![silent(4_000, 1), idle_since(5_000)], &[]),
        ("two are silent", vec![silent(4_000, 1), silent(3_000, 1), idle_since(4_100)], &[]),
        ("every other host owes answers too", vec![silent(4_000, 1), silent(3_900, 1)], &[]),
    ];
    for (name, pool, expected) in table {
        assert_eq!(ejected(&pool), expected, "{name}");
    }
}

#[test]
fn a_host_has_one_verdict_and_silence_comes_first() {
    let worst = Symptoms { failures_in_row: 9, failures: 9, ..silent(3_000, 5) };
    let verdicts =
        judge(&[worst, failing(9, 0, 900), host(900, 0), host(900, 0), host(900, 0)], None, &settings(), NOW);
    assert_eq!(verdicts.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [0, 1]);
    assert!(matches!(verdicts[0].1, Cause::Stalled { requests: 5, .. }));
    assert!(matches!(verdicts[1].1, Cause::ConsecutiveFailures { count: 9, .. }));
}

#[test]
fn equal_hosts_are_hardly_ever_outliers_by_chance() {
    let mut random = Random::new(17);
    let mut draw = |answers: u64, rate: f64| {
        let successes = (0..answers).filter(|_| random.chance(rate)).count() as u64;
        host(successes, answers - successes)
    };
    let mut wrong = 0;
    for round in 0..2_000 {
        let (answers, rate) = (50 + round % 200, 0.8 + 0.2 * (round as f64 / 2_000.0));
        let pool: Vec<Symptoms> = (0..6).map(|_| draw(answers, rate)).collect();
        wrong += ejected(&pool).len();
    }
    assert!(wrong <= 6, "{wrong} of 12000 judgements");
}

#[test]
fn each_ejection_is_twice_as_long_up_to_the_longest() {
    let lengths: Vec<u64> = (1..=6).map(|times| length(times, &settings()).as_secs()).collect();
    assert_eq!(lengths, [30, 60, 120, 240, 300, 300]);
    assert_eq!(length(u32::MAX, &settings()).as_secs(), 300);
}

#[test]
fn half_of_a_pool_at_most() {
    assert_eq!([0, 1, 2, 3, 4, 5].map(|total| allowed(total, &settings())), [0, 0, 1, 1, 2, 2]);
    let all = EjectionSettings { max_share: 7.0, ..settings() };
    assert_eq!(allowed(3, &all), 3);
}

fn symptoms() -> impl Strategy<Value = Symptoms> {
    (0u64..5_000, 0u64..5_000, 0u32..50, 0u64..9_000, 0u32..9).prop_map(|(ok, bad, run, quiet_ms, requests)| {
        let quiet = silent(quiet_ms, requests);
        let Symptoms { silence, crowded_since, ignoring_since, last_answer, .. } = quiet;
        Symptoms { silence, crowded_since, ignoring_since, last_answer, ..failing(run, ok, bad) }
    })
}

proptest! {
    #[test]
    fn hosts_that_are_alike_are_never_ejected(symptoms in symptoms(), hosts in 2usize..12) {
        prop_assume!(symptoms.failures_in_row == 0 || symptoms.failures >= u64::from(symptoms.failures_in_row));
        prop_assert_eq!(ejected(&vec![symptoms; hosts]), Vec::<usize>::new());
    }

    #[test]
    fn verdicts_are_distinct_and_in_range(pool in prop::collection::vec(symptoms(), 0..12)) {
        let mut verdicts = ejected(&pool);
        prop_assert!(verdicts.iter().all(|&at| at < pool.len()));
        verdicts.sort_unstable();
        verdicts.dedup();
        prop_assert_eq!(verdicts.len(), ejected(&pool).len());
    }
}
