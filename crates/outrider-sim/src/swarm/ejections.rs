//! At most half of a pool is ejected at a time, else (when hosts leave that were not) all are used; and somebody can always be
//! picked while there are hosts.

use outrider_pilot::HostState;

use super::Checker;
use crate::world::World;

/// Looks every so many steps: a status costs more than a step.
const EVERY: u64 = 64;

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
            let hosts = balancer.statuses();
            let out = hosts.iter().filter(|host| matches!(host.state, HostState::Ejected { .. })).count();
            if 2 * out > hosts.len() && !balancer.view().panic() {
                return Err(format!("balancer {index} has ejected {out} of {} and is not in panic", hosts.len()));
            }
            if balancer.view().candidates().len() == 0 && !hosts.is_empty() {
                return Err(format!("balancer {index} has {} hosts and nobody to pick", hosts.len()));
            }
        }
        Ok(())
    }
}
