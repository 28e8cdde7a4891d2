//! Probes of the shipped binary: sent, counted, bounded by requests, and gone by.

use std::net::SocketAddr;

use crate::host::{Host, PROBE};
use crate::load::Load;
use crate::rig::Rig;

#[test]
fn probes_are_sent_at_most_one_per_request_and_steer() {
    let hosts: Vec<Host> = (0..6).map(|_| Host::start()).collect();
    // It says that it is busy with others, and slow.
    hosts[2].claim(40);
    let addresses: Vec<SocketAddr> = hosts.iter().map(|host| host.address).collect();
    let rig = Rig::start(&addresses, &format!(", strategy: prequal, probe: {{ path: {PROBE}, timeout: 1s }}"));
    let load = Load::start(rig.balancer.address, 200);
    load.answer(50);
    let before = rig.picks(&addresses);
    load.answer(400);
    let picks: Vec<u64> = rig.picks(&addresses).iter().zip(before).map(|(after, before)| after - before).collect();
    drop(load);
    let (all, busy) = (picks.iter().sum::<u64>(), picks[2]);
    assert!(busy * 50 < all, "{busy} of {all} went to the host that is busy: {picks:?}");
    // The requests are counted before the probes that they pay for are asked of the metrics: in this order, none is missed.
    let (answered, sent, requests) = (
        rig.metric("outrider_pool_probes_answered_total"),
        rig.metric("outrider_pool_probes_total"),
        rig.metric("outrider_requests_total"),
    );
    assert!(answered > 0.5 * requests && sent <= requests, "{answered} of {sent} answered, for {requests} requests");
    let heard: u64 = hosts.iter().map(Host::probes).sum();
    assert!(heard > 200, "{heard} probes came");
}
