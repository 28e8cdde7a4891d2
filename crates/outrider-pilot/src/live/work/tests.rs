//! What holds of any requests, answers and moments.

use proptest::prelude::*;

use super::*;

/// The wheel's own origin does not matter: near the start of time and far from it.
fn start() -> impl Strategy<Value = Time> {
    prop_oneof![Just(Time::ZERO), (0u64..1_000_000_000).prop_map(Time::from_millis)]
}

/// A request: when it begins and after how long it is overdue, ms, what it is expected to take, ns, and whether it ends.
fn request() -> impl Strategy<Value = (u64, u64, u64, bool)> {
    (0u64..4_000, prop_oneof![0u64..300, 0u64..7_500], 0u64..u64::MAX >> 8, any::<bool>())
}

fn after(start: Time, millis: u64) -> Time {
    start + Duration::from_millis(millis)
}

fn factor(live: &HostLive) -> f32 {
    live.factor().unwrap_or(1.0)
}

proptest! {
    #[test]
    fn who_is_past_their_moment_within_reach_is_overdue_and_nobody_else(
        start in start(), requests in prop::collection::vec(request(), 0..40), later_ms in 0u64..4_000,
    ) {
        let live = HostLive::new();
        let now = after(start, 4_000 + later_ms);
        // Steps that have passed since the end of the one in which each request was to be answered.
        let mut past = Vec::new();
        for (begin_ms, late_ms, ns, ends) in requests {
            let (begun, late_after) = (after(start, begin_ms), Duration::from_millis(late_ms));
            let due = live.take_on(ns, late_after, begun);
            if ends {
                live.put_down(ns, due);
            } else {
                past.push(step(now).saturating_sub(step(begun) + steps(late_after) + 1));
            }
        }
        past.retain(|steps| (1..BEHIND as u64).contains(steps));
        let longest = Duration::from_nanos(STEP_NS * past.iter().copied().max().unwrap_or(0));
        prop_assert_eq!(live.overdue(now), (u32::try_from(past.len()).unwrap(), longest));
    }

    #[test]
    fn work_is_the_sum_of_what_is_in_flight_and_nothing_in_the_end(
        start in start(), requests in prop::collection::vec(request(), 0..40),
    ) {
        let live = HostLive::new();
        let mut there = Vec::new();
        for (begin_ms, late_ms, ns, _) in requests {
            there.push((ns, live.take_on(ns, Duration::from_millis(late_ms), after(start, begin_ms))));
            prop_assert_eq!(live.outstanding_ns(), there.iter().map(|(ns, _)| ns).sum::<u64>());
            prop_assert_eq!(live.expected() as usize, there.len());
        }
        there.into_iter().for_each(|(ns, due)| live.put_down(ns, due));
        prop_assert_eq!((live.outstanding_ns(), live.expected()), (0, 0));
    }

    #[test]
    fn requests_without_an_answer_never_lower_the_factor_and_nothing_drives_it_out_of_its_range(
        start in start(), told in prop::collection::vec((any::<bool>(), -30f32..30.0, 1u32..1_000, 0u64..5_000), 1..60),
    ) {
        let live = HostLive::new();
        for (is_answer, log, requests, at_ms) in told {
            let (before, now) = (factor(&live), after(start, at_ms));
            if is_answer {
                live.learn_factor(log, 1.0, now);
            } else {
                live.censor(log, requests, now);
                prop_assert!(factor(&live) >= before);
            }
            prop_assert!((FACTOR_RANGE.0..=FACTOR_RANGE.1).contains(&factor(&live)));
        }
    }

    #[test]
    fn equal_answers_draw_the_factor_to_what_they_say(start in start(), log in -8f32..8.0) {
        let live = HostLive::new();
        (0..1_000).for_each(|nth| live.learn_factor(log, 1.0, after(start, nth * 10)));
        prop_assert!((factor(&live).ln() - log).abs() < 0.01, "{} for {}", factor(&live).ln(), log);
    }
}
