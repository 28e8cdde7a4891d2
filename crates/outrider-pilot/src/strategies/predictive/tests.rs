//! Laws of the choice, on tables made by hand.

use std::collections::BTreeMap;
use std::time::Duration;

use outrider_core::{ClassId, Time};
use outrider_features::fingerprint::{Estimate, Fit};
use proptest::prelude::*;

use super::*;
use crate::exchange::{Exchange, FailureKind, Finish};
use crate::pool::PickRequest;
use crate::prediction::{Cell, Row, Table};
use crate::settings::StrategyKind;
use crate::testing::{address, candidates, field, load, picker, request_at};

const START: Time = Time::from_millis(10_000);
const NS_PER_MS: f64 = 1e6;
/// Costs that differ by less are not told apart.
const AS_GOOD: f64 = 1.081;

/// What a class takes: so long, plus as much for each unit of size, failing so often.
#[derive(Clone, Copy)]
struct Known {
    ms: f64,
    ms_per_size: f64,
    error_rate: f64,
}

fn ms(ms: f64) -> Known {
    Known { ms, ms_per_size: 0.0, error_rate: 0.0 }
}

fn cell(known: Known) -> Cell {
    let estimate = Estimate {
        fit: Fit { intercept_ns: known.ms * NS_PER_MS, slope_ns: known.ms_per_size * NS_PER_MS },
        mean_size: 1.0,
        size_max: 100.0,
        p50_ratio: 0.9,
        p90_ratio: 2.0,
        sigma: 0.0,
        mean_log: 0.0,
        error_rate: Some(known.error_rate),
        evidence: 100.0,
        uncertainty: 0.0,
    };
    Cell::new(&estimate, 1.0)
}

/// A table of hosts that serve so many at a time and take this long for each class.
fn table(hosts: &[(u32, Vec<Known>)]) -> Table {
    let row = |(nth, (slots, classes)): (usize, &(u32, Vec<Known>))| {
        let cells: Box<[Cell]> = classes.iter().map(|known| cell(*known)).collect();
        let work_ns = cells[0].service_ns(None);
        (address(nth), Arc::new(Row::new((f32::from(u16::try_from(*slots).unwrap()), true), work_ns, 1.0, cells)))
    };
    let rows: BTreeMap<_, _> = hosts.iter().enumerate().map(row).collect();
    Table { epoch: 7, at: START, ready: true, trusted: true, rate_per_s: 1e3, common: 1.0, rows }
}

fn settings() -> PoolSettings {
    PoolSettings { strategy: StrategyKind::Predictive, ..PoolSettings::named("pool") }
}

fn rule(candidates: &[Candidate], table: &Table) -> Predictive {
    let forecast = Arc::new(Forecast::new(&settings(), candidates, table));
    Predictive::new(&settings(), candidates, Some(&forecast))
}

fn picked(candidates: &[Candidate], table: &Table, request: &PickRequest<'_>) -> usize {
    rule(candidates, table).pick(&field(candidates, request), &mut picker(3)).unwrap()
}

/// Each candidate was sent to just now, so that none is tried.
fn touch(candidates: &[Candidate]) {
    candidates.iter().for_each(|candidate| drop(Exchange::begin(&candidate.host, false, START)));
}

proptest! {
    #[test]
    fn among_idle_hosts_the_fastest_for_the_class_and_size_is_picked(
        times_ms in prop::collection::vec((1.0..100.0f64, 0.0..50.0f64), 2..16), size in 0.0..50.0f32,
    ) {
        let known = |&(ms, ms_per_size): &(f64, f64)| (4, vec![Known { ms, ms_per_size, error_rate: 0.0 }]);
        let table = table(&times_ms.iter().map(known).collect::<Vec<_>>());
        let candidates = candidates(&vec![1; times_ms.len()]);
        touch(&candidates);
        let request = PickRequest { size: Some(size), ..request_at(START) };
        let at = picked(&candidates, &table, &request);
        let takes = |at: usize| times_ms[at].0 + times_ms[at].1 * f64::from(size);
        prop_assert!((0..times_ms.len()).all(|other| takes(at) <= takes(other) * AS_GOOD));
    }

    #[test]
    fn more_in_flight_never_costs_less(slots in 1u32..8, one in 0usize..10, more in 4usize..20, took_ms in 1.0..1e3f64) {
        let table = table(&vec![(slots, vec![ms(took_ms)]); 2]);
        let candidates = candidates(&[1, 1]);
        let _held = load(&candidates, &[one, one + more]);
        touch(&candidates);
        prop_assert_eq!(picked(&candidates, &table, &request_at(START)), 0);
    }

    #[test]
    fn only_open_hosts_are_picked_and_all_of_them_are_found(
        count in 1usize..80, closed in prop::collection::vec(any::<bool>(), 80), seed: u64,
    ) {
        let table = table(&vec![(4, vec![ms(5.0)]); count]);
        let candidates = candidates(&vec![1; count]);
        let tried: Vec<_> = (0..count).filter(|&at| closed[at]).map(address).collect();
        let request = PickRequest { tried: &tried, ..request_at(START) };
        let at = rule(&candidates, &table).pick(&field(&candidates, &request), &mut picker(seed));
        prop_assert!(at.is_none_or(|at| !closed[at]));
        prop_assert!(count > 16 || at.is_some() == (tried.len() < count));
    }
}

#[test]
fn classes_go_to_the_hosts_that_are_good_at_them() {
    let table = table(&[(4, vec![ms(10.0), ms(50.0)]), (4, vec![ms(20.0), ms(30.0)])]);
    let candidates = candidates(&[1, 1]);
    touch(&candidates);
    let of = |class: u8| PickRequest { class: ClassId(class), ..request_at(START) };
    assert_eq!((picked(&candidates, &table, &of(0)), picked(&candidates, &table, &of(1))), (0, 1));
    assert_eq!(picked(&candidates, &table, &of(9)), 0, "a class that the table does not know is as those without one");
}

#[test]
fn outstanding_work_counts_and_not_requests_alone() {
    let table = table(&vec![(1, vec![ms(1.0), ms(500.0)]); 2]);
    let candidates = candidates(&[1, 1]);
    touch(&candidates);
    let forecast = Forecast::new(&settings(), &candidates, &table);
    let send = |class: u8, at: usize| {
        let request = PickRequest { class: ClassId(class), ..request_at(START) };
        let work = forecast.work(&field(&candidates, &request), at);
        Exchange::begin(&candidates[at].host, false, START).carrying(work)
    };
    // Three cheap requests on host 0, two dear ones on host 1.
    let held: Vec<Exchange> = vec![send(0, 0), send(0, 0), send(0, 0), send(1, 1), send(1, 1)];
    assert_eq!(candidates[1].host.live.outstanding_ns(), 1_000_000_000);
    assert_eq!(picked(&candidates, &table, &request_at(START)), 0);
    drop(held);
    assert!(
        candidates.iter().all(|candidate| candidate.host.live.outstanding_ns() == 0),
        "what is given up is taken off"
    );
}

#[test]
fn a_host_that_turns_slow_loses_its_lead_within_a_hundred_answers() {
    let table = table(&[(4, vec![ms(10.0)]), (4, vec![ms(15.0)])]);
    let candidates = candidates(&[1, 1]);
    touch(&candidates);
    let forecast = Forecast::new(&settings(), &candidates, &table);
    let request = request_at(START);
    let slow = |_: usize| {
        let work = forecast.work(&field(&candidates, &request), 0);
        let exchange = Exchange::begin(&candidates[0].host, false, START).carrying(work);
        exchange.finish(Finish::Success, START + Duration::from_millis(30))
    };
    assert_eq!(picked(&candidates, &table, &request), 0);
    let answers = (1..=100).find(|&nth| slow(nth).is_some() && picked(&candidates, &table, &request) == 1);
    assert!(answers.is_some_and(|answers| answers < 60), "{answers:?}");
}

#[test]
fn what_a_new_table_has_learnt_is_not_priced_twice() {
    let before = table(&[(4, vec![ms(10.0)])]);
    let candidates = candidates(&[1]);
    let request = request_at(START);
    let work =
        |table: &Table| Forecast::new(&settings(), &candidates, table).work(&field(&candidates, &request), 0).unwrap();
    for _ in 0..1_000 {
        let exchange = Exchange::begin(&candidates[0].host, false, START).carrying(Some(work(&before)));
        exchange.finish(Finish::Success, START + Duration::from_millis(20));
    }
    let slow_ns = work(&before).service_ns();
    assert!((slow_ns / 20e6 - 1.0).abs() < 0.01, "{slow_ns}");
    let mut after = before.clone();
    let learnt = Row::new((4.0, true), 20e6, 2.0, Box::new([cell(ms(20.0))]));
    after.rows.insert(address(0), Arc::new(learnt));
    let again_ns = work(&after).service_ns();
    assert!((again_ns / slow_ns - 1.0).abs() < 0.01, "{again_ns} after {slow_ns}");
}

#[test]
fn a_host_that_fails_what_it_gets_costs_the_next_one_too() {
    let failing = Known { error_rate: 0.9, ..ms(10.0) };
    let table = table(&[(4, vec![failing]), (4, vec![ms(15.0)])]);
    let candidates = candidates(&[1, 1]);
    touch(&candidates);
    assert_eq!(picked(&candidates, &table, &request_at(START)), 1);
}

#[test]
fn a_host_that_failed_just_now_is_passed_over() {
    let table = table(&[(4, vec![ms(10.0)]), (4, vec![ms(12.0)])]);
    let candidates = candidates(&[1, 1]);
    touch(&candidates);
    for _ in 0..5 {
        let exchange = Exchange::begin(&candidates[0].host, false, START);
        exchange.finish(Finish::Failure(FailureKind::Status(500)), START);
    }
    assert_eq!(picked(&candidates, &table, &request_at(START)), 1);
}

#[test]
fn a_host_that_has_rested_is_tried_unless_it_is_too_dear() {
    let after = |slow_ms: f64| {
        let table = table(&[(4, vec![ms(10.0)]), (4, vec![ms(slow_ms)])]);
        let candidates = candidates(&[1, 1]);
        touch(&candidates);
        let later = START + Duration::from_millis(2_500);
        drop(Exchange::begin(&candidates[0].host, false, later));
        picked(&candidates, &table, &request_at(later))
    };
    assert_eq!((after(25.0), after(35.0)), (1, 0));
}

#[test]
fn a_table_that_is_unready_distrusted_or_old_is_not_gone_by() {
    let good = table(&[(4, vec![ms(10.0)]), (1, vec![ms(90.0)])]);
    let candidates = candidates(&[1, 1]);
    touch(&candidates);
    // 30 requests take host 0 longer than one takes host 1. By the fallback, least request over learned capacity, it may have 35.
    let forecast = Forecast::new(&settings(), &candidates, &good);
    let work = forecast.work(&field(&candidates, &request_at(START)), 0);
    let _held: Vec<Exchange> =
        (0..30).map(|_| Exchange::begin(&candidates[0].host, false, START).carrying(work)).collect();
    let unready = Table { ready: false, ..good.clone() };
    let distrusted = Table { trusted: false, ..good.clone() };
    assert_eq!(picked(&candidates, &good, &request_at(START)), 1);
    assert_eq!(picked(&candidates, &unready, &request_at(START)), 0);
    assert_eq!(picked(&candidates, &distrusted, &request_at(START)), 0);
    assert_eq!(picked(&candidates, &good, &request_at(START + Duration::from_millis(5_001))), 0);
}

#[test]
fn what_others_have_on_a_host_counts_for_a_second() {
    // With so little traffic nobody is tried for four seconds.
    let table = Table { rate_per_s: 10.0, ..table(&vec![(2, vec![ms(10.0)]); 2]) };
    let candidates = candidates(&[1, 1]);
    let _held = load(&candidates, &[0, 1]);
    touch(&candidates);
    candidates[0].host.live.hear_in_flight(8.0, START);
    assert_eq!(picked(&candidates, &table, &request_at(START)), 1);
    assert_eq!(picked(&candidates, &table, &request_at(START + Duration::from_millis(999))), 1);
    assert_eq!(picked(&candidates, &table, &request_at(START + Duration::from_millis(1_002))), 0);
}
