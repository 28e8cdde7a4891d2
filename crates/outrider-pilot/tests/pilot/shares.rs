//! Who gets how much.

use outrider_pilot::{EjectionSettings, PoolSettings, StrategyKind};

use crate::world::{Does, World, seconds};

fn without_ejection(strategy: StrategyKind) -> PoolSettings {
    let ejection = EjectionSettings { enabled: false, ..EjectionSettings::default() };
    PoolSettings { strategy, ejection, ..PoolSettings::named("api") }
}

#[test]
fn a_fast_failer_gets_no_more_than_its_share_before_anybody_ejects_it() {
    for strategy in StrategyKind::ALL {
        for rate_per_s in [20.0, 100.0, 400.0, 1_500.0] {
            for fails_from_s in [0.0, 3.0] {
                let fails_from = seconds(fails_from_s);
                let world = World::new(without_ejection(strategy), 4, Does::Serve(10), rate_per_s, 7)
                    .roomy()
                    .then(0, fails_from, Does::Fail(1))
                    .run(seconds(23.0));
                let share = world.share(0, fails_from, seconds(23.0));
                // A quarter, and what chance adds for the rules that do not read load.
                let chance = 3.0 * (0.25 * 0.75 / (rate_per_s * 20.0)).sqrt();
                let bound = if strategy == StrategyKind::Random { 0.25 + chance } else { 0.25 };
                let name = strategy.name();
                assert!(share <= bound + 0.005, "{name} at {rate_per_s}/s from {fails_from_s} s: {share:.3}");
            }
        }
    }
}

#[test]
fn equal_hosts_share_equally() {
    for strategy in StrategyKind::ALL {
        let world = || World::new(without_ejection(strategy), 5, Does::Serve(10), 400.0, 3);
        for world in [world(), world().reporting()].map(|world| world.run(seconds(30.0))) {
            for host in 0..5 {
                let share = world.share(host, seconds(10.0), seconds(30.0));
                assert!((0.15..0.25).contains(&share), "{}: host {host} has {share:.3}", strategy.name());
            }
        }
    }
}

#[test]
fn reports_show_which_host_can_do_more() {
    for strategy in [StrategyKind::C3, StrategyKind::GrpcWrr] {
        let world = World::new(without_ejection(strategy), 3, Does::Serve(30), 200.0, 9)
            .then(0, seconds(0.0), Does::Serve(10))
            .reporting()
            .run(seconds(40.0));
        let share = world.share(0, seconds(20.0), seconds(40.0));
        assert!((0.5..0.8).contains(&share), "{}: {share:.3}", strategy.name());
    }
}

#[test]
fn a_fast_failer_that_has_reported_gets_no_more_than_its_share() {
    for strategy in StrategyKind::ALL {
        for rate_per_s in [100.0, 1_000.0] {
            let world = World::new(without_ejection(strategy), 4, Does::Serve(10), rate_per_s, 7)
                .reporting()
                .then(0, seconds(15.0), Does::Fail(1))
                .run(seconds(40.0));
            let share = world.share(0, seconds(15.0), seconds(40.0));
            assert!(share <= 0.27, "{} at {rate_per_s}/s: {share:.3}", strategy.name());
        }
    }
}

#[test]
fn a_slow_moment_is_not_held_against_a_host_for_good() {
    for strategy in StrategyKind::ALL {
        let world = World::new(without_ejection(strategy), 5, Does::Serve(10), 400.0, 5)
            .then(2, seconds(5.0), Does::Serve(800))
            .then(2, seconds(6.0), Does::Serve(10))
            .run(seconds(90.0));
        for host in 0..5 {
            let share = world.share(host, seconds(60.0), seconds(90.0));
            assert!(share > 0.1, "{}: host {host} has {share:.3}", strategy.name());
        }
    }
}

#[test]
fn rules_that_read_load_avoid_a_slow_host() {
    for strategy in [
        StrategyKind::LeastRequest,
        StrategyKind::P2c,
        StrategyKind::PeakEwma,
        StrategyKind::C3,
        StrategyKind::Prequal,
        StrategyKind::PrequalLocal,
    ] {
        let world = World::new(without_ejection(strategy), 4, Does::Serve(10), 800.0, 5)
            .then(0, seconds(5.0), Does::Serve(100))
            .run(seconds(25.0));
        let share = world.share(0, seconds(6.0), seconds(25.0));
        assert!(share < 0.12, "{}: {share:.3}", strategy.name());
    }
}
