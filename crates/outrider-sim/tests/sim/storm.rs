//! A storm of retries, with the storm guard and without it.

use outrider_pilot::{PoolSettings, StrategyKind};
use outrider_sim::{Rule, Scenario, by_name, fly_pool};

/// The share of users served of those who came from `from_s` to `to_s`: hosts lose four tenths of what they can from 30 s
/// to 50 s, and notice who has left.
fn served(enabled: bool, seed: u64, from_s: u64, to_s: u64) -> f64 {
    let scenario = Scenario { notices_leaving: true, ..by_name("storm").expect("it is built in") };
    let mut pool = PoolSettings::named("pool");
    pool.storm_guard.enabled = enabled;
    let flown =
        fly_pool(&scenario, Rule::Pilot(StrategyKind::LeastRequest), &pool, 0.8, seed).expect("it can be flown");
    let came = |us: u64| (from_s * 1_000_000..to_s * 1_000_000).contains(&us);
    let rows: Vec<_> = flown.measured.rows.iter().filter(|row| came(row.scheduled_us)).collect();
    rows.iter().filter(|row| row.end.is_good()).count() as f64 / rows.len() as f64
}

#[test]
fn after_a_storm_users_are_served_again_soon_with_the_guard_and_not_without_it() {
    for seed in 1..=3 {
        let [on, off] = [true, false].map(|enabled| served(enabled, seed, 60, 90));
        assert!(on > 0.9 && off < 0.7, "seed {seed}: {on:.3} with the guard, {off:.3} without");
        assert!(served(true, seed, 0, 30) > 0.999, "seed {seed}: the guard sheds in calm times");
    }
}
