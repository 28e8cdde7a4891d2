use std::collections::BTreeSet;

use outrider_core::Random;
use proptest::prelude::*;

use super::*;

fn address(nth: u16) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 1], 9_000 + nth))
}

fn ms(millis: f64) -> Duration {
    Duration::from_secs_f64(millis / 1e3)
}

/// An exchange of class `class` on host `host` that found nobody there.
fn served(host: u16, class: u8, took_ms: f64, now: Time) -> Observed {
    Observed {
        host: address(host),
        class: ClassId(class),
        size: None,
        in_flight: 0,
        took: ms(took_ms),
        end: End::Served,
        cost: Cost::default(),
        now,
    }
}

fn known(hosts: u16) -> Fingerprints {
    let mut prints = Fingerprints::new();
    prints.set_hosts((0..hosts).map(|nth| (address(nth), None)));
    prints
}

fn mean_ms(prints: &Fingerprints, host: u16, class: u8, now: Time) -> Option<f64> {
    let estimate = prints.estimator(now).estimate(address(host), Some(ClassId(class)))?;
    Some(estimate.service_ns(None) / 1e6)
}

fn end() -> impl Strategy<Value = End> {
    prop::sample::select(vec![End::Served, End::Open, End::Failed, End::Cancelled])
}

fn observed() -> impl Strategy<Value = Observed> {
    let odd = prop::sample::select(vec![f64::NAN, f64::INFINITY, -1.0, 0.0, 1e300]);
    let size = prop::option::of(prop_oneof![0.0..1e6f64, odd]);
    let seen = (0u16..6, 0u8..5, size, 0u32..200, 0u64..u64::MAX, end(), 0u64..1_000_000);
    seen.prop_map(|(host, class, size, in_flight, took_ns, end, now_ms)| Observed {
        size,
        in_flight,
        took: Duration::from_nanos(took_ns),
        end,
        ..served(host, class, 1.0, Time::from_millis(now_ms))
    })
}

proptest! {
    #[test]
    fn whatever_is_observed_estimates_are_numbers(seen in prop::collection::vec(observed(), 0..300)) {
        let mut prints = known(4);
        seen.iter().for_each(|seen| prints.observe(seen));
        let now = Time::from_millis(1_000_000);
        let estimator = prints.estimator(now);
        for class in [None, Some(ClassId(0)), Some(ClassId(3)), Some(ClassId(63))] {
            for host in 0..4 {
                let Some(estimate) = estimator.estimate(address(host), class) else { continue };
                for size in [None, Some(0.0), Some(1e9)] {
                    let ns = estimate.service_ns(size);
                    prop_assert!(ns.is_finite() && ns >= 0.0, "{ns}");
                }
                prop_assert!(estimate.p50_ratio > 0.0 && estimate.p50_ratio <= estimate.p90_ratio);
                prop_assert!(estimate.uncertainty.is_finite() && estimate.uncertainty > 0.0);
                prop_assert!(estimate.error_rate.is_none_or(|rate| (0.0..=1.0).contains(&rate)));
            }
        }
        for row in prints.prints(now) {
            prop_assert!(row.vector().iter().flatten().all(|value| value.is_finite()), "{row:?}");
        }
    }

    #[test]
    fn memory_is_bounded_by_hosts_and_classes(seen in prop::collection::vec(observed(), 0..300)) {
        let mut prints = known(4);
        seen.iter().for_each(|seen| prints.observe(seen));
        let of_known: BTreeSet<_> = seen
            .iter()
            .filter(|seen| seen.host < address(4) && seen.end != End::Cancelled)
            .map(|seen| (seen.host, seen.class))
            .collect();
        let prints: BTreeSet<_> = prints.prints(Time::ZERO).iter().map(|row| (row.host, row.class)).collect();
        prop_assert_eq!(prints, of_known);
    }

    #[test]
    fn what_failed_was_cancelled_or_streamed_leaves_times_as_they_were(seen in prop::collection::vec(observed(), 0..50)) {
        let mut prints = known(4);
        (0..30).for_each(|_| prints.observe(&served(0, 1, 10.0, Time::ZERO)));
        let before = mean_ms(&prints, 0, 1, Time::ZERO);
        for seen in seen.iter().filter(|seen| seen.end != End::Served) {
            prints.observe(&Observed { size: None, ..*seen });
        }
        prop_assert_eq!(mean_ms(&prints, 0, 1, Time::ZERO), before);
    }

    #[test]
    fn a_cell_converges_to_what_its_host_takes(truth_ms in 0.1..1e4f64, log in -3.0..3.0f64) {
        let others_ms = truth_ms * log.exp();
        let mut prints = known(2);
        for _ in 0..1_000 {
            prints.observe(&served(0, 1, truth_ms, Time::ZERO));
            prints.observe(&served(1, 1, others_ms, Time::ZERO));
        }
        let pace = prints.pace_log(address(0)).unwrap().exp();
        let learnt = mean_ms(&prints, 0, 1, Time::ZERO).unwrap() * pace;
        // Four of some four hundred are borrowed.
        prop_assert!((learnt - truth_ms).abs() <= 0.05 * truth_ms, "{learnt}");
    }
}

#[test]
fn nothing_seen_is_nothing_known() {
    let prints = known(3);
    assert_eq!(mean_ms(&prints, 0, 1, Time::ZERO), None);
    assert!(prints.prints(Time::ZERO).is_empty());
    let host = prints.estimator(Time::ZERO).host(address(0)).unwrap();
    assert_eq!((host.slots, host.work_ns, host.evidence), (None, None, 0.0));
}

#[test]
fn a_class_never_seen_on_a_host_borrows_the_class_and_the_host() {
    let mut prints = known(3);
    // Class 2 takes ten times class 1; host 1 takes twice what host 0 does, and was never asked for class 2.
    for _ in 0..200 {
        prints.observe(&served(0, 1, 10.0, Time::ZERO));
        prints.observe(&served(0, 2, 100.0, Time::ZERO));
        prints.observe(&served(1, 1, 20.0, Time::ZERO));
    }
    let borrowed_ms = mean_ms(&prints, 1, 2, Time::ZERO).unwrap();
    assert!((110.0..200.0).contains(&borrowed_ms), "{borrowed_ms}");
    let uncertain = |host: u16, class: u8| {
        prints.estimator(Time::ZERO).estimate(address(host), Some(ClassId(class))).unwrap().uncertainty
    };
    assert!(uncertain(0, 2) < uncertain(1, 2), "what is borrowed is less certain");
    assert!(uncertain(1, 2) < uncertain(2, 2), "what is borrowed twice is less certain still");
}

#[test]
fn a_new_host_is_taken_for_one_of_its_kind() {
    let mut prints = Fingerprints::new();
    let hosts = [(address(0), Some("small")), (address(1), Some("large")), (address(2), Some("small"))];
    prints.set_hosts(hosts);
    for _ in 0..200 {
        prints.observe(&served(0, 1, 40.0, Time::ZERO));
        prints.observe(&served(1, 1, 10.0, Time::ZERO));
    }
    let as_small_ms = mean_ms(&prints, 2, 1, Time::ZERO).unwrap();
    prints.set_hosts([hosts[0], hosts[1], (address(2), Some("large"))]);
    let as_large_ms = mean_ms(&prints, 2, 1, Time::ZERO).unwrap();
    assert!(as_small_ms > 2.0 * as_large_ms, "{as_small_ms} {as_large_ms}");
}

#[test]
fn the_size_of_a_request_tells_its_time() {
    let (mut prints, mut random) = (known(2), Random::new(4));
    for _ in 0..2_000 {
        let (host, size) = (u16::from(random.chance(0.5)), 10.0 * random.unit());
        let factor = 1.0 + f64::from(host);
        let noise = 0.5 + random.unit();
        let seen = served(host, 1, factor * (5.0 + 3.0 * size) * noise, Time::ZERO);
        prints.observe(&Observed { size: Some(size), ..seen });
    }
    for host in 0..2 {
        let estimate = prints.estimator(Time::ZERO).estimate(address(host), Some(ClassId(1))).unwrap();
        for size in [1.0, 5.0, 9.0] {
            let truth_ms = (1.0 + f64::from(host)) * (5.0 + 3.0 * size);
            let off = estimate.service_ns(Some(size)) / 1e6 / truth_ms - 1.0;
            assert!(off.abs() < 0.08, "host {host}, size {size}: {off:.3}");
        }
        assert_eq!(
            estimate.service_ns(Some(1e12)),
            estimate.service_ns(Some(10.0_f64.max(estimate.size_max))),
            "no line is followed beyond what was seen"
        );
    }
}

#[test]
fn only_what_found_a_free_slot_is_learnt() {
    let (mut prints, mut random) = (known(1), Random::new(9));
    let mut noisy = |ms: f64| ms * (0.7 + 0.6 * random.unit());
    for round in 0..600 {
        // Two at a time; whoever finds more waits for them.
        let in_flight = round % 6;
        let waits_ms = 10.0 * f64::from((in_flight + 1_u32).saturating_sub(2)) / 2.0;
        let seen = Observed { in_flight, ..served(0, 1, noisy(10.0 + waits_ms), Time::ZERO) };
        prints.observe(&seen);
    }
    let slots = prints.estimator(Time::ZERO).host(address(0)).unwrap().slots.unwrap();
    assert!(slots.is_seen && slots.count.abs_diff(2) <= 1, "{slots:?}");
    let learnt_ms = mean_ms(&prints, 0, 1, Time::ZERO).unwrap();
    assert!((9.0..12.0).contains(&learnt_ms), "{learnt_ms}");
}

#[test]
fn a_host_that_says_how_many_it_serves_is_believed() {
    let mut prints = known(1);
    prints.told_parallelism(address(0), Some(7));
    let slots = |prints: &Fingerprints| prints.estimator(Time::ZERO).host(address(0)).unwrap().slots;
    assert_eq!(slots(&prints), Some(Slots { count: 7, is_seen: true }));
    prints.told_parallelism(address(0), Some(0));
    assert_eq!(slots(&prints), None, "nobody serves nothing at a time");
}

#[test]
fn errors_are_known_per_class_and_lean_on_the_host() {
    let mut prints = known(2);
    for nth in 0..200 {
        let end = if nth % 2 == 0 { End::Failed } else { End::Served };
        prints.observe(&Observed { end, ..served(0, 1, 10.0, Time::ZERO) });
        prints.observe(&served(0, 2, 10.0, Time::ZERO));
    }
    let rate = |host: u16, class: u8| {
        prints.estimator(Time::ZERO).estimate(address(host), Some(ClassId(class))).unwrap().error_rate
    };
    assert!((0.4..0.6).contains(&rate(0, 1).unwrap()));
    assert!(rate(0, 2).unwrap() < 0.02);
    assert_eq!(rate(1, 1), None, "of a host that was never asked it is not known");
}

#[test]
fn evidence_fades_over_the_horizon_and_a_forgotten_class_is_gone() {
    let mut prints = known(1);
    (0..100).for_each(|_| prints.observe(&served(0, 1, 10.0, Time::ZERO)));
    let evidence = |now: Time| prints.estimator(now).estimate(address(0), Some(ClassId(1))).unwrap().evidence;
    let (fresh, later) = (evidence(Time::ZERO), evidence(Time::ZERO + HORIZON));
    assert!((later / fresh - (-1f64).exp()).abs() < 1e-9);
    assert_eq!(prints.classes().collect::<Vec<_>>(), [ClassId(1)]);
    prints.forget_class(ClassId(1));
    assert_eq!(prints.classes().count(), 0);
    assert!(prints.prints(Time::ZERO).is_empty());
}

#[test]
fn what_a_request_costs_is_as_the_host_says_and_else_absent() {
    let mut prints = known(1);
    prints.observe(&Observed { cost: Cost { cpu: Some(0.25), mem: None }, ..served(0, 1, 10.0, Time::ZERO) });
    prints.observe(&Observed { cost: Cost { cpu: Some(0.75), mem: None }, ..served(0, 1, 10.0, Time::ZERO) });
    let row = prints.prints(Time::ZERO)[0];
    assert!((row.get("cpu").unwrap() - 0.5).abs() < 1e-2);
    assert_eq!((row.get("mem"), row.get("mean_size"), row.get("nonsense")), (None, None, None));
}

#[test]
fn throughput_is_counted_whatever_the_end() {
    let mut prints = known(1);
    let mut now = Time::ZERO;
    for nth in 0..600 {
        now = Time::from_millis(50 * nth);
        let end = if nth % 2 == 0 { End::Failed } else { End::Open };
        prints.observe(&Observed { end, ..served(0, 1, 10.0, now) });
    }
    let per_s = prints.prints(now)[0].get("throughput_per_s").unwrap();
    assert!((18.0..22.0).contains(&per_s), "{per_s}");
}
