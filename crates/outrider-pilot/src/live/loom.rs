//! Every interleaving of what two cores may do to one host or one budget.

use std::sync::Arc;
use std::time::Duration;

use ::loom::model;
use ::loom::model::Builder;
use ::loom::thread;
use outrider_core::{LoadReport, Time};

use super::{AcceptCount, Asked, HostLive, Recent, Remembered, RollingCount, Slot, TrialGate, Turn};
use crate::exchange::{Exchange, FailureKind, Finish, Host};
use crate::guards::retry_budget::RetryBudget;
use crate::settings::RetrySettings;

const NOW: Time = Time::from_millis(5_000);

/// Runs `work` on two threads at once and returns what both say.
fn twice<T: 'static>(work: impl Fn() -> T + Clone + 'static) -> [T; 2] {
    let other = thread::spawn(work.clone());
    let mine = work();
    [mine, other.join().unwrap()]
}

fn host() -> Arc<Host> {
    Host::new("pool".into(), "10.0.0.1:80".parse().unwrap())
}

/// Of the many cells a whole exchange touches most are written only, so three preemptions say as much as any number
/// (and take a second instead of a minute).
#[test]
fn in_flight_returns_to_zero_and_every_pick_has_an_end() {
    let mut model = Builder::new();
    model.preemption_bound = Some(3);
    model.check(|| {
        let host = host();
        let live = Arc::clone(&host);
        twice(move || {
            let mut exchange = Exchange::begin(&live, false, NOW);
            exchange.answered(NOW);
            exchange.finish(Finish::Success, NOW);
        });
        assert_eq!((host.live.in_flight(), host.live.unanswered()), (0, 0));
        assert_eq!((host.live.totals().picks, host.live.totals().successes), (2, 2));
    });
}

#[test]
fn the_limit_is_never_exceeded() {
    model(|| {
        let host = host();
        host.live.set_max_connections(1);
        let live = Arc::clone(&host);
        let both = twice(move || Exchange::try_begin(&live, false, NOW));
        assert_eq!(both.iter().flatten().count(), 1);
        drop(both);
        assert_eq!(host.live.in_flight(), 0);
    });
}

#[test]
fn no_failure_is_lost_from_the_penalty() {
    model(|| {
        let live = Arc::new(HostLive::new());
        let shared = Arc::clone(&live);
        twice(move || shared.failed(FailureKind::Reset, Duration::ZERO, NOW));
        assert_eq!(live.load_at(NOW), 2.0);
        assert_eq!(live.failures_in_row(), 2);
    });
}

#[test]
fn a_peak_is_never_lost_to_a_lower_sample() {
    model(|| {
        let live = Arc::new(HostLive::new());
        let shared = Arc::clone(&live);
        let low = thread::spawn(move || shared.succeeded(Duration::from_nanos(10), NOW));
        live.succeeded(Duration::from_nanos(90), NOW);
        low.join().unwrap();
        assert_eq!(live.peak_ewma_ns(NOW), Some(90.0));
    });
}

#[test]
fn the_slowest_answer_is_taken_once() {
    model(|| {
        let live = Arc::new(HostLive::new());
        let shared = Arc::clone(&live);
        live.begin(NOW);
        let taker = thread::spawn(move || shared.take_slowest_answer());
        live.answered(Duration::from_nanos(70), NOW);
        let taken = taker.join().unwrap() + live.take_slowest_answer();
        assert_eq!(taken, Duration::from_nanos(70));
    });
}

#[test]
fn one_of_two_claims_a_trial() {
    model(|| {
        let gate = Arc::new(TrialGate::new());
        gate.open();
        let shared = Arc::clone(&gate);
        let claims = twice(move || shared.claim(NOW));
        assert_eq!(claims.iter().filter(|&&claim| claim).count(), 1);
    });
}

#[test]
fn a_trial_that_is_over_counts_nothing_in_the_next() {
    model(|| {
        let gate = Arc::new(TrialGate::new());
        gate.open();
        let number = gate.begin();
        let shared = Arc::clone(&gate);
        let late = thread::spawn(move || {
            shared.stop_waiting(number);
            shared.failed(number);
        });
        gate.open();
        late.join().unwrap();
        let count = gate.count();
        assert_eq!((count.waiting, count.failures), (0, 0));
    });
}

#[test]
fn both_count_when_a_second_begins() {
    model(|| {
        let count = Arc::new(RollingCount::new());
        count.add(1);
        let shared = Arc::clone(&count);
        // Second 17 falls into the slot of second 1.
        let counted = twice(move || shared.add(17));
        assert_eq!((counted, count.sum(17, 17), count.sum(1, 1)), ([true, true], 2, 0));
    });
}

#[test]
fn both_are_counted_as_asked_and_accepted_when_a_slot_begins() {
    model(|| {
        let count = Arc::new(AcceptCount::new());
        let slot = |seconds: u64| Slot::of(Time::from_millis(seconds * 1_000));
        count.add(slot(15), true);
        let shared = Arc::clone(&count);
        // Two minutes later, in the same place.
        let counted = twice(move || shared.add(slot(135), true));
        assert_eq!(counted, [true, true]);
        assert_eq!(count.sums(slot(135))[0], Asked { requests: 2, accepts: 2 });
    });
}

#[test]
fn what_is_taken_back_meets_what_is_counted() {
    model(|| {
        let count = Arc::new(AcceptCount::new());
        let slot = Slot::of(NOW);
        count.add(slot, true);
        let shared = Arc::clone(&count);
        let other = thread::spawn(move || shared.add(slot, true));
        count.take_back(slot, false);
        assert!(other.join().unwrap());
        assert_eq!(count.sums(slot)[0], Asked { requests: 2, accepts: 1 });
    });
}

#[test]
fn what_is_recalled_was_remembered_whole() {
    model(|| {
        let recent = Arc::new(Recent::new(1));
        let what = |byte: u8| Remembered { at_ms: u64::from(byte), id: [byte; Recent::ID_BYTES] };
        let shared = Arc::clone(&recent);
        let other = thread::spawn(move || shared.put(9, &what(1)));
        let seen = recent.get(9);
        assert!(seen.is_none_or(|seen| seen == what(1)));
        recent.put(9, &what(2));
        other.join().unwrap();
        assert!([what(1), what(2)].contains(&recent.get(9).unwrap()));
    });
}

#[test]
fn the_last_retry_is_granted_at_most_once() {
    model(|| {
        let settings = RetrySettings { budget_ratio: 1.0, budget_min_per_s: 0, ..RetrySettings::default() };
        let budget = RetryBudget::new(&settings);
        budget.request(NOW);
        let shared = budget.clone();
        let granted = twice(move || shared.try_retry(NOW));
        let count = granted.iter().filter(|&&granted| granted).count() as u64;
        assert!(count <= 1);
        assert_eq!(budget.counts(NOW), (1, count));
    });
}

#[test]
fn of_two_reports_at_once_every_number_is_one_that_was_said() {
    model(|| {
        let live = Arc::new(HostLive::new());
        let report = |cpu| LoadReport { cpu_utilization: Some(cpu), ..LoadReport::default() };
        let shared = Arc::clone(&live);
        let other = thread::spawn(move || shared.reported(&report(0.25), NOW));
        let early = live.report(NOW).and_then(|seen| seen.cpu_utilization);
        assert!(early.is_none_or(|cpu| cpu == 0.25));
        live.reported(&report(0.75), NOW);
        other.join().unwrap();
        let seen = live.report(NOW).unwrap();
        assert!([Some(0.25), Some(0.75)].contains(&seen.cpu_utilization));
        assert_eq!((seen.age, seen.mem_utilization, seen.rif), (Duration::ZERO, None, None));
    });
}

#[test]
fn of_two_answers_at_once_the_average_has_taken_in_both() {
    model(|| {
        let live = Arc::new(HostLive::new());
        live.set_wants_feedback(true);
        let shared = Arc::clone(&live);
        let other = thread::spawn(move || shared.succeeded(Duration::from_millis(10), NOW));
        live.succeeded(Duration::from_millis(30), NOW);
        other.join().unwrap();
        let response_ms = live.feedback(NOW).unwrap().response_ns / 1e6;
        assert!([12.0, 28.0].iter().any(|ms| (ms - response_ms).abs() < 1e-3), "{response_ms}");
    });
}

#[test]
fn no_two_get_the_same_turn() {
    model(|| {
        let turn = Arc::new(Turn::new());
        let shared = Arc::clone(&turn);
        let [mine, other] = twice(move || shared.next());
        assert_ne!(mine, other);
    });
}

/// Seven places: three are taken before, two by writers at once, two after.
#[test]
fn of_two_latencies_at_once_both_are_remembered_whole() {
    model(|| {
        let live = Arc::new(HostLive::new());
        live.remember_latencies();
        let remember = |live: &HostLive, ns| live.remember_latency(2, Duration::from_nanos(ns), NOW);
        (0..3).for_each(|_| remember(&live, 32));
        let shared = Arc::clone(&live);
        let slow = thread::spawn(move || shared.remember_latency(2, Duration::from_nanos(64), NOW));
        remember(&live, 128);
        assert_eq!(live.latency_near(2, NOW), Some(32));
        slow.join().unwrap();
        (0..2).for_each(|_| remember(&live, 128));
        assert_eq!(live.latency_near(2, NOW), Some(64), "the fourth of seven");
    });
}

#[test]
fn outstanding_work_and_those_who_will_be_overdue_return_to_zero() {
    model(|| {
        let live = Arc::new(HostLive::new());
        let shared = Arc::clone(&live);
        twice(move || {
            let due = shared.take_on(7, Duration::from_millis(150), NOW);
            shared.put_down(7, due);
        });
        assert_eq!((live.outstanding_ns(), live.expected()), (0, 0));
    });
}

/// The same answers in either order, one after the other, are all that two at once may come to.
#[test]
fn of_two_answers_at_once_the_factor_has_taken_in_both() {
    model(|| {
        let (live, orders) = (Arc::new(HostLive::new()), [HostLive::new(), HostLive::new()]);
        let answer = |live: &HostLive, log| live.learn_factor(log, 1.0, NOW);
        [[1.0, -2.0], [-2.0, 1.0]]
            .iter()
            .zip(&orders)
            .for_each(|(logs, live)| logs.iter().for_each(|log| answer(live, *log)));
        let shared = Arc::clone(&live);
        let other = thread::spawn(move || shared.learn_factor(-2.0, 1.0, NOW));
        answer(&live, 1.0);
        other.join().unwrap();
        assert!(orders.iter().any(|order| order.factor() == live.factor()), "{:?}", live.factor());
    });
}

#[test]
fn a_factor_at_its_bound_stays_in_its_range() {
    model(|| {
        let live = Arc::new(HostLive::new());
        (0..60).for_each(|_| live.censor(30.0, 100, NOW));
        assert_eq!(live.factor(), Some(1e4));
        let shared = Arc::clone(&live);
        let other = thread::spawn(move || shared.censor(30.0, 100, NOW));
        live.learn_factor(30.0, 1.0, NOW);
        other.join().unwrap();
        assert_eq!(live.factor(), Some(1e4));
    });
}
