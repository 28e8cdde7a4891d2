//! Hosts that answer probes, near saturation.

use outrider_pilot::StrategyKind;
use outrider_sim::{Rule, by_name, fly};

/// Mean over three seconds of `blind` at 0.9.
fn mean_ms(kind: StrategyKind) -> f64 {
    let scenario = by_name("blind").expect("it is built in").with_requests(60_000, 0.9, 1);
    let scenario = scenario.expect("it makes sense at 0.9");
    let latencies_ms = fly(&scenario, Rule::Pilot(kind), 0.9, 1).expect("it can be flown").measured.latencies_ms();
    latencies_ms.iter().sum::<f64>() / latencies_ms.len() as f64
}

/// Hosts that forgot, while they were overloaded, how fast they are when idle were left idle by all balancers, and the
/// others queued in their stead, longer and longer.
#[test]
fn what_hosts_say_of_themselves_is_worth_more_than_what_each_balancer_sees() {
    let (probed, unasked) = (mean_ms(StrategyKind::Prequal), mean_ms(StrategyKind::LeastRequest));
    assert!(probed < unasked, "{probed} against {unasked} ms");
}
