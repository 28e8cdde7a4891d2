//! Who earns which share, second by second.

use std::sync::Arc;
use std::time::Duration;

use outrider_core::LoadReport;
use proptest::prelude::*;

use super::*;
use crate::exchange::{Exchange, FailureKind, Finish, Host};
use crate::picker::Picker;
use crate::settings::PoolSettings;
use crate::testing::{address, picker, request_at, specs};

/// Hosts of different capacity, all of which get the same traffic and report, and a clock.
struct Fleet {
    pool: Pool,
    capacities: Vec<f64>,
    hosts: Vec<Arc<Host>>,
    picker: Picker,
    now: Time,
}

impl Fleet {
    fn new(weights: &[u32], capacities: &[f64]) -> Fleet {
        let now = Time::from_millis(1_000);
        let settings = PoolSettings { strategy: StrategyKind::GrpcWrr, ..PoolSettings::named("api") };
        let mut pool = Pool::new(settings, now);
        pool.set_hosts(&specs(weights), now);
        let hosts = pool.members.values().map(|member| Arc::clone(&member.host)).collect();
        Fleet { pool, capacities: capacities.to_vec(), hosts, picker: picker(1), now }
    }

    /// Seconds pass in which the hosts of which `reports` holds report.
    fn pass(&mut self, seconds: u64, reports: impl Fn(usize) -> bool) {
        for step in 0..seconds * 10 {
            if step % 10 == 9 {
                (0..self.capacities.len()).filter(|&nth| reports(nth)).for_each(|nth| self.report(nth));
            }
            self.now = self.now + Duration::from_millis(100);
            self.pool.tick(self.now);
        }
    }

    fn report(&self, nth: usize) {
        let report = LoadReport {
            cpu_utilization: Some(10.0 / self.capacities[nth]),
            rps_fractional: Some(10.0),
            ..LoadReport::default()
        };
        self.hosts[nth].live.reported(&report, self.now);
    }

    fn shares(&self) -> Vec<u64> {
        self.pool.members.values().map(Member::share).collect()
    }

    /// How many of `picks` each host gets.
    fn picks(&mut self, picks: usize) -> Vec<usize> {
        let view = self.pool.view();
        let mut counts = vec![0; self.hosts.len()];
        for _ in 0..picks {
            let pick = view.pick(&request_at(self.now), &mut self.picker).unwrap();
            counts[self.hosts.iter().position(|host| Arc::ptr_eq(host, pick.host)).unwrap()] += 1;
        }
        counts
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn traffic_follows_capacity_once_all_have_reported_for_10_s(
        capacities in prop::collection::vec(20.0f64..180.0, 2..12),
    ) {
        let mut fleet = Fleet::new(&vec![1; capacities.len()], &capacities);
        fleet.pass(9, |_| true);
        prop_assert_eq!(fleet.shares(), vec![100; capacities.len()]);
        fleet.pass(4, |_| true);
        let mean = capacities.iter().sum::<f64>() / capacities.len() as f64;
        for (picks, capacity) in fleet.picks(1_000 * capacities.len()).iter().zip(&capacities) {
            let fair = 1_000.0 * capacity / mean;
            prop_assert!((*picks as f64 - fair).abs() < 20.0, "{picks} picks, {fair:.0} were due");
        }
    }
}

#[test]
fn configured_weights_count_until_two_hosts_have_earned_theirs() {
    let mut fleet = Fleet::new(&[4, 2, 0], &[100.0, 300.0, 100.0]);
    fleet.pass(30, |nth| nth == 0);
    assert_eq!(fleet.shares(), [400, 200, 0]);
    fleet.pass(12, |nth| nth <= 1);
    assert_eq!(fleet.shares(), [50, 150, 0], "0 stays 0");
    assert_eq!(fleet.picks(400), [100, 300, 0]);
}

#[test]
fn a_report_that_is_lost_changes_nothing_and_three_minutes_of_silence_do() {
    let mut fleet = Fleet::new(&[1, 1, 1], &[50.0, 100.0, 150.0]);
    fleet.pass(12, |_| true);
    assert_eq!(fleet.shares(), [50, 100, 150]);
    let version = fleet.pool.version();
    fleet.pass(1, |_| false);
    fleet.hosts[2].live.reported(&LoadReport::default(), fleet.now);
    fleet.pass(30, |nth| nth != 2);
    assert_eq!((fleet.shares(), fleet.pool.version()), (vec![50, 100, 150], version));
    fleet.pass(170, |nth| nth != 2);
    assert_eq!(fleet.shares(), [67, 133, 100], "the third has the mean of the others");
}

#[test]
fn small_changes_are_not_published() {
    let mut fleet = Fleet::new(&[1, 1], &[100.0, 100.0]);
    fleet.pass(12, |_| true);
    let version = fleet.pool.version();
    fleet.capacities = vec![102.0, 98.0];
    fleet.pass(3, |_| true);
    assert_eq!((fleet.shares(), fleet.pool.version()), (vec![100, 100], version));
    fleet.capacities = vec![120.0, 80.0];
    fleet.pass(3, |_| true);
    assert_eq!((fleet.shares(), fleet.pool.version()), (vec![120, 80], version + 1));
}

#[test]
fn a_host_that_was_drained_or_joins_has_the_mean_until_it_has_reported_for_10_s() {
    let mut fleet = Fleet::new(&[1, 1, 1], &[50.0, 100.0, 150.0]);
    fleet.pass(12, |_| true);
    fleet.pool.set_drained(address(2), true).unwrap();
    fleet.pass(2, |nth| nth != 2);
    fleet.pool.set_drained(address(2), false).unwrap();
    fleet.pool.set_hosts(&specs(&[1, 1, 1, 50]), fleet.now);
    assert_eq!(fleet.shares(), [67, 133, 100, 100]);
    fleet.pass(9, |_| true);
    assert_eq!(fleet.shares(), [67, 133, 100, 100]);
    fleet.pass(4, |_| true);
    assert_eq!(fleet.shares(), [50, 100, 150, 100]);
}

#[test]
fn a_host_that_fails_and_does_not_say_so_earns_less() {
    let mut fleet = Fleet::new(&[1, 1], &[100.0, 100.0]);
    let settings = PoolSettings {
        ejection: crate::settings::EjectionSettings { enabled: false, ..Default::default() },
        ..fleet.pool.settings().clone()
    };
    fleet.pool.reconfigure(settings, fleet.now);
    for _ in 0..15 {
        fleet.pass(1, |_| true);
        for (host, result) in fleet.hosts.iter().zip([Finish::Success, Finish::Failure(FailureKind::Status(500))]) {
            Exchange::begin(host, false, fleet.now).finish(result, fleet.now);
        }
    }
    // 10 / 0.1 against 10 / (0.1 + 1).
    assert_eq!(fleet.shares(), [183, 17]);
}

#[test]
fn another_rule_goes_by_configured_weights_again() {
    let mut fleet = Fleet::new(&[1, 2], &[300.0, 100.0]);
    fleet.pass(12, |_| true);
    assert_eq!(fleet.shares(), [150, 50]);
    fleet.pool.reconfigure(PoolSettings::named("api"), fleet.now);
    assert_eq!(fleet.shares(), [100, 200]);
}

#[test]
fn the_turn_goes_on_from_view_to_view() {
    let mut fleet = Fleet::new(&[1; 4], &[100.0; 4]);
    let mut counts = vec![0; 4];
    // Each second other weights and three picks of a cycle of up to hundreds: a position that began anew with each view
    // would never reach the fourth host.
    fleet.pass(12, |_| true);
    for round in 0..40 {
        fleet.capacities = vec![100.0 + 20.0 * f64::from(round % 2), 100.0, 100.0, 100.0];
        fleet.pass(1, |_| true);
        fleet.picks(3).iter().zip(&mut counts).for_each(|(picks, count)| *count += picks);
    }
    assert!(counts.iter().all(|count| (20..=40).contains(count)), "{counts:?}");
}

#[test]
fn a_host_that_returns_under_another_rule_has_the_weight_that_it_was_told() {
    let mut fleet = Fleet::new(&[1, 1, 3], &[100.0, 20.0, 60.0]);
    fleet.pass(13, |_| true);
    assert_eq!(fleet.shares(), [167, 33, 100]);
    let all = specs(&[1, 1, 3]);
    fleet.pool.set_hosts(&all[..2], fleet.now);
    fleet.pool.reconfigure(PoolSettings::named("api"), fleet.now);
    fleet.pool.set_hosts(&all, fleet.now);
    assert_eq!(fleet.shares(), [100, 100, 300]);
}
