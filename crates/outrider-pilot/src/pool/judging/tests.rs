//! Out, on trial and back again, tick by tick.

use std::sync::Arc;

use outrider_core::Time;
use proptest::prelude::*;

use super::*;
use crate::exchange::{Exchange, FailureKind, Finish, Host};
use crate::pool::{HostState, PickRequest};
use crate::settings::{HealthSettings, PoolSettings};
use crate::testing::{address, picker, request_at, specs};

/// A pool of equal hosts and a clock.
struct Fleet {
    pool: Pool,
    hosts: Vec<Arc<Host>>,
    now: Time,
}

impl Fleet {
    fn new(hosts: usize) -> Fleet {
        Fleet::with(PoolSettings::named("api"), hosts)
    }

    fn with(settings: PoolSettings, hosts: usize) -> Fleet {
        let now = Time::from_millis(1_000);
        let mut pool = Pool::new(settings, now);
        pool.set_hosts(&specs(&vec![1; hosts]), now);
        let hosts = pool.view().candidates().cloned().collect();
        Fleet { pool, hosts, now }
    }

    fn finish(&self, nth: usize, result: Finish, times: usize) {
        for _ in 0..times {
            Exchange::begin(&self.hosts[nth], false, self.now).finish(result, self.now);
        }
    }

    fn fail(&self, nth: usize) {
        self.finish(nth, Finish::Failure(FailureKind::Status(500)), 5);
    }

    /// Ticks every 100 ms for `millis` and publishes; the events as text.
    fn pass(&mut self, millis: u64) -> Vec<String> {
        let mut events = Vec::new();
        for _ in 0..millis / 100 {
            self.now = self.now + Duration::from_millis(100);
            events.extend(self.pool.tick(self.now).iter().map(ToString::to_string));
            drop(self.pool.view());
        }
        events
    }

    /// All others answer well, `nth` fails, until it is out.
    fn eject(&mut self, nth: usize) {
        (0..self.hosts.len()).filter(|&other| other != nth).for_each(|other| self.finish(other, Finish::Success, 5));
        self.fail(nth);
        self.pass(100);
        assert!(self.is_out(nth));
    }

    /// Checks find `nth` as it is until they are believed.
    fn check(&mut self, nth: usize, healthy: bool) {
        for _ in 0..2 {
            let found = if healthy { Ok(()) } else { Err("refused".to_owned()) };
            self.pool.health_checked(address(nth), found, self.now);
        }
    }

    fn state(&self, nth: usize) -> HostState {
        self.pool.hosts().swap_remove(nth).state
    }

    fn is_out(&self, nth: usize) -> bool {
        matches!(self.state(nth), HostState::Ejected { .. })
    }

    /// Claims the trial of whichever host is on trial and begins it.
    fn try_out(&self) -> Option<Exchange> {
        let view = self.pool.view();
        let pick = view.pick(&request_at(self.now), &mut picker(1)).unwrap();
        pick.trial.then(|| Exchange::begin(pick.host, true, self.now))
    }
}

#[test]
fn five_failures_in_a_row_eject_for_thirty_seconds() {
    let mut fleet = Fleet::new(3);
    fleet.finish(1, Finish::Success, 9);
    fleet.fail(0);
    let events = fleet.pass(100);
    assert_eq!(events, ["10.0.0.0:80 ejected for 30 s: 5 failures in a row, the last: status 500"]);
    assert!(fleet.hosts[0].live.is_suspended());
    assert_eq!(fleet.pool.view().candidates().count(), 2);
    assert_eq!(fleet.pass(29_900), Vec::<String>::new());
    assert_eq!(fleet.pass(100), ["10.0.0.0:80 on trial"]);
    assert!(!fleet.hosts[0].live.is_suspended());
    assert_eq!(fleet.pool.view().candidates().count(), 2, "not trusted yet");
}

#[test]
fn three_good_trials_one_at_a_time_bring_a_host_back() {
    let mut fleet = Fleet::new(3);
    fleet.eject(0);
    fleet.pass(30_000);
    for _ in 0..3 {
        let trial = fleet.try_out().expect("a trial is due");
        assert_eq!(trial.host().address, address(0));
        fleet.pass(300);
        assert!(fleet.try_out().is_none(), "one at a time");
        trial.finish(Finish::Success, fleet.now);
    }
    assert_eq!(fleet.pass(100), ["10.0.0.0:80 back from ejection"]);
    assert_eq!(fleet.state(0), HostState::Healthy);
    assert_eq!(fleet.pass(2_000), Vec::<String>::new(), "what was before is forgiven");
}

#[test]
fn trials_come_four_a_second_at_most() {
    let mut fleet = Fleet::new(3);
    fleet.eject(0);
    fleet.pass(30_000);
    let mut trials = 0;
    for _ in 0..1_000 {
        fleet.now = fleet.now + Duration::from_millis(1);
        if let Some(trial) = fleet.try_out() {
            trials += 1;
            trial.finish(Finish::Cancelled, fleet.now);
        }
    }
    assert_eq!(trials, 4);
}

#[test]
fn only_first_tries_of_what_can_be_repeated_are_trials() {
    let mut fleet = Fleet::new(3);
    fleet.eject(0);
    fleet.pass(30_000);
    let (view, mut picker, tried) = (fleet.pool.view(), picker(1), [address(1)]);
    let mut is_trial = |request: PickRequest<'_>| view.pick(&request, &mut picker).unwrap().trial;
    assert!(!is_trial(PickRequest { repeatable: false, ..request_at(fleet.now) }));
    assert!(!is_trial(PickRequest { tried: &tried, ..request_at(fleet.now) }));
    assert!(is_trial(request_at(fleet.now)));
}

#[test]
fn a_failed_trial_ejects_for_twice_as_long_each_time() {
    let mut fleet = Fleet::new(3);
    fleet.eject(0);
    for length_s in [30, 60, 120, 240, 300, 300] {
        assert_eq!(fleet.pass(length_s * 1_000 - 100), Vec::<String>::new());
        assert_eq!(fleet.pass(100), ["10.0.0.0:80 on trial"]);
        let trial = fleet.try_out().expect("a trial is due");
        trial.finish(Finish::Failure(FailureKind::Connect), fleet.now);
        let next_s = (2 * length_s).min(300);
        assert_eq!(fleet.pass(100), [format!("10.0.0.0:80 ejected for {next_s} s: failed again on trial")]);
    }
}

#[test]
fn a_trial_without_an_answer_fails_after_the_stall_time_and_moves() {
    let mut fleet = Fleet::new(3);
    fleet.eject(0);
    fleet.pass(30_000);
    let trial = fleet.try_out().expect("a trial is due");
    assert_eq!(fleet.pass(900), Vec::<String>::new());
    assert_eq!(fleet.pass(100).len(), 1);
    assert!(trial.host().live.is_suspended());
}

#[test]
fn an_answer_on_trial_may_take_its_time_once_it_has_begun() {
    let mut fleet = Fleet::new(3);
    fleet.eject(0);
    fleet.pass(30_000);
    let mut stream = fleet.try_out().expect("a trial is due");
    stream.answered(fleet.now);
    assert_eq!(fleet.pass(10_000), Vec::<String>::new());
    for _ in 0..3 {
        fleet.pass(300);
        fleet.try_out().expect("the stream does not hold up the next").finish(Finish::Success, fleet.now);
    }
    assert_eq!(fleet.pass(100), ["10.0.0.0:80 back from ejection"]);
    stream.finish(Finish::Success, fleet.now);
}

#[test]
fn a_host_that_nobody_can_try_comes_back_by_itself() {
    let mut fleet = Fleet::new(3);
    fleet.eject(0);
    fleet.pass(30_000);
    assert_eq!(fleet.pass(29_900), Vec::<String>::new());
    assert_eq!(fleet.pass(100), ["10.0.0.0:80 back from ejection"]);
}

#[test]
fn a_request_of_before_the_ejection_is_no_trial() {
    let mut fleet = Fleet::new(3);
    let early = Exchange::begin(&fleet.hosts[0], false, fleet.now);
    fleet.eject(0);
    fleet.pass(30_000);
    early.finish(Finish::Failure(FailureKind::Timeout), fleet.now);
    assert_eq!(fleet.pass(100), Vec::<String>::new());
}

#[test]
fn with_a_path_to_check_the_last_check_must_have_passed() {
    let health = HealthSettings { path: Some("/healthz".into()), ..HealthSettings::default() };
    let mut fleet = Fleet::with(PoolSettings { health, ..PoolSettings::named("api") }, 3);
    fleet.eject(0);
    fleet.pool.health_checked(address(0), Err("status 500".into()), fleet.now);
    assert_eq!(fleet.pass(40_000), Vec::<String>::new());
    fleet.pool.health_checked(address(0), Ok(()), fleet.now);
    assert_eq!(fleet.pass(100), ["10.0.0.0:80 on trial"]);
}

#[test]
fn a_host_that_checks_saw_restart_is_tried_at_once() {
    let mut fleet = Fleet::new(3);
    fleet.eject(0);
    for check in [Err("refused".to_owned()), Err("refused".to_owned()), Ok(()), Ok(())] {
        fleet.pool.health_checked(address(0), check, fleet.now);
    }
    let events = fleet.pass(100);
    assert_eq!(events, ["10.0.0.0:80 unhealthy: refused", "10.0.0.0:80 healthy", "10.0.0.0:80 on trial"]);
}

#[test]
fn an_ejection_is_forgiven_after_thirty_good_seconds() {
    for (good_ms, next) in [(20_000, "60 s"), (40_000, "30 s")] {
        let mut fleet = Fleet::new(3);
        fleet.eject(0);
        // Out for 30 s, on trial untested for 30 s, then back.
        fleet.pass(60_000 + good_ms);
        assert_eq!(fleet.state(0), HostState::Healthy);
        fleet.finish(1, Finish::Success, 5);
        fleet.fail(0);
        let events = fleet.pass(100);
        assert!(events[0].contains(next), "{events:?}");
    }
}

#[test]
fn in_panic_nobody_is_suspended() {
    let mut fleet = Fleet::new(4);
    fleet.eject(0);
    fleet.eject(1);
    assert!(fleet.hosts[0].live.is_suspended());
    fleet.check(2, false);
    assert!(fleet.pool.view().panic());
    assert!(fleet.hosts.iter().all(|host| !host.live.is_suspended()));
    assert_eq!(fleet.pool.view().candidates().count(), 4);
}

/// The last view still leads to the ejected hosts: who goes there must not be told to leave at once.
#[test]
fn nobody_is_suspended_before_the_view_that_takes_them_out() {
    let mut fleet = Fleet::new(4);
    fleet.eject(0);
    fleet.eject(1);
    fleet.check(2, false);
    let in_panic = fleet.pool.view();
    fleet.check(2, true);
    assert_eq!(in_panic.candidates().filter(|host| host.live.is_suspended()).count(), 0);
    let after = fleet.pool.view();
    assert_eq!((after.candidates().count(), fleet.hosts[0].live.is_suspended()), (2, true));
}

/// The others answer at once, every 200 ms, for `millis`.
fn others_answer(fleet: &mut Fleet, millis: u64) -> Vec<String> {
    let mut events = Vec::new();
    for _ in 0..millis / 200 {
        (1..fleet.hosts.len()).for_each(|nth| fleet.finish(nth, Finish::Success, 1));
        events.extend(fleet.pass(200));
    }
    events
}

#[test]
fn one_request_without_an_answer_ejects_after_three_seconds() {
    let mut fleet = Fleet::new(3);
    fleet.finish(0, Finish::Success, 1);
    fleet.pass(1_000);
    let lone = Exchange::begin(&fleet.hosts[0], false, fleet.now);
    assert_eq!(others_answer(&mut fleet, 3_000), Vec::<String>::new());
    assert_eq!(others_answer(&mut fleet, 200), ["10.0.0.0:80 ejected for 30 s: no answer for 3.1 s to 1 request"]);
    assert!(lone.host().live.is_suspended());
}

/// What the others take is forgotten in the end, and with it for how long a host may be silent.
#[test]
fn nobody_is_ejected_for_a_silence_that_is_long_past() {
    let mut fleet = Fleet::new(3);
    let usual: Vec<Exchange> = fleet.hosts.iter().map(|host| Exchange::begin(host, false, fleet.now)).collect();
    fleet.pass(1_000);
    usual.into_iter().for_each(|exchange| assert_eq!(exchange.finish(Finish::Success, fleet.now), None));
    fleet.pass(100);
    for _ in 0..3 {
        let given_up = Exchange::begin(&fleet.hosts[0], false, fleet.now);
        assert_eq!(others_answer(&mut fleet, 800), Vec::<String>::new());
        drop(given_up);
    }
    assert_eq!(others_answer(&mut fleet, 120_000), Vec::<String>::new());
}

#[test]
fn one_slow_answer_among_fast_ones_ejects_nobody_and_is_remembered() {
    let mut fleet = Fleet::new(3);
    for slow_ms in [2_600, 6_600, 16_800] {
        let slow = Exchange::begin(&fleet.hosts[0], false, fleet.now);
        assert_eq!(others_answer(&mut fleet, slow_ms), Vec::<String>::new());
        slow.finish(Finish::Success, fleet.now);
        // Long enough for the host itself to forget.
        assert_eq!(others_answer(&mut fleet, 60_000), Vec::<String>::new());
    }
}

#[test]
fn a_request_that_is_out_while_later_ones_are_answered_ejects_nobody() {
    let mut fleet = Fleet::new(3);
    let _long = Exchange::begin(&fleet.hosts[0], false, fleet.now);
    fleet.pass(500);
    fleet.finish(0, Finish::Success, 1);
    assert_eq!(others_answer(&mut fleet, 60_000), Vec::<String>::new());
}

#[test]
fn a_route_that_always_fails_ejects_nobody() {
    let mut fleet = Fleet::new(5);
    for round in 0..300 {
        let bad = Finish::Failure(FailureKind::Status(500));
        (0..5).for_each(|nth| fleet.finish(nth, bad, 1 + (round + nth) % 3));
        assert_eq!(fleet.pass(100), Vec::<String>::new());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever hosts do, half of them stay in, and none that is out is picked while the pool does not panic.
    #[test]
    fn at_most_half_are_ejected(
        hosts in 1usize..9,
        rounds in prop::collection::vec(prop::collection::vec(0u8..4, 9), 1..60),
        seed: u64,
    ) {
        let mut fleet = Fleet::new(hosts);
        let mut picker = picker(seed);
        for round in rounds {
            for (nth, what) in round.into_iter().take(hosts).enumerate() {
                match what {
                    0 => fleet.fail(nth),
                    1 => fleet.finish(nth, Finish::Cancelled, 3),
                    _ => fleet.finish(nth, Finish::Success, 20),
                }
            }
            fleet.pass(1_000);
            let out = (0..hosts).filter(|&nth| fleet.state(nth) != HostState::Healthy).count();
            prop_assert!(2 * out <= hosts, "{out} of {hosts}");
            let view = fleet.pool.view();
            prop_assert!(!view.panic());
            let request = PickRequest { repeatable: false, ..request_at(fleet.now) };
            let picked = view.pick(&request, &mut picker).unwrap().host.address;
            let nth = fleet.hosts.iter().position(|host| host.address == picked).unwrap();
            prop_assert_eq!(fleet.state(nth), HostState::Healthy);
        }
    }
}
