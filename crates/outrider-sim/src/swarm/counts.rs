//! What the pilot counts on a host is what the world knows: requests in flight, and those that stand in line.

use super::Checker;
use super::truth::Truth;
use crate::balancer::host_at;
use crate::world::World;

pub(super) struct Counts;

impl Checker for Counts {
    fn name(&self) -> &'static str {
        "counts"
    }

    fn check(&mut self, world: &World) -> Result<(), String> {
        for balancer in (0..).take(world.balancers.len()) {
            for (host, truth) in Truth::of(world, balancer).hosts() {
                let counted = (host.live.in_flight(), host.live.pending());
                if counted != (truth.in_flight, truth.in_line) {
                    let index = host_at(host.address);
                    return Err(format!(
                        "balancer {balancer} counts {counted:?} in flight and in line at host {index}, not {truth:?}"
                    ));
                }
            }
        }
        Ok(())
    }
}
