//! Faults, and how soon they are over for the clients.

use std::time::Duration;

use outrider_pilot::{HostEvent, PoolSettings, StrategyKind};

use crate::world::{Does, World, seconds};

fn pool(strategy: StrategyKind) -> PoolSettings {
    PoolSettings { strategy, ..PoolSettings::named("api") }
}

/// The rules under which a host that hangs or refuses goes on being asked until it is ejected. One that answers no
/// probes is not asked any more, so few requests bear witness against it, and none need to.
fn rules_that_ask_on() -> impl Iterator<Item = StrategyKind> {
    StrategyKind::ALL.into_iter().filter(|&strategy| strategy != StrategyKind::Prequal)
}

#[test]
fn two_seconds_after_a_fault_a_bad_host_gets_less_than_one_percent() {
    for strategy in StrategyKind::ALL {
        for fault in [Does::Hang, Does::Refuse, Does::Fail(1)] {
            for (hosts, rate_per_s) in [(3, 60.0), (3, 600.0), (12, 1_200.0)] {
                let world = World::new(pool(strategy), hosts, Does::Serve(10), rate_per_s, 11)
                    .then(1, seconds(5.0), fault)
                    .run(seconds(30.0));
                let share = world.share(1, seconds(7.0), seconds(30.0));
                let name = strategy.name();
                assert!(share < 0.01, "{name}, {fault:?}, {hosts} hosts at {rate_per_s}/s: {share:.4}");
            }
        }
    }
}

#[test]
fn a_host_that_hangs_is_out_within_1300_ms_and_what_waited_there_moves() {
    for strategy in rules_that_ask_on() {
        let world = World::new(pool(strategy), 3, Does::Serve(10), 300.0, 2)
            .then(0, seconds(5.0), Does::Hang)
            .run(seconds(20.0));
        let after = world.ejected_at(0).expect("it hangs").since(seconds(5.0));
        assert!(after <= Duration::from_millis(1_300), "{}: {after:?}", strategy.name());
        assert!(world.moved >= 3);
        assert_eq!(world.failed, 0, "{}", strategy.name());
    }
}

#[test]
fn a_host_that_answers_no_probes_is_not_asked_once_the_last_answer_is_a_second_old() {
    for fault in [Does::Hang, Does::Refuse] {
        let world = World::new(pool(StrategyKind::Prequal), 12, Does::Serve(10), 1_000.0, 2)
            .then(3, seconds(5.0), fault)
            .run(seconds(20.0));
        let asked = world.picks.iter().filter(|pick| pick.host == 3 && pick.at > seconds(6.002)).count();
        assert_eq!((asked, world.failed), (0, 0), "{fault:?}");
    }
}

#[test]
fn a_host_that_hangs_is_out_though_no_client_waits_for_long() {
    for strategy in rules_that_ask_on() {
        let world = World::new(pool(strategy), 3, Does::Serve(10), 60.0, 37)
            .impatient(Duration::from_millis(120))
            .then(0, seconds(5.0), Does::Hang)
            .run(seconds(20.0));
        let name = strategy.name();
        let after = world.ejected_at(0).unwrap_or_else(|| panic!("{name}: it hangs")).since(seconds(5.0));
        assert!(after <= Duration::from_millis(1_700), "{name}: {after:?}");
    }
}

#[test]
fn clients_that_all_wait_for_the_host_that_hangs_are_freed() {
    for strategy in StrategyKind::ALL {
        for clients in [6, 60] {
            let world = World::new(pool(strategy), 3, Does::Serve(10), 0.0, 41)
                .roomy()
                .closed(clients, Duration::from_millis(20))
                .then(1, seconds(5.0), Does::Hang)
                .run(seconds(20.0));
            let (name, silence) = (strategy.name(), world.longest_silence(seconds(5.0), seconds(20.0)));
            assert!(silence < Duration::from_millis(1_500), "{name}, {clients} clients: {silence:?}");
            assert_eq!(world.failed, 0, "{name}");
        }
    }
}

#[test]
fn clients_that_all_wait_for_a_pool_that_hangs_eject_nobody() {
    for strategy in StrategyKind::ALL {
        // So many that some wait for each host.
        let mut world =
            World::new(pool(strategy), 3, Does::Serve(10), 0.0, 43).roomy().closed(60, Duration::from_millis(20));
        for host in 0..3 {
            world = world.then(host, seconds(5.0), Does::Hang);
        }
        let world = world.run(seconds(30.0));
        assert_eq!(world.events, [], "{}", strategy.name());
    }
}

#[test]
fn a_hang_is_noticed_by_one_request_that_waits() {
    for strategy in StrategyKind::ALL {
        for seed in 0..10 {
            let hung = seconds(5.0);
            let world =
                World::new(pool(strategy), 3, Does::Serve(10), 5.0, seed).then(0, hung, Does::Hang).run(seconds(60.0));
            let first = world.picks.iter().find(|p| p.host == 0 && p.at >= hung).expect("it is picked").at;
            let name = strategy.name();
            let out = world.ejected_at(0).unwrap_or_else(|| panic!("{name}, {seed}: it hangs"));
            assert!(out.since(first) <= Duration::from_millis(3_200), "{name}, {seed}: {:?}", out.since(first));
        }
    }
}

#[test]
fn one_or_two_clients_that_wait_for_a_host_that_hangs_are_freed() {
    for strategy in StrategyKind::ALL {
        for clients in [1, 2] {
            let world = World::new(pool(strategy), 3, Does::Serve(10), 0.0, 59)
                .closed(clients, Duration::from_millis(20))
                .then(1, seconds(5.0), Does::Hang)
                .run(seconds(20.0));
            let (name, silence) = (strategy.name(), world.longest_silence(seconds(5.0), seconds(20.0)));
            assert!(silence <= Duration::from_millis(3_200), "{name}, {clients} clients: {silence:?}");
        }
    }
}

#[test]
fn a_pool_that_hangs_under_one_client_costs_one_host_and_no_chase() {
    for strategy in StrategyKind::ALL {
        let mut world = World::new(pool(strategy), 10, Does::Serve(10), 0.0, 67).closed(1, Duration::from_millis(20));
        for host in 0..10 {
            world = world.then(host, seconds(5.0), Does::Hang);
        }
        let world = world.run(seconds(34.0));
        // Under `predictive` the client had kept to few hosts: none of the others had lately been seen to answer, so nobody is ejected.
        let expected = if strategy == StrategyKind::Predictive { (0, 0) } else { (1, 1) };
        assert_eq!((world.events.len(), world.moved), expected, "{}: {:?}", strategy.name(), world.events);
    }
}

#[test]
fn a_first_answer_that_takes_2500_ms_ejects_nobody() {
    for strategy in StrategyKind::ALL {
        for seed in 0..20 {
            let world = World::new(pool(strategy), 3, Does::Serve(10), 5.0, seed)
                .roomy()
                .then(0, seconds(5.0), Does::Serve(2_500))
                .then(0, seconds(5.3), Does::Serve(10))
                .run(seconds(15.0));
            assert_eq!(world.events, [], "{}, {seed}", strategy.name());
        }
    }
}

#[test]
fn long_polls_among_fast_requests_are_learnt() {
    for strategy in StrategyKind::ALL {
        for percent in [0.5, 5.0] {
            let world =
                World::new(pool(strategy), 3, Does::Poll(10, percent, 20), 5.0, 61).roomy().run(seconds(1_800.0));
            let late: Vec<_> = world.events.iter().filter(|(at, _)| *at > seconds(240.0)).collect();
            assert!(late.is_empty(), "{}, {percent} %: {late:?}", strategy.name());
        }
    }
}

#[test]
fn long_polling_is_no_stall() {
    for strategy in StrategyKind::ALL {
        let world = World::new(pool(strategy), 3, Does::Serve(20_000), 6.0, 13).roomy().run(seconds(300.0));
        assert_eq!(world.events, [], "{}", strategy.name());
        assert!(world.succeeded > 1_500);
    }
}

#[test]
fn a_host_that_turns_ten_times_slower_stays() {
    for strategy in StrategyKind::ALL {
        let world = World::new(pool(strategy), 4, Does::Serve(10), 100.0, 17)
            .then(0, seconds(5.0), Does::Serve(100))
            .run(seconds(60.0));
        assert_eq!(world.ejected_at(0), None, "{}", strategy.name());
    }
}

#[test]
fn a_host_that_fails_a_third_is_out_and_one_that_fails_two_percent_stays() {
    for strategy in StrategyKind::ALL {
        let world = World::new(pool(strategy), 5, Does::Serve(10), 300.0, 19)
            .then(0, seconds(5.0), Does::Flaky(10, 33.0))
            .then(1, seconds(5.0), Does::Flaky(10, 2.0))
            .run(seconds(65.0));
        let name = strategy.name();
        let after = world.ejected_at(0).unwrap_or_else(|| panic!("{name}: a third fails")).since(seconds(5.0));
        assert!(after < Duration::from_secs(15), "{name}: {after:?}");
        assert_eq!(world.ejected_at(1), None, "{name}");
    }
}

#[test]
fn what_all_hosts_do_ejects_nobody() {
    for strategy in StrategyKind::ALL {
        for fault in [Does::Hang, Does::Refuse, Does::Fail(1), Does::Fail(50), Does::Flaky(10, 40.0)] {
            let mut world = World::new(pool(strategy), 4, Does::Serve(10), 100.0, 23);
            for host in 0..4 {
                world = world.then(host, seconds(5.0), fault).then(host, seconds(12.0), Does::Serve(10));
            }
            let world = world.run(seconds(12.0));
            assert_eq!(world.events, [], "{}, {fault:?}", strategy.name());
        }
    }
}

#[test]
fn a_host_that_is_well_again_is_back_soon_after_its_time() {
    for strategy in rules_that_ask_on() {
        let world = World::new(pool(strategy), 3, Does::Serve(10), 300.0, 29)
            .then(2, seconds(5.0), Does::Refuse)
            .then(2, seconds(15.0), Does::Serve(10))
            .run(seconds(60.0));
        let returned = |event: &HostEvent| matches!(event, HostEvent::Returned { .. });
        let back = world.events.iter().find(|(_, event)| returned(event)).expect("it is well").0;
        assert!((seconds(35.0)..seconds(37.0)).contains(&back), "{}: {back:?}", strategy.name());
        let share = world.share(2, seconds(38.0), seconds(60.0));
        assert!((0.25..0.42).contains(&share), "{}: {share:.3}", strategy.name());
        let trials = world.picks.iter().filter(|pick| pick.trial).count();
        assert_eq!(trials, 3, "{}", strategy.name());
    }
}

#[test]
fn a_host_that_stays_bad_costs_one_trial_per_ejection() {
    let world = World::new(pool(StrategyKind::LeastRequest), 3, Does::Serve(10), 300.0, 31)
        .then(2, seconds(5.0), Does::Fail(1))
        .run(seconds(5.0 + 30.0 + 60.0 + 120.0 + 10.0));
    let trials = world.picks.iter().filter(|pick| pick.trial).count();
    let ejections = world.events.iter().filter(|(_, event)| matches!(event, HostEvent::Ejected { .. })).count();
    assert_eq!((trials, ejections), (3, 4));
    assert_eq!(world.failed, 0, "every failure was answered elsewhere");
}
