//! What Q-learning comes to, once it has learnt.

use outrider_pilot::{EjectionSettings, PoolSettings, StrategyKind};

use crate::world::{Does, World, seconds};

const RULES: [StrategyKind; 2] = [StrategyKind::QLearning, StrategyKind::QLearningLinear];

fn pool(strategy: StrategyKind, ejection: bool) -> PoolSettings {
    let ejection = EjectionSettings { enabled: ejection, ..EjectionSettings::default() };
    PoolSettings { strategy, ejection, ..PoolSettings::named("api") }
}

#[test]
fn a_host_that_is_faster_gets_most_while_it_has_room() {
    for strategy in RULES {
        let world = World::new(pool(strategy, true), 3, Does::Serve(30), 40.0, 9)
            .then(1, seconds(0.0), Does::Serve(10))
            .learning()
            .run(seconds(60.0));
        let share = world.share(1, seconds(30.0), seconds(60.0));
        assert!(share > 0.8, "{}: {share:.3}", strategy.name());
    }
}

#[test]
fn two_seconds_after_a_fault_a_bad_host_gets_less_than_one_percent() {
    for strategy in RULES {
        for fault in [Does::Hang, Does::Refuse, Does::Fail(1)] {
            for (hosts, rate_per_s) in [(3, 60.0), (3, 600.0), (12, 1_200.0)] {
                let world = World::new(pool(strategy, true), hosts, Does::Serve(10), rate_per_s, 11)
                    .learning()
                    .then(1, seconds(5.0), fault)
                    .run(seconds(30.0));
                let (name, share) = (strategy.name(), world.share(1, seconds(7.0), seconds(30.0)));
                assert!(share < 0.01, "{name}, {fault:?}, {hosts} hosts at {rate_per_s}/s: {share:.4}");
            }
        }
    }
}

#[test]
fn a_dead_host_is_no_black_hole_though_nobody_ejects_it() {
    for strategy in RULES {
        for fault in [Does::Hang, Does::Refuse, Does::Fail(1)] {
            let world = World::new(pool(strategy, false), 4, Does::Serve(10), 400.0, 7)
                .roomy()
                .impatient(std::time::Duration::from_millis(500))
                .learning()
                .then(0, seconds(5.0), fault)
                .run(seconds(65.0));
            let share = world.share(0, seconds(10.0), seconds(65.0));
            assert!(share < 0.05, "{}, {fault:?}: {share:.4}", strategy.name());
        }
    }
}

#[test]
fn a_host_that_is_dead_from_the_beginning_is_not_idle() {
    for strategy in RULES {
        for fault in [Does::Hang, Does::Refuse, Does::Fail(1)] {
            let world = World::new(pool(strategy, false), 3, Does::Serve(10), 200.0, 3)
                .roomy()
                .impatient(std::time::Duration::from_millis(500))
                .learning()
                .then(2, seconds(0.0), fault)
                .run(seconds(30.0));
            let share = world.share(2, seconds(5.0), seconds(30.0));
            assert!(share < 0.06, "{}, {fault:?}: {share:.4}", strategy.name());
        }
    }
}

#[test]
fn a_host_that_was_slow_for_a_moment_is_tried_again() {
    for strategy in RULES {
        let world = World::new(pool(strategy, true), 5, Does::Serve(10), 400.0, 5)
            .learning()
            .then(2, seconds(5.0), Does::Serve(800))
            .then(2, seconds(6.0), Does::Serve(10))
            .run(seconds(90.0));
        let share = world.share(2, seconds(60.0), seconds(90.0));
        assert!(share > 0.1, "{}: {share:.3}", strategy.name());
    }
}
