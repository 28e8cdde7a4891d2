use std::time::Duration;

use outrider_core::Time;
use outrider_features::fingerprint::Cost;
use proptest::prelude::*;

use super::super::linear::{Condition, Usual};
use super::*;
use crate::testing::address;

const USUAL: Usual = Usual { in_flight: 1.0, response_ms: 50.0 };

fn hosts() -> Vec<SocketAddr> {
    (0..3).map(address).collect()
}

fn student(strategy: StrategyKind) -> Student {
    Student::new(strategy, &hosts(), &QLearningSettings::default()).unwrap()
}

fn outcome(place: u8, took_ms: u64, end: End) -> Outcome {
    let took = Duration::from_millis(took_ms);
    Outcome {
        host: address(place.into()),
        work: None,
        experience: None,
        took,
        end,
        cost: Cost::default(),
        now: Time::ZERO,
    }
}

/// Sent in state 4 to `place`, and state `next` followed.
fn experience(place: u8, next: u16) -> Experience {
    let step = Step::Table { hosts: hosts_id(&hosts()), state: 4, place };
    Experience { step, next: Next::State { state: next, places: Places(0b111) } }
}

fn linear(in_flight: f32, next: f32) -> Experience {
    let condition = Condition { in_flight, response_ms: 50.0, cpu: None, failures: 0.0 };
    let step = Step::Linear { tiles: condition.tiles(&USUAL), guess: -0.1 * condition.guess(&USUAL) };
    Experience { step, next: Next::Value(next) }
}

fn value(student: &Student, place: usize) -> Option<f32> {
    let Values::Table(table) = &student.values else { panic!("a table") };
    table.value(4, place)
}

fn learn(student: &mut Student, outcome: &Outcome, experience: &Experience) -> bool {
    student.learn(outcome, experience, &QLearningSettings::default())
}

proptest! {
    #[test]
    fn q_is_the_predecessors(lives in prop::collection::vec((0u8..3, 1u64..500, any::<bool>()), 1..60)) {
        let mut student = student(StrategyKind::QLearning);
        // All in one state, which is followed by itself; what is not known stands for the best that is.
        let mut q: [Option<f32>; 3] = [None; 3];
        for (place, took_ms, failed) in lives {
            let best = q.iter().flatten().copied().reduce(f32::max).unwrap_or(0.0);
            let reward = if failed { -1_000.0 } else { -(took_ms as f32) / 10.0 };
            let before = q[usize::from(place)].unwrap_or(best);
            q[usize::from(place)] = Some(before + 0.1 * (reward + 0.9 * best - before));
            let end = if failed { End::Failed } else { End::Served };
            prop_assert!(learn(&mut student, &outcome(place, took_ms, end), &experience(place, 4)));
        }
        for (place, expected) in q.into_iter().enumerate() {
            let (value, expected) = (value(&student, place), expected);
            let far = value.zip(expected).map_or(0.0, |(a, b)| (a - b).abs() / (1.0 + b.abs()));
            prop_assert!(value.is_some() == expected.is_some() && far < 1e-4, "{value:?} {expected:?}");
        }
    }

    #[test]
    fn exploration_decays_with_every_answer_down_to_its_floor(answers in 0u32..800) {
        for (strategy, experience) in
            [(StrategyKind::QLearning, experience(1, 0)), (StrategyKind::QLearningLinear, linear(1.0, 0.0))]
        {
            let mut student = student(strategy);
            (0..answers).for_each(|_| assert!(learn(&mut student, &outcome(1, 50, End::Served), &experience)));
            let expected = (0.1 * 0.995_f64.powi(answers.cast_signed())).max(0.01);
            prop_assert!((student.epsilon - expected).abs() < 1e-9);
        }
    }

    #[test]
    fn a_client_that_left_never_makes_a_host_look_better(
        before in prop::collection::vec(1u64..2_000, 0..20), waited_ms in 0u64..5_000, next in -100f32..0.0,
    ) {
        let mut table = student(StrategyKind::QLearning);
        let mut weights = student(StrategyKind::QLearningLinear);
        for took_ms in before {
            learn(&mut table, &outcome(1, took_ms, End::Served), &experience(1, 4));
            learn(&mut weights, &outcome(1, took_ms, End::Served), &linear(3.0, next));
        }
        let of = |student: &Student| match &student.values {
            Values::Table(table) => table.best(4, Places(0b010)).unwrap_or(0.0),
            Values::Linear { weights, .. } => weights.values().iter().sum(),
        };
        for (student, experience) in [(&mut table, experience(1, 4)), (&mut weights, linear(3.0, next))] {
            let (value, response) = (of(student), student.response_ms(address(1)));
            learn(student, &outcome(1, waited_ms, End::Cancelled), &experience);
            prop_assert!(of(student) <= value);
            prop_assert!(student.response_ms(address(1)) >= response);
        }
    }

    #[test]
    fn weights_stay_finite_whatever_happens(
        lives in prop::collection::vec((0f32..1e4, 0u64..10_000_000, 0u8..3, -1e6f32..0.0), 1..200),
    ) {
        let mut student = student(StrategyKind::QLearningLinear);
        for (in_flight, took_ms, end, next) in lives {
            let end = [End::Served, End::Failed, End::Cancelled][usize::from(end)];
            learn(&mut student, &outcome(0, took_ms, end), &linear(in_flight, next));
        }
        let Values::Linear { weights, mean_reward } = &student.values else { panic!("weights") };
        prop_assert!(weights.values().iter().all(|weight| weight.is_finite()));
        prop_assert!(mean_reward.is_none_or(f32::is_finite));
    }
}

#[test]
fn what_was_done_elsewhere_teaches_nothing() {
    let mut student = student(StrategyKind::QLearning);
    let other = Step::Table { hosts: hosts_id(&hosts()[..2]), state: 4, place: 1 };
    for strange in [Experience { step: other, ..experience(1, 4) }, linear(1.0, 0.0)] {
        assert!(!learn(&mut student, &outcome(1, 50, End::Served), &strange));
    }
    assert!(!learn(&mut student, &outcome(1, 50, End::Open), &experience(1, 4)), "a stream says nothing");
    assert_eq!((value(&student, 1), student.epsilon), (None, 0.1));
}

#[test]
fn the_value_of_what_follows_is_that_of_whoever_may_be_picked() {
    let mut student = student(StrategyKind::QLearning);
    let Values::Table(table) = &mut student.values else { panic!("a table") };
    let table = Arc::make_mut(table);
    table.learn(7, 0, -10.0, false, 1.0);
    table.learn(7, 1, -100.0, false, 1.0);
    table.learn(4, 2, -50.0, false, 1.0);
    let next = Next::State { state: 7, places: Places(0b110) };
    learn(&mut student, &outcome(2, 100, End::Served), &Experience { next, ..experience(2, 0) });
    assert_eq!(value(&student, 2), Some(-50.0 + 0.1 * (-10.0 - 90.0 + 50.0)));
}

#[test]
fn averages_follow_answers_and_a_quick_failure_is_none() {
    let mut student = student(StrategyKind::QLearning);
    let mut after = |took_ms, end| {
        learn(&mut student, &outcome(0, took_ms, end), &experience(0, 0));
        student.response_ms(address(0))
    };
    assert_eq!(after(1, End::Failed), None);
    assert_eq!(after(40, End::Served), Some(40.0));
    assert_eq!(after(1, End::Failed), Some(40.0));
    assert_eq!(after(60, End::Served), Some(41.0));
    assert_eq!(after(2_041, End::Failed), Some(141.0));
    student.keep(|host| *host != address(0));
    assert_eq!(student.response_ms(address(0)), None);
}
