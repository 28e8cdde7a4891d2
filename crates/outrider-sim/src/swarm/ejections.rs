//! At most half of a pool is ejected at a time, else (when hosts leave that were not) all are used; no view leads to a host that
//! is ejected; and somebody can always be picked while there are hosts.

use outrider_pilot::HostState;

use super::Checker;
use crate::balancer::Balancer;
use crate::world::World;

/// Looks every so many steps: a status costs more than a step.
const EVERY: u64 = 16;

#[derive(Default)]
pub(super) struct Ejections {
    steps: u64,
}

impl Checker for Ejections {
    fn name(&self) -> &'static str {
        "ejections"
    }

    fn check(&mut self, world: &World) -> Result<(), String> {
        self.steps += 1;
        if !self.steps.is_multiple_of(EVERY) {
            return Ok(());
        }
        for (index, balancer) in world.balancers.iter().enumerate() {
            if let Some(wrong) = wrong(balancer) {
                return Err(format!("balancer {index} {wrong}"));
            }
        }
        Ok(())
    }
}

fn wrong(balancer: &Balancer) -> Option<String> {
    let (view, hosts) = (balancer.view(), balancer.statuses());
    let ejected = hosts.iter().filter(|host| matches!(host.state, HostState::Ejected { .. }));
    let out: Vec<_> = ejected.map(|host| host.address).collect();
    if 2 * out.len() > hosts.len() && !view.panic() {
        return Some(format!("has ejected {} of {} and is not in panic", out.len(), hosts.len()));
    }
    if view.candidates().len() == 0 && !hosts.is_empty() {
        return Some(format!("has {} hosts and nobody to pick", hosts.len()));
    }
    let is_wrong = |address| out.contains(&address) && !view.panic();
    let led_to = view.candidates().find(|host| host.live.is_suspended() || is_wrong(host.address));
    led_to.map(|host| format!("leads to {}, which is ejected", host.address))
}
