//! What the pilot takes its hosts to have before them is the sum of what it expects of the requests there, to the nanosecond;
//! and each of those, no other, can be overdue.

use super::Checker;
use super::truth::Truth;
use crate::balancer::host_at;
use crate::world::World;

pub(super) struct OutstandingWork;

impl Checker for OutstandingWork {
    fn name(&self) -> &'static str {
        "outstanding work"
    }

    fn check(&mut self, world: &World) -> Result<(), String> {
        for balancer in (0..).take(world.balancers.len()) {
            for (host, truth) in Truth::of(world, balancer).hosts() {
                let known = (host.live.expected(), host.live.outstanding_ns());
                if known != (truth.expected, truth.outstanding_ns) {
                    let index = host_at(host.address);
                    return Err(format!(
                        "balancer {balancer} expects {known:?}, requests and ns, of host {index}, not {truth:?}"
                    ));
                }
            }
        }
        Ok(())
    }
}
