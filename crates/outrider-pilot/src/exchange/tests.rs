use proptest::prelude::*;

use super::*;
use crate::testing::host;

/// What is done with one of the open exchanges or queue places.
#[derive(Clone, Copy, Debug)]
enum Step {
    Begin,
    TryBegin,
    Sending,
    Sent,
    Answered,
    Finish(Finish),
    Drop,
    Wait,
    Leave,
}

fn step() -> impl Strategy<Value = Step> {
    let kind = prop_oneof![
        Just(FailureKind::Connect),
        Just(FailureKind::Timeout),
        Just(FailureKind::Reset),
        Just(FailureKind::Protocol),
        (500u16..600).prop_map(FailureKind::Status),
    ];
    let finish = prop_oneof![Just(Finish::Success), Just(Finish::Cancelled), kind.prop_map(Finish::Failure)];
    prop_oneof![
        3 => Just(Step::Begin),
        1 => Just(Step::TryBegin),
        1 => Just(Step::Sending),
        1 => Just(Step::Sent),
        2 => Just(Step::Answered),
        2 => finish.prop_map(Step::Finish),
        1 => Just(Step::Drop),
        1 => Just(Step::Wait),
        1 => Just(Step::Leave),
    ]
}

proptest! {
    #[test]
    fn counts_are_those_of_what_is_open_and_return_to_zero(
        steps in prop::collection::vec((step(), any::<prop::sample::Index>(), 0u64..2_000), 0..200),
    ) {
        let (host, mut now) = (host(1), Time::ZERO);
        host.live.set_max_connections(3);
        let (mut open, mut queue) = (Vec::<Exchange>::new(), Vec::<Waiting>::new());
        for (step, at, after_ms) in steps {
            now = now + std::time::Duration::from_millis(after_ms);
            let chosen = (!open.is_empty()).then(|| at.index(open.len()));
            match (step, chosen) {
                (Step::Begin, _) => open.push(Exchange::begin(&host, at.index(2) == 0, now)),
                (Step::TryBegin, _) => {
                    let had_place = open.len() < 3;
                    let begun = Exchange::try_begin(&host, false, now);
                    prop_assert_eq!(begun.is_some(), had_place);
                    open.extend(begun);
                }
                (Step::Sending, Some(at)) => open[at].sending(),
                (Step::Sent, Some(at)) => open[at].sent(now),
                (Step::Answered, Some(at)) => open[at].answered(now),
                (Step::Finish(result), Some(at)) => drop(open.swap_remove(at).finish(result, now)),
                (Step::Drop, Some(at)) => drop(open.swap_remove(at)),
                (Step::Wait, _) => queue.push(Waiting::begin(&host)),
                (Step::Leave, _) => drop(queue.pop()),
                (_, None) => {}
            }
            let unanswered = open.iter().filter(|exchange| exchange.awaited).count();
            prop_assert_eq!(host.live.in_flight() as usize, open.len());
            prop_assert_eq!(host.live.unanswered() as usize, unanswered);
            prop_assert_eq!(host.live.pending() as usize, queue.len());
            prop_assert!(host.live.load_at(now) >= open.len() as f64);
        }
        drop((open, queue));
        let totals = host.live.totals();
        prop_assert_eq!((host.live.in_flight(), host.live.unanswered(), host.live.pending()), (0, 0, 0));
        prop_assert_eq!(host.live.trial().count().waiting, 0);
        prop_assert_eq!(totals.picks, totals.successes + totals.failures + totals.cancelled);
    }

    #[test]
    fn failure_kinds_survive_their_code(status in 500u16..600) {
        let kinds = [FailureKind::Connect, FailureKind::Timeout, FailureKind::Reset, FailureKind::Protocol];
        for kind in kinds.into_iter().chain([FailureKind::Status(status)]) {
            prop_assert_eq!(FailureKind::from_code(kind.code()), Some(kind));
        }
        prop_assert_eq!(FailureKind::from_code(0), None);
    }
}

#[test]
fn a_status_is_the_hosts_fault_unless_the_request_alone_can_provoke_it() {
    let failed = |status: u16| Finish::of_status(status) == Finish::Failure(FailureKind::Status(status));
    let failures: Vec<u16> = (100..1_000).filter(|&status| failed(status)).collect();
    let expected: Vec<u16> = (500..600).filter(|status| ![501, 505].contains(status)).collect();
    assert_eq!(failures, expected);
    assert!((100..1_000).all(|status| failed(status) || Finish::of_status(status) == Finish::Success));
}

#[test]
fn a_failure_is_one_request_more_that_fades() {
    let host = host(1);
    let begun = Time::from_millis(100);
    Exchange::begin(&host, false, begun).finish(Finish::Failure(FailureKind::Status(500)), begun);
    let load_after = |ms: u64| host.live.load_at(begun + std::time::Duration::from_millis(ms));
    assert_eq!(load_after(0), 1.0);
    assert!((load_after(1_000) - 1.0 / std::f64::consts::E).abs() < 1e-6);
    assert_eq!([5_000, 20_000].map(load_after), [0.0, 0.0]);
}

#[test]
fn the_time_to_an_answer_begins_with_the_last_byte_of_the_request() {
    let (host, at) = (host(1), Time::from_millis);
    let mut upload = Exchange::begin(&host, false, at(0));
    upload.sending();
    assert_eq!((host.live.in_flight(), host.live.unanswered()), (1, 0));
    upload.sent(at(60_000));
    assert_eq!(host.live.unanswered(), 1);
    upload.finish(Finish::Success, at(60_020));
    assert_eq!(host.live.peak_ewma_ns(at(60_020)), Some(20e6));
    let mut early = Exchange::begin(&host, false, at(70_000));
    early.sending();
    early.answered(at(70_300));
    early.sent(at(71_000));
    early.finish(Finish::Success, at(71_000));
    let latency_ms = host.live.peak_ewma_ns(at(71_000)).unwrap() / 1e6;
    assert!((latency_ms - 300.0).abs() < 1e-3, "{latency_ms}");
    assert_eq!(host.live.unanswered(), 0);
}

#[test]
fn a_silence_ends_with_an_answer_or_a_pause_and_not_with_a_client_that_leaves() {
    let (host, at) = (host(1), Time::from_millis);
    let silence = |now_ms| host.live.silence(at(now_ms)).map(|s| (s.since, s.length.as_millis(), s.requests));
    assert_eq!(silence(0), None);
    drop(Exchange::begin(&host, false, at(1_000)));
    drop(Exchange::begin(&host, false, at(1_600)));
    let waits = Exchange::begin(&host, false, at(2_200));
    assert_eq!(silence(2_500), Some((at(1_000), 1_500, 3)));
    drop(waits);
    assert_eq!(silence(3_200), Some((at(1_000), 1_200, 3)), "nobody waits now");
    assert_eq!(silence(3_201), None, "nobody is sent there any more");
    let mut after_a_pause = Exchange::begin(&host, false, at(5_000));
    assert_eq!(silence(5_100), Some((at(5_000), 100, 1)));
    after_a_pause.answered(at(5_200));
    assert_eq!(silence(5_300), None);
}

#[test]
fn a_panic_counts_down_too() {
    let host = host(1);
    let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _exchange = Exchange::begin(&host, false, Time::ZERO);
        panic!("a handler broke");
    }));
    assert!(unwound.is_err());
    assert_eq!((host.live.in_flight(), host.live.totals().cancelled), (0, 1));
}
