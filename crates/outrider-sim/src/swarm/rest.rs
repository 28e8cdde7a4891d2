//! When the weather has cleared: everybody has an answer, nothing is counted as in flight, and every host is in use again.

use super::Checker;
use crate::world::World;

pub(super) struct Rest;

impl Checker for Rest {
    fn name(&self) -> &'static str {
        "rest"
    }

    fn check(&mut self, world: &World) -> Result<(), String> {
        let waiting = world.journeys.len();
        if waiting > 0 {
            return Err(format!("{waiting} users still wait"));
        }
        for (index, balancer) in world.balancers.iter().enumerate() {
            let view = balancer.view();
            let busy: u32 = view.candidates().map(|host| host.live.in_flight() + host.live.pending()).sum();
            if busy > 0 {
                return Err(format!("balancer {index} counts {busy} requests that nobody waits for"));
            }
            if view.eligible() < view.len() || view.panic() {
                let states: Vec<_> = balancer.statuses().into_iter().map(|host| (host.address, host.state)).collect();
                return Err(format!("balancer {index} uses {} of {} hosts: {states:?}", view.eligible(), view.len()));
            }
        }
        Ok(())
    }
}
