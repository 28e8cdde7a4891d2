use std::time::Duration;

use outrider_core::Time;

use super::*;
use crate::exchange::{Exchange, FailureKind, Finish};
use crate::settings::{PoolSettings, QLearningSettings, StrategyKind};
use crate::testing::{address, picker, request_at, specs};

const START: Time = Time::from_millis(1_000);

fn after(ms: u64) -> Time {
    START + Duration::from_millis(ms)
}

fn settings(strategy: StrategyKind) -> PoolSettings {
    PoolSettings { strategy, ..PoolSettings::named("api") }
}

fn pool_of(strategy: StrategyKind, hosts: usize) -> Pool {
    let mut pool = Pool::new(settings(strategy), START);
    pool.set_hosts(&specs(&vec![1; hosts]), START);
    pool
}

/// A request that is sent at `sent_ms` wherever the pool sends it.
fn send(pool: &Pool, sent_ms: u64, seed: u64) -> Exchange {
    let view = pool.view();
    let pick = view.pick(&request_at(after(sent_ms)), &mut picker(seed)).unwrap();
    Exchange::begin(pick.host, false, after(sent_ms)).teaching(pick.lesson)
}

fn finish(pool: &mut Pool, exchange: Exchange, finish: Finish, now_ms: u64) {
    let outcome = exchange.finish(finish, after(now_ms)).expect("it carried a lesson");
    pool.learn(&outcome);
}

/// Sends so many, each answered after 20 ms.
fn practise(pool: &mut Pool, requests: u64) {
    for nth in 0..requests {
        let exchange = send(pool, 100 * nth, nth);
        finish(pool, exchange, Finish::Success, 100 * nth + 20);
        pool.tick(after(100 * nth + 50));
    }
}

fn known(pool: &Pool) -> Vec<(usize, f32)> {
    let Some(Student { values: Values::Table(table), .. }) = &pool.lessons.student else { panic!("a table") };
    let known = table.values().iter().copied().enumerate().filter(|(_, value)| !value.is_nan());
    known.map(|(entry, value)| (entry % table.hosts().len(), value)).collect()
}

#[test]
fn every_request_teaches_the_host_that_it_was_on_whatever_came_since() {
    let mut pool = pool_of(StrategyKind::QLearning, 3);
    // Two in flight at a time on different hosts; the later one ends first, and the host of the other fails.
    let first = send(&pool, 0, 1);
    let second = send(&pool, 1, 2);
    let (one, other) = (first.host().address, second.host().address);
    assert_ne!(one, other);
    finish(&mut pool, second, Finish::Success, 11);
    finish(&mut pool, first, Finish::Failure(FailureKind::Reset), 500);
    let value = |host| known(&pool).into_iter().find(|(place, _)| address(*place) == host).unwrap().1;
    // 10 ms, and a failure, which begins at the best that was known then.
    let expected = -0.1 + 0.1 * (-1_000.0 + 0.1);
    assert!(value(other) == -0.1 && (value(one) - expected).abs() < 1e-3, "{} {}", value(other), value(one));
}

#[test]
fn the_next_state_is_that_of_the_requests_own_end() {
    let pool = pool_of(StrategyKind::QLearning, 2);
    let exchange = send(&pool, 0, 1);
    // While it is out another host becomes busy, and stays so until after it has ended.
    let other = pool.members.values().find(|member| member.spec.address != exchange.host().address).unwrap();
    let held: Vec<Exchange> = (0..12).map(|_| Exchange::begin(&other.host, false, after(1))).collect();
    let outcome = exchange.finish(Finish::Success, after(20)).unwrap();
    drop(held);
    let crate::q_learning::Experience { step, next } = outcome.experience.unwrap();
    let (before, then) = (format!("{step:?}"), format!("{next:?}"));
    // Two hosts that never answered are medium, 1 + 3; the busy one is high.
    assert!(before.contains("state: 4"), "{before}");
    assert!(then.contains("state: 5") || then.contains("state: 7"), "{then}");
}

#[test]
fn what_is_learnt_is_published_with_the_next_tick_and_nothing_else_is() {
    for strategy in [StrategyKind::QLearning, StrategyKind::QLearningLinear] {
        let mut pool = pool_of(strategy, 3);
        let before = pool.version();
        pool.tick(after(0));
        assert_eq!(pool.version(), before);
        let exchange = send(&pool, 0, 1);
        finish(&mut pool, exchange, Finish::Success, 20);
        assert_eq!(pool.version(), before);
        pool.tick(after(100));
        assert_eq!(pool.version(), before + 1);
    }
}

#[test]
fn what_was_learnt_survives_a_restart() {
    for strategy in [StrategyKind::QLearning, StrategyKind::QLearningLinear] {
        let mut pool = pool_of(strategy, 3);
        practise(&mut pool, 40);
        let saved = pool.values().unwrap();
        let mut again = pool_of(strategy, 3);
        assert_ne!(again.values().unwrap(), saved);
        again.adopt_values(&saved).unwrap();
        assert_eq!(again.values().unwrap(), saved);
    }
}

#[test]
fn what_was_saved_elsewhere_is_refused_and_changes_nothing() {
    let mut pool = pool_of(StrategyKind::QLearning, 3);
    practise(&mut pool, 10);
    let saved = pool.values().unwrap();
    let refused = |mut pool: Pool, bytes: &[u8]| {
        let before = (pool.values(), pool.version());
        let error = pool.adopt_values(bytes).unwrap_err();
        assert_eq!((pool.values(), pool.version()), before);
        error
    };
    assert_eq!(refused(pool_of(StrategyKind::QLearning, 4), &saved), SavedError::Unwanted);
    assert_eq!(refused(pool_of(StrategyKind::QLearningLinear, 3), &saved), SavedError::Unwanted);
    assert_eq!(refused(pool_of(StrategyKind::P2c, 3), &saved), SavedError::Unwanted);
    assert_eq!(refused(pool_of(StrategyKind::QLearning, 3), &saved[1..]), SavedError::Damaged);
}

#[test]
fn other_hosts_or_other_settings_begin_anew_and_the_same_go_on() {
    let mut pool = pool_of(StrategyKind::QLearning, 3);
    practise(&mut pool, 10);
    let learnt = pool.values();
    pool.set_hosts(&specs(&[1, 2, 1]), START);
    pool.set_drained(address(0), true).unwrap();
    assert_eq!(pool.values(), learnt, "the same three");
    pool.set_hosts(&specs(&[1; 4]), START);
    assert_eq!(known(&pool), []);
    practise(&mut pool, 10);
    let q_learning = QLearningSettings { gamma: 0.5, ..QLearningSettings::default() };
    pool.reconfigure(PoolSettings { q_learning, ..settings(StrategyKind::QLearning) }, START);
    assert_eq!(known(&pool), []);
    pool.reconfigure(settings(StrategyKind::P2c), START);
    assert_eq!(pool.values(), None);
}

#[test]
fn weights_go_on_whoever_joins() {
    let mut pool = pool_of(StrategyKind::QLearningLinear, 3);
    practise(&mut pool, 10);
    let learnt = pool.values();
    pool.set_hosts(&specs(&[1; 300]), START);
    assert_eq!(pool.values(), learnt);
}

#[test]
fn more_hosts_than_the_table_takes_are_picked_from_and_nothing_is_learnt() {
    let pool = pool_of(StrategyKind::QLearning, 9);
    assert_eq!(pool.values(), None);
    let view = pool.view();
    assert!(view.pick(&request_at(START), &mut picker(1)).unwrap().lesson.is_none());
}

#[test]
fn whoever_may_not_be_picked_is_at_the_highest_level() {
    let mut pool = pool_of(StrategyKind::QLearning, 2);
    practise(&mut pool, 30);
    let state = |pool: &Pool| {
        let lesson = pool.view().pick(&request_at(after(9_000)), &mut picker(1)).unwrap().lesson.unwrap();
        format!("{lesson:?}").rsplit_once("state: ").unwrap().1.split(',').next().unwrap().to_owned()
    };
    assert_eq!(state(&pool), "0", "both answer in 20 ms");
    pool.set_drained(address(1), true).unwrap();
    assert_eq!(state(&pool), "6");
}
