//! Keys that stay, hosts that fill up, hosts that go.

use std::collections::HashMap;
use std::net::SocketAddr;

use outrider_core::Time;
use proptest::prelude::*;

use super::*;
use crate::exchange::{Exchange, FailureKind, Finish, Host};
use crate::pool::{PickRequest, Pool};
use crate::settings::{HashSettings, PoolSettings, StrategyKind};
use crate::testing::{address, field, load, picker, request_at, specs};

const FACTOR: f64 = 1.25;

fn rule(candidates: &[Candidate]) -> ConsistentHash {
    let hosts: Vec<(SocketAddr, u64)> = candidates.iter().map(|c| (c.host.address, c.share)).collect();
    ConsistentHash::new(candidates, &Arc::new(Ring::new(&hosts)), &Arc::new(PoolInFlight::new()), FACTOR)
}

fn candidates(shares: &[u64]) -> Vec<Candidate> {
    crate::testing::candidates(shares)
}

fn request(key: u64, tried: &[SocketAddr]) -> PickRequest<'_> {
    PickRequest { key: Some(key), tried, ..request_at(Time::ZERO) }
}

fn pool(weights: &[u32]) -> Pool {
    let settings = PoolSettings { strategy: StrategyKind::ConsistentHash, ..PoolSettings::named("api") };
    let mut pool = Pool::new(settings, Time::ZERO);
    pool.set_hosts(&specs(weights), Time::ZERO);
    pool
}

/// Where each key goes while nothing is in flight.
fn homes(pool: &Pool, keys: &[u64]) -> Vec<SocketAddr> {
    let view = pool.view();
    keys.iter().map(|&key| view.pick(&request(key, &[]), &mut picker(1)).unwrap().host.address).collect()
}

/// Hosts: share in hundredths and requests in flight.
fn hosts() -> impl Strategy<Value = (Vec<u64>, Vec<usize>)> {
    prop::collection::vec((50u64..400, 0usize..6), 1..12).prop_map(|hosts| hosts.into_iter().unzip())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_host_goes_beyond_its_bound_and_the_first_with_room_is_taken((shares, loads) in hosts(), key: u64) {
        let candidates = candidates(&shares);
        let _held = load(&candidates, &loads);
        let rule = rule(&candidates);
        let picked = rule.pick(&field(&candidates, &request(key, &[])), &mut picker(1)).unwrap();
        let (m, total) = (loads.iter().sum::<usize>() + 1, shares.iter().sum::<u64>());
        let bound = |at: usize| (FACTOR * m as f64 * shares[at] as f64 / total as f64 - 1e-9).ceil();
        prop_assert!((loads[picked] as f64) < bound(picked), "{loads:?} of {shares:?}");
        let first = rule.walk(key).find(|&at| (loads[at] as f64) < bound(at));
        prop_assert_eq!(Some(picked), first);
    }

    #[test]
    fn whatever_comes_the_loads_stay_within_the_bound(
        shares in prop::collection::vec(100u64..300, 2..10), keys in prop::collection::vec(0u64..4, 1..120),
    ) {
        let candidates = candidates(&shares);
        let rule = rule(&candidates);
        let mut held: Vec<Exchange> = Vec::new();
        // Few keys and many requests: a plain ring would put them on few hosts.
        for (nth, key) in keys.iter().enumerate() {
            let request = request(key.wrapping_mul(0x9e37_79b9_7f4a_7c15), &[]);
            let at = rule.pick(&field(&candidates, &request), &mut picker(1)).unwrap();
            held.push(Exchange::begin(&candidates[at].host, false, Time::ZERO));
            let fair = (nth + 1) as f64 * shares[at] as f64 / shares.iter().sum::<u64>() as f64;
            prop_assert!(f64::from(candidates[at].host.live.in_flight()) < FACTOR * fair + 1.0);
        }
    }

    #[test]
    fn a_host_that_goes_moves_its_own_keys_alone(
        weights in prop::collection::vec(1u32..5, 2..12), goes: prop::sample::Index,
        keys in prop::collection::vec(any::<u64>(), 200), drained: bool,
    ) {
        let mut pool = pool(&weights);
        let before = homes(&pool, &keys);
        let gone = address(goes.index(weights.len()));
        if drained {
            pool.set_drained(gone, true).unwrap();
        } else {
            let left: Vec<_> = specs(&weights).into_iter().filter(|spec| spec.address != gone).collect();
            pool.set_hosts(&left, Time::ZERO);
        }
        for (was, is) in before.into_iter().zip(homes(&pool, &keys)) {
            prop_assert!(is != gone && (was == gone || was == is));
        }
    }

    #[test]
    fn keys_are_shared_by_weight(weights in prop::collection::vec(1u32..4, 2..12), seed: u64) {
        let mut random = outrider_core::Random::new(seed);
        let keys: Vec<u64> = (0..6_000).map(|_| random.next_u64()).collect();
        let mut counts: HashMap<SocketAddr, usize> = HashMap::new();
        homes(&pool(&weights), &keys).into_iter().for_each(|home| *counts.entry(home).or_default() += 1);
        for (nth, &weight) in weights.iter().enumerate() {
            let fair = keys.len() as f64 * f64::from(weight) / f64::from(weights.iter().sum::<u32>());
            let ratio = counts[&address(nth)] as f64 / fair;
            prop_assert!((0.6..1.45).contains(&ratio), "{ratio:.2} of its share");
        }
    }

    #[test]
    fn a_retry_walks_on_to_where_the_key_would_be_without_the_host(
        weights in prop::collection::vec(1u32..5, 2..12), key: u64,
    ) {
        let mut pool = pool(&weights);
        let tried = homes(&pool, &[key]);
        let second = pool.view().pick(&request(key, &tried), &mut picker(1)).unwrap().host.address;
        pool.set_drained(tried[0], true).unwrap();
        prop_assert_eq!(second, homes(&pool, &[key])[0]);
    }
}

#[test]
fn a_host_that_fails_hands_its_keys_on_for_a_while() {
    let candidates = candidates(&[100, 100, 100]);
    let rule = rule(&candidates);
    let at = |now: Time| {
        let request = PickRequest { now, ..request(17, &[]) };
        rule.pick(&field(&candidates, &request), &mut picker(1)).unwrap()
    };
    let home: &Arc<Host> = &candidates[at(Time::ZERO)].host;
    Exchange::begin(home, false, Time::ZERO).finish(Finish::Failure(FailureKind::Status(500)), Time::ZERO);
    assert_ne!(candidates[at(Time::from_millis(100))].host.address, home.address);
    assert_eq!(candidates[at(Time::from_millis(10_000))].host.address, home.address);
}

#[test]
fn without_a_key_requests_go_everywhere() {
    let candidates = candidates(&[100; 5]);
    let (rule, mut picker) = (rule(&candidates), picker(3));
    let mut counts = [0; 5];
    for _ in 0..5_000 {
        counts[rule.pick(&field(&candidates, &request_at(Time::ZERO)), &mut picker).unwrap()] += 1;
    }
    assert!(counts.iter().all(|count| (600..1_500).contains(count)), "{counts:?}");
}

#[test]
fn a_large_pool_is_bound_by_what_the_last_tick_saw() {
    let mut pool = pool(&[1; 200]);
    let key = 99;
    let home = homes(&pool, &[key])[0];
    let hosts: Vec<Arc<Host>> = pool.view().candidates().cloned().collect();
    let own = hosts.iter().find(|host| host.address == home).unwrap();
    let mut held = vec![Exchange::begin(own, false, Time::ZERO)];
    assert_ne!(homes(&pool, &[key])[0], home, "as far as is known, 1 of 200 is all there is");
    held.extend(hosts.iter().map(|host| Exchange::begin(host, false, Time::ZERO)));
    held.extend(hosts.iter().map(|host| Exchange::begin(host, false, Time::ZERO)));
    pool.tick(Time::from_millis(100));
    // 1.25 x 402 / 200 = 2.5, so three each.
    assert_ne!(homes(&pool, &[key])[0], home);
    drop(held.remove(0));
    assert_eq!(homes(&pool, &[key])[0], home);
}

#[test]
fn a_ring_outlives_what_does_not_change_it_and_a_view_made_of_it() {
    let mut pool = pool(&[1, 1, 1]);
    let ring = |pool: &Pool| Arc::as_ptr(pool.ring().unwrap());
    let before = ring(&pool);
    pool.set_drained(address(1), true).unwrap();
    assert_eq!(ring(&pool), before);
    pool.set_weight(address(2), Some(3)).unwrap();
    assert_ne!(ring(&pool), before);
    pool.reconfigure(PoolSettings::named("api"), Time::ZERO);
    assert!(pool.ring().is_none());
}

#[test]
fn the_seed_is_the_text_or_the_name_of_the_pool() {
    assert_eq!(PoolSettings::named("api").hash.seed, HashSettings::seed_of("api"));
    assert_ne!(HashSettings::seed_of("api"), HashSettings::seed_of("web"));
}
