//! The bench tells the truth: a short form of `outrider lab truth`, with a host that hangs in place of a stopped balancer.

use std::time::{Duration, Instant};

use outrider_lab::truth::{QueueSettings, StallSettings, run_queues, run_stall};
use outrider_lab::{Backends, BackendsSpec, Fault, Stop};
use outrider_workload::{Fleet, Law};

#[test]
fn queues_on_sockets_are_as_theory_and_their_own_recursion_say() {
    let service = Duration::from_millis(20);
    let length = Duration::from_secs(4);
    let settings = QueueSettings { length, service, hosts_of_one: 3, hosts_of_four: 2, seed: 1 };
    let truth = run_queues(&settings, &Stop::new(), |_| ()).unwrap();
    assert_eq!(truth.queues.len(), 6);
    let own_ms = truth.all.late_ms(0.99) + truth.timer_lag.as_secs_f64() * 1e3;
    for queue in &truth.queues {
        assert!(queue.requests > 200, "{queue:?}");
        // The draw is typical, so theory is near; sockets and timers add something, and take nothing away. On a machine that
        // is busy with other things they add more: as much as the bench says it was late itself.
        assert!((queue.recursion_mean_ms / queue.theory_mean_ms - 1.0).abs() < 0.02, "{queue:?}");
        let added_ms = queue.measured_mean_ms - queue.recursion_mean_ms;
        assert!((-0.5..10.0 + 2.0 * own_ms).contains(&added_ms), "{own_ms} {queue:?}");
    }
}

#[test]
fn a_stop_is_charged_to_all_who_were_due_in_it() {
    let fleet = Fleet::equal(1, 100, 1.0, Law::Fixed(1.0)).unwrap();
    let backends = Backends::start(BackendsSpec::new(fleet, 1)).unwrap();
    let hang = |pause: Duration| {
        let began = Instant::now();
        backends.set_fault(0, Fault::Hang);
        std::thread::sleep(pause);
        backends.set_fault(0, Fault::None);
        began.elapsed()
    };
    let half = Duration::from_millis(500);
    let settings = StallSettings { calm: half, pause: half, ..StallSettings::default() };
    let truth = run_stall(backends.addresses()[0], &settings, &Stop::new(), hang).unwrap();
    let off = |seen: f64, expected: f64| (seen / expected - 1.0).abs();
    // 90 of the 100 that were due in the stop waited a tenth of it, and their waits are spread evenly.
    assert!(off(truth.from_schedule.slow as f64, truth.expected_slow) < 0.15, "{truth:?}");
    assert!(off(truth.from_schedule.of_slow.p50_ms, truth.expected.p50_ms) < 0.15, "{truth:?}");
    assert!(off(truth.from_schedule.of_slow.p90_ms, truth.expected.p90_ms) < 0.15, "{truth:?}");
    // The clock that starts at the send saw one per connection.
    assert!(truth.from_send.slow <= 2 * settings.connections, "{truth:?}");
    assert!(truth.from_send.slow >= 1);
}
