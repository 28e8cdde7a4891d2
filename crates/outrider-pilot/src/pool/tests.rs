//! What a pool is told and what it shows: hosts, settings, agents, weights, drains.

use std::collections::BTreeMap;
use std::time::Duration;

use super::*;
use crate::agent::{AgentHealth, AgentState};
use crate::exchange::{Exchange, Finish, Host};
use crate::settings::{BreakerSettings, EjectionSettings, HealthSettings, StrategyKind};
use crate::testing::{address, picker, request_at, specs};

const START: Time = Time::from_millis(1_000);

fn pool(weights: &[u32]) -> Pool {
    let mut pool = Pool::new(PoolSettings::named("api"), START);
    pool.set_hosts(&specs(weights), START);
    pool
}

fn after(seconds: u64) -> Time {
    START + Duration::from_secs(seconds)
}

/// The candidates of the current view.
fn candidates(pool: &Pool) -> Vec<Arc<Host>> {
    pool.view().candidates().cloned().collect()
}

/// How many of 1000 random picks each host gets.
fn shares(pool: &Pool) -> BTreeMap<SocketAddr, usize> {
    let (view, mut picker, mut shares) = (pool.view(), picker(5), BTreeMap::new());
    for _ in 0..1_000 {
        let pick = view.pick(&request_at(START), &mut picker).unwrap();
        *shares.entry(pick.host.address).or_default() += 1;
    }
    shares
}

fn status(pool: &Pool, nth: usize) -> HostStatus {
    pool.hosts().into_iter().find(|status| status.address == address(nth)).unwrap()
}

#[test]
fn a_host_that_stays_or_comes_back_within_ten_minutes_is_the_same() {
    let mut pool = pool(&[1, 1]);
    let before = candidates(&pool);
    pool.set_drained(address(1), true).unwrap();
    pool.set_hosts(&specs(&[3]), after(1));
    assert_eq!(pool.hosts().len(), 1);
    pool.set_hosts(&specs(&[3, 1]), after(600));
    assert!(Arc::ptr_eq(&candidates(&pool)[0], &before[0]));
    assert_eq!(status(&pool, 1).state, HostState::Drained { by: DrainedBy::Hand });
    pool.set_hosts(&[], after(700));
    pool.set_hosts(&specs(&[1, 1]), after(1_301));
    assert!(candidates(&pool).iter().all(|host| !before.iter().any(|old| Arc::ptr_eq(host, old))));
}

#[test]
fn a_request_on_a_removed_host_ends_on_its_own() {
    let mut pool = pool(&[1, 1]);
    let gone = Arc::clone(&candidates(&pool)[1]);
    let exchange = Exchange::begin(&gone, false, START);
    pool.set_hosts(&specs(&[1]), after(1));
    exchange.finish(Finish::Success, after(2));
    assert_eq!((gone.live.in_flight(), gone.live.totals().successes), (0, 1));
}

#[test]
fn a_source_that_never_lists_the_same_twice_is_bounded() {
    let mut pool = Pool::new(PoolSettings::named("api"), START);
    for nth in 0..5_000 {
        let mut spec = specs(&[1]);
        spec[0].address = address(nth);
        pool.set_hosts(&spec, START + Duration::from_millis(nth as u64));
    }
    assert_eq!(pool.removed.len(), Removed::MAX);
}

#[test]
fn of_an_address_listed_twice_the_first_counts() {
    let mut twice = specs(&[7, 9]);
    twice[1].address = twice[0].address;
    let mut pool = Pool::new(PoolSettings::named("api"), START);
    pool.set_hosts(&twice, START);
    assert_eq!((pool.hosts().len(), status(&pool, 0).weight_configured), (1, 7));
}

#[test]
fn the_version_grows_when_the_view_differs_and_only_then() {
    let mut pool = pool(&[1, 2, 3]);
    let mut last = pool.version();
    let mut grew = |pool: &Pool| std::mem::replace(&mut last, pool.version()) < pool.version();
    let mut shuffled = specs(&[1, 2, 3]);
    shuffled.reverse();
    pool.set_hosts(&shuffled, after(1));
    assert!(!grew(&pool), "the order of a list means nothing");
    pool.tick(after(2));
    pool.reconfigure(PoolSettings::named("api"), after(2));
    pool.health_checked(address(0), Err("refused".into()), after(2));
    assert!(!grew(&pool), "nothing has changed yet");
    pool.health_checked(address(0), Err("refused".into()), after(3));
    assert!(grew(&pool));
    pool.set_weight(address(1), Some(5)).unwrap();
    assert!(grew(&pool));
    pool.set_drained(address(2), true).unwrap();
    assert!(grew(&pool));
    pool.set_hosts(&specs(&[1, 2]), after(4));
    assert!(grew(&pool));
    pool.reconfigure(PoolSettings { strategy: StrategyKind::P2c, ..PoolSettings::named("api") }, after(5));
    assert!(grew(&pool));
}

#[test]
fn reload_keeps_hosts_counters_turn_and_budget() {
    let round_robin = PoolSettings { strategy: StrategyKind::RoundRobin, ..PoolSettings::named("api") };
    let mut pool = Pool::new(round_robin.clone(), START);
    pool.set_hosts(&specs(&[1, 1]), START);
    let before = pool.view();
    let pick = before.pick(&request_at(START), &mut picker(1)).unwrap();
    let first = Arc::clone(pick.host);
    Exchange::begin(&first, false, START).finish(Finish::Success, START);
    before.retry_budget().request(START);
    pool.reconfigure(
        PoolSettings { breaker: BreakerSettings { max_connections: 7, max_pending: 1 }, ..round_robin },
        START,
    );
    let view = pool.view();
    assert_eq!(view.retry_budget().counts(START), (1, 0));
    let second = view.pick(&request_at(START), &mut picker(1)).unwrap();
    assert_ne!(second.host.address, first.address, "the turn goes on");
    assert_eq!((first.live.totals().successes, first.live.max_connections()), (1, 7));
}

#[test]
fn a_guard_that_is_switched_off_lets_its_hosts_go() {
    let mut pool = pool(&[1, 1, 1]);
    for _ in 0..2 {
        pool.health_checked(address(0), Err("refused".into()), START);
    }
    pool.agent_reported(address(1), AgentReport::parse("drain").unwrap(), START);
    assert_eq!(pool.view().eligible(), 1);
    let off = HealthSettings { enabled: false, ..HealthSettings::default() };
    pool.reconfigure(PoolSettings { health: off, ..PoolSettings::named("api") }, START);
    assert_eq!(pool.view().eligible(), 3);
}

#[test]
fn weights_by_hand_and_by_agent_multiply() {
    let mut pool = pool(&[4, 4]);
    pool.reconfigure(PoolSettings { strategy: StrategyKind::Random, ..PoolSettings::named("api") }, START);
    pool.agent_reported(address(0), AgentReport::parse("50%").unwrap(), START);
    assert_eq!(status(&pool, 0).weight, 2.0);
    pool.set_weight(address(0), Some(1)).unwrap();
    assert_eq!((status(&pool, 0).weight, status(&pool, 0).weight_configured), (0.5, 4));
    let share = shares(&pool)[&address(0)];
    assert!((70..160).contains(&share), "an eighth of the weight of the other, {share}");
    pool.set_weight(address(0), None).unwrap();
    assert_eq!(status(&pool, 0).weight, 2.0);
}

#[test]
fn nothing_new_for_hosts_that_are_drained_or_weigh_nothing() {
    let mut pool = pool(&[1, 1, 0, 1]);
    pool.set_drained(address(0), true).unwrap();
    pool.agent_reported(address(1), AgentReport::parse("maint").unwrap(), START);
    assert_eq!(shares(&pool), BTreeMap::from([(address(3), 1_000)]));
    pool.agent_reported(address(3), AgentReport::parse("0%").unwrap(), START);
    let nobody = pool.view().pick(&request_at(START), &mut picker(1)).unwrap_err();
    assert_eq!(nobody, NoHost::AllUnavailable);
    pool.set_drained(address(0), false).unwrap();
    assert_eq!(shares(&pool), BTreeMap::from([(address(0), 1_000)]));
    assert_eq!(status(&pool, 2).state, HostState::Drained { by: DrainedBy::Weight });
}

#[test]
fn agents_speak_of_two_things_and_what_they_leave_out_stays() {
    let mut pool = pool(&[1, 1, 1]);
    let mut hear = |line: &str| {
        pool.agent_reported(address(0), AgentReport::parse(line).unwrap(), START);
        (status(&pool, 0).state.name(), pool.tick(START).len())
    };
    assert_eq!(hear("drain down 30%"), ("drained", 1));
    assert_eq!(hear("ready"), ("unhealthy", 1));
    assert_eq!(hear("up"), ("healthy", 1));
    assert_eq!(hear("up maxconn:9"), ("healthy", 1));
    assert_eq!(hear("up maxconn:9"), ("healthy", 0));
    assert_eq!((status(&pool, 0).weight, status(&pool, 0).max_connections), (0.3, 9));
    let agent = pool.members[&address(0)].agent;
    assert_eq!((agent.state, agent.health), (AgentState::Ready, AgentHealth::Up));
}

#[test]
fn what_is_said_of_strangers() {
    let mut pool = pool(&[1]);
    let stranger = address(9);
    let unknown = UnknownHost { pool: "api".into(), address: stranger };
    assert_eq!(pool.set_drained(stranger, true), Err(unknown.clone()));
    assert_eq!(pool.set_weight(stranger, Some(1)), Err(unknown));
    pool.health_checked(stranger, Err("refused".into()), START);
    pool.agent_reported(stranger, AgentReport::parse("down").unwrap(), START);
    assert_eq!(pool.tick(START), []);
}

#[test]
fn panic_uses_everyone_but_the_drained_and_says_so() {
    let mut pool = pool(&[1, 1, 1, 1]);
    pool.set_drained(address(0), true).unwrap();
    let mut check = |nth, healthy: bool| {
        for _ in 0..2 {
            let result = if healthy { Ok(()) } else { Err("refused".to_owned()) };
            pool.health_checked(address(nth), result, START);
        }
        let panics = |event: &HostEvent| matches!(event, HostEvent::Panic { .. });
        let said: Vec<String> = pool.tick(START).iter().filter(|e| panics(e)).map(ToString::to_string).collect();
        (pool.view().panic(), candidates(&pool).len(), said)
    };
    assert_eq!(check(1, false), (false, 2, vec![]));
    let on = "panic: only 1 of 3 hosts are fit, all are used".to_owned();
    assert_eq!(check(2, false), (true, 3, vec![on]));
    let off = "panic over: 2 of 3 hosts are fit".to_owned();
    assert_eq!(check(1, true), (false, 2, vec![off]));
}

#[test]
fn status_tells_what_is_known() {
    let mut pool = pool(&[1]);
    let host = Arc::clone(&candidates(&pool)[0]);
    assert_eq!((status(&pool, 0).success_rate, status(&pool, 0).peak_ewma_ms), (None, None));
    let mut held = Exchange::begin(&host, false, START);
    held.answered(after(1));
    for result in [Finish::Success, Finish::Success, Finish::Success, Finish::Cancelled] {
        Exchange::begin(&host, false, START).finish(result, START + Duration::from_millis(20));
    }
    Exchange::begin(&host, false, START).finish(Finish::Failure(crate::FailureKind::Reset), START);
    pool.tick(START + Duration::from_millis(20));
    let status = status(&pool, 0);
    assert_eq!((status.in_flight, status.pending, status.success_rate), (1, 0, Some(0.75)));
    assert_eq!(status.totals, crate::Totals { picks: 6, successes: 3, failures: 1, cancelled: 1 });
    assert!((status.peak_ewma_ms.unwrap() - 20.0).abs() < 1e-3);
    assert_eq!(status.report, None);
    host.live.reported(&outrider_core::LoadReport { eps: Some(0.5), ..Default::default() }, START);
    let report = pool.hosts()[0].report.unwrap();
    assert_eq!((report.age, report.eps, report.cpu_utilization), (Duration::from_millis(20), Some(0.5), None));
    pool.tick(after(60));
    assert_eq!(pool.hosts()[0].success_rate, None, "the window has passed");
}

#[test]
fn ejection_can_be_off() {
    let ejection = EjectionSettings { enabled: false, ..EjectionSettings::default() };
    let mut pool = Pool::new(PoolSettings { ejection, ..PoolSettings::named("api") }, START);
    pool.set_hosts(&specs(&[1, 1, 1]), START);
    let host = Arc::clone(&candidates(&pool)[0]);
    for _ in 0..50 {
        Exchange::begin(&host, false, START).finish(Finish::Failure(crate::FailureKind::Connect), START);
    }
    assert_eq!(pool.tick(after(1)), []);
}
