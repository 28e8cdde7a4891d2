//! What is explained is what is decided.

use outrider_core::ClassId;
use proptest::prelude::*;

use super::*;
use crate::exchange::{Exchange, Finish};
use crate::pool::{Accuracy, HostEvent, Pool};
use crate::settings::{PoolSettings, StrategyKind};
use crate::testing::{picker, request_at, specs};

const GAP: Duration = Duration::from_millis(2);

/// A pool whose host `n` takes 5 to 15 times `n + 1` ms for a request, and what it says while it learns from `requests`.
fn taught(settings: PoolSettings, hosts: usize, requests: u64) -> (Pool, Time, Vec<HostEvent>) {
    let mut pool = Pool::new(settings, Time::ZERO);
    pool.set_hosts(&specs(&vec![1; hosts]), Time::ZERO);
    let (mut now, mut picker, mut events) = (Time::ZERO, picker(1), Vec::new());
    let mut sent: Vec<(Time, Exchange)> = Vec::new();
    for nth in 0..requests {
        now = Time::ZERO + GAP * u32::try_from(nth).unwrap();
        for (at, exchange) in sent.extract_if(.., |(at, _)| *at <= now) {
            pool.learn(&exchange.finish(Finish::Success, at).expect("a pool that predicts expects something"));
        }
        if nth % 50 == 0 {
            events.extend(pool.tick(now));
        }
        let view = pool.view();
        let pick = view.pick(&request_at(now), &mut picker).unwrap();
        let slowness = u32::try_from(view.candidates().position(|host| host.address == pick.host.address).unwrap() + 1);
        let took = Duration::from_millis(5).mul_f64(1.0 + 2.0 * picker.random().unit()) * slowness.unwrap();
        sent.push((now + took, Exchange::begin(pick.host, false, now).carrying(pick.work)));
    }
    sent.into_iter().for_each(|(at, exchange)| pool.learn(&exchange.finish(Finish::Success, at).unwrap()));
    events.extend(pool.tick(now));
    (pool, now, events)
}

fn predictive() -> PoolSettings {
    PoolSettings { strategy: StrategyKind::Predictive, ..PoolSettings::named("api") }
}

fn observing(strategy: StrategyKind) -> PoolSettings {
    let mut settings = PoolSettings { strategy, ..PoolSettings::named("api") };
    settings.predict.observe = true;
    settings
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn the_explained_decision_is_the_decision_taken(
        hosts in 1usize..30, requests in 0u64..600, busy in prop::collection::vec(0usize..30, 0..60), seed: u64,
    ) {
        let (pool, now, _) = taught(predictive(), hosts, requests);
        let view = pool.view();
        let members: Vec<_> = view.candidates().cloned().collect();
        let _held: Vec<Exchange> = busy.iter().map(|nth| Exchange::begin(&members[nth % hosts], false, now)).collect();
        let request = request_at(now);
        let explained = view.explain(&request, &mut picker(seed)).unwrap();
        let taken = view.pick(&request, &mut picker(seed)).unwrap();
        prop_assert_eq!(explained.chosen, Some(taken.host.address));
        let work = taken.work.unwrap();
        prop_assert_eq!(explained.doubt, work.doubt);
        if let Some(quoted) = explained.candidates.iter().find(|quoted| quoted.host == taken.host.address) {
            prop_assert!((quoted.cost_ns / f64::from(work.cost_ns) - 1.0).abs() < 1e-3);
        }
        if explained.doubt.is_none() && !explained.explores {
            let cost_ns = |quoted: &Quoted| quoted.cost_ns + quoted.error_price_ns;
            let least_ns = explained.candidates.iter().map(cost_ns).fold(f64::MAX, f64::min);
            let chosen = explained.candidates.iter().find(|quoted| Some(quoted.host) == explained.chosen).unwrap();
            let as_good_ns = explained.as_good_ns.unwrap();
            prop_assert!((1.079..1.251).contains(&(as_good_ns / least_ns)), "{}", as_good_ns / least_ns);
            prop_assert!(cost_ns(chosen) <= as_good_ns);
        }
    }
}

#[test]
fn who_observes_routes_nothing_and_says_what_the_rule_costs() {
    let (pool, now, events) = taught(observing(StrategyKind::RoundRobin), 3, 900);
    assert_eq!(events, [], "predictions that do not route take nothing over");
    let reckoning = pool.prediction().unwrap().reckoning;
    assert!(reckoning.cost_s > 1.5 * reckoning.least_cost_s, "{reckoning:?}");
    let view = pool.view();
    let request = request_at(now);
    let explained = view.explain(&request, &mut picker(1)).unwrap();
    let fastest = view.candidates().next().unwrap().address;
    assert_eq!((explained.doubt, explained.chosen), (None, Some(fastest)));
    let mut turn = picker(1);
    let mut next = || {
        assert_eq!(view.explain(&request, &mut picker(1)), Some(explained.clone()));
        view.pick(&request, &mut turn).unwrap().host.address
    };
    let mut picked = [next(), next(), next()];
    picked.sort_unstable();
    assert_eq!(picked.to_vec(), view.candidates().map(|host| host.address).collect::<Vec<_>>(), "still in turn");
}

#[test]
fn a_pool_that_does_not_predict_explains_nothing() {
    let mut pool = Pool::new(PoolSettings::named("api"), Time::ZERO);
    pool.set_hosts(&specs(&[1, 1]), Time::ZERO);
    assert_eq!(pool.view().explain(&request_at(Time::ZERO), &mut picker(1)), None);
    assert_eq!(pool.prediction(), None);
}

#[test]
fn predictions_take_over_hand_back_and_are_reckoned() {
    let (mut pool, now, events) = taught(predictive(), 3, 900);
    assert!(matches!(events[..], [HostEvent::FallbackEnded { .. }]), "{events:?}");
    let status = pool.prediction().unwrap();
    assert_eq!(status.doubt, None);
    let [unknown, stale, distrusted] = status.reckoning.by_fallback;
    assert_eq!((stale, distrusted, status.reckoning.by_table + unknown), (0, 0, 900));
    assert!(status.reckoning.by_table > 0, "{status:?}");
    let Accuracy { requests, predicted_s, actual_s, .. } = status.hosts[0].accuracy;
    assert!(requests > 100 && (predicted_s / actual_s - 1.0).abs() < 0.1, "{status:?}");
    let (half, most) = status.hosts[0].accuracy.coverage().unwrap();
    assert!((0.35..0.65).contains(&half) && (0.8..0.98).contains(&most), "{half} {most}");
    assert!(status.hosts.iter().all(|host| host.slots.is_some() && host.outstanding_s == 0.0), "{status:?}");
    assert!(status.hosts[0].correction.is_some_and(|correction| (0.8..1.25).contains(&correction)), "{status:?}");
    assert_eq!(status.classes.iter().map(|(class, _)| *class).collect::<Vec<_>>(), [ClassId::OTHER]);

    pool.break_engine(Some(crate::pool::EngineFault::Stopped));
    let later = now + Duration::from_secs(6);
    assert_eq!(pool.tick(later), [HostEvent::Fallback { doubt: Doubt::Stale }]);
    assert_eq!(pool.view().doubt(later), Some(Doubt::Stale));
    pool.break_engine(None);
    let back = pool.tick(later + Duration::from_secs(1));
    assert_eq!(back, [HostEvent::FallbackEnded { length: Duration::from_secs(1) }]);
}
