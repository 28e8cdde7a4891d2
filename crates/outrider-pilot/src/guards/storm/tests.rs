use proptest::prelude::*;

use super::*;
use crate::pool::HostEvent;

const CLASS: ClassId = ClassId(3);
const KEY: ClassKey = ClassKey(77);
const SECOND: Duration = Duration::from_secs(1);

fn guard() -> StormGuard {
    StormGuard::new(&StormGuardSettings::default())
}

fn at(seconds: f64) -> Time {
    Time::ZERO + Duration::from_secs_f64(seconds)
}

/// Requests at `rate_per_s` of which hosts accept what `accepts` says; how many were sent and how many accepted.
struct Flow<'a> {
    guard: &'a StormGuard,
    class: (ClassId, ClassKey),
    rate_per_s: f64,
    random: Random,
}

impl<'a> Flow<'a> {
    fn new(guard: &'a StormGuard, rate_per_s: f64) -> Flow<'a> {
        Flow { guard, class: (CLASS, KEY), rate_per_s, random: Random::new(5) }
    }

    fn run(&mut self, from: f64, to: f64, verdict: impl Fn(u64) -> Verdict) -> u64 {
        let (mut now, mut sent) = (at(from), 0);
        while now < at(to) {
            if let Some(admitted) = self.guard.admit(self.class.0, self.class.1, now, &mut self.random) {
                self.guard.settle(admitted, verdict(sent), now);
                sent += 1;
            }
            now = now + Duration::from_secs_f64(1.0 / self.rate_per_s);
        }
        sent
    }

    fn probability(&self, now: f64) -> f64 {
        self.guard.probability(cell_of(self.class.0, self.class.1), Slot::of(at(now)))
    }
}

const ACCEPTED: Verdict = Verdict::Accepted { after: None };

fn accepted(_: u64) -> Verdict {
    ACCEPTED
}

fn rejected(_: u64) -> Verdict {
    Verdict::NotAccepted
}

proptest! {
    #[test]
    fn it_is_the_formula_of_the_book_bounded(
        requests in 0u64..400, percent in 0u64..=100, multiplier in 1.1f64..10.0,
    ) {
        let guard = StormGuard::new(&StormGuardSettings { multiplier, ..StormGuardSettings::default() });
        let accepts = requests * percent / 100;
        for nth in 0..requests {
            // Straight into the count, so that nothing is rejected on the way.
            let count = &guard.counts[cell_of(CLASS, KEY)];
            prop_assert!(count.add(Slot::of(at(1.0)), nth < accepts));
            count.end(Slot::of(at(2.0)), nth < accepts);
        }
        let (all, good) = (requests as f64, accepts as f64);
        let formula = ((all - multiplier * good) / (all + 1.0)).clamp(0.0, 0.9);
        let expected = if requests < 50 { 0.0 } else { formula };
        let is = guard.probability(cell_of(CLASS, KEY), Slot::of(at(9.0)));
        prop_assert!((is - expected).abs() < 1e-12, "{is} {expected}");
    }

    /// Whatever becomes of the requests of one kind, no other is shed, be it a class or without one.
    #[test]
    fn no_kind_sheds_another(class in 0u8..64, other in 0u8..64, key: u64, other_key: u64) {
        let kinds = [(ClassId(class), ClassKey(key)), (ClassId(other), ClassKey(other_key))];
        prop_assume!(cell_of(kinds[0].0, kinds[0].1) != cell_of(kinds[1].0, kinds[1].1));
        let guard = guard();
        Flow { class: kinds[0], ..Flow::new(&guard, 100.0) }.run(0.0, 5.0, rejected);
        prop_assert!(guard.is_shedding(kinds[0].0, kinds[0].1, at(5.0)));
        prop_assert!(!guard.is_shedding(kinds[1].0, kinds[1].1, at(5.0)));
        let sent = Flow { class: kinds[1], ..Flow::new(&guard, 100.0) }.run(5.0, 6.0, accepted);
        prop_assert!(sent >= 100);
    }
}

#[test]
fn a_route_that_always_fails_sheds_nothing() {
    let guard = guard();
    // 500 is a host's answer: somebody worked on it.
    assert_eq!(Flow::new(&guard, 100.0).run(0.0, 60.0, accepted), 6_000);
}

#[test]
fn fewer_than_fifty_requests_shed_nothing() {
    let guard = guard();
    let sent = Flow::new(&guard, 0.4).run(0.0, 120.0, rejected);
    assert_eq!(sent, 48);
}

#[test]
fn a_burst_that_is_still_waiting_is_no_evidence() {
    let guard = guard();
    let mut random = Random::new(1);
    let waiting: Vec<Admitted> =
        (0..5_000).map(|_| guard.admit(CLASS, KEY, at(1.0), &mut random).expect("nothing is known yet")).collect();
    assert!(!guard.is_shedding(CLASS, KEY, at(30.0)));
    for admitted in waiting {
        guard.settle(admitted, Verdict::NotAccepted, at(30.0));
    }
    let all = Asked { requests: 5_000, accepts: 0 };
    let [long, late, short] = guard.counts[cell_of(CLASS, KEY)].sums(Slot::of(at(30.0)));
    assert_eq!((long, late, short), (all, Asked::default(), all));
    assert!(guard.is_shedding(CLASS, KEY, at(30.0)), "nothing else has ended since");
    assert!(!guard.is_shedding(CLASS, KEY, at(50.0)), "the last seconds say nothing");
}

/// An outage in which requests end `timeout_ms` after they were sent: how many of those of the last half were sent, and how
/// long after it requests are shed, s.
fn outage(timeout_ms: u64) -> (f64, u64) {
    const OVER_MS: u64 = 600_000;
    let (guard, mut random) = (guard(), Random::new(1));
    let mut waiting = std::collections::VecDeque::new();
    let (mut sent, mut last_shed_ms) = (0, 0);
    for ms in (0..2 * OVER_MS).step_by(10) {
        let now = Time::from_millis(ms);
        while waiting.front().is_some_and(|(due, _)| *due <= ms) {
            let (_, admitted) = waiting.pop_front().expect("seen just now");
            guard.settle(admitted, Verdict::NotAccepted, now);
        }
        match guard.admit(CLASS, KEY, now, &mut random) {
            Some(admitted) if ms < OVER_MS => {
                sent += u64::from(ms >= OVER_MS / 2);
                waiting.push_back((ms + timeout_ms, admitted));
            }
            Some(admitted) => guard.settle(admitted, ACCEPTED, now),
            None => last_shed_ms = ms,
        }
    }
    (sent as f64 / (OVER_MS / 20) as f64, last_shed_ms.saturating_sub(OVER_MS) / 1_000)
}

#[test]
fn timeouts_shed_however_long_they_are_within_the_window_and_it_lets_go() {
    for timeout_ms in [1_000, 4_000, 9_000, 12_000, 30_000, 45_000] {
        let (sent, free_after_s) = outage(timeout_ms);
        assert!(sent < 0.5, "timeouts of {timeout_ms} ms: {sent:.2} were sent");
        assert!(free_after_s <= 60, "timeouts of {timeout_ms} ms: free after {free_after_s} s");
    }
}

#[test]
fn what_timed_out_sheds_as_soon_as_it_is_known() {
    let guard = guard();
    let mut random = Random::new(1);
    let mut waiting = std::collections::VecDeque::new();
    let mut shed_at = None;
    for ms in (0..60_000).step_by(10) {
        let now = Time::from_millis(ms);
        waiting.extend(guard.admit(CLASS, KEY, now, &mut random).map(|admitted| (ms + 3_000, admitted)));
        while waiting.front().is_some_and(|(due, _)| *due <= ms) {
            let (_, admitted) = waiting.pop_front().unwrap();
            guard.settle(admitted, Verdict::NotAccepted, now);
        }
        shed_at = shed_at.or_else(|| guard.is_shedding(CLASS, KEY, now).then_some(ms));
    }
    // Those of three seconds have timed out when those of three more still wait.
    assert!((5_900..6_200).contains(&shed_at.unwrap()), "{shed_at:?}");
}

#[test]
fn what_says_nothing_counts_for_nothing() {
    let guard = guard();
    Flow::new(&guard, 100.0).run(0.0, 60.0, |_| Verdict::Unknown);
    assert_eq!(guard.counts[cell_of(CLASS, KEY)].sums(Slot::of(at(60.0)))[0], Asked::default());
}

/// The book counts what is rejected locally as requests, so that growing demand is rejected more. That it lets go:
#[test]
fn after_an_outage_it_lets_go_within_a_minute() {
    let guard = guard();
    let mut flow = Flow::new(&guard, 100.0);
    flow.run(0.0, 300.0, rejected);
    assert_eq!(flow.probability(299.0), 0.9);
    let mut free_at = None;
    for second in 300..400 {
        let second = f64::from(second);
        flow.run(second, second + 1.0, accepted);
        free_at = free_at.or_else(|| (flow.probability(second + 1.0) == 0.0).then_some(second - 299.0));
    }
    assert!(free_at.is_some_and(|after| after <= 60.0), "{free_at:?}");
    assert_eq!(flow.probability(400.0), 0.0);
}

#[test]
fn one_in_ten_is_always_sent() {
    let guard = guard();
    let mut flow = Flow::new(&guard, 1_000.0);
    flow.run(0.0, 10.0, rejected);
    let sent = flow.run(10.0, 20.0, rejected);
    // Five standard deviations of a binomial.
    assert!((850..1_150).contains(&sent), "{sent}");
}

#[test]
fn a_hiccup_after_good_minutes_sheds_nothing() {
    let guard = guard();
    let mut flow = Flow::new(&guard, 100.0);
    flow.run(0.0, 120.0, accepted);
    assert_eq!(flow.run(120.0, 130.0, rejected), 1_000);
}

#[test]
fn good_minutes_before_a_storm_do_not_put_off_the_guard_for_another() {
    let guard = guard();
    let mut flow = Flow::new(&guard, 100.0);
    flow.run(0.0, 120.0, accepted);
    flow.run(120.0, 140.0, rejected);
    assert!(flow.probability(140.0) > 0.4, "{}", flow.probability(140.0));
}

/// What comes three times in half a minute is no evidence, though it has come often before.
#[test]
fn a_few_late_rejections_shed_nothing() {
    let guard = guard();
    Flow::new(&guard, 1.0).run(0.0, 90.0, accepted);
    assert_eq!(Flow::new(&guard, 0.5).run(90.0, 120.0, rejected), 15);
    assert!(!guard.is_shedding(CLASS, KEY, at(119.0)));
}

#[test]
fn off_sheds_nothing_and_counts_all_the_same() {
    let on = guard();
    let off = on.with(&StormGuardSettings { enabled: false, ..StormGuardSettings::default() });
    assert_eq!(Flow::new(&off, 100.0).run(0.0, 10.0, rejected), 1_000);
    assert!(!off.is_shedding(CLASS, KEY, at(10.0)) && off.shedding(at(10.0)).is_empty());
    assert!(on.is_shedding(CLASS, KEY, at(10.0)), "turned on again, it knows");
}

#[test]
fn a_class_that_means_something_else_begins_anew() {
    let guard = guard();
    Flow::new(&guard, 100.0).run(0.0, 10.0, rejected);
    guard.forget(ClassId(4));
    assert!(guard.is_shedding(CLASS, KEY, at(10.0)));
    guard.forget(CLASS);
    assert!(!guard.is_shedding(CLASS, KEY, at(10.0)));
}

#[test]
fn slow_is_three_times_the_usual() {
    let guard = guard();
    let slow = |ms| guard.is_slow(CLASS, KEY, Duration::from_millis(ms));
    assert!(!slow(1_000) && slow(1_001), "nothing is known");
    Flow::new(&guard, 100.0).run(0.0, 10.0, |_| Verdict::Accepted { after: Some(Duration::from_millis(200)) });
    assert!(!slow(599) && slow(601));
    Flow::new(&guard, 100.0).run(10.0, 1_300.0, |_| Verdict::Accepted { after: Some(Duration::from_millis(1)) });
    assert!(!slow(100) && slow(101));
}

/// Else clients who leave after a second would be taken for patient ones as soon as a young class is in a storm.
#[test]
fn a_storm_does_not_become_usual_however_young_the_class_is() {
    let guard = guard();
    let answered = |ms| move |_| Verdict::Accepted { after: Some(Duration::from_millis(ms)) };
    let mut flow = Flow::new(&guard, 100.0);
    flow.run(0.0, 20.0, answered(75));
    flow.run(20.0, 80.0, answered(900));
    assert!(guard.is_slow(CLASS, KEY, Duration::from_millis(300)));
    assert!(!guard.is_slow(CLASS, KEY, Duration::from_millis(225)));
    flow.run(80.0, 1_200.0, answered(900));
    assert!(!guard.is_slow(CLASS, KEY, Duration::from_millis(900)), "what stays is no storm");
}

#[test]
fn what_is_shed_is_listed_and_told_once() {
    let guard = guard();
    let mut watch = StormWatch::default();
    Flow::new(&guard, 100.0).run(0.0, 5.0, rejected);
    for key in [1, 2] {
        Flow { class: (ClassId::OTHER, ClassKey(key)), ..Flow::new(&guard, 100.0) }.run(0.0, 5.0, rejected);
    }
    let listed = guard.shedding(at(5.0));
    assert_eq!(listed.iter().map(|line| line.class).collect::<Vec<_>>(), [ClassId::OTHER, CLASS]);
    assert_eq!((listed[0].requests, listed[1].requests), (1_000, 500));
    assert!(listed.iter().all(|line| line.accepts == 0 && line.probability > 0.8));

    let began = watch.look(&guard, at(5.0));
    assert_eq!(began, listed.iter().copied().map(HostEvent::Shedding).collect::<Vec<_>>());
    assert_eq!(watch.look(&guard, at(5.5)), [], "a second has not passed");
    assert_eq!(watch.look(&guard, at(8.0)), []);
    let end: Vec<HostEvent> = (9..40).flat_map(|second| watch.look(&guard, at(f64::from(second)))).collect();
    let ended = |class| HostEvent::SheddingEnded { class, length: 14 * SECOND };
    assert_eq!(end, [ended(ClassId::OTHER), ended(CLASS)]);
}
